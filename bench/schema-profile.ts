// Where the time of an insert goes. The embedded engine keeps no log of queries or processors, so parts are told by leaving out: each view by itself, and raw in
// four steps, each with one more thing to do than the one before.

import { createStoreClient } from '../schema/client.ts'
import { splitStatements } from '../schema/statements.ts'
import { round } from './processor.ts'
import type { Result } from './report.ts'
import { createOurs, rulePrefixes, viewsOf } from './schema-databases.ts'
import { insertStaged, stage } from './schema-inserts.ts'
import { type BenchStore, rowsOf, startStore } from './store.ts'

const database = 'measured'
const batchFlows = 100_000

interface Variant {
  part: string
  /** What is to be left over of the views. */
  views: readonly string[]
  /** Statements before the inserts; they are given what raw is like. */
  prepare?: (raw: Raw) => string
  /** The variant that does all of this but the part: the part takes the difference. */
  without?: string
}

interface Raw {
  columns: { name: string; type: string }[]
  /** With its partitions, order and settings. */
  engine: string
  viewQuery: string
}

const staged = 'reading the staged flows'
const converting = 'raw: its columns from those of FlowMessage'
const writing = 'raw: sorting and writing'
const compressing = 'raw: compressing'

const plainTable = (raw: Raw, engine: string) => `
  CREATE TABLE plain (${raw.columns.map(({ name, type }) => `${name} ${type} CODEC(NONE)`).join(', ')}) ENGINE = ${engine};
  CREATE MATERIALIZED VIEW ingest_to_plain TO plain AS ${raw.viewQuery};`

/** Seconds of processor per million flows of each part, the median of so many rounds. */
export async function measureProfile(
  dataDir: string,
  flows: number,
  rounds: number,
): Promise<Result[]> {
  const store = await startStore(dataDir)
  try {
    await createOurs(store, 'model', [])
    await stage(store, flows)
    const views = await viewsOf(store.client, 'model')
    const variants: Variant[] = [
      { part: staged, views: [] },
      {
        part: converting,
        views: [],
        prepare: (raw) => plainTable(raw, 'Null').replaceAll(' CODEC(NONE)', ''),
        without: staged,
      },
      {
        part: writing,
        views: [],
        prepare: (raw) => plainTable(raw, raw.engine),
        without: converting,
      },
      {
        part: compressing,
        views: ['ingest_to_raw'],
        prepare: () => 'ALTER TABLE raw DROP INDEX src_addr_bloom, DROP INDEX dst_addr_bloom;',
        without: writing,
      },
      { part: 'raw: bloom filters of addresses', views: ['ingest_to_raw'], without: compressing },
      ...views
        .filter((view) => view !== 'ingest_to_raw')
        .map((view) => ({ part: view.replace('ingest_to_', ''), views: [view], without: staged })),
      { part: 'all views together', views },
    ]
    const taken = new Map<string, number[]>(variants.map(({ part }) => [part, []]))
    const raw = await readRaw(store)
    for (let done = 0; done < rounds; done++) {
      for (const variant of variants) {
        taken.get(variant.part)?.push(await run(store, variant, raw, flows))
      }
    }
    const secondsOf = (part: string) => {
      const sorted = (taken.get(part) ?? []).toSorted((a, b) => a - b)
      return sorted[Math.floor(sorted.length / 2)] ?? 0
    }
    return variants.map(({ part, without }) => {
      const cpuSeconds = secondsOf(part)
      if (without === undefined) return { part, flows, rounds, cpuSeconds }
      return { part, flows, rounds, cpuSeconds: round(cpuSeconds - secondsOf(without)) }
    })
  } finally {
    await store.stop()
  }
}

async function run(
  store: BenchStore,
  { views, prepare }: Variant,
  raw: Raw,
  flows: number,
): Promise<number> {
  await createOurs(store, database, rulePrefixes(100), views)
  const inside = createStoreClient({ ...store.address, database })
  for (const query of splitStatements(prepare?.(raw) ?? '')) await inside.command({ query })
  await inside.close()
  const { cpuSeconds } = await insertStaged(store, `${database}.ingest`, flows, batchFlows)
  await store.client.command({ query: `DROP DATABASE ${database}` })
  return cpuSeconds
}

async function readRaw({ client }: BenchStore): Promise<Raw> {
  const columns = await rowsOf<{ name: string; type: string }>(
    client,
    "SELECT name, type FROM system.columns WHERE database = 'model' AND table = 'raw' AND default_kind = '' ORDER BY position",
  )
  const [table] = await rowsOf<{ engine: string; viewQuery: string }>(
    client,
    `SELECT (SELECT engine_full FROM system.tables WHERE database = 'model' AND name = 'raw') AS engine,
      (SELECT as_select FROM system.tables WHERE database = 'model' AND name = 'ingest_to_raw') AS viewQuery`,
  )
  if (table === undefined) throw new Error('there is no raw')
  const { engine, viewQuery } = table
  return { columns, engine, viewQuery: viewQuery.replaceAll('model.', `${database}.`) }
}
