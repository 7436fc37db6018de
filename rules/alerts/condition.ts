// What one closed minute says of one thing that is judged: the form in which verdicts of every type of rule reach the life cycle of alerts.

import type { Metric, Peaks } from '../threshold/verdict.ts'

/**
 * met: the rule is crossed; over: this minute is over the limit, and not yet for as long as the rule asks; between: not over the limit,
 * nor below the one that it must fall to before an alert can end; below: at or below that one; unknown: too little of it is stored to
 * tell; learning: the rule has no limit yet.
 */
export type Level = 'met' | 'over' | 'between' | 'below' | 'unknown' | 'learning'

/** What the traffic of some minutes adds up to, multiplied by the sampling rate. */
export interface Amount {
  bytes: number
  packets: number
}

export interface Condition {
  level: Level
  /** What value and limit are of: where a rule has several limits, the one that is exceeded most. */
  metric: Metric
  /** Per second. No value: it is not known, whatever was before. */
  value: number | null
  limit: number | null
  /** How many times the limit the value is; when it is met, the greatest since `since`. */
  ratio: number
  /** Of this minute; when it is met, the greatest since `since`. */
  peaks: Peaks
  /** Of this minute. */
  total: Amount
  /** First minute since which it is met without a break; this minute otherwise. */
  since: number
  /** Of all minutes from `since` on. */
  totalSince: Amount
  /** So far may the value be from what it estimates, at 95 %, for all that is known of sampling; null: not known. */
  errorPercent: number | null
  /** So many minutes below the clear limit, one after the other, end an alert. */
  clearMinutes: number
}

/** Nothing can be told of this minute. */
export function isUnknown({ level, value }: Condition): boolean {
  return value === null || level === 'unknown' || level === 'learning'
}
