// What an insert costs, by view. Flows are staged in a table, so reading them is a part of each figure: that of a Null table without views
// is measured, too, and told as `staging`.

import { writePlot } from './plot.ts'
import { round } from './processor.ts'
import type { Result } from './report.ts'
import { createOurs, createSeed, rulePrefixes, viewsOf } from './schema-databases.ts'
import { type BenchStore, rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const batchFlows = 100_000
/** The seed compares each destination of a block with each prefix: of larger blocks with many prefixes, it runs out of memory. */
const seedBatchFlows = (prefixes: number) => (prefixes > 100 ? 10_000 : batchFlows)
/** As collectors send them. */
const concurrency = 2

interface Insert extends Result {
  insert: string
  /** Of rules. */
  prefixes: number
  flows: number
  flowsPerInsert: number
  flowsPerSecond: number
  /** Of processor, per million flows, until the last insert was acknowledged; then what merging took. */
  cpuSeconds: number
  mergeCpuSeconds: number
}

interface Variant {
  name: string
  prefixes: number
  /** Of ours; all when absent. */
  views?: readonly string[]
  seed?: boolean
}

const stored = ['ingest_to_raw', 'ingest_to_segments']
const judged = ['ingest_to_interface_10s', 'ingest_to_prefix_minutes']

/** The median of so many rounds; each round measures everything once, so that a disturbance meets all alike. */
export async function measureInserts(
  dataDir: string,
  flows: number,
  rounds: number,
): Promise<Result[]> {
  const store = await startStore(dataDir)
  try {
    await createOurs(store, 'model', [])
    await stage(store, flows)
    const variants: Variant[] = [
      { name: 'staging', prefixes: 100, views: [] },
      { name: 'raw alone', prefixes: 100, views: stored },
      { name: 'raw, interface, prefix', prefixes: 100, views: [...stored, ...judged] },
      ...(await viewsOf(store.client, 'model')).map((view) => ({
        name: view,
        prefixes: 100,
        views: [view],
      })),
      ...[100, 1_000, 10_000].flatMap((prefixes) => [
        { name: 'all views', prefixes },
        { name: 'seed', prefixes, seed: true },
      ]),
    ]
    const runs = new Map<Variant, Insert[]>(variants.map((variant) => [variant, []]))
    for (let done = 0; done < rounds; done++) {
      for (const variant of variants) runs.get(variant)?.push(await run(store, variant, flows))
    }
    const results = variants.map((variant) => median(runs.get(variant) ?? []))
    draw(results)
    return results
  } finally {
    await store.stop()
  }
}

function draw(results: readonly Insert[]): void {
  const pointsOf = (name: string) =>
    results
      .filter(({ insert }) => insert === name)
      .map(({ prefixes, cpuSeconds }) => [prefixes, cpuSeconds] as const)
  writePlot('growth-prefixes', {
    title: 'Inserting a flow into all tables, by prefixes of rules',
    xName: 'prefixes',
    yName: 'microseconds of processor',
    series: [
      { name: 'ours', points: pointsOf('all views') },
      { name: "the seed's", points: pointsOf('seed') },
    ],
  })
}

async function run(store: BenchStore, variant: Variant, flows: number): Promise<Insert> {
  const { name, prefixes, views, seed = false } = variant
  const of = rulePrefixes(prefixes)
  if (seed) await createSeed(store, 'measured', 'model', of)
  else await createOurs(store, 'measured', of, views)
  const table = seed ? 'measured.entry' : 'measured.ingest'
  const result = {
    insert: name,
    prefixes,
    ...(await insertStaged(store, table, flows, seed ? seedBatchFlows(prefixes) : batchFlows)),
  }
  await store.client.command({ query: 'DROP DATABASE measured' })
  return result
}

/** Of each figure by itself. */
function median(runs: readonly Insert[]): Insert {
  const [first] = runs
  if (first === undefined) throw new Error('nothing was measured')
  const middle = (key: 'flowsPerSecond' | 'cpuSeconds' | 'mergeCpuSeconds') => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  return {
    ...first,
    flowsPerSecond: middle('flowsPerSecond'),
    cpuSeconds: middle('cpuSeconds'),
    mergeCpuSeconds: middle('mergeCpuSeconds'),
  }
}

/** Flows that begin ten minutes ago, 5,000 a second, in the order in which they come. */
export async function stage({ client }: BenchStore, flows: number): Promise<void> {
  await client.command({ query: 'CREATE DATABASE stage' })
  await client.command({
    query: `CREATE TABLE stage.flows (${await ingestColumns(client)}, n UInt64)
      ENGINE = MergeTree ORDER BY n SETTINGS min_bytes_for_wide_part = 0`,
  })
  await client.command({
    query: `INSERT INTO stage.flows ${trafficQuery.replace(/^FROM numbers/m, ', number AS n FROM numbers')}`,
    query_params: {
      start: Math.floor(Date.now() / 1000) - 600,
      rate: 5000,
      first: 0,
      count: flows,
    },
  })
  await client.command({ query: 'OPTIMIZE TABLE stage.flows FINAL' })
}

async function ingestColumns(client: BenchStore['client']): Promise<string> {
  const rows = await rowsOf<{ text: string }>(
    client,
    "SELECT concat(name, ' ', type) AS text FROM system.columns WHERE database = 'model' AND table = 'ingest' AND name != 'segment' ORDER BY position",
  )
  return rows.map(({ text }) => text).join(', ')
}

/** Flows a second, and seconds of processor per million flows, of inserting what is staged; the table's database is left to the caller. */
export async function insertStaged(
  { client, cpuSeconds }: BenchStore,
  table: string,
  flows: number,
  batch: number,
) {
  const batches = Array.from({ length: Math.ceil(flows / batch) }, (_, index) => index)
  const cpuBefore = cpuSeconds()
  const startedMs = performance.now()
  const work = async () => {
    for (let number = batches.shift(); number !== undefined; number = batches.shift()) {
      await client.command({
        query: `INSERT INTO ${table} SELECT * EXCEPT n, 'bench/${number}' FROM stage.flows
          WHERE n >= ${number * batch} AND n < ${(number + 1) * batch}`,
        clickhouse_settings: {
          insert_deduplicate: 1,
          insert_deduplication_token: `bench/${number}`,
          deduplicate_blocks_in_dependent_materialized_views: 1,
        },
      })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const seconds = (performance.now() - startedMs) / 1000
  const cpuInserted = cpuSeconds()
  await mergesOver(client)
  const millions = flows / 1e6
  return {
    flows,
    flowsPerInsert: batch,
    flowsPerSecond: Math.round(flows / seconds),
    cpuSeconds: round((cpuInserted - cpuBefore) / millions),
    mergeCpuSeconds: round((cpuSeconds() - cpuInserted) / millions),
  }
}

/** Nothing has merged for a second. */
export async function mergesOver(client: BenchStore['client']): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    const [row] = await rowsOf<{ merges: string }>(
      client,
      'SELECT toString(count()) AS merges FROM system.merges',
    )
    quiet = row?.merges === '0' ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
