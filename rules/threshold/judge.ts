// Stored threshold rules that judge sums of prefixes, over some closed minutes. Most of them are below their limits, so that little is read of those.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import { eachMinute, type JudgedStored, type StoredQuestion } from '../stored-question.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import type { CountedRule } from '../traffic/query.ts'
import { type Series, seriesKey } from '../traffic/series.ts'
import { readRuleTraffic } from '../traffic/traffic.ts'
import { isOver, judgeThreshold, metrics, oldestMinute, type Verdict } from './verdict.ts'

type Minutes = ReadonlyMap<number, Traffic>
export type MinutesOf = (rule: Rule, series: Series) => Minutes

const none: Minutes = new Map()

/** @throws StoreError, and what `onChanged` throws */
export async function judgeThresholdRules(
  client: StoreClient,
  question: StoredQuestion,
): Promise<JudgedStored<Verdict>[]> {
  const { rules, isKnown, first, last, isAsked, isOpen } = question
  if (rules.length === 0) return []
  const { oldest, near } = decidingMinutes(question)
  const minutesOf = await readStored(client, 'threshold', question, { first: near, last })
  // What an unknown minute holds says nothing: those before it do.
  const from = eachMinute(first, last, isKnown).every(Boolean) ? first : near
  const judged = rules.flatMap(({ rule, series: all }) =>
    all
      .filter(
        (series) => isAsked(rule, series) || isAnyOver(rule, minutesOf(rule, series), from, last),
      )
      .map((series) => judgeMinutes(question, rule, series, minutesOf(rule, series))),
  )
  // Since when it is crossed, and what it carried, is asked of these few only.
  const crossed = new Set(
    judged
      .filter(({ rule, series, verdicts }) => verdicts.some(isCrossed) && !isOpen(rule, series))
      .map(({ rule }) => rule.id),
  )
  if (crossed.size === 0) return judged
  const longer = await readStored(client, 'threshold', question, { first: oldest, last }, crossed)
  return judged.map((one) =>
    crossed.has(one.rule.id)
      ? judgeMinutes(question, one.rule, one.series, longer(one.rule, one.series))
      : one,
  )
}

export function judgeMinutes(
  { first, last, isKnown }: Pick<StoredQuestion, 'first' | 'last' | 'isKnown'>,
  rule: Rule,
  series: Series,
  traffic: Minutes,
): JudgedStored<Verdict> {
  const { countedFrom } = series
  const verdicts = eachMinute(first, last, (closedMinute) =>
    judgeThreshold({ rule, traffic, closedMinute, isKnown, countedFrom }),
  )
  return { rule, series, vector: null, verdicts, traffic }
}

/** The first minute that a verdict can tell of, and the first one that can decide whether it is crossed. */
export function decidingMinutes({
  rules,
  isKnown,
  first,
  last,
}: Pick<StoredQuestion, 'rules' | 'isKnown' | 'first' | 'last'>) {
  const longest = Math.max(...rules.map(({ rule }) => rule.duration))
  const oldest = oldestMinute(first, longest)
  // A streak is as long as the duration, or broken, within so many minutes; no other minute can decide.
  const unknown = eachMinute(oldest, last, isKnown).filter((is) => !is).length
  return { oldest, near: Math.max(oldest, first - 60 * (longest + unknown - 1)) }
}

/** The minutes of the question's rules, or of those that `ids` names. */
export async function readStored(
  client: StoreClient,
  type: 'threshold' | 'zscore',
  { rules, onChanged }: Pick<StoredQuestion, 'rules' | 'onChanged'>,
  range: { first: number; last: number },
  ids?: ReadonlySet<string>,
): Promise<MinutesOf> {
  const some: readonly CountedRule[] =
    ids === undefined ? rules : rules.filter(({ rule }) => ids.has(rule.id))
  const traffic = await readRuleTraffic(client, type, some, [range], ids && [...ids])
  for (const { rule, version } of some) {
    const seen = traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) onChanged(rule)
  }
  return ({ id }, series) => traffic.get(id)?.series.get(seriesKey(series)) ?? none
}

function isCrossed(verdict: Verdict): boolean {
  return metrics.some((metric) => verdict[metric]?.crossed === true)
}

/** Quick, for very many of which nearly none is. */
function isAnyOver(rule: Rule, traffic: Minutes, first: number, last: number): boolean {
  if (traffic.size === 0) return false
  const limits = {
    bandwidth: rule.bandwidth_threshold,
    packets: rule.packet_threshold,
    flows: rule.flow_threshold,
  }
  for (let minute = first; minute <= last; minute += 60) {
    const seen = traffic.get(minute)
    if (seen === undefined) continue
    for (const metric of metrics) {
      const limit = limits[metric]
      if (limit !== null && isOver(metric, seen, limit)) return true
    }
  }
  return false
}
