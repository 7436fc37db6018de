// Guards the speed of decoding and encoding against falls that nobody meant. Figures of one run are set against each other, never against a clock: how much dearer interpretation is
// than writers, and how much dearer than a fixed loop over the same bytes everything is. So a slow or busy machine changes nothing.
//
//   npm run bench:check [-- --rounds 9]
//
// Ends with 1 when a ratio is beyond its bound. The bounds leave room for other processors and versions of Node; when a change moves a ratio for good, its bound moves with it.

import { parseArgs } from 'node:util'
import { createSources } from '../collector/receive/sources.ts'
import type { Protocol } from '../netmon/generate/options.ts'
import { type PreparedRouter, prepare } from './collector-datagrams.ts'
import { createBenchPipeline } from './collector-pipeline.ts'
import { median } from './collector-run.ts'
import { round } from './processor.ts'
import { describeMachine } from './report.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })

interface Guard {
  readonly protocol: Protocol
  readonly flowsPerDatagram: number
  /** Interpretation takes at least so many times the processor of writers. */
  readonly leastGain: number
  /** Writers take at most so many times the processor of the reference. */
  readonly mostCost: number
}

const guards: readonly Guard[] = [
  { protocol: 'v5', flowsPerDatagram: 30, leastGain: 2.8, mostCost: 3.5 },
  { protocol: 'v9', flowsPerDatagram: 20, leastGain: 3.5, mostCost: 3.5 },
  { protocol: 'ipfix', flowsPerDatagram: 16, leastGain: 3.5, mostCost: 3.5 },
  { protocol: 'sflow', flowsPerDatagram: 5, leastGain: 1.4, mostCost: 3.5 },
]
const datagramsOfEach = 400
const roundMs = 150

console.log(describeMachine())
for (const guard of guards) check(guard)

function check({ protocol, flowsPerDatagram, leastGain, mostCost }: Guard): void {
  const traffic = { protocol, routers: 1, flowsPerDatagram, ipv6Share: 0 }
  const routers = prepare(traffic, datagramsOfEach, Date.now())
  const subjects = [decoding(routers, true), decoding(routers, false), () => hash(routers)]
  for (const subject of subjects) secondsOf(subject)
  const gains: number[] = []
  const costs: number[] = []
  for (let i = 0; i < Number(values.rounds); i++) {
    const [written, interpreted, reference] = subjects.map(secondsOf) as [number, number, number]
    gains.push(interpreted / written)
    costs.push(written / reference)
  }
  const gain = round(median(gains))
  const cost = round(median(costs))
  const isKept = gain >= leastGain && cost <= mostCost
  console.log(
    `${isKept ? 'ok     ' : 'SLOWER '} ${protocol}: interpretation takes ${gain} times as long as writers (at least ${leastGain}); writers ${cost} times as long as the reference (at most ${mostCost})`,
  )
  if (!isKept) process.exitCode = 1
}

/** Of the processor, for all datagrams once. */
function secondsOf(run: () => void): number {
  const before = process.cpuUsage()
  for (let runs = 1; ; runs++) {
    run()
    const { user, system } = process.cpuUsage(before)
    const usedMs = (user + system) / 1000
    if (usedMs >= roundMs) return usedMs / 1000 / runs
  }
}

function decoding(routers: readonly PreparedRouter[], hasWriters: boolean): () => void {
  const { pipeline } = createBenchPipeline({ hasWriters })
  const sourceOf = createSources()
  const nowMs = Date.now()
  return () => {
    for (const { router, datagrams } of routers) {
      const source = sourceOf({ address: router.address, port: 40_000 })
      for (const { payload } of datagrams) pipeline.handle(payload, source, nowMs)
    }
  }
}

/** The reference: FNV-1a of all bytes, one multiplication each. */
function hash(routers: readonly PreparedRouter[]): number {
  let value = 0x811c9dc5
  for (const { datagrams } of routers) {
    for (const { payload } of datagrams) {
      for (let i = 0; i < payload.length; i++) {
        value = Math.imul(value ^ payload[i]!, 0x01000193)
      }
    }
  }
  return value
}
