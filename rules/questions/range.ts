// A rule over a stretch of past minutes: what each of them was judged, or would have been.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import { judgeDdosRange } from '../ddos/range.ts'
import { judgeThreshold, oldestMinute, type Verdict } from '../threshold/verdict.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import { knownMinutes } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import { type Series, seriesKey } from '../traffic/series.ts'
import { type PrefixSource, readMinutes } from '../traffic/traffic.ts'
import { valueIn, weighJudged, type ZscoreJudged } from '../zscore/past.ts'
import { ofSeries, readAcceptances } from '../zscore/past-alerts.ts'
import { zscoreRuleOf } from '../zscore/rule.ts'
import { judgeZscore, oldestZscoreMinute } from '../zscore/zscore.ts'
import type { JudgedSeries } from './judged-series.ts'

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
> & {
  /** Of one that is stored. */
  id?: string
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
    readMinutes(client, source, rule.scope, series, [{ first: oldest, last }]),
  ])
  const isKnown = knownMinutes(runs, oldest, last)
  const minutesOf = (one: Series) => minutes.get(seriesKey(one)) ?? new Map<number, Traffic>()
  if (rule.type === 'zscore') {
    return judgeZscores(client, rule, series, source, isKnown, minutesOf, { oldest, first, last })
  }
  const judged: JudgedSeries[] = []
  for (const one of series) {
    const traffic = minutesOf(one)
    const verdicts = judgeThresholds(rule, one, traffic, isKnown, first, last)
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

async function judgeZscores(
  client: StoreClient,
  rule: JudgedRule,
  series: readonly Series[],
  source: PrefixSource,
  isKnown: (minute: number) => boolean,
  minutesOf: (series: Series) => ReadonlyMap<number, Traffic>,
  { oldest, first, last }: { oldest: number; first: number; last: number },
): Promise<JudgedSeries[]> {
  const accepted = await readAcceptances(client, oldest)
  const judged: (ZscoreJudged & Pick<JudgedSeries, 'traffic' | 'isKnown'>)[] = []
  for (const one of series) {
    const traffic = minutesOf(one)
    const values = Float64Array.from({ length: (last - oldest) / 60 + 1 }, (_, index) => {
      const minute = oldest + 60 * index
      return minute >= one.countedFrom && isKnown(minute)
        ? valueIn(rule, traffic, minute)
        : Number.NaN
    })
    const valueAt = (minute: number) => values[(minute - oldest) / 60] ?? Number.NaN
    const minuteValues = { firstMinute: oldest, values }
    const own = ofSeries(accepted, rule.id, one)
    const verdicts = judgeZscore(zscoreRuleOf(rule), minuteValues, first, last, own)
    judged.push({ rule, ruleId: rule.id, series: one, verdicts, traffic, isKnown, valueAt })
    await new Promise(setImmediate)
  }
  return weighJudged(client, judged, (some) => async (range) => {
    const past = await readMinutes(client, source, rule.scope, series, [range])
    return some.map((one) => {
      const traffic = past.get(seriesKey(one.series)) ?? new Map<number, Traffic>()
      return (minute) => valueIn(rule, traffic, minute)
    })
  })
}
