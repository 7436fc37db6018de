// What verdicts rest on beside traffic, read from the store: runs of collectors, and rules. All functions throw StoreError.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../configuration/documents.ts'
import { type Rule, ruleSchema } from '../configuration/rule.ts'
import { askStore } from '../store-error.ts'
import type { CollectorRun } from './minutes.ts'
import { type Series, seriesOf } from './series.ts'

/** The runs that reported after `fromMs`: all that have covered a later minute. */
export async function readCollectorRuns(
  client: StoreClient,
  fromMs: number,
): Promise<CollectorRun[]> {
  const rows = await read<{
    collector: string
    started_ms: string
    watermark_ms: string
    last_status_ms: string
  }>(
    client,
    `SELECT
      collector,
      toString(toUnixTimestamp64Milli(min(started))) AS started_ms,
      toString(toUnixTimestamp64Milli(max(watermark))) AS watermark_ms,
      toString(toUnixTimestamp64Milli(max(time))) AS last_status_ms
    FROM status
    WHERE kind = 'collector' AND time > fromUnixTimestamp64Milli({from_ms:Int64})
    GROUP BY collector, boot`,
    { from_ms: fromMs },
  )
  return rows.map((row) => ({
    collector: row.collector,
    startedMs: Number(row.started_ms),
    watermarkMs: Number(row.watermark_ms),
    lastStatusMs: Number(row.last_status_ms),
  }))
}

/** How many migrations the database has had. */
export async function readAppliedMigrations(client: StoreClient): Promise<number> {
  const [row] = await read<{ applied: number }>(
    client,
    'SELECT toUInt32(count()) AS applied FROM migrations',
  )
  return row?.applied ?? 0
}

export interface CountedRule {
  rule: Rule
  version: number
  series: Series[]
}

/** Rules of every type, with the prefixes that are counted for them. Of those that judge hosts the series are not yet the hosts. */
export async function readCountedRules(client: StoreClient): Promise<CountedRule[]> {
  const [stored, counted] = await Promise.all([
    readDocuments(client, 'rules', storedRuleSchema),
    readCounted(client),
  ])
  return stored.map(({ version, doc: { counted_prefixes, ...rule } }) => {
    // Hosts are not filled in from before their prefix was counted.
    const countedFrom = rule.scope === 'per_host' ? counted.activeFrom : counted.filledFrom
    return { rule, version, series: seriesOf(rule, counted_prefixes, countedFrom) }
  })
}

/** One of them, and undefined when there is none with this id. */
export async function readCountedRule(
  client: StoreClient,
  id: string,
): Promise<CountedRule | undefined> {
  const [[stored], countedFrom] = await Promise.all([
    readDocuments(client, 'rules', storedRuleSchema, id),
    readCountedFrom(client),
  ])
  if (stored === undefined) return undefined
  const { counted_prefixes, ...rule } = stored.doc
  return { rule, version: stored.version, series: seriesOf(rule, counted_prefixes, countedFrom) }
}

/** By prefix, the first minute (seconds since 1970) from which on all are complete. */
export async function readCountedFrom(client: StoreClient): Promise<Map<string, number>> {
  return (await readCounted(client)).filledFrom
}

/** By prefix, the first minute that was counted as flows came, and the first one at all. */
async function readCounted(client: StoreClient) {
  const rows = await read<{ prefix: string; active_from: number; filled_from: number }>(
    client,
    `SELECT prefix, toUnixTimestamp(active_from) AS active_from, toUnixTimestamp(if(fills.prefix = '', active_from, fills.filled_from)) AS filled_from
    FROM (SELECT * FROM prefixes FINAL WHERE NOT deleted AND has(chain, prefix)) AS prefixes
    LEFT JOIN (SELECT * FROM prefix_fills FINAL) AS fills USING (prefix, active_from)`,
  )
  return {
    activeFrom: new Map(rows.map((row) => [row.prefix, row.active_from])),
    filledFrom: new Map(rows.map((row) => [row.prefix, row.filled_from])),
  }
}

/** A rule as it is stored: with the prefixes that are added up for it, since those nested in another one are in that one's sums. */
export const storedRuleSchema = ruleSchema.extend({ counted_prefixes: z.array(z.string()) })

export function read<Row>(
  client: StoreClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<Row[]> {
  return askStore(async () => {
    const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
    return result.json<Row>()
  })
}
