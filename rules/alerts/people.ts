// What people say of an alert: that they take care of it, or a comment. Events of their own, beside those of evaluations, so that neither overwrites the other.

import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { read } from '../query.ts'
import { askStore } from '../store-error.ts'
import { secondsText } from '../time.ts'
import type { acknowledgementSchema } from './document.ts'

export type Acknowledgement = z.infer<typeof acknowledgementSchema>
export type PersonsEvent = 'acknowledged' | 'commented'

export interface Remark {
  event: PersonsEvent
  /** Who. */
  by: string
  comment: string
}

/** @throws StoreError */
export async function addRemark(
  client: StoreClient,
  alert: { id: string; rule_id: string },
  { event, by, comment }: Remark,
  nowMs: number,
): Promise<void> {
  const said = comment === '' ? '' : `: ${comment}`
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
          minute: Math.floor(nowMs / 60_000) * 60,
          at: secondsText(nowMs),
          event,
          text: `${event} by ${by}${said}`,
          doc: JSON.stringify({ by, comment }),
        },
      ],
      format: 'JSONEachRow',
    }),
  )
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

/** Who acknowledged these alerts first, by id. At most some hundred ids. @throws StoreError */
export async function readAcknowledgements(
  client: StoreClient,
  ids: readonly string[],
): Promise<Map<string, Acknowledgement>> {
  if (ids.length === 0) return new Map()
  const rows = await read<{ alert_id: string; first_at: string; first_doc: string }>(
    client,
    `SELECT alert_id, formatDateTime(min(at), '%FT%TZ', 'UTC') AS first_at, argMin(doc, at) AS first_doc
    FROM alert_events
    WHERE number = 0 AND event = 'acknowledged' AND has({ids:Array(String)}, alert_id)
    GROUP BY alert_id`,
    { ids },
  )
  return new Map(
    rows.map(({ alert_id, first_at, first_doc }) => {
      const { by, comment } = JSON.parse(first_doc) as Pick<Remark, 'by' | 'comment'>
      return [alert_id, { at: first_at, by, comment }]
    }),
  )
}
