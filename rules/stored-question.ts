// What is asked of stored rules, whoever asks: GET /alerts/thresholds of the newest minute, the life cycle of alerts of every minute as it closes.

import type { Rule } from './configuration/rule.ts'
import type { Vector } from './ddos/vectors.ts'
import type { TrackedHost } from './threshold/hosts.ts'
import type { TrafficAt } from './traffic/minute-traffic.ts'
import type { CountedRule } from './traffic/query.ts'
import type { Series } from './traffic/series.ts'
import type { ReadSeries } from './zscore/series-values.ts'

export interface StoredQuestion {
  rules: readonly CountedRule[]
  isKnown: (minute: number) => boolean
  /** The minutes asked about; both are included. */
  first: number
  last: number
  /** Must it be answered even when nothing of it is over a limit? */
  isAsked: (rule: Rule, series: Series) => boolean
  /** Is it known already since when it is crossed? */
  isOpen: (rule: Rule, series: Series) => boolean
  /** Hosts to be answered even when they are not over a limit, by rule id. */
  trackedHosts: ReadonlyMap<string, readonly TrackedHost[]>
  readSeries: ReadSeries
  /** Is told of rules that were edited since they were read: what was read of them may be of other prefixes. */
  onChanged: (rule: Rule) => void
}

/** One that is asked about or over a limit, with its verdicts of a kind. */
export interface JudgedStored<V> {
  rule: Rule
  series: Series
  vector: Vector | null
  /** One of each minute, the first one first. */
  verdicts: V[]
  /** By minute, at least those that a crossed verdict rests on; one without flows is absent. */
  traffic: TrafficAt
}

export function eachMinute<T>(first: number, last: number, make: (minute: number) => T): T[] {
  const all: T[] = []
  for (let minute = first; minute <= last; minute += 60) all.push(make(minute))
  return all
}
