// What a whole collector takes from UDP to Kafka: receiving, decoding, sampling, encoding, spooling, sending.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generate } from '../netmon/generate/run.ts'
import { packageRoot } from '../runtime/package-root.ts'
import type { BenchBroker } from './kafka-sink.ts'
import { processorSeconds, round } from './processor.ts'

interface Health {
  kernel_drops: number
  ledger: { flowsDecoded: number; flowsAcknowledged: number }
}

const giveUpMs = 60_000
const quietMs = 2_000
/** Code that has run is faster: compiling it takes seconds, once. */
const warmUpSeconds = 10

/** Seconds of the collector's processor per million flows, which 48 routers of all four protocols send at `rate` a second. */
export async function measureCollector(broker: BenchBroker, flows: number, rate: number) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const child = spawn(process.execPath, [bin, 'collector', '--data', dataDir], {
    env: {
      ...process.env,
      NETMON_LISTEN: 'udp://127.0.0.1:0',
      NETMON_COLLECTOR_HTTP: '127.0.0.1:0',
      // Nobody there: it takes flows without a list of routers.
      NETMON_API_URL: 'http://127.0.0.1:9',
      NETMON_SINK: 'kafka',
      NETMON_KAFKA_BROKERS: broker.address,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  try {
    const { http, listeners } = await ready(child)
    const target = { host: '127.0.0.1', port: listeners[0]?.port ?? 0 }
    const send = async (flows: number) =>
      (await generate({ target, routers: 48, ipv6Share: 0.2, flows, rate })).totals.flows
    const warm = await allAcknowledged(http, await send(rate * warmUpSeconds))
    const before = processorSeconds(child.pid)
    const earlier = warm.ledger.flowsAcknowledged
    const { kernel_drops, ledger } = await allAcknowledged(http, earlier + (await send(flows)))
    const acknowledged = ledger.flowsAcknowledged - earlier
    const cpuSeconds = round((processorSeconds(child.pid) - before) / (acknowledged / 1e6))
    return { flows: acknowledged, rate, kernelDrops: kernel_drops, cpuSeconds }
  } finally {
    if (child.kill('SIGTERM')) await once(child, 'exit')
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function ready(
  child: ChildProcess,
): Promise<{ http: string; listeners: { port: number }[] }> {
  let text = ''
  return new Promise((resolve, reject) => {
    // Read to its end: who writes to a closed pipe ends.
    child.stderr?.on('data', (chunk) => {
      text += String(chunk)
      const line = /{.*"msg":"ready".*}/.exec(text)
      if (line !== null) resolve(JSON.parse(line[0]))
    })
    child.once('exit', () => reject(new Error(`the collector ended: ${text}`)))
  })
}

/** Or all that the kernel has not dropped, when nothing more comes. */
async function allAcknowledged(http: string, flows: number): Promise<Health> {
  let decoded = 0
  let changedMs = 0
  for (let waitedMs = 0; ; waitedMs += 200) {
    const health = (await (await fetch(`http://${http}/health`)).json()) as Health
    const { flowsDecoded, flowsAcknowledged } = health.ledger
    if (flowsDecoded !== decoded) changedMs = waitedMs
    decoded = flowsDecoded
    const nothingMore = flowsAcknowledged === decoded && waitedMs - changedMs >= quietMs
    if (flowsAcknowledged >= flows || nothingMore || waitedMs >= giveUpMs) return health
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
