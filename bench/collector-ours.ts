// Our own collector as a subject: to nobody, to Kafka, and to ClickHouse.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { KafkaClientName } from '../collector/sink/kafka-producer.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import type { GcPauses } from './collector-gc.ts'
import type { NullReady, NullReport } from './collector-null.ts'
import type { KafkaTopic, Subject } from './collector-peers.ts'
import { end, pin, senderCore, spawnPinned, subjectCore } from './collector-processes.ts'
import { startStore } from './store.ts'

export interface Ours extends Subject {
  /** Since its start. Ends the process, where that is what it takes to be told. */
  report(): Promise<OursReport>
}

export type OursReport = Pick<NullReport, 'flows' | keyof GcPauses>

const script = (name: string) => path.join(packageRoot, 'dist', 'bench', `${name}.js`)
let api: Server | undefined
const acknowledgeMs = 60_000

export async function startNull(): Promise<Ours> {
  const child = spawnPinned(subjectCore, [process.execPath, script('collector-null')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [{ port }] = (await once(child, 'message')) as [NullReady]
  return {
    port,
    pid: child.pid ?? 0,
    settled: async () => {},
    async report() {
      child.send('tell')
      const [report] = (await once(child, 'message')) as [NullReport]
      return report
    },
    stop: () => end(child, 'SIGKILL'),
  }
}

interface Ready {
  readonly http: string
  readonly listeners: readonly { readonly port: number }[]
}

interface Health {
  readonly ledger: { readonly flowsDecoded: number; readonly flowsAcknowledged: number }
}

export function startKafka({ broker, topic }: KafkaTopic, client: KafkaClientName): Promise<Ours> {
  return startCollector({
    NETMON_SINK: 'kafka',
    NETMON_KAFKA_BROKERS: broker,
    NETMON_KAFKA_TOPIC: topic,
    NETMON_KAFKA_CLIENT: client,
  })
}

/** Into all tables of an embedded store of its own, which runs where the sender does, as a broker would. */
export async function startClickHouse(): Promise<Ours> {
  const storeDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  const store = await startStore(storeDir)
  const remove = async () => {
    await store.stop()
    rmSync(storeDir, { recursive: true, force: true })
  }
  try {
    pin(senderCore, store.pid)
    await migrate(store.address, await readMigrations())
    const collector = await startCollector({
      NETMON_SINK: 'clickhouse',
      NETMON_CLICKHOUSE_URL: store.address.url,
      NETMON_CLICKHOUSE_USER: store.address.user,
      NETMON_CLICKHOUSE_PASSWORD: store.address.password,
    })
    return {
      ...collector,
      async stop() {
        await collector.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** With what `environment` says of its sink. */
async function startCollector(environment: NodeJS.ProcessEnv): Promise<Ours> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const gc = pathToFileURL(script('collector-gc')).href
  const command = [process.execPath, '--import', gc, bin, 'collector', '--data', dataDir]
  const child = spawnPinned(subjectCore, command, {
    env: {
      ...process.env,
      NETMON_LISTEN: 'udp://127.0.0.1:0',
      NETMON_COLLECTOR_HTTP: '127.0.0.1:0',
      NETMON_API_URL: await emptyListUrl(),
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said += String(text)
  })
  const { http, listeners } = await ready(child, () => said)
  const ledger = async () =>
    ((await (await fetch(`http://${http}/health`)).json()) as Health).ledger
  let flows = 0
  return {
    port: listeners[0]?.port ?? 0,
    pid: child.pid ?? 0,
    async settled() {
      for (let waitedMs = 0; waitedMs < acknowledgeMs; waitedMs += 100) {
        const { flowsDecoded, flowsAcknowledged } = await ledger()
        flows = flowsAcknowledged
        if (flowsAcknowledged === flowsDecoded) return
        await setTimeout(100)
      }
      throw new Error('what was sent is not acknowledged')
    },
    async report() {
      await end(child)
      // Each of its threads has told.
      const pauses = [...said.matchAll(/^{"longestGcPauseMs".*}$/gm)].map(
        ([line]) => JSON.parse(line) as GcPauses,
      )
      return {
        flows,
        longestGcPauseMs: Math.max(...pauses.map((told) => told.longestGcPauseMs)),
        steadyGcPauseMs: Math.max(...pauses.map((told) => told.steadyGcPauseMs)),
      }
    },
    async stop() {
      await end(child)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess, said: () => string): Promise<Ready> {
  for (;;) {
    const line = /{.*"msg":"ready".*}/.exec(said())
    if (line !== null) return JSON.parse(line[0]) as Ready
    if (child.exitCode !== null) throw new Error(`the collector ended: ${said()}`)
    await setTimeout(50)
  }
}

/** An API that knows no routers: a collector without one waits ten seconds for it. */
async function emptyListUrl(): Promise<string> {
  if (api === undefined) {
    api = createServer((_, answer) => answer.setHeader('etag', '"none"').end('{"result":[]}'))
    api.listen(0, '127.0.0.1').unref()
    await once(api, 'listening')
  }
  return `http://127.0.0.1:${(api.address() as AddressInfo).port}`
}
