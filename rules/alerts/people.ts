// What people say of an alert: that they take care of it, what it was, or a comment. Events of their own, beside those of evaluations, so that neither overwrites the other.

import { randomUUID } from 'node:crypto'
import type { StoreClient } from '../../schema/client.ts'
import { askStore } from '../store-error.ts'
import { secondsText } from '../time.ts'
import { read } from '../traffic/query.ts'
import type { AlertDocument, classes } from './document.ts'

export type PersonsEvent = 'acknowledged' | 'classified' | 'commented' | 'accepted'

export interface Remark {
  event: PersonsEvent
  /** Who. */
  by: string
  comment: string
  /** Of what is classified. */
  class?: (typeof classes)[number]
}

export type Remarks = Pick<AlertDocument, 'acknowledged' | 'classification' | 'accepted'>

/** What is known of an alert that is remarked on. */
type RemarkedAlert = Pick<
  AlertDocument,
  'id' | 'rule_id' | 'key' | 'direction' | 'started_at' | 'resolved_at'
>

/** @throws StoreError */
export async function addRemark(
  client: StoreClient,
  alert: RemarkedAlert,
  { event, by, comment, class: given }: Remark,
  nowMs: number,
): Promise<void> {
  const as = event === 'accepted' ? ' as normal' : given === undefined ? '' : ` as ${given}`
  const said = comment === '' ? '' : `: ${comment}`
  const minute = Math.floor(nowMs / 60_000) * 60
  await askStore(() =>
    client.insert({
      table: 'alert_events',
      values: [
        {
          id: randomUUID().replaceAll('-', ''),
          number: 0,
          alert_id: alert.id,
          fingerprint: '',
          rule_id: alert.rule_id,
          minute,
          at: secondsText(nowMs),
          event,
          text: `${event}${as} by ${by}${said}`,
          doc: JSON.stringify({
            by,
            comment,
            class: given,
            ...(event === 'accepted' && acceptedOf(alert, minute)),
          }),
        },
      ],
      format: 'JSONEachRow',
    }),
  )
}

/** What verdicts need of it (past-alerts.ts): which traffic, from its first minute to its last, so far as it had come. */
function acceptedOf({ key, direction, started_at, resolved_at }: RemarkedAlert, minute: number) {
  const end = resolved_at === null ? minute : Math.min(minute, Date.parse(resolved_at) / 1000)
  return { key, direction, from: Date.parse(started_at) / 1000, until: end - 60 }
}

/** When alerts that fired since then were first acknowledged, by id, in milliseconds since 1970. @throws StoreError */
export async function readAcknowledged(
  client: StoreClient,
  sinceMinute: number,
): Promise<Map<string, number>> {
  const rows = await read<{ alert_id: string; at_ms: string }>(
    client,
    `SELECT alert_id, toString(toUnixTimestamp64Milli(min(at))) AS at_ms
    FROM alert_events
    WHERE number = 0 AND event = 'acknowledged' AND minute >= toDateTime({since:UInt32})
    GROUP BY alert_id`,
    { since: sinceMinute },
  )
  return new Map(rows.map(({ alert_id, at_ms }) => [alert_id, Number(at_ms)]))
}

/** Who acknowledged and accepted these alerts first, and what they were classified as last, by id. At most some hundred ids. @throws StoreError */
export async function readRemarks(
  client: StoreClient,
  ids: readonly string[],
): Promise<Map<string, Remarks>> {
  if (ids.length === 0) return new Map()
  const rows = await read<{ alert_id: string; event: PersonsEvent; said_at: string; said: string }>(
    client,
    `SELECT alert_id, event,
      formatDateTime(if(event = 'classified', max(at), min(at)), '%FT%TZ', 'UTC') AS said_at,
      if(event = 'classified', argMax(doc, at), argMin(doc, at)) AS said
    FROM alert_events
    WHERE number = 0 AND event IN ('acknowledged', 'classified', 'accepted') AND has({ids:Array(String)}, alert_id)
    GROUP BY alert_id, event`,
    { ids },
  )
  const remarks = new Map<string, Remarks>(
    ids.map((id) => [id, { acknowledged: null, classification: null, accepted: null }]),
  )
  for (const { alert_id, event, said_at: at, said } of rows) {
    const { by, comment, class: given } = JSON.parse(said) as Remark
    const ofAlert = remarks.get(alert_id)
    if (ofAlert === undefined) continue
    if (event === 'acknowledged') ofAlert.acknowledged = { at, by, comment }
    else if (event === 'accepted') ofAlert.accepted = { at, by, comment }
    else if (given !== undefined) ofAlert.classification = { at, by, comment, class: given }
  }
  return remarks
}
