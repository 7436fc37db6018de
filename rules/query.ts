// What verdicts rest on, read from the store: runs of collectors, rules, and the minutes of their prefixes. All functions throw StoreError.

import { z } from 'zod'
import type { StoreClient } from '../schema/client.ts'
import { readDocuments } from './documents.ts'
import { longestDurationMinutes } from './duration.ts'
import type { CollectorRun } from './minutes.ts'
import { type Rule, ruleSchema } from './rule.ts'
import { askStore } from './store-error.ts'
import { lookbackMinutes, type Traffic } from './verdict.ts'

/** No verdict asks about a minute that is older than this, so neither about a run that ended before. */
const runsReadMs = (longestDurationMinutes + lookbackMinutes + 10) * 60_000

export async function readCollectorRuns(
  client: StoreClient,
  nowMs: number,
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
    { from_ms: nowMs - runsReadMs },
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
  /** From this minute on (seconds since 1970) all its prefixes' minutes are complete; Infinity when one of them is not counted at all. */
  countedFrom: number
}

/** Rules of every type. */
export async function readCountedRules(client: StoreClient): Promise<CountedRule[]> {
  const [stored, prefixes] = await Promise.all([
    readDocuments(client, 'rules', storedRuleSchema),
    read<{ prefix: string; filled_from: number }>(
      client,
      `SELECT prefix, toUnixTimestamp(if(fills.prefix = '', active_from, fills.filled_from)) AS filled_from
      FROM (SELECT * FROM prefixes FINAL WHERE NOT deleted AND has(chain, prefix)) AS prefixes
      LEFT JOIN (SELECT * FROM prefix_fills FINAL) AS fills USING (prefix, active_from)`,
    ),
  ])
  const filledFrom = new Map(prefixes.map((row) => [row.prefix, row.filled_from]))
  return stored.map(({ version, doc: { counted_prefixes, ...rule } }) => ({
    rule,
    version,
    countedFrom: counted_prefixes.reduce(
      (latest, prefix) => Math.max(latest, filledFrom.get(prefix) ?? Infinity),
      0,
    ),
  }))
}

/** A rule as it is stored: with the prefixes that are added up for it, since those nested in another one are in that one's sums. */
export const storedRuleSchema = ruleSchema.extend({ counted_prefixes: z.array(z.string()) })

export interface RuleTraffic {
  /** Of the rule's document that named the prefixes. */
  version: number
  /** By minute, in seconds since 1970. */
  minutes: Map<number, Traffic>
}

/** Ids go into the request's URL. */
const mostIds = 100

/**
 * What arrived in the prefixes of threshold rules, by rule id; a rule without traffic is absent. Both minutes are included. Only of these rules,
 * unless they are very many.
 */
export async function readRuleTraffic(
  client: StoreClient,
  firstMinute: number,
  lastMinute: number,
  ids?: readonly string[],
): Promise<Map<string, RuleTraffic>> {
  const some = ids !== undefined && ids.length <= mostIds
  const rows = await read<{ id: string; version: string; minutes: [number, string, string][] }>(
    client,
    `SELECT id, toString(version) AS version, groupArray((toUnixTimestamp(minute), toString(bytes), toString(packets))) AS minutes
    FROM
    (
      SELECT rule_prefixes.id AS id, rule_prefixes.version AS version, m.minute AS minute, sum(m.bytes) AS bytes, sum(m.packets) AS packets
      FROM prefix_minutes AS m
      INNER JOIN
      (
        SELECT id, version, arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)')) AS prefix
        FROM rules FINAL
        WHERE JSONExtractString(doc, 'type') = 'threshold' AND ({all:Bool} OR has({ids:Array(String)}, id))
      ) AS rule_prefixes ON rule_prefixes.prefix = m.prefix
      WHERE m.direction = 'in' AND m.minute >= toDateTime({first:UInt32}) AND m.minute <= toDateTime({last:UInt32})
      GROUP BY id, version, minute
    )
    GROUP BY id, version`,
    { first: firstMinute, last: lastMinute, all: !some, ids: some ? ids : [] },
  )
  return new Map(
    rows.map(({ id, version, minutes }) => [
      id,
      {
        version: Number(version),
        minutes: new Map(
          minutes.map(([minute, bytes, packets]) => [
            minute,
            { bytes: BigInt(bytes), packets: BigInt(packets) },
          ]),
        ),
      },
    ]),
  )
}

function read<Row>(
  client: StoreClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<Row[]> {
  return askStore(async () => {
    const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
    return result.json<Row>()
  })
}
