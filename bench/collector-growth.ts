// What a datagram costs, from its bytes and its sender's address to the bytes of a block, as there are more of something: exporters, templates of each exporter, flows in a
// datagram, KiB in a block. The same datagrams in all but that, so that what differs is what is remembered and looked up; beside it what only reading their bytes takes.
//
// Each figure is the median of several processes: how well V8 compiles the same code differs from start to start, by a half and more.
//
//   node dist/bench/collector-growth.js [--starts 5] [--rounds 3] [--ms 200] [--only exporters]

import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Protocol } from '../netmon/generate/options.ts'
import { createLoad, type Load } from './collector-load.ts'
import { median } from './collector-run.ts'
import { writePlot } from './plot.ts'
import { round } from './processor.ts'
import { describeMachine, type Result, readResult, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' }, // of a process for each figure
    rounds: { type: 'string', default: '3' }, // in each
    ms: { type: 'string', default: '200' }, // of each round
    only: { type: 'string', default: '' },
    figure: { type: 'string' }, // measured in this process, as JSON
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
  {
    by: 'blocks',
    title: 'A datagram, by the size of blocks',
    xName: 'KiB in a block',
    counts: [16, 64, 256, 1_024],
    protocols,
    load: (protocol, kib) =>
      createLoad({
        ...usual,
        protocol,
        flowsPerDatagram: flowsPerDatagram[protocol],
        blockBytes: 1024 * kib,
      }),
  },
]

/** Of processor, for a datagram: to handle it, and only to read its bytes. */
interface Cost {
  readonly handled: number
  readonly touched: number
}

if (values.figure === undefined) {
  console.log(`${describeMachine()}, load ${loadavg()[0]?.toFixed(1)}`)
  for (const question of questions) {
    if (question.by.startsWith(values.only)) answer(question)
  }
} else {
  const { by, protocol, count } = JSON.parse(values.figure) as Figure
  const load = questions.find((question) => question.by === by)?.load(protocol, count)
  if (load !== undefined) console.log(JSON.stringify(measure(load)))
}

interface Figure {
  readonly by: string
  readonly protocol: Protocol
  readonly count: number
}

/** In a process of its own. */
function start(figure: Figure): Cost {
  const { rounds, ms } = values
  const script = fileURLToPath(import.meta.url)
  const options = ['--rounds', rounds, '--ms', ms, '--figure', JSON.stringify(figure)]
  return JSON.parse(execFileSync(process.execPath, [script, ...options], { encoding: 'utf8' }))
}

/** The medians of the rounds; the first does not count. */
function measure({ handle, touch }: Load): Cost {
  const costs: Cost[] = []
  for (let i = 0; i <= Number(values.rounds); i++) {
    costs.push({ handled: microseconds(handle), touched: microseconds(touch) })
  }
  return medians(costs.slice(1))
}

function medians(costs: readonly Cost[]): Cost {
  return {
    handled: median(costs.map(({ handled }) => handled)),
    touched: median(costs.map(({ touched }) => touched)),
  }
}

function answer({ by, title, xName, counts, protocols }: Question): void {
  const results: (Result & Figure & { microseconds: number })[] = []
  for (const protocol of protocols) {
    const costs = counts.map((): Cost[] => [])
    // They take turns, so that what else the machine does meets all of them.
    for (let i = 0; i < Number(values.starts); i++) {
      for (const [subject, count] of counts.entries()) {
        costs[subject]?.push(start({ by, protocol, count }))
      }
    }
    const taken = costs.map(medians)
    for (const [subject, count] of counts.entries()) {
      const { handled = 0, touched = 0 } = taken[subject] ?? {}
      const result = {
        by,
        protocol,
        count,
        microseconds: round(handled),
        toFewest: round(handled / (taken[0]?.handled ?? 0)),
        touchMicroseconds: round(touched),
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
