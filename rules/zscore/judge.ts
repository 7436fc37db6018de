// Stored zscore rules over some closed minutes.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { JudgedStored, StoredQuestion } from '../stored-question.ts'
import { readStored } from '../threshold/judge.ts'
import type { Series } from '../traffic/series.ts'
import { readRuleTraffic } from '../traffic/traffic.ts'
import { minutesOfSeries, weighJudged } from './past.ts'
import { type BySeries, ofSeries, readAcceptances } from './past-alerts.ts'
import { zscoreRuleOf } from './rule.ts'
import type { Target } from './series-amounts.ts'
import { weighedReachSeconds } from './weigh.ts'
import { type Acceptance, judgeZscore, oldestZscoreMinute, type ZscoreVerdict } from './zscore.ts'

/** @throws StoreError, and what `onChanged` throws */
export async function judgeZscoreRules(
  client: StoreClient,
  question: StoredQuestion,
): Promise<JudgedStored<ZscoreVerdict>[]> {
  if (question.rules.length === 0) return []
  const accepted = await readAcceptances(client, oldestZscoreMinute(question.first))
  const judged: JudgedStored<ZscoreVerdict>[] = []
  for (const target of ['bits', 'packets'] as const) {
    const rules = question.rules.filter(({ rule }) => rule.zscore_target === target)
    if (rules.length === 0) continue
    for (const one of await judgeTarget(client, target, { ...question, rules }, accepted))
      judged.push(one)
  }
  return judged
}

interface Judging {
  rule: Rule
  ruleId: string
  series: Series
  verdicts: ZscoreVerdict[]
}

async function judgeTarget(
  client: StoreClient,
  target: Target,
  question: StoredQuestion,
  accepted: BySeries<Acceptance[]>,
): Promise<JudgedStored<ZscoreVerdict>[]> {
  const { rules, isKnown, first, last, isAsked, isOpen, readSeries } = question
  const oldest = oldestZscoreMinute(first)
  const unknown: number[] = []
  for (let minute = oldest; minute <= last; minute += 60) {
    if (!isKnown(minute)) unknown.push((minute - oldest) / 60)
  }
  const judging: Judging[] = []
  await readSeries({ target, rules, first: oldest, last }, ({ rule }, series, values) => {
    for (const minute of unknown) values[minute] = Number.NaN
    values.fill(Number.NaN, 0, Math.max(0, (series.countedFrom - oldest) / 60))
    const minuteValues = { firstMinute: oldest, values }
    const own = ofSeries(accepted, rule.id, series)
    const verdicts = judgeZscore(zscoreRuleOf(rule), minuteValues, first, last, own)
    if (verdicts.some(isOver) || isAsked(rule, series)) {
      judging.push({ rule, ruleId: rule.id, series, verdicts })
    }
  })
  const looked = judging.filter(
    ({ rule, series, verdicts }) => verdicts.some(isOver) || isOpen(rule, series),
  )
  const none = new Map()
  if (looked.length === 0) return judging.map((one) => ({ ...one, vector: null, traffic: none }))

  const since = looked.flatMap(({ verdicts }) => verdicts.map((verdict) => verdict.since ?? first))
  const from = Math.min(first, ...since) - weighedReachSeconds
  const ids = new Set(looked.map(({ rule }) => rule.id))
  const minutesOf = await readStored(client, 'zscore', question, { first: from, last }, ids)
  const withTraffic = judging.map((one) => ({
    ...one,
    vector: null,
    traffic: ids.has(one.rule.id) ? minutesOf(one.rule, one.series) : none,
  }))
  return weighJudged(client, withTraffic, isKnown, async (some, ranges) => {
    const named = [...new Set(some.map(({ rule }) => rule.id))]
    const counted = rules.filter(({ rule }) => named.includes(rule.id))
    const past = await readRuleTraffic(client, 'zscore', counted, ranges, named)
    return some.map(({ ruleId, series }) => minutesOfSeries(past, ruleId, series))
  })
}

function isOver({ since }: ZscoreVerdict): boolean {
  return since !== undefined
}
