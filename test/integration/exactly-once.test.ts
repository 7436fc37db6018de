// Answers of inserts are cut at random while flows keep coming, and a collector and the store are killed. What was sealed is stored once: raw, every
// rollup, and each single flow.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { generate } from '../../netmon/generate/run.ts'
import { createBackfill } from '../../rules/configuration/backfill.ts'
import { packageRoot } from '../../runtime/package-root.ts'
import { type CuttingProxy, startCuttingProxy } from '../build/cutting-proxy.ts'
import {
  freePorts,
  killAll,
  type Running,
  readStoreCredentials,
  rows,
  runNetmon,
  storeClient,
} from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const collectors = 4
const wantedCuts = 200
const flowsPerSecond = 2_000
const laterMs = 120_000

const storeDir = temporaryDirectory()
const collectorDirs = Array.from({ length: collectors }, temporaryDirectory)
const processes = new Set<Running>()
let proxy: CuttingProxy

function start(args: readonly string[], environment: NodeJS.ProcessEnv): Running {
  const running = runNetmon(args, { ...freePorts, ...environment })
  processes.add(running)
  return running
}

async function startStore(): Promise<Running> {
  const store = start(['store', '--data', storeDir], {})
  await store.says(/"msg":"ready"/)
  return store
}

async function startCollector(
  index: number,
  apiUrl: string,
): Promise<{ running: Running; port: number }> {
  const { user, password } = readStoreCredentials(storeDir)
  const running = start(['collector', '--data', collectorDirs[index]!], {
    NETMON_CLICKHOUSE_URL: proxy.url,
    NETMON_CLICKHOUSE_USER: user,
    NETMON_CLICKHOUSE_PASSWORD: password,
    NETMON_API_URL: apiUrl,
  })
  const [, info] = await running.says(/({.*"msg":"ready".*})/)
  const { listeners } = JSON.parse(info!) as { listeners: { port: number }[] }
  return { running, port: listeners[0]!.port }
}

beforeAll(async () => {
  await startStore()
  await runNetmon(['migrate', '--data', storeDir]).ended
  proxy = await startCuttingProxy(readStoreCredentials(storeDir).url, seeded(7))
}, 60_000)

afterAll(async () => {
  for (const running of processes) killAll(running)
  await proxy?.close()
})

test('200 cut answers, a killed collector and a killed store: what was sealed is stored, and nothing twice', async () => {
  const api = start(['api', '--data', storeDir], {})
  const [, info] = await api.says(/({.*"msg":"ready".*})/)
  const apiUrl = `http://127.0.0.1:${(JSON.parse(info!) as { port: number }).port}`
  // A rule on every address: each flow must then be in prefix_minutes, too, once.
  for (const prefix of ['0.0.0.0/0', '::/0']) {
    const body = JSON.stringify({
      name: `all ${prefix}`,
      type: 'threshold',
      prefixes: [prefix],
      packet_threshold: 1,
    })
    expect((await fetch(`${apiUrl}/rules`, { method: 'POST', body })).status).toBe(201)
  }
  await vi.waitFor(expectPrefixesLoaded, { timeout: 15_000, interval: 200 })

  const running = await Promise.all(collectorDirs.map((_, index) => startCollector(index, apiUrl)))
  const stopGenerating = new AbortController()
  const generating = running.map(({ port }, index) =>
    generate(
      {
        target: { host: '127.0.0.1', port },
        source: `127.9.${index}.1`,
        seed: index + 1,
        rate: flowsPerSecond / collectors,
        ipv6Share: 0.3,
      },
      stopGenerating.signal,
    ),
  )

  proxy.cut(0.6)
  await vi.waitFor(() => expect(proxy.cuts()).toBeGreaterThan(wantedCuts / 4), {
    timeout: 120_000,
    interval: 50,
  })
  await kill(running[0]!.running)
  running[0] = await startCollector(0, apiUrl)
  await vi.waitFor(() => expect(proxy.cuts()).toBeGreaterThan(wantedCuts / 2), {
    timeout: 120_000,
    interval: 50,
  })
  await kill([...processes][0]!)
  await startStore()
  proxy.retarget(readStoreCredentials(storeDir).url)
  await vi.waitFor(() => expect(proxy.cuts()).toBeGreaterThanOrEqual(wantedCuts), {
    timeout: 120_000,
    interval: 50,
  })
  stopGenerating.abort()
  await Promise.all(generating)

  // The rest goes through undisturbed. A stop delivers what it can in its time; what it leaves on a slow machine waits in the spool for the next run.
  proxy.cut(0)
  for (const [index, { running: collector }] of running.entries()) {
    await stop(collector)
    while (spooledFiles(index) > 0) {
      const next = await startCollector(index, apiUrl)
      await vi.waitFor(() => expect(spooledFiles(index)).toBe(0), { timeout: 60_000, interval: 50 })
      await stop(next.running)
    }
  }
  expect(proxy.changed).toEqual([])
  const sealed = sumSealed(proxy)
  // Each cut made a segment come again, but for the few whose collector was killed and found them stored when it looked them up.
  expect(sealed.repeated).toBeGreaterThan(wantedCuts * 0.9)
  const store = storeClient(storeDir)
  const [raw] = await rows(
    store,
    `SELECT count() AS flows, sum(raw.bytes) AS bytes, sum(raw.packets) AS packets, sum(raw.bytes * sampling_rate) AS estimate,
      uniqExact(sampler_address, type, src_addr, src_port) AS different FROM raw`,
  )
  expect(raw).toEqual({
    flows: sealed.flows,
    bytes: sealed.bytes,
    packets: sealed.packets,
    estimate: sealed.estimate,
    different: sealed.different.size,
  })
  expect(sealed.different.size).toBe(sealed.flows)
  // Flows of the minute in which the rules were made are filled in when that minute is over and no collector is live: nobody sends any more, so all is as it will be then.
  // The API has lost the store that was started anew.
  const backfill = createBackfill(store)
  await vi.waitFor(
    async () => {
      await backfill.run(Date.now() + laterMs)
      const [prefixes] = await rows(
        store,
        "SELECT sum(flows) AS flows, toUInt64(sum(bytes)) AS estimate FROM prefix_minutes WHERE direction = 'in'",
      )
      expect(prefixes).toEqual({ flows: sealed.flows, estimate: sealed.estimate })
    },
    { timeout: 120_000, interval: 300 },
  )
  const [segments] = await rows(
    store,
    'SELECT count() AS segments, uniqExact(name) AS names, sum(flows) AS flows FROM segments',
  )
  expect(segments).toEqual({
    segments: sealed.segments,
    names: sealed.segments,
    flows: sealed.flows,
  })
  const [status] = await rows(store, 'SELECT count() AS rows FROM status')
  expect(status).toEqual({ rows: sealed.statusRows })
  await store.close()
}, 300_000)

