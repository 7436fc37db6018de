// How many flows a second one processor core gets from the bytes of a datagram to the bytes of a block: decoding, sampling, counting, encoding;
// no sockets, no sinks. Beside it, on the same datagrams in the same run, node-netflowv9, which decodes NetFlow v5 and v9 and encodes nothing,
// and protobufjs, which encodes the same flows and decodes nothing.
//
//   node dist/bench/decode.js [--rounds 7] [--ms 300] [--only NAME]
//
// Flows per second of processor time of this process; medians. CAPTURES names a folder of captures of real exporters, which are read as well,
// over and over: their datagrams are short and few, and not all of their templates get a writer.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import protobuf from 'protobufjs'
import { createSource, type Source } from '../collector/exporters/source.ts'
import { createDatagramWriter } from '../netmon/generate/datagrams.ts'
import type { GenerateOptions } from '../netmon/generate/options.ts'
import { createPlan } from '../netmon/generate/plan.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { createBenchPipeline } from './collector-pipeline.ts'
import { readDatagrams } from './datagrams.ts'
import { describeMachine, type Result, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '300' }, // of each round
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(values.rounds)
const roundMs = Number(values.ms)

/** What one router of each kind sends; `fields` are those of the template, 20 with a sampler. */
const generated: Readonly<Record<string, GenerateOptions>> = {
  'v5, 30 flows': { protocols: ['v5'] },
  'v9, 19 fields, IPv4': { protocols: ['v9'], routers: 1 },
  'v9, 20 fields, IPv4': { protocols: ['v9'], routers: 2 },
  'v9, 19 fields, IPv6': { protocols: ['v9'], routers: 1, ipv6Share: 1 },
  'IPFIX, IPv4': { protocols: ['ipfix'], routers: 1 },
  'IPFIX, IPv6': { protocols: ['ipfix'], routers: 1, ipv6Share: 1 },
  'sFlow, raw headers': { protocols: ['sflow'], routers: 1 },
}
const datagramsOfEach = 400
const source = createSource(Uint8Array.of(192, 0, 2, 1), 40_000)
const receivedMs = Date.now()

interface Datagram {
  readonly payload: Uint8Array
  readonly source: Source
}

console.log(describeMachine())
const results: Result[] = []
for (const [name, options] of Object.entries(generated)) {
  // Of routers that alternate in how they announce their rate, the last one's.
  if (name.includes(values.only)) results.push(await measure(name, generate(options), true))
}
const captures = process.env['CAPTURES']
if (captures === undefined) console.log('CAPTURES is not set: no captures of real exporters')
for (const file of captures === undefined ? [] : readdirSync(captures).sort()) {
  if (!file.endsWith('.pcap') || !file.includes(values.only)) continue
  results.push(await measure(file, readDatagrams(path.join(captures ?? '', file)), false))
}
if (values.only === '') writeResult('decode', results)

async function measure(name: string, datagrams: Datagram[], hasPeers: boolean): Promise<Result> {
  const netmon = rate(ours(datagrams, true))
  const interpreted = rate(ours(datagrams, false))
  const isNetflow = /^v[59]/.test(name)
  const result = {
    name,
    flowsPerCpuSecond: netmon,
    interpretedFlowsPerCpuSecond: interpreted,
    ...(hasPeers &&
      isNetflow && { nodeNetflowV9DecodesPerCpuSecond: rate(await theirs(datagrams)) }),
    ...(hasPeers && { protobufjsEncodesPerCpuSecond: rate(protobufjs(datagrams)) }),
  }
  console.log(JSON.stringify(result))
  return result
}

/** Runs for `roundMs` of processor time, again and again, after one round that does not count. `run` answers how many flows it did. */
function rate(run: () => number): number {
  const rates = Array.from({ length: rounds + 1 }, () => {
    const before = process.cpuUsage()
    let flows = 0
    let usedMs = 0
    while (usedMs < roundMs) {
      flows += run()
      const { user, system } = process.cpuUsage(before)
      usedMs = (user + system) / 1000
    }
    return (flows / usedMs) * 1000
  })
  return Math.round(rates.slice(1).sort((a, b) => a - b)[rounds >> 1] ?? 0)
}

function ours(datagrams: readonly Datagram[], hasWriters: boolean): () => number {
  const { pipeline, ledger } = createBenchPipeline({ hasWriters })
  return () => {
    const before = ledger.flowsDecoded
    for (const { payload, source } of datagrams) pipeline.handle(payload, source, receivedMs)
    return ledger.flowsDecoded - before
  }
}

async function theirs(datagrams: readonly Datagram[]): Promise<() => number> {
  // It has no types of its own.
  const name: string = 'node-netflowv9'
  const { default: NetFlowV9 } = (await import(name)) as {
    default: new (
      options: object,
    ) => { nfPktDecode(bytes: Buffer, from: object): { flows?: unknown[] } | undefined }
  }
  const decoder = new NetFlowV9({})
  const packets = datagrams.map(({ payload, source: { address, port } }) => ({
    bytes: Buffer.from(payload),
    from: { address, port },
  }))
  return () => {
    let flows = 0
    for (const { bytes, from } of packets)
      flows += decoder.nfPktDecode(bytes, from)?.flows?.length ?? 0
    return flows
  }
}

function protobufjs(datagrams: readonly Datagram[]): () => number {
  const file = path.join(packageRoot, 'schema', 'flow.proto')
  const type = new protobuf.Root().loadSync(file, { keepCase: true }).lookupType('FlowMessage')
  const messages: protobuf.Message[] = []
  const { pipeline, blocks } = createBenchPipeline({
    take(payload) {
      for (const block of payload) {
        const reader = protobuf.Reader.create(block)
        while (reader.pos < reader.len) messages.push(type.decodeDelimited(reader))
      }
    },
  })
  for (const { payload, source } of datagrams) pipeline.handle(payload, source, receivedMs)
  blocks.seal()
  return () => {
    for (const message of messages) type.encodeDelimited(message).finish()
    return messages.length
  }
}

function generate(options: GenerateOptions): Datagram[] {
  const plan = createPlan(options)
  const write = createDatagramWriter(plan, receivedMs - 86_400_000)
  const target = Buffer.alloc(65_536)
  const datagrams: Datagram[] = []
  const last = plan.routers.at(-1)?.index
  for (let number = 0; datagrams.length < datagramsOfEach; ) {
    const batch = plan.batchOf(number)
    number += batch.count
    const { lengthBytes } = write(batch, receivedMs, target)
    if (batch.router.index !== last) continue
    const payload = Uint8Array.from(target.subarray(0, lengthBytes))
    datagrams.push({ payload, source })
  }
  return datagrams
}
