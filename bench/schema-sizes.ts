// Bytes a flow on disk: of raw as merges leave it and merged to one part, of the rollups, and of the seed's tables. Half an hour of traffic.

import type { Result } from './report.ts'
import { createOurs, createSeed, rulePrefixes } from './schema-databases.ts'
import { type BenchStore, rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const spanSeconds = 1800
/** What a collector sends at once, at 5,600 flows a second. */
const batchFlows = 50_000

export async function measureSizes(dataDir: string, flows: number): Promise<Result[]> {
  const store = await startStore(dataDir)
  try {
    await createOurs(store, 'ours', rulePrefixes(100))
    await createSeed(store, 'seed', 'ours', rulePrefixes(100))
    const start = Math.floor(Date.now() / 1000 / 300) * 300 - 2 * spanSeconds
    for (let first = 0; first < flows; first += batchFlows) {
      const query_params = {
        start,
        rate: flows / spanSeconds,
        first,
        count: Math.min(batchFlows, flows - first),
      }
      await store.client.command({
        query: `INSERT INTO ours.ingest SELECT *, 'bench' FROM (${trafficQuery})`,
        query_params,
      })
      await store.client.command({
        query: `INSERT INTO seed.entry SELECT *, 'bench' FROM (${trafficQuery})`,
        query_params,
      })
    }
    const results = [await sizes(store, 'as inserted and merged', flows)]
    for (const table of ['ours.raw', 'seed.raw']) {
      await store.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
    }
    results.push(await sizes(store, 'raw merged to one part', flows))
    return [...results, await columns(store, flows)]
  } finally {
    await store.stop()
  }
}

/** Everything that lies on disk for the flows, indexes and marks included. */
async function sizes({ client }: BenchStore, when: string, flows: number): Promise<Result> {
  const rows = await rowsOf<{ name: string; bytes: number }>(
    client,
    `SELECT concat(database, '.', table) AS name, round(sum(bytes_on_disk) / {flows:UInt64}, 2) AS bytes
    FROM system.parts WHERE active AND database IN ('ours', 'seed')
    GROUP BY name HAVING bytes > 0 ORDER BY name`,
    { flows },
  )
  return {
    bytesPerFlow: when,
    flows,
    ...Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes])),
  }
}

async function columns({ client }: BenchStore, flows: number): Promise<Result> {
  const rows = await rowsOf<{ name: string; bytes: number }>(
    client,
    `SELECT column AS name, round(sum(column_data_compressed_bytes) / {flows:UInt64}, 2) AS bytes
    FROM system.parts_columns WHERE active AND database = 'ours' AND table = 'raw'
    GROUP BY name HAVING bytes >= 0.05 ORDER BY bytes DESC`,
    { flows },
  )
  return {
    bytesPerFlow: 'columns of raw',
    ...Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes])),
  }
}