/** The dictionaries answer for both rules. */
async function expectPrefixesLoaded(): Promise<void> {
  const store = storeClient(storeDir)
  const [row] = await rows<{ loaded: number }>(
    store,
    "SELECT sum(element_count) AS loaded FROM system.dictionaries WHERE name IN ('prefixes4', 'prefixes6')",
  )
  await store.close()
  expect(row?.loaded).toBe(2)
}

function spooledFiles(index: number): number {
  return readdirSync(path.join(collectorDirs[index]!, 'collector', 'spool')).filter((name) =>
    name.endsWith('.seg'),
  ).length
}

async function stop(running: Running): Promise<void> {
  running.process.kill('SIGTERM')
  expect(await running.ended).toBe(0)
}

async function kill(running: Running): Promise<void> {
  running.process.kill('SIGKILL')
  expect(await running.ended).toBe('SIGKILL')
  processes.delete(running)
}

interface Sealed {
  segments: number
  flows: number
  bytes: number
  packets: number
  estimate: number
  different: Set<string>
  statusRows: number
  /** Sends beyond the first. */
  repeated: number
}

/** What was sealed, read by protobufjs from the bodies that went by. */
function sumSealed({ sealed }: CuttingProxy): Sealed {
  const FlowMessage = protobuf
    .parse(readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8'))
    .root.lookupType('flowpb.FlowMessage')
  const sum: Sealed = {
    segments: 0,
    flows: 0,
    bytes: 0,
    packets: 0,
    estimate: 0,
    different: new Set(),
    statusRows: 0,
    repeated: 0,
  }
  for (const { body, isFlows, sent } of sealed.values()) {
    sum.repeated += sent - 1
    if (!isFlows) {
      sum.statusRows += body.toString().split('\n').length - 1
      continue
    }
    sum.segments++
    const reader = protobuf.Reader.create(body)
    while (reader.pos < reader.len) {
      const flow = FlowMessage.toObject(FlowMessage.decodeDelimited(reader), {
        longs: Number,
        bytes: String,
        defaults: true,
      })
      sum.flows++
      sum.bytes += flow['bytes']
      sum.packets += flow['packets']
      sum.estimate += flow['bytes'] * flow['samplingRate']
      sum.different.add(
        `${flow['samplerAddress']} ${flow['type']} ${flow['srcAddr']} ${flow['srcPort']}`,
      )
    }
  }
  return sum
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
