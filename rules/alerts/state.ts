// What is kept of an alert from one minute to the next. Plain data: it is stored as JSON.

import type { Severity } from '../configuration/severity.ts'
import type { Metric, Peaks } from '../threshold/verdict.ts'
import type { Amount } from './condition.ts'
import type { Subject } from './identity.ts'

/** pending: over the limit, but not yet for as long as the rule asks; nobody is told. recovering: below the clear limit, but not yet for long enough. */
export type Phase = 'pending' | 'firing' | 'recovering' | 'resolved'

/** cleared: the traffic fell, or what was silent is heard. rule_changed: the rule watches other prefixes, or in another way. gone: a collector or router that is not expected any more. */
export const resolveReasons = ['cleared', 'rule_changed', 'rule_deleted', 'gone'] as const
export type ResolveReason = (typeof resolveReasons)[number]

export interface AlertState {
  fingerprint: string
  subject: Subject
  phase: Phase
  /** The newest minute that it knows of. */
  minute: number
  /** Undefined while pending, when nothing has fired in the last hour. */
  incident: Incident | undefined
  /** Minutes in which it fired, fired again or ended, within the last hour. */
  transitions: number[]
  /** How often the time that it must be clear has doubled, since it fires and ends again and again; 0: it does not. */
  growth: number
}

/** One alert: from the minute that it fired until it has ended, and on, when it fires again soon afterwards. */
export interface Incident {
  alertId: string
  /** First minute over the limit. */
  startedMinute: number
  firedMinute: number
  resolvedMinute: number | null
  resolveReason: ResolveReason | null
  metric: Metric
  value: number | null
  limit: number | null
  peaks: Peaks
  total: Amount
  errorPercent: number | null
  /** How many times the limit the value was at most. */
  peakRatio: number
  severity: Severity
  /** How often it was recovering, or had ended, and was over the limit again. */
  flaps: number
  /** Minutes below the clear limit, one after the other. */
  belowMinutes: number
  /** Minutes of which nothing is known, one after the other. */
  unknownMinutes: number
  silenced: boolean
  /** It was silenced, and nobody has been told since. */
  untold: boolean
  /** What was said last, to know when there is more to say; `heard`: at least once while it was not silenced. */
  told: { minute: number; ratio: number; severity: Severity; heard: boolean }
}

export function isOpen(state: AlertState): state is AlertState & { incident: Incident } {
  return state.phase === 'firing' || state.phase === 'recovering'
}

export function isFlapping(state: AlertState): boolean {
  return state.growth > 0
}

export function hasNoData({ unknownMinutes }: Incident): boolean {
  return unknownMinutes >= noDataMinutes
}

/** So many minutes of which nothing is known are worth telling. */
export const noDataMinutes = 5
