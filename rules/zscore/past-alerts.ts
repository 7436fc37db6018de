// What alerts of zscore rules, and people about them, say of past traffic. All functions throw StoreError.

import type { StoreClient } from '../../schema/client.ts'
import { read } from '../traffic/query.ts'
import { seriesKey } from '../traffic/series.ts'
import { mostIds } from '../traffic/traffic.ts'
import type { PastAlerts } from './usual.ts'
import type { Acceptance } from './zscore.ts'

/** By rule id, then by `seriesKey`. */
export type BySeries<T> = ReadonlyMap<string, ReadonlyMap<string, T>>

/** As alerts name it: a prefix, or `rule` for all of them together. */
interface AlertKey {
  key: string
  direction: 'in' | 'out'
}

export function ofSeries<T>(
  all: BySeries<T>,
  ruleId: string | undefined,
  series: Parameters<typeof seriesKey>[0],
): T | undefined {
  return ruleId === undefined ? undefined : all.get(ruleId)?.get(seriesKey(series))
}

/** What was accepted from this minute on. */
export async function readAcceptances(
  client: StoreClient,
  since: number,
): Promise<BySeries<Acceptance[]>> {
  const rows = await read<Acceptance & AlertKey & { rule_id: string }>(
    client,
    `SELECT rule_id, JSONExtractString(doc, 'key') AS key, JSONExtractString(doc, 'direction') AS direction, toUnixTimestamp(minute) AS at,
      JSONExtract(doc, 'from', 'UInt32') AS from, JSONExtract(doc, 'until', 'UInt32') AS until
    FROM alert_events
    WHERE number = 0 AND event = 'accepted' AND minute >= toDateTime({since:UInt32})
    ORDER BY at, id`,
    { since },
  )
  const all = new Map<string, Map<string, Acceptance[]>>()
  for (const { rule_id, key, direction, from, until, at } of rows) {
    entryOf(all, rule_id, { key, direction }, () => []).push({ from, until, at })
  }
  return all
}

/** Alerts of these rules, or of all zscore rules where these are more than `mostIds`, that were open since this minute. */
export async function readPastAlerts(
  client: StoreClient,
  ruleIds: readonly string[],
  since: number,
): Promise<BySeries<PastAlerts>> {
  const all = ruleIds.length > mostIds
  const rows = await read<
    AlertKey & { rule_id: string; first: number; last: number; normal: number }
  >(
    client,
    `SELECT rule_id, JSONExtractString(doc, 'key') AS key, JSONExtractString(doc, 'direction') AS direction,
      toUnixTimestamp(parseDateTimeBestEffort(JSONExtractString(doc, 'started_at'))) AS first,
      toUnixTimestamp(a.updated_at) - 60 AS last,
      -- The newest classification counts, and an acceptance for good.
      id IN (SELECT alert_id FROM alert_events WHERE number = 0 AND event = 'accepted' AND ({all:Bool} OR has({ids:Array(String)}, rule_id)))
        OR id IN (
          SELECT alert_id FROM alert_events WHERE number = 0 AND event = 'classified' AND ({all:Bool} OR has({ids:Array(String)}, rule_id))
          GROUP BY alert_id HAVING JSONExtractString(argMax(doc, at), 'class') = 'false_positive') AS normal
    FROM alerts AS a FINAL
    WHERE if({all:Bool}, JSONExtractString(doc, 'type') = 'zscore', has({ids:Array(String)}, rule_id)) AND toUnixTimestamp(a.updated_at) >= {since:UInt32}`,
    { all, ids: all ? [] : ruleIds, since },
  )
  const bySeries = new Map<string, Map<string, { told: MinuteSpan[]; accepted: MinuteSpan[] }>>()
  for (const { rule_id, key, direction, first, last, normal } of rows) {
    const past = entryOf(bySeries, rule_id, { key, direction }, () => ({ told: [], accepted: [] }))
    past[normal === 1 ? 'accepted' : 'told'].push({ first, last })
  }
  return bySeries
}

type MinuteSpan = PastAlerts['told'][number]

function entryOf<T>(
  all: Map<string, Map<string, T>>,
  ruleId: string,
  { key, direction }: AlertKey,
  make: () => T,
): T {
  const ofRule = all.get(ruleId) ?? new Map<string, T>()
  all.set(ruleId, ofRule)
  const name = seriesKey({ prefix: key === 'rule' ? undefined : key, direction })
  const entry = ofRule.get(name) ?? make()
  ofRule.set(name, entry)
  return entry
}
