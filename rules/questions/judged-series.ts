// A series over a stretch of minutes, with what each of them was judged.

import type { DdosVerdict } from '../ddos/ddos.ts'
import type { Vector } from '../ddos/vectors.ts'
import type { Verdict } from '../threshold/verdict.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import type { Series } from '../traffic/series.ts'
import type { ZscoreVerdict } from '../zscore/zscore.ts'

export interface JudgedSeries {
  series: Series
  /** Of an advanced_ddos rule. */
  vector?: Vector
  /** By minute; a minute without flows is absent. */
  traffic: ReadonlyMap<number, Traffic>
  isKnown: (minute: number) => boolean
  /** One of each minute, the first one first. */
  verdicts: (Verdict | ZscoreVerdict | DdosVerdict)[]
}
