// What storing a flow costs, by how many come in one segment, which is one insert: by the collector's own sink, one after the other, into all tables of an embedded store. The same
// flows for each size.
//
//   node dist/bench/segments.js [--flows 280000] [--rounds 3] [--quiet]

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Segment } from '../collector/delivery/segment.ts'
import { createClickHouseSink } from '../collector/sink/clickhouse.ts'
import { createStoreClient } from '../schema/client.ts'
import { median } from './collector-run.ts'
import { makeSegments } from './kafka-flows.ts'
import { writePlot } from './plot.ts'
import { round } from './processor.ts'
import { describeMachine, writeResult } from './report.ts'
import { createOurs, rulePrefixes } from './schema-databases.ts'
import { mergesOver } from './schema-inserts.ts'
import { type BenchStore, startStore } from './store.ts'

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '280000' },
    rounds: { type: 'string', default: '3' },
    quiet: { type: 'boolean', default: false },
  },
})
const flows = Number(values.flows)
/** 70,000 are about the 8 MiB at which a collector seals a segment. */
const sizes = [1_000, 10_000, 70_000, 280_000]
const database = 'measured'

interface Stored {
  /** Of the store's processor for a flow, until the last insert was acknowledged; then what merging took. */
  readonly microseconds: number
  readonly mergeMicroseconds: number
  /** From sending a segment to its being acknowledged. */
  readonly insertMs: number
}

/** Into new tables. */
async function insert(store: BenchStore, segments: readonly Segment[]): Promise<Stored> {
  await createOurs(store, database, rulePrefixes(100))
  const sink = createClickHouseSink(createStoreClient({ ...store.address, database }))
  const forever = new AbortController().signal
  const before = store.cpuSeconds()
  const startedMs = performance.now()
  for (const segment of segments) await sink.send(segment, forever)
  const insertMs = (performance.now() - startedMs) / segments.length
  const inserted = store.cpuSeconds()
  await sink.close()
  await mergesOver(store.client)
  const merged = store.cpuSeconds()
  await store.client.command({ query: `DROP DATABASE ${database} SYNC` })
  return {
    microseconds: ((inserted - before) * 1e6) / flows,
    mergeMicroseconds: ((merged - inserted) * 1e6) / flows,
    insertMs,
  }
}

const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
const store = await startStore(dataDir)
try {
  const subjects = await Promise.all(
    sizes.map(async (size) => ({
      size,
      segments: await makeSegments(store, flows, size),
      stored: [] as Stored[],
    })),
  )
  // They take turns, so that what else the machine does meets all of them; the first round does not count.
  for (let i = 0; i <= Number(values.rounds); i++) {
    for (const { segments, stored } of subjects) {
      const measured = await insert(store, segments)
      if (i > 0) stored.push(measured)
    }
  }
  const results = subjects.map(({ size, stored }) => ({
    flowsPerSegment: size,
    flows,
    microseconds: round(median(stored.map(({ microseconds }) => microseconds))),
    mergeMicroseconds: round(median(stored.map(({ mergeMicroseconds }) => mergeMicroseconds))),
    insertMs: round(median(stored.map(({ insertMs }) => insertMs))),
  }))
  for (const result of results) console.log(JSON.stringify(result))
  writeResult('segments', [
    {
      machineWas: values.quiet
        ? 'used by nothing else'
        : 'shared with other work: seconds of processor tell more than times',
      rounds: Number(values.rounds),
    },
    ...results,
  ])
  writePlot('growth-segments', {
    title: 'Storing a flow, by flows in a segment, which is one insert',
    xName: 'flows in a segment',
    yName: 'microseconds of processor',
    series: [
      {
        name: 'inserting',
        points: results.map(({ flowsPerSegment, microseconds }) => [flowsPerSegment, microseconds]),
      },
      {
        name: 'merging',
        points: results.map((result) => [result.flowsPerSegment, result.mergeMicroseconds]),
      },
    ],
  })
} finally {
  await store.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
console.log(describeMachine())
