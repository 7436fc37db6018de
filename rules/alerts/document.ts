// An alert as the API and the alert command show it.

import { z } from 'zod'
import { ruleScopes, ruleTypes } from '../configuration/rule.ts'
import { severities } from '../configuration/severity.ts'
import { vectors } from '../ddos/vectors.ts'
import { metrics } from '../threshold/verdict.ts'
import { minuteText } from '../time.ts'
import { toThousandth } from '../to-thousandth.ts'
import { isSourceType, sourceTypes } from './source-type.ts'
import { type AlertState, hasNoData, type Incident, isFlapping, resolveReasons } from './state.ts'

const perSecond = z.number()
/** RFC 3339, UTC. */
const time = z.string()

/** What an alert was, in a person's judgement, from a false alarm to an attack that nothing withstood. */
export const classes = ['false_positive', 'possible', 'trivial', 'verified', 'crippling'] as const

export const acknowledgementSchema = z.object({ at: time, by: z.string(), comment: z.string() })
export const classificationSchema = acknowledgementSchema.extend({ class: z.enum(classes) })

export const alertDocumentSchema = z.object({
  id: z.string(),
  state: z.enum(['firing', 'recovering', 'resolved']),
  /** no_data: nothing is known of the last five minutes or more. */
  health: z.enum(['ok', 'no_data']),
  rule_id: z.string(),
  rule_name: z.string(),
  /** Of its rule; or of what is watched without one, where `rule_id` is the same. */
  type: z.enum([...ruleTypes, ...sourceTypes]),
  scope: z.enum(ruleScopes),
  /** What was judged by itself: `rule`, a prefix, or a host; of what is silent, the collector's name or the router's address. */
  key: z.string(),
  /** Whose traffic is added up; of very many the first 100. */
  prefixes: z.array(z.string()),
  /** Towards the prefixes, or from them. */
  direction: z.enum(['in', 'out']),
  /** Kind of attack, where the rule tells them apart. */
  vector: z.enum(vectors).nullable(),
  /** By how many times the limit the value was at most: less than 2, up to 5, more. */
  severity: z.enum(severities),
  /** Start of the first minute over the limit. */
  started_at: time,
  /** End of the minute with which it fired. */
  fired_at: time,
  /** End of the minute with which it was over. */
  resolved_at: time.nullable(),
  /** End of the newest minute that it knows of. */
  updated_at: time,
  /** Start of that minute. */
  minute: time,
  /** What value and limit are of: bits, packets or flows per second. */
  metric: z.enum(metrics),
  /** In that minute; null: not known. */
  value: perSecond.nullable(),
  limit: perSecond.nullable(),
  /** Greatest one-minute averages since `started_at`. */
  peak_bps: perSecond,
  peak_pps: perSecond,
  peak_fps: perSecond,
  /** Since `started_at`. */
  total_bytes: z.number(),
  total_packets: z.number(),
  /** So far may the value be from the traffic that it estimates, because of sampling, at 95 %. */
  error_percent: z.number().nullable(),
  /** How often it fell, or ended, and was over the limit again. */
  flaps: z.number(),
  /** It fired and ended so often that it must stay below the limit for longer to end. */
  flapping: z.boolean(),
  acknowledged: acknowledgementSchema.nullable(),
  /** The newest one. */
  classification: classificationSchema.nullable(),
  /** Its traffic is normal, somebody said, and the zscore rule has learned it. */
  accepted: acknowledgementSchema.nullable(),
  /** A silence keeps it from being told. */
  silenced: z.boolean(),
  resolve_reason: z.enum(resolveReasons).nullable(),
})

export type AlertDocument = z.infer<typeof alertDocumentSchema>

/** Without what people did, which the evaluation does not keep. */
export function alertDocument(state: AlertState & { incident: Incident }): AlertDocument {
  const { subject, incident, minute } = state
  return {
    id: incident.alertId,
    state: state.phase === 'pending' ? 'firing' : state.phase,
    health: hasNoData(incident) && incident.resolvedMinute === null ? 'no_data' : 'ok',
    rule_id: subject.ruleId,
    rule_name: subject.ruleName,
    type: subject.type,
    scope: subject.scope,
    key: subject.key,
    prefixes: [...subject.prefixes],
    direction: subject.direction,
    vector: subject.vector,
    severity: incident.severity,
    started_at: minuteText(incident.startedMinute),
    fired_at: endText(incident.firedMinute),
    resolved_at: incident.resolvedMinute === null ? null : endText(incident.resolvedMinute),
    updated_at: endText(minute),
    minute: minuteText(minute),
    metric: incident.metric,
    value: isSourceType(subject.type) ? null : rounded(incident.value),
    limit: rounded(incident.limit),
    peak_bps: incident.peaks.peakBps,
    peak_pps: incident.peaks.peakPps,
    peak_fps: incident.peaks.peakFps,
    total_bytes: incident.total.bytes,
    total_packets: incident.total.packets,
    error_percent: incident.errorPercent,
    flaps: incident.flaps,
    flapping: isFlapping(state),
    acknowledged: null,
    classification: null,
    accepted: null,
    silenced: incident.silenced,
    resolve_reason: incident.resolveReason,
  }
}

function endText(minute: number): string {
  return minuteText(minute + 60)
}

function rounded(value: number | null): number | null {
  return value === null ? null : toThousandth(value)
}
