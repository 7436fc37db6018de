// Reading 24 hours: the ten greatest of something, and each one's series. Before each query the store is started anew, so its caches are cold;
// the kernel's are not.

import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { createStoreClient } from '../schema/client.ts'
import type { Result } from './report.ts'
import { createOurs, createSeed, rulePrefixes } from './schema-databases.ts'
import { dayQueries } from './schema-day-queries.ts'
import { rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const daySeconds = 86_400
const batchFlows = 500_000

export async function measureQueries(dataDir: string, flows: number): Promise<Result[]> {
  const to = Math.floor(Date.now() / 1000 / 3600) * 3600
  await load(dataDir, flows, to - daySeconds)
  const results: Result[] = []
  for (const { by, ours, seed } of dayQueries) {
    for (const [schema, query] of [
      ['ours', ours],
      ['seed', seed],
    ] as const) {
      const { client, stop } = await startStore(dataDir)
      await rowsOf(client, 'SELECT 1')
      const startedMs = performance.now()
      const rows = await rowsOf(client, query, { from: to - daySeconds, to })
      const milliseconds = Math.round(performance.now() - startedMs)
      results.push({ query: `24 h by ${by}`, schema, flows, milliseconds, rows: rows.length })
      await stop()
    }
  }
  return results
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
  for (let first = 0; first < flows; first += batchFlows) {
    const query_params = {
      start,
      rate: flows / daySeconds,
      first,
      count: Math.min(batchFlows, flows - first),
    }
    for (const table of ['ours.ingest', 'seed.entry']) {
      await client.command({
        query: `INSERT INTO ${table} SELECT *, 'bench' FROM (${trafficQuery})`,
        query_params,
      })
    }
  }
  const inside = createStoreClient({ ...address, database: 'ours' }, 3_600_000)
  await refreshCoarseRollups(inside, Date.now(), (daySeconds + 7200) * 1000)
  await inside.close()
  await stop()
}
