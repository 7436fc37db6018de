// Reading 24 hours: the ten greatest of something, and each one's series. Before each query the store is started anew, so its caches are cold;
// the kernel's are not.

import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { createStoreClient } from '../schema/client.ts'
import type { Result } from './report.ts'
import { createOurs, createSeed, rulePrefixes } from './schema-databases.ts'
import { dayQueries } from './schema-day-queries.ts'
import { type BenchStore, rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const daySeconds = 86_400
const batchFlows = 500_000

interface Asked {
  milliseconds: number
  rows: number
  /** Tables that EXPLAIN says are read. */
  reads: string
}

/** The median of so many rounds, with the fastest and the slowest; each round asks everything once, so that a disturbance meets all alike. */
export async function measureQueries(
  dataDir: string,
  flows: number,
  rounds: number,
): Promise<Result[]> {
  const to = Math.floor(Date.now() / 1000 / 3600) * 3600
  await load(dataDir, flows, to - daySeconds)
  const questions = dayQueries.flatMap(({ by, ours, seed }) => [
    { query: `24 h by ${by}`, schema: 'ours', sql: ours, asked: [] as Asked[] },
    { query: `24 h by ${by}`, schema: 'seed', sql: seed, asked: [] as Asked[] },
  ])
  for (let round = 0; round < rounds; round++) {
    for (const { sql, asked } of questions) {
      const store = await startStore(dataDir)
      asked.push(await ask(store, sql, { from: to - daySeconds, to }))
      await store.stop()
    }
  }
  return questions.map(({ query, schema, asked }) => ({ query, schema, flows, ...median(asked) }))
}

async function ask(
  { client }: BenchStore,
  sql: string,
  parameters: Record<string, number>,
): Promise<Asked> {
  await rowsOf(client, 'SELECT 1')
  const startedMs = performance.now()
  const rows = await rowsOf(client, sql, parameters)
  const milliseconds = Math.round(performance.now() - startedMs)
  const plan = await rowsOf<{ explain: string }>(client, `EXPLAIN ${sql}`, parameters)
  const reads = plan.flatMap(
    ({ explain }) => /ReadFromMergeTree \(([\w.]+)\)/.exec(explain)?.[1] ?? [],
  )
  return { milliseconds, rows: rows.length, reads: [...new Set(reads)].join(', ') }
}

function median(asked: readonly Asked[]): object {
  const sorted = asked.toSorted((a, b) => a.milliseconds - b.milliseconds)
  const middle = sorted[Math.floor(sorted.length / 2)]
  return {
    ...middle,
    fastest: sorted[0]?.milliseconds,
    slowest: sorted.at(-1)?.milliseconds,
    rounds: sorted.length,
  }
}

async function load(dataDir: string, flows: number, start: number): Promise<void> {
  const store = await startStore(dataDir)
  const { address, client, stop } = store
  await createOurs(store, 'ours', rulePrefixes(100))
  await createSeed(store, 'seed', 'ours', rulePrefixes(100))
  // Its rollups answer none of the queries, and would take hours to fill.
  for (const view of ['prefixes_total_1m', 'prefixes_proto_profile_1m', 'sources_1m']) {
    await client.command({ query: `DROP VIEW seed.raw_to_${view}` })
  }
  // The same flows to both, made once.
  await client.command({
    query: 'CREATE MATERIALIZED VIEW seed.ours_to_entry TO seed.entry AS SELECT * FROM ours.ingest',
  })
  for (let first = 0; first < flows; first += batchFlows) {
    await client.command({
      query: `INSERT INTO ours.ingest SELECT *, 'bench' FROM (${trafficQuery})`,
      query_params: {
        start,
        rate: flows / daySeconds,
        first,
        count: Math.min(batchFlows, flows - first),
      },
    })
  }
  const inside = createStoreClient({ ...address, database: 'ours' }, 3_600_000)
  await refreshCoarseRollups(inside, Date.now(), (daySeconds + 7200) * 1000)
  await inside.close()
  await stop()
}
