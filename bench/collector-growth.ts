// What a datagram costs, from its bytes and its sender's address to the bytes of a block, as there are more of something: exporters, templates of each exporter, flows in a
// datagram. The same datagrams in all but that, so that what differs is what is remembered and looked up; beside it what only reading their bytes takes.
//
//   node dist/bench/collector-growth.js [--rounds 7] [--ms 300] [--only exporters]

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Protocol } from '../netmon/generate/options.ts'
import { createLoad, type Load } from './collector-load.ts'
import { median } from './collector-run.ts'
import { writePlot } from './plot.ts'
import { round } from './processor.ts'
import { describeMachine, type Result, readResult, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '300' }, // of each round
    only: { type: 'string', default: '' },
  },
})

const protocols: readonly Protocol[] = ['v5', 'v9', 'ipfix', 'sflow']
const flowsPerDatagram: Readonly<Record<Protocol, number>> = { v5: 30, v9: 20, ipfix: 16, sflow: 5 }

interface Question {
  readonly by: string
  readonly title: string
  readonly xName: string
  readonly counts: readonly number[]
  readonly protocols: readonly Protocol[]
  load(protocol: Protocol, count: number): Load
}

const usual = { exporters: 10, templates: 1 }
const questions: readonly Question[] = [
  {
    by: 'exporters',
    title: 'A datagram, by exporters',
    xName: 'exporters',
    counts: [10, 100, 1_000, 10_000],
    protocols,
    load: (protocol, exporters) =>
      createLoad({ ...usual, protocol, exporters, flowsPerDatagram: flowsPerDatagram[protocol] }),
  },
  {
    by: 'templates',
    title: 'A datagram, by templates of each of 10 exporters',
    xName: 'templates of an exporter',
    counts: [1, 10, 100, 1_000],
    protocols: ['v9', 'ipfix'],
    load: (protocol, templates) =>
      createLoad({ ...usual, protocol, templates, flowsPerDatagram: flowsPerDatagram[protocol] }),
  },
  {
    by: 'flows',
    title: 'A datagram, by flows in it',
    xName: 'flows in a datagram',
    counts: [1, 3, 10, 20],
    protocols: ['v5', 'v9', 'ipfix'],
    load: (protocol, flowsPerDatagram) => createLoad({ ...usual, protocol, flowsPerDatagram }),
  },
]

console.log(`${describeMachine()}, load ${loadavg()[0]?.toFixed(1)}`)
for (const question of questions) {
  if (question.by.startsWith(values.only)) answer(question)
}

function answer({ by, title, xName, counts, protocols, load }: Question): void {
  const results: (Result & { protocol: Protocol; count: number; microseconds: number })[] = []
  for (const protocol of protocols) {
    const subjects = counts.map((count) => load(protocol, count))
    const costs = subjects.map(() => ({ handled: [] as number[], touched: [] as number[] }))
    // They take turns, so that what else the machine does meets all of them; the first round does not count.
    for (let i = 0; i <= Number(values.rounds); i++) {
      for (const [subject, { handle, touch }] of subjects.entries()) {
        const handled = microseconds(handle)
        const touched = microseconds(touch)
        if (i === 0) continue
        costs[subject]?.handled.push(handled)
        costs[subject]?.touched.push(touched)
      }
    }
    for (const [subject, count] of counts.entries()) {
      const result = {
        by,
        protocol,
        count,
        microseconds: round(median(costs[subject]?.handled ?? [])),
        toFewest: round(median(costs[subject]?.handled ?? []) / median(costs[0]?.handled ?? [])),
        touchMicroseconds: round(median(costs[subject]?.touched ?? [])),
        load: round(loadavg()[0] ?? 0),
      }
      console.log(JSON.stringify(result))
      results.push(result)
    }
  }
  const kept = readResult('collector-growth').filter(
    (earlier) => 'by' in earlier && earlier.by !== by,
  )
  writeResult('collector-growth', [...kept, ...results])
  const series = protocols.map((name) => ({
    name,
    points: results
      .filter(({ protocol }) => protocol === name)
      .map(({ count, microseconds }) => [count, microseconds] as const),
  }))
  writePlot(`growth-${by}`, { title, xName, yName: 'microseconds of processor', series })
}

/** Of the processor, for a datagram. */
function microseconds(run: () => number): number {
  const before = process.cpuUsage()
  let datagrams = 0
  for (;;) {
    datagrams += run()
    const { user, system } = process.cpuUsage(before)
    if (user + system >= 1000 * Number(values.ms)) return (user + system) / datagrams
  }
}
