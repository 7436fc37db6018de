// Stored zscore rules over some closed minutes.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { JudgedStored, StoredQuestion } from '../stored-question.ts'
import type { TrafficAt } from '../traffic/minute-traffic.ts'
import type { MinuteRange } from '../traffic/minutes.ts'
import type { CountedRule } from '../traffic/query.ts'
import type { Series } from '../traffic/series.ts'
import { weighJudged } from './past.ts'
import { type BySeries, ofSeries, readAcceptances } from './past-alerts.ts'
import { zscoreRuleOf } from './rule.ts'
import { readEdited, type Target } from './series-amounts.ts'
import { createColumns, trafficColumns, trafficOf } from './series-minutes.ts'
import type { PastValue } from './usual.ts'
import { oldestWeighed, weighedReachSeconds } from './weigh.ts'
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
  valueAt: (minute: number) => number
}

async function judgeTarget(
  client: StoreClient,
  target: Target,
  question: StoredQuestion,
  accepted: BySeries<Acceptance[]>,
): Promise<JudgedStored<ZscoreVerdict>[]> {
  const { rules, isKnown, first, last, isAsked, isOpen, readSeries, onChanged } = question
  const oldest = oldestZscoreMinute(first)
  const unknown: number[] = []
  for (let minute = oldest; minute <= last; minute += 60) {
    if (!isKnown(minute)) unknown.push((minute - oldest) / 60)
  }
  const newest = Math.max(oldest, oldestWeighed(first))
  const judging: Judging[] = []
  await readSeries({ target, rules, first: oldest, last }, ({ rule }, series, values) => {
    for (const minute of unknown) values[minute] = Number.NaN
    values.fill(Number.NaN, 0, Math.max(0, (series.countedFrom - oldest) / 60))
    const minuteValues = { firstMinute: oldest, values }
    const own = ofSeries(accepted, rule.id, series)
    const verdicts = judgeZscore(zscoreRuleOf(rule), minuteValues, first, last, own)
    const crossed = verdicts.some(isOver)
    if (!crossed && !isAsked(rule, series)) return
    // Lent, and few of them are asked for again.
    const kept = crossed ? values.slice((newest - oldest) / 60) : none
    const valueAt = (minute: number) => kept[(minute - newest) / 60] ?? Number.NaN
    judging.push({ rule, ruleId: rule.id, series, verdicts, valueAt })
  })
  const looked = judging.filter(
    ({ rule, series, verdicts }) => verdicts.some(isOver) || isOpen(rule, series),
  )
  if (looked.length === 0) {
    return judging.map((one) => ({ ...one, vector: null, traffic: new Map() }))
  }
  const reading = createReading(client, target, rules)
  const trafficAt = await reading.traffic(looked, { first, last })
  const withTraffic = judging.map((one) => ({ ...one, vector: null, traffic: trafficAt(one) }))
  const weighed = await weighJudged(client, withTraffic, reading.past)
  const edited = await readEdited(client, { target, rules: reading.rulesOf(looked), first, last })
  for (const { rule } of edited) onChanged(rule)
  return weighed
}

const none = new Float64Array(0)

/** What is read of rules that are looked at more closely: few as a rule, and all of them when a whole network moves. */
function createReading(client: StoreClient, target: Target, rules: readonly CountedRule[]) {
  const rulesOf = (judged: readonly Judging[]) => {
    const ids = new Set(judged.map(({ ruleId }) => ruleId))
    return rules.filter(({ rule }) => ids.has(rule.id))
  }
  return {
    rulesOf,
    /** Of those that were looked at, since the first of them is crossed. */
    async traffic(looked: readonly Judging[], { first, last }: MinuteRange) {
      let from = first
      for (const { verdicts } of looked) {
        for (const { since } of verdicts) from = Math.min(from, since ?? from)
      }
      from -= weighedReachSeconds
      const series = looked.map((one) => one.series)
      const columns = createColumns(series, trafficColumns, (last - from) / 60 + 1)
      await columns.read(client, { target, rules: rulesOf(looked), first: from, last })
      const isLooked = new Set(looked)
      return (one: Judging): TrafficAt =>
        isLooked.has(one) ? trafficOf(columns.of(one.series), from) : new Map()
    },
    past(judged: readonly Judging[], minutes: number) {
      const column = target === 'bits' ? 'bytes' : 'packets'
      const columns = createColumns(
        judged.map((one) => one.series),
        [column],
        minutes,
      )
      const counted = rulesOf(judged)
      const perMinute = target === 'bits' ? 8 : 1
      let first = 0
      const past = judged.map(({ series }): PastValue => {
        const [amounts = none] = columns.of(series)
        return (minute) => (amounts[(minute - first) / 60]! * perMinute) / 60
      })
      return async (range: MinuteRange) => {
        await columns.read(client, { target, rules: counted, ...range })
        first = range.first
        return past
      }
    },
  }
}

function isOver({ since }: ZscoreVerdict): boolean {
  return since !== undefined
}
