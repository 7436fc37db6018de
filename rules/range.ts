// A rule over a stretch of past minutes: what each of them was judged, or would have been.

import type { StoreClient } from '../schema/client.ts'
import type { DdosVerdict } from './ddos.ts'
import { judgeDdosRange } from './ddos-range.ts'
import { knownMinutes } from './minutes.ts'
import { readCollectorRuns } from './query.ts'
import type { Rule } from './rule.ts'
import { type Series, seriesKey } from './series.ts'
import { type PrefixSource, readMinutes } from './traffic.ts'
import type { Vector } from './vectors.ts'
import { judgeThreshold, oldestMinute, type Traffic, type Verdict } from './verdict.ts'
import {
  judgeZscore,
  oldestZscoreMinute,
  weighSamples,
  type ZscoreVerdict,
  zscoreRuleOf,
} from './zscore.ts'

/** What judging asks of a rule, stored or not. */
export type JudgedRule = Pick<
  Rule,
  | 'type'
  | 'bandwidth_threshold'
  | 'packet_threshold'
  | 'flow_threshold'
  | 'scope'
  | 'duration'
  | 'zscore_sensitivity'
  | 'zscore_target'
  | 'min_traffic'
  | 'min_samples'
  | 'sensitivity'
  | 'vectors'
>

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

/**
 * Reads and judges the minutes from `first` to `last`, one series after the other. Minutes that are not closed yet are unknown.
 * @throws StoreError
 */
export async function judgeRange(
  client: StoreClient,
  rule: JudgedRule,
  series: readonly Series[],
  source: PrefixSource,
  first: number,
  last: number,
): Promise<JudgedSeries[]> {
  if (rule.type === 'advanced_ddos') {
    return judgeDdosRange(client, rule, series, source, first, last)
  }
  const oldest =
    rule.type === 'zscore' ? oldestZscoreMinute(first) : oldestMinute(first, rule.duration)
  const [runs, minutes] = await Promise.all([
    readCollectorRuns(client, oldest * 1000),
    readMinutes(client, source, rule.scope, series, oldest, last),
  ])
  const isKnown = knownMinutes(runs, oldest, last)
  const judged: JudgedSeries[] = []
  for (const one of series) {
    const traffic = minutes.get(seriesKey(one)) ?? new Map<number, Traffic>()
    const verdicts =
      rule.type === 'zscore'
        ? judgeZscores(rule, one, traffic, isKnown, oldest, first, last)
        : judgeThresholds(rule, one, traffic, isKnown, first, last)
    judged.push({ series: one, traffic, isKnown, verdicts })
    // Others want to be answered meanwhile.
    await new Promise(setImmediate)
  }
  return judged
}

function judgeThresholds(
  rule: JudgedRule,
  { countedFrom }: Series,
  traffic: ReadonlyMap<number, Traffic>,
  isKnown: (minute: number) => boolean,
  first: number,
  last: number,
): Verdict[] {
  const verdicts: Verdict[] = []
  for (let closedMinute = first; closedMinute <= last; closedMinute += 60) {
    verdicts.push(judgeThreshold({ rule, traffic, closedMinute, isKnown, countedFrom }))
  }
  return verdicts
}

function judgeZscores(
  rule: JudgedRule,
  { countedFrom }: Series,
  traffic: ReadonlyMap<number, Traffic>,
  isKnown: (minute: number) => boolean,
  oldest: number,
  first: number,
  last: number,
): ZscoreVerdict[] {
  const values = Float64Array.from({ length: (last - oldest) / 60 + 1 }, (_, index) => {
    const minute = oldest + 60 * index
    if (minute < countedFrom || !isKnown(minute)) return Number.NaN
    const seen = traffic.get(minute)
    if (seen === undefined) return 0
    return Number(rule.zscore_target === 'packets' ? seen.packets : seen.bytes * 8n) / 60
  })
  return judgeZscore(zscoreRuleOf(rule), { firstMinute: oldest, values }, first, last).map(
    (verdict) => weighSamples(verdict, traffic, rule.min_samples),
  )
}
