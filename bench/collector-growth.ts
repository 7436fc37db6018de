// What a flow costs with 10 exporters, 1,000 and 10,000, from the bytes of a datagram to those of a block. All see datagrams of as many bytes in all, so that what differs
// is what is remembered of exporters.
//
//   node dist/bench/collector-growth.js [--rounds 7] [--ms 500]

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { createSources } from '../collector/receive/sources.ts'
import type { Protocol } from '../netmon/generate/options.ts'
import { type PreparedDatagram, prepare } from './collector-datagrams.ts'
import { createBenchPipeline } from './collector-pipeline.ts'
import { median } from './collector-run.ts'
import { round } from './processor.ts'
import { describeMachine, type Result, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '500' }, // of each round
  },
})

const exporterCounts = [10, 1_000, 10_000]
const datagramsInAll = 20_000
const flowsPerDatagram: Record<Protocol, number> = { v5: 30, v9: 20, ipfix: 16, sflow: 5 }

console.log(`${describeMachine()}, load ${loadavg()[0]?.toFixed(1)}`)
const results: Result[] = []
for (const protocol of Object.keys(flowsPerDatagram) as Protocol[]) {
  const subjects = exporterCounts.map((exporters) => ({
    exporters,
    run: create(protocol, exporters),
  }))
  const rates = subjects.map((): number[] => [])
  // They take turns, so that what else the machine does meets all of them; the first round does not count.
  for (let i = 0; i <= Number(values.rounds); i++) {
    for (const [subject, { run }] of subjects.entries()) {
      const rate = measure(run, Number(values.ms))
      if (i > 0) rates[subject]?.push(rate)
    }
  }
  const few = median(rates[0] ?? [])
  for (const [subject, { exporters }] of subjects.entries()) {
    const flowsPerCpuSecond = Math.round(median(rates[subject] ?? []))
    const costToFewest = round(few / flowsPerCpuSecond)
    const result = { protocol, exporters, flowsPerCpuSecond, costToFewest }
    console.log(JSON.stringify(result))
    results.push(result)
  }
}
writeResult('collector-growth', [...results, { load: round(loadavg()[0] ?? 0) }])

/** Flows per second of processor time. */
function measure(run: () => number, ms: number): number {
  const before = process.cpuUsage()
  let flows = 0
  let usedMs = 0
  while (usedMs < ms) {
    flows += run()
    const { user, system } = process.cpuUsage(before)
    usedMs = (user + system) / 1000
  }
  return (flows / usedMs) * 1000
}

/** Answers a function that hands in the next thousand datagrams, of all exporters in turn, and answers how many flows they were. */
function create(protocol: Protocol, exporters: number): () => number {
  const traffic = {
    protocol,
    routers: exporters,
    flowsPerDatagram: flowsPerDatagram[protocol],
    ipv6Share: 0,
  }
  const nowMs = Date.now()
  const routers = prepare(traffic, datagramsInAll / exporters + 1, nowMs)
  const sourceOf = createSources()
  const sources = routers.map(({ router }) => sourceOf({ address: router.address, port: 40_000 }))
  const { pipeline, ledger } = createBenchPipeline()
  const sequences = routers.map(({ sequenceOffset, datagrams }, index) => {
    const [{ payload, step }] = datagrams as [PreparedDatagram]
    pipeline.handle(payload, sources[index]!, nowMs)
    return payload.readUInt32BE(sequenceOffset) + step
  })
  // Templates come seldom, and have come now: else those who send fewer datagrams would send more of them.
  const data = routers.map(({ datagrams }) =>
    datagrams.slice(1).filter(({ payload }) => !hasTemplates(protocol, payload)),
  )
  let turn = 0
  return () => {
    const before = ledger.flowsDecoded
    for (let i = 0; i < 1_000; i++, turn++) {
      const index = turn % routers.length
      const datagrams = data[index]!
      const { payload, step } = datagrams[Math.floor(turn / routers.length) % datagrams.length]!
      payload.writeUInt32BE(sequences[index]! >>> 0, routers[index]!.sequenceOffset)
      sequences[index]! += step
      pipeline.handle(payload, sources[index]!, nowMs)
    }
    return ledger.flowsDecoded - before
  }
}

/** In its first set: RFC 3954 5.2, RFC 7011 3.3.2. */
function hasTemplates(protocol: Protocol, payload: Buffer): boolean {
  if (protocol === 'v9') return payload.readUInt16BE(20) < 256
  return protocol === 'ipfix' && payload.readUInt16BE(16) < 256
}
