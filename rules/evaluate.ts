// One evaluation: every rule against the minutes that are closed now. Used by the alert command and the API alike.

import type { StoreClient } from '../schema/client.ts'
import { judgeDdosRules } from './ddos-evaluate.ts'
import { findHosts, isPerHost } from './hosts.ts'
import { crossedSince, type Judgement } from './judgement.ts'
import { closedMinutes, type Minutes, newestMinute, runsReadMs } from './minutes.ts'
import { type CountedRule, readCollectorRuns, readCountedRules } from './query.ts'
import type { Rule } from './rule.ts'
import { seriesKey } from './series.ts'
import { createSeriesReader, type ReadSeries } from './series-values.ts'
import { type RuleTraffic, readRuleTraffic } from './traffic.ts'
import { judgeThreshold, oldestMinute, peaksOf } from './verdict.ts'
import {
  judgeZscore,
  oldestZscoreMinute,
  samplesReachSeconds,
  weighSamples,
  zscoreRuleOf,
} from './zscore.ts'

export interface Evaluation {
  /** Start of the newest closed minute, in seconds since 1970. */
  closedMinute: number
  verdicts: Judgement[]
  /** Hosts that are over the limit of a rule beyond the first `mostHosts`, and not judged, by the rule's name. */
  hostsLeftOut: ReadonlyMap<string, number>
}

/**
 * Reads and judges; `blind` says why nothing can be judged now. `readSeries` may be that of evaluations before, which spares most of the reading.
 * @throws StoreError
 */
export async function evaluate(
  client: StoreClient,
  nowMs: number,
  readSeries: ReadSeries = createSeriesReader(client),
): Promise<Evaluation | { blind: string }> {
  const minutes = closedMinutes(await readCollectorRuns(client, nowMs - runsReadMs), nowMs)
  const rules = await readCountedRules(client)
  if ('blind' in minutes) {
    // When every rule is younger than the newest minute, as after the very first start, there is nothing to be blind to.
    const newest = newestMinute(nowMs)
    const isOld = ({ series }: CountedRule) =>
      series.some(({ countedFrom }) => countedFrom <= newest)
    return rules.some(isOld)
      ? minutes
      : { closedMinute: newest, verdicts: [], hostsLeftOut: new Map() }
  }
  const ofType = (type: Rule['type']) => rules.filter(({ rule }) => rule.type === type)
  const thresholds = ofType('threshold')
  const hosts = await judgeHosts(client, thresholds.filter(isPerHost), minutes)
  const sums = thresholds.filter((counted) => !isPerHost(counted))
  const verdicts = [
    ...(await judgeThresholds(client, sums, minutes)),
    ...hosts.verdicts,
    ...(await judgeZscores(client, ofType('zscore'), minutes, readSeries)),
    ...(await judgeDdosRules(client, ofType('advanced_ddos'), minutes)),
  ]
  return { closedMinute: minutes.closed, verdicts, hostsLeftOut: hosts.leftOut }
}

async function judgeThresholds(
  client: StoreClient,
  rules: readonly CountedRule[],
  minutes: Minutes,
): Promise<Judgement[]> {
  if (rules.length === 0) return []
  const { closed } = minutes
  const { oldest, first } = decidingMinutes(rules, minutes)
  const traffic = await readRuleTraffic(client, 'threshold', rules, first, closed)
  const judged = judgeEach(rules, traffic, minutes)

  const ids = crossedIds(judged)
  if (ids.size === 0) return judged
  // Since when, and how much it was at most, is asked of these few only.
  const crossed = rules.filter(({ rule }) => ids.has(rule.id))
  const longer = await readRuleTraffic(client, 'threshold', crossed, oldest, closed, [...ids])
  return [...judged.filter(({ rule }) => !ids.has(rule.id)), ...judgeEach(crossed, longer, minutes)]
}

/** The hosts that can be crossed. @throws StoreError */
async function judgeHosts(
  client: StoreClient,
  rules: readonly CountedRule[],
  minutes: Minutes,
): Promise<{ verdicts: Judgement[]; leftOut: Map<string, number> }> {
  if (rules.length === 0) return { verdicts: [], leftOut: new Map() }
  const { oldest, first } = decidingMinutes(rules, minutes)
  const found = await findHosts(client, rules, { oldest, near: first, last: minutes.closed })
  return {
    verdicts: judgeEach(found.rules, found.traffic, minutes),
    leftOut: new Map([...found.leftOut].map(([{ name }, count]) => [name, count])),
  }
}

