// One evaluation: every threshold rule against the minutes that are closed now. Used by the alert command and the API alike.

import type { StoreClient } from '../schema/client.ts'
import { closedMinutes, type Minutes, newestMinute } from './minutes.ts'
import {
  type CountedRule,
  type RuleTraffic,
  readCollectorRuns,
  readCountedRules,
  readRuleTraffic,
} from './query.ts'
import type { Rule } from './rule.ts'
import { judgeThreshold, oldestMinute, type Verdict } from './verdict.ts'

export interface Evaluation {
  /** Start of the newest closed minute, in seconds since 1970. */
  closedMinute: number
  verdicts: { rule: Rule; verdict: Verdict }[]
  /** Rules of types whose verdicts do not exist yet. */
  unjudged: Rule[]
}

/**
 * Reads and judges; `blind` says why nothing can be judged now.
 * @throws StoreError
 */
export async function evaluate(
  client: StoreClient,
  nowMs: number,
): Promise<Evaluation | { blind: string }> {
  const minutes = closedMinutes(await readCollectorRuns(client, nowMs), nowMs)
  const rules = await readCountedRules(client)
  const judged = rules.filter(({ rule }) => rule.type === 'threshold')
  const unjudged = rules.map(({ rule }) => rule).filter((rule) => rule.type !== 'threshold')
  if ('blind' in minutes) {
    // When every rule is younger than the newest minute, as after the very first start, there is nothing to be blind to.
    const newest = newestMinute(nowMs)
    if (judged.some(({ countedFrom }) => countedFrom <= newest)) return minutes
    return { closedMinute: newest, verdicts: [], unjudged }
  }
  const verdicts = await judge(client, judged, minutes)
  return { closedMinute: minutes.closed, verdicts, unjudged }
}

async function judge(
  client: StoreClient,
  rules: readonly CountedRule[],
  minutes: Minutes,
): Promise<Evaluation['verdicts']> {
  if (rules.length === 0) return []
  const longest = Math.max(...rules.map(({ rule }) => rule.duration))
  const oldest = oldestMinute(minutes.closed, longest)
  // A streak is as long as the duration, or broken, within so many minutes; no other minute can decide.
  const deciding = longest + countUnknown(minutes, oldest)
  const first = Math.max(oldest, minutes.closed - 60 * (deciding - 1))
  const verdicts = judgeEach(rules, await readRuleTraffic(client, first, minutes.closed), minutes)
  const crossed = rules.filter(({ rule }) => isCrossed(verdicts.get(rule.id)))
  if (crossed.length > 0) {
    // Since when, and how much it was at most, is asked of these few only.
    const ids = crossed.map(({ rule }) => rule.id)
    const traffic = await readRuleTraffic(client, oldest, minutes.closed, ids)
    for (const [id, verdict] of judgeEach(crossed, traffic, minutes)) verdicts.set(id, verdict)
  }
  return rules.flatMap(({ rule }) => {
    const verdict = verdicts.get(rule.id)
    return verdict === undefined ? [] : [{ rule, verdict }]
  })
}

/** By rule id. A rule that was edited since it was read is left out: the sums are of other prefixes, and the next run judges it. */
function judgeEach(
  rules: readonly CountedRule[],
  traffic: ReadonlyMap<string, RuleTraffic>,
  { closed, isKnown }: Minutes,
): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>()
  for (const { rule, version, countedFrom } of rules) {
    const seen = traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) continue
    verdicts.set(
      rule.id,
      judgeThreshold({
        rule,
        traffic: seen?.minutes ?? new Map(),
        closedMinute: closed,
        isKnown,
        countedFrom,
      }),
    )
  }
  return verdicts
}

function isCrossed(verdict: Verdict | undefined): boolean {
  return verdict?.bandwidth?.crossed === true || verdict?.packets?.crossed === true
}

function countUnknown({ closed, isKnown }: Minutes, oldest: number): number {
  let count = 0
  for (let minute = oldest; minute <= closed; minute += 60) if (!isKnown(minute)) count++
  return count
}
