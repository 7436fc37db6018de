// All alerts of a year, with what people said of them. All functions throw StoreError.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../configuration/documents.ts'
import { evidenceSchema } from '../evidence/evidence.ts'
import { noSuch } from '../problem.ts'
import { read } from '../traffic/query.ts'
import { type AlertDocument, alertDocumentSchema } from './document.ts'
import type { KeptEvidence } from './look-up-evidence.ts'
import { readRemarks } from './people.ts'
import { isSilencing, silenceSchema } from './silence.ts'

export interface AlertFilter {
  state: 'open' | 'resolved' | 'all'
  ruleId: string | undefined
  /** Canonical. */
  prefix: string | undefined
  /** Open at some time from then on, and before that. */
  fromMs: number | undefined
  toMs: number | undefined
}

/** Of an alert among those that fired at the same time. */
export interface AlertPlace {
  firedAt: number
  id: string
}

export const timelineSchema = z.object({
  id: z.string(),
  /** When it was decided, or said. RFC 3339, UTC. */
  at: z.string(),
  /** Start of the minute that led to it. */
  minute: z.string(),
  event: z.string(),
  text: z.string(),
})

export const alertStorySchema = alertDocumentSchema.extend({
  /** The oldest first, at most 1,000. */
  timeline: z.array(timelineSchema),
  /** What the traffic was made of; null: it was not looked up yet, or could not be. */
  evidence: evidenceSchema.nullable(),
  /** Why it could not be. */
  evidence_problem: z.string().nullable(),
})

export type AlertStory = z.infer<typeof alertStorySchema>

/** Those that fired last first; `next` is the last one's place when there are more. */
export async function readAlerts(
  client: StoreClient,
  filter: AlertFilter,
  limit: number,
  before: AlertPlace | undefined,
  nowMs: number,
): Promise<{ alerts: AlertDocument[]; next: AlertPlace | undefined }> {
  const rows = await read<{ id: string; fired: number; doc: string }>(
    client,
    `SELECT id, toUnixTimestamp(a.fired_at) AS fired, doc FROM alerts AS a FINAL
    WHERE ({state:String} = 'all' OR ({state:String} = 'resolved') = (a.state = 'resolved'))
      AND ({rule_id:String} = '' OR rule_id = {rule_id:String})
      AND ({prefix:String} = '' OR has(prefixes, {prefix:String}))
      AND toUnixTimestamp(a.updated_at) >= {from:UInt32} AND toUnixTimestamp(a.fired_at) < {to:UInt32}
      AND (toUnixTimestamp(a.fired_at), id) < ({before_fired:UInt32}, {before_id:String})
    ORDER BY a.fired_at DESC, id DESC LIMIT {limit:UInt32}`,
    {
      state: filter.state,
      rule_id: filter.ruleId ?? '',
      prefix: filter.prefix ?? '',
      from: seconds(filter.fromMs, 0),
      to: seconds(filter.toMs, latest),
      before_fired: before?.firedAt ?? latest,
      before_id: before?.id ?? '',
      limit: limit + 1,
    },
  )
  const page = rows.slice(0, limit)
  const alerts = page.map(({ doc }) => JSON.parse(doc) as AlertDocument)
  const last = page.at(-1)
  return {
    alerts: await withPeople(client, alerts, nowMs),
    next:
      rows.length > limit && last !== undefined ? { firedAt: last.fired, id: last.id } : undefined,
  }
}

/** @throws Refused */
export async function readAlert(
  client: StoreClient,
  id: string,
  nowMs: number,
): Promise<AlertStory> {
  const rows = await read<{ doc: string }>(
    client,
    'SELECT doc FROM alerts FINAL WHERE id = {id:String}',
    { id },
  )
  const stored = rows.map(({ doc }) => JSON.parse(doc) as AlertDocument)
  const [[alert], timeline, evidence] = await Promise.all([
    withPeople(client, stored, nowMs),
    read<z.infer<typeof timelineSchema>>(
      client,
      `SELECT id, formatDateTime(e.at, '%FT%TZ', 'UTC') AS at, formatDateTime(e.minute, '%FT%TZ', 'UTC') AS minute, event, text
      FROM alert_events AS e FINAL WHERE alert_id = {id:String} ORDER BY e.at, e.minute, e.event LIMIT 1000`,
      { id },
    ),
    read<{ evidence: string }>(
      client,
      'SELECT evidence FROM alert_evidence FINAL WHERE alert_id = {id:String}',
      { id },
    ),
  ])
  if (alert === undefined) throw noSuch('alert')
  const kept = JSON.parse(evidence[0]?.evidence ?? 'null') as KeptEvidence | null
  if (kept !== null && 'problem' in kept) {
    return { ...alert, timeline, evidence: null, evidence_problem: kept.problem }
  }
  return { ...alert, timeline, evidence: kept, evidence_problem: null }
}

/** As people have it now: what they acknowledged, classified and silenced. */
export async function withPeople(
  client: StoreClient,
  alerts: readonly AlertDocument[],
  nowMs: number,
): Promise<AlertDocument[]> {
  if (alerts.length === 0) return []
  const [remarks, silences] = await Promise.all([
    readRemarks(
      client,
      alerts.map(({ id }) => id),
    ),
    readDocuments(client, 'silences', silenceSchema),
  ])
  return alerts.map((alert) => {
    const { rule_id: ruleId, vector, key, prefixes, severity } = alert
    const subject = { ruleId, vector, key, prefixes }
    return {
      ...alert,
      ...remarks.get(alert.id),
      silenced:
        alert.state === 'resolved'
          ? alert.silenced
          : silences.some(({ doc }) => isSilencing(doc, subject, severity, nowMs)),
    }
  })
}

const latest = 0xffff_ffff

function seconds(timeMs: number | undefined, otherwise: number): number {
  if (timeMs === undefined) return otherwise
  return Math.min(latest, Math.max(0, Math.floor(timeMs / 1000)))
}
