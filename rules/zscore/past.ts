// Crossed zscore verdicts held to the days before and to their samples: what is read for it is read for these few only.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import { knownMinutes, type MinuteRange } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import { type Series, seriesKey } from '../traffic/series.ts'
import { mostIds } from '../traffic/traffic.ts'
import { recentMean } from './baseline.ts'
import { ofSeries, readPastAlerts } from './past-alerts.ts'
import { zscoreRuleOf } from './rule.ts'
import { createUsual, usualRanges } from './usual.ts'
import { firstWeighed, weighSamples, weighUsual } from './weigh.ts'
import type { ZscoreVerdict } from './zscore.ts'

type Minutes = ReadonlyMap<number, Traffic>

/** A series with its verdicts, minute after minute, and the traffic that those rest on which are crossed. */
export interface ZscoreJudged {
  rule: Pick<Rule, 'zscore_sensitivity' | 'zscore_target' | 'min_traffic' | 'min_samples'>
  /** Undefined for a rule that is not stored, which has had no alerts. */
  ruleId: string | undefined
  series: Series
  verdicts: ZscoreVerdict[]
  traffic: Minutes
}

/** Their minutes in these ranges, one after the other. */
export type ReadPast<Judged> = (
  judged: readonly Judged[],
  ranges: readonly MinuteRange[],
) => Promise<Minutes[]>

/** With the verdicts that are left of those that are crossed. @throws StoreError, and what `readPast` throws */
export async function weighJudged<Judged extends ZscoreJudged>(
  client: StoreClient,
  judged: readonly Judged[],
  isKnown: (minute: number) => boolean,
  readPast: ReadPast<Judged>,
): Promise<Judged[]> {
  const over = judged.filter(({ verdicts }) => verdicts.some(({ since }) => since !== undefined))
  if (over.length === 0) return [...judged]
  const crossed = over.flatMap(({ verdicts }) => verdicts).filter(({ since }) => since)
  // Not by spreading: when a whole network is crossed at once, these are more than a call takes arguments.
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const verdict of crossed) {
    first = Math.min(first, firstWeighed(verdict))
    last = Math.max(last, verdict.closedMinute)
  }
  const ranges = usualRanges(first, last)
  const oldest = ranges.at(-1)!.first
  const wasStored = knownMinutes(await readCollectorRuns(client, oldest * 1000), oldest, last)
  const weighed = new Map<Judged, ZscoreVerdict[]>()
  // Some at a time: when very many are crossed at once, their days before are too much to be held together.
  for (let from = 0; from < over.length; from += mostIds) {
    const some = over.slice(from, from + mostIds)
    const ids = [...new Set(some.flatMap(({ ruleId }) => ruleId ?? []))]
    const [past, alerts] = await Promise.all([
      readPast(some, ranges),
      readPastAlerts(client, ids, oldest),
    ])
    for (const [index, one] of some.entries()) {
      const { rule, ruleId, series, traffic, verdicts } = one
      const { countedFrom } = series
      const valueIn =
        (minutes: Minutes, isStored: (minute: number) => boolean) => (minute: number) =>
          minute >= countedFrom && isStored(minute) ? valueAt(rule, minutes, minute) : Number.NaN
      const usualAt = createUsual(
        valueIn(past[index]!, wasStored),
        ofSeries(alerts, ruleId, series) ?? { told: [], accepted: [] },
      )
      const recent = valueIn(traffic, isKnown)
      const meanAt = (minute: number) => recentMean((place) => recent(minute + 60 * place), 0)
      weighed.set(
        one,
        verdicts.map((verdict) =>
          weighSamples(
            weighUsual(zscoreRuleOf(rule), verdict, meanAt, usualAt),
            traffic,
            rule.min_samples,
          ),
        ),
      )
    }
  }
  return judged.map((one) => {
    const verdicts = weighed.get(one)
    return verdicts === undefined ? one : { ...one, verdicts }
  })
}

/** Per second; no rows in a known minute are no traffic. */
export function valueAt(
  { zscore_target }: Pick<Rule, 'zscore_target'>,
  minutes: Minutes,
  minute: number,
): number {
  const seen = minutes.get(minute)
  if (seen === undefined) return 0
  return Number(zscore_target === 'packets' ? seen.packets : seen.bytes * 8n) / 60
}

/** Of what was read by rule, those of these series. */
export function minutesOfSeries(
  traffic: ReadonlyMap<string, { series: ReadonlyMap<string, Minutes> }>,
  ruleId: string,
  series: Series,
): Minutes {
  return traffic.get(ruleId)?.series.get(seriesKey(series)) ?? new Map()
}