/** The first minute that a verdict can tell of, and the first one that can decide whether it is crossed. */
function decidingMinutes(rules: readonly CountedRule[], minutes: Minutes) {
  const longest = Math.max(...rules.map(({ rule }) => rule.duration))
  const oldest = oldestMinute(minutes.closed, longest)
  // A streak is as long as the duration, or broken, within so many minutes; no other minute can decide.
  const deciding = longest + countUnknown(minutes, oldest)
  return { oldest, first: Math.max(oldest, minutes.closed - 60 * (deciding - 1)) }
}

/** A rule that was edited since it was read is left out: the sums are of other prefixes, and the next run judges it. */
function judgeEach(
  rules: readonly CountedRule[],
  traffic: ReadonlyMap<string, RuleTraffic>,
  { closed, isKnown }: Minutes,
): Judgement[] {
  return rules.flatMap(({ rule, version, series }) => {
    const seen = traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) return []
    return series.map((one) => {
      const verdict = judgeThreshold({
        rule,
        traffic: seen?.series.get(seriesKey(one)) ?? new Map(),
        closedMinute: closed,
        isKnown,
        countedFrom: one.countedFrom,
      })
      const isCrossed = crossedSince(verdict) !== undefined
      return { rule, series: one, verdict, peaks: isCrossed ? verdict : undefined }
    })
  })
}

async function judgeZscores(
  client: StoreClient,
  rules: readonly CountedRule[],
  { closed, isKnown }: Minutes,
  readSeries: ReadSeries,
): Promise<Judgement[]> {
  const judged: Judgement[] = []
  const first = oldestZscoreMinute(closed)
  for (const target of ['bits', 'packets'] as const) {
    const ofTarget = rules.filter(({ rule }) => rule.zscore_target === target)
    if (ofTarget.length === 0) continue
    const unknown: number[] = []
    for (let minute = first; minute <= closed; minute += 60) {
      if (!isKnown(minute)) unknown.push((minute - first) / 60)
    }
    const question = { target, rules: ofTarget, first, last: closed }
    await readSeries(question, ({ rule }, series, values) => {
      for (const minute of unknown) values[minute] = Number.NaN
      values.fill(Number.NaN, 0, Math.max(0, (series.countedFrom - first) / 60))
      const minuteValues = { firstMinute: first, values }
      const [verdict] = judgeZscore(zscoreRuleOf(rule), minuteValues, closed, closed)
      if (verdict !== undefined) judged.push({ rule, series, verdict, peaks: undefined })
    })
  }
  return withTraffic(client, rules, judged)
}

/** Crossed zscore rules held to their samples, and what they had at most since they are crossed, in bits and packets alike. */
async function withTraffic(
  client: StoreClient,
  rules: readonly CountedRule[],
  judged: readonly Judgement[],
): Promise<Judgement[]> {
  const ids = crossedIds(judged)
  if (ids.size === 0) return [...judged]
  const crossed = rules.filter(({ rule }) => ids.has(rule.id))
  const since = judged.map(({ verdict }) => crossedSince(verdict) ?? verdict.closedMinute)
  const first = Math.min(...since) - samplesReachSeconds
  const last = Math.max(...judged.map(({ verdict }) => verdict.closedMinute))
  const traffic = await readRuleTraffic(client, 'zscore', crossed, first, last, [...ids])
  return judged.map((one) => {
    if (one.verdict.kind !== 'zscore' || one.verdict.since === undefined) return one
    const minutes = traffic.get(one.rule.id)?.series.get(seriesKey(one.series)) ?? new Map()
    const verdict = weighSamples(one.verdict, minutes, one.rule.min_samples)
    if (verdict.since === undefined) return { ...one, verdict }
    return { ...one, verdict, peaks: peaksOf(minutes, verdict.since, verdict.closedMinute) }
  })
}

function crossedIds(judged: readonly Judgement[]): Set<string> {
  const crossed = judged.filter(({ verdict }) => crossedSince(verdict) !== undefined)
  return new Set(crossed.map(({ rule }) => rule.id))
}

function countUnknown({ closed, isKnown }: Minutes, oldest: number): number {
  let count = 0
  for (let minute = oldest; minute <= closed; minute += 60) if (!isKnown(minute)) count++
  return count
}
