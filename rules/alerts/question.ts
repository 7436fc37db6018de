// What is asked of closed minutes, and what is answered.

import type { CountedRule } from '../traffic/query.ts'
import type { ReadSeries } from '../zscore/series-values.ts'
import type { Condition } from './condition.ts'
import type { Subject } from './identity.ts'
import type { Policy } from './policy.ts'

export interface Judged {
  fingerprint: string
  subject: Subject
  policy: Policy
  /** One of each minute, the first one first. */
  conditions: Condition[]
}

export interface Question {
  rules: readonly CountedRule[]
  isKnown: (minute: number) => boolean
  /** The minutes asked about; both are included. */
  first: number
  last: number
  /** What is to be answered even when nothing of it is over a limit, by `trackedKey`: is an alert of it open? */
  tracked: ReadonlyMap<string, boolean>
  readSeries: ReadSeries
}
