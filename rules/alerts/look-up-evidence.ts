// Looks up what alerts are about, when they fire, grow and end. Beside their evaluation, which must not wait for that: it reads single flows.

import type { StoreClient } from '../../schema/client.ts'
import { type Evidence, readEvidence } from '../evidence/evidence.ts'
import { askStore, StoreError } from '../store-error.ts'
import { read } from '../traffic/query.ts'
import type { AlertDocument } from './document.ts'
import { sourceTypes } from './source-type.ts'

/** At once; the rest has its turn with the next call. */
const mostAlerts = 5
/** What is missing for longer is not looked up any more. */
const pastMinutes = 60

/**
 * For alerts of the last hour of which something new is to be looked up, the oldest first. Of one whose flows cannot be read the reason is kept in place of them.
 * @throws StoreError
 */
export async function lookUpEvidence(client: StoreClient, nowMs: number): Promise<void> {
  const rows = await read<{ alert_id: string; newest: string; newest_minute: number; doc: string }>(
    client,
    `SELECT alert_id, toString(max(e.number)) AS newest, toUnixTimestamp(max(e.minute)) AS newest_minute, argMax(e.doc, e.number) AS doc
    FROM alert_events AS e
    LEFT JOIN (SELECT alert_id, toUInt64(version) AS looked_up FROM alert_evidence FINAL) AS evidence USING (alert_id)
    WHERE e.number > 0 AND e.event IN ('firing', 'reopened', 'escalated', 'resolved') AND e.minute >= toDateTime({from:UInt32})
      AND NOT has({without_traffic:Array(String)}, rule_id)
    GROUP BY alert_id
    HAVING max(e.number) > max(looked_up)
    ORDER BY max(e.number), alert_id
    LIMIT {most:UInt32}`,
    {
      from: Math.floor(nowMs / 1000) - 60 * pastMinutes,
      most: mostAlerts,
      without_traffic: sourceTypes,
    },
  )
  for (const { alert_id, newest, newest_minute, doc } of rows) {
    const alert = JSON.parse(doc) as AlertDocument
    const evidence = await evidenceOf(client, alert, newest_minute)
    await askStore(() =>
      client.insert({
        table: 'alert_evidence',
        values: [
          { alert_id, version: newest, minute: newest_minute, evidence: JSON.stringify(evidence) },
        ],
        format: 'JSONEachRow',
      }),
    )
  }
}

/** What is kept: evidence, or why there is none. */
export type KeptEvidence = Evidence | { problem: string }

async function evidenceOf(
  client: StoreClient,
  alert: AlertDocument,
  minute: number,
): Promise<KeptEvidence> {
  const { rule_id, scope, key, direction, vector, started_at } = alert
  const host = scope === 'per_host' ? key : undefined
  const source = scope === 'per_prefix' ? { prefixes: [key] } : { ruleId: rule_id }
  const first = Date.parse(started_at) / 1000
  try {
    const found = await readEvidence(client, {
      source,
      host,
      direction,
      vector,
      first,
      last: minute,
    })
    return found ?? { problem: 'none of its flows are stored' }
  } catch (error) {
    if (error instanceof StoreError)
      return { problem: `its flows could not be read: ${error.message}` }
    throw error
  }
}
