// Where the time of an insert goes. The embedded engine keeps no log of queries or processors, so parts are told by leaving out: each view by itself, and raw in
// three steps, each with one more thing to do than the one before.

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
  viewQuery: string
}

const staged = 'reading the staged flows'
const converting = 'raw: its columns from those of FlowMessage'
const writing = 'raw: sorting, compressing, writing'

const keepNothing = ({ columns, viewQuery }: Raw) => `
  CREATE TABLE nothing (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')}) ENGINE = Null;
  CREATE MATERIALIZED VIEW ingest_to_nothing TO nothing AS ${viewQuery};`

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
      { part: converting, views: [], prepare: keepNothing, without: staged },
      {
        part: writing,
        views: ['ingest_to_raw'],
        prepare: () => 'ALTER TABLE raw DROP INDEX src_addr_bloom, DROP INDEX dst_addr_bloom;',
        without: converting,
      },
      { part: 'raw: bloom filters of addresses', views: ['ingest_to_raw'], without: writing },
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
  const [view] = await rowsOf<{ viewQuery: string }>(
    client,
    "SELECT as_select AS viewQuery FROM system.tables WHERE database = 'model' AND name = 'ingest_to_raw'",
  )
  if (view === undefined) throw new Error('nothing fills raw')
  return { columns, viewQuery: view.viewQuery.replaceAll('model.', `${database}.`) }
}
