// Alerts and their events as they are read back. All functions throw StoreError.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { read } from '../traffic/query.ts'
import { type AlertDocument, alertDocumentSchema } from './document.ts'

/** What people and channels are told of; data that is back tells itself. */
export const toldEvents = [
  'firing',
  'reopened',
  'escalated',
  'still_firing',
  'flapping',
  'no_data',
  'resolved',
] as const

export const eventSchema = z.object({
  /** The same however often it is told. */
  id: z.string(),
  event: z.string(),
  /** When it was decided. RFC 3339, UTC. */
  at: z.string(),
  /** Start of the minute that led to it. */
  minute: z.string(),
  /** One line for people. */
  text: z.string(),
  /** The alert as it was then. */
  alert: alertDocumentSchema,
})

export type TellableEvent = z.infer<typeof eventSchema>

/** A place among the events of evaluations. */
export interface EventCursor {
  /** Of the evaluation. */
  number: number
  minute: number
  id: string
}

/** Behind all events of an evaluation. */
export function cursorBehind(number: number): EventCursor {
  return { number, minute: 0xffff_ffff, id: '' }
}

interface EventRow {
  id: string
  number: string
  event: string
  at: string
  minute: number
  minute_text: string
  text: string
  doc: string
}

const eventColumns = `id, toString(e.number) AS number, event, toUnixTimestamp(e.minute) AS minute, text, doc,
  formatDateTime(e.at, '%FT%TZ', 'UTC') AS at, formatDateTime(e.minute, '%FT%TZ', 'UTC') AS minute_text`

/** What is to be told behind this place, the oldest first, where each of it stands, and where the last does. */
export async function readEventsAfter(
  client: StoreClient,
  cursor: EventCursor,
  most: number,
): Promise<{ events: TellableEvent[]; places: EventCursor[]; cursor: EventCursor }> {
  const rows = await read<EventRow>(
    client,
    `SELECT ${eventColumns} FROM alert_events AS e FINAL
    WHERE e.number >= {number:UInt64} AND silenced = 0 AND has({events:Array(String)}, event)
      AND (e.number, toUnixTimestamp(e.minute), id) > ({number:UInt64}, {minute:UInt32}, {id:String})
    ORDER BY e.number, e.minute, id LIMIT {most:UInt32}`,
    { ...cursor, events: toldEvents, most },
  )
  const places = rows.map(({ number, minute, id }) => ({ number: Number(number), minute, id }))
  return { events: rows.map(toEvent), places, cursor: places.at(-1) ?? cursor }
}

/** Why each alert is open: the event with which it fired, or fired again, unless that was silenced. */
export async function readOpening(client: StoreClient, most: number): Promise<TellableEvent[]> {
  const rows = await read<EventRow>(
    client,
    `SELECT ${eventColumns} FROM alert_events AS e FINAL
    WHERE e.number > 0 AND silenced = 0 AND event IN ('firing', 'reopened')
      AND alert_id IN (SELECT id FROM alerts FINAL WHERE state != 'resolved')
    ORDER BY e.number DESC LIMIT 1 BY alert_id LIMIT {most:UInt32}`,
    { most },
  )
  return rows.map(toEvent).reverse()
}

function toEvent({ id, event, at, minute_text, text, doc }: EventRow): TellableEvent {
  return { id, event, at, minute: minute_text, text, alert: JSON.parse(doc) as AlertDocument }
}
