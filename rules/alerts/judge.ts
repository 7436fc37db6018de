// What some closed minutes, one after the other, say of everything that rules judge by themselves.

import { parseAddress } from '../../runtime/ip.ts'
import type { StoreClient } from '../../schema/client.ts'
import { findHosts, isPerHost, type TrackedHost } from '../hosts.ts'
import type { CountedRule } from '../query.ts'
import type { Rule } from '../rule.ts'
import { type Series, seriesKey } from '../series.ts'
import { readRuleTraffic } from '../traffic.ts'
import {
  isOver,
  judgeThreshold,
  metrics,
  oldestMinute,
  type Traffic,
  type Verdict,
} from '../verdict.ts'
import {
  judgeZscore,
  oldestZscoreMinute,
  samplesReachSeconds,
  weighSamples,
  type ZscoreVerdict,
  zscoreRuleOf,
} from '../zscore.ts'
import { fingerprintOf, type Subject, subjectOf, trackedKey } from './identity.ts'
import { judgeDdosMinutes } from './judge-ddos.ts'
import type { Judged, Question } from './question.ts'
import { RuleChanged } from './rule-changed.ts'
import { thresholdCondition, zscoreCondition } from './verdict-condition.ts'

export interface Answer {
  judged: Judged[]
  /** Hosts over the limits of rules that judge hosts, for which there was no room. */
  hostsLeftOut: number
}

/** All that is over a limit in one of the minutes, or tracked. @throws StoreError, RuleChanged */
export async function judgeMinutes(client: StoreClient, question: Question): Promise<Answer> {
  const ofType = (type: Rule['type']) => question.rules.filter(({ rule }) => rule.type === type)
  const thresholds = ofType('threshold')
  const hosts = await judgeHosts(client, { ...question, rules: thresholds.filter(isPerHost) })
  const judged = [
    ...(await judgeThresholds(client, {
      ...question,
      rules: thresholds.filter((counted) => !isPerHost(counted)),
    })),
    ...hosts.judged,
    ...(await judgeZscores(client, { ...question, rules: ofType('zscore') })),
    ...(await judgeDdosMinutes(client, { ...question, rules: ofType('advanced_ddos') })),
  ]
  return { judged, hostsLeftOut: hosts.hostsLeftOut }
}

interface Place {
  counted: CountedRule
  series: Series
  subject: Subject
  fingerprint: string
}

type Minutes = ReadonlyMap<number, Traffic>
type ReadMinutes = (place: Pick<Place, 'counted' | 'series'>) => Minutes

const none: Minutes = new Map()

/** Each host that may be crossed, and each that is tracked. */
async function judgeHosts(client: StoreClient, question: Question): Promise<Answer> {
  const { rules, isKnown, first, last, tracked } = question
  if (rules.length === 0) return { judged: [], hostsLeftOut: 0 }
  const { oldest, near } = decidingMinutes(question)
  const found = await findHosts(client, rules, { oldest, near, last }, hostsOf(rules, tracked))
  for (const { rule, version } of rules) {
    const seen = found.traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) throw new RuleChanged(rule.name)
  }
  const everyone = placesOf(found.rules, tracked, () => true)
  const judged = everyone.map(({ counted: { rule }, series, fingerprint, subject }) => {
    const traffic = found.traffic.get(rule.id)?.series.get(seriesKey(series)) ?? none
    const { countedFrom } = series
    const conditions = eachMinute(first, last, (closedMinute) =>
      thresholdCondition(
        judgeThreshold({ rule, traffic, closedMinute, isKnown, countedFrom }),
        rule.duration,
        traffic,
        isKnown(closedMinute),
        closedMinute >= countedFrom,
      ),
    )
    return { fingerprint, subject, conditions }
  })
  const hostsLeftOut = [...found.leftOut.values()].reduce((sum, count) => sum + count, 0)
  return { judged, hostsLeftOut }
}

function hostsOf(rules: readonly CountedRule[], tracked: Question['tracked']) {
  const hosts = new Map(rules.map(({ rule }) => [rule.id, [] as TrackedHost[]]))
  for (const name of tracked.keys()) {
    const [ruleId = '', direction, host = ''] = name.split(' ')
    // An alert of what the rule judged before its scope was changed is about no host.
    if (parseAddress(host) === undefined) continue
    hosts.get(ruleId)?.push({ host, direction: direction === 'out' ? 'out' : 'in' })
  }
  return hosts
}

/** The first minute that a verdict can tell of, and the first one that can decide whether it is crossed. */
function decidingMinutes(question: Question) {
  const longest = Math.max(...question.rules.map(({ rule }) => rule.duration))
  const oldest = oldestMinute(question.first, longest)
  // A streak is as long as the duration, or broken, within so many minutes; no other minute can decide.
  const deciding = longest + countUnknown(question, oldest)
  return { oldest, near: Math.max(oldest, question.first - 60 * (deciding - 1)) }
}

async function judgeThresholds(client: StoreClient, question: Question): Promise<Judged[]> {
  const { rules, isKnown, first, last, tracked } = question
  if (rules.length === 0) return []
  const { oldest, near } = decidingMinutes(question)
  const minutesOf = await readTraffic(client, 'threshold', rules, near, last)

  const judge = ({ counted: { rule }, series }: Place, traffic: Minutes, closedMinute: number) =>
    judgeThreshold({ rule, traffic, closedMinute, isKnown, countedFrom: series.countedFrom })
  // What an unknown minute holds says nothing: those before it do.
  const from = eachMinute(first, last, isKnown).every(Boolean) ? first : near
  const answered = placesOf(rules, tracked, (counted, series) =>
    isAnyOver(counted.rule, minutesOf({ counted, series }), from, last),
  )
  // Since when it is crossed, and what it carried, is asked only where an alert may begin.
  const crossed = new Set(
    answered
      .filter((place) => {
        const traffic = minutesOf(place)
        const verdicts = eachMinute(first, last, (minute) => judge(place, traffic, minute))
        return tracked.get(trackedKey(place.subject)) !== true && verdicts.some(isCrossed)
      })
      .map(({ counted }) => counted.rule.id),
  )
  const longer =
    crossed.size === 0
      ? minutesOf
      : await readTraffic(client, 'threshold', rules, oldest, last, crossed)
  return answered.map((place) => {
    const { counted, series, fingerprint, subject } = place
    const traffic = crossed.has(counted.rule.id) ? longer(place) : minutesOf(place)
    const conditions = eachMinute(first, last, (minute) =>
      thresholdCondition(
        judge(place, traffic, minute),
        counted.rule.duration,
        traffic,
        isKnown(minute),
        minute >= series.countedFrom,
      ),
    )
    return { fingerprint, subject, conditions }
  })
}

async function judgeZscores(client: StoreClient, question: Question): Promise<Judged[]> {
  const judged: Judged[] = []
  for (const target of ['bits', 'packets'] as const) {
    const rules = question.rules.filter(({ rule }) => rule.zscore_target === target)
    if (rules.length > 0)
      judged.push(...(await judgeTarget(client, target, { ...question, rules })))
  }
  return judged
}

async function judgeTarget(
  client: StoreClient,
  target: 'bits' | 'packets',
  { rules, isKnown, first, last, tracked, readSeries }: Question,
): Promise<Judged[]> {
  const oldest = oldestZscoreMinute(first)
  const unknown: number[] = []
  for (let minute = oldest; minute <= last; minute += 60) {
    if (!isKnown(minute)) unknown.push((minute - oldest) / 60)
  }
  const verdicts = new Map<Series, ZscoreVerdict[]>()
  await readSeries({ target, rules, first: oldest, last }, ({ rule }, series, values) => {
    for (const minute of unknown) values[minute] = Number.NaN
    values.fill(Number.NaN, 0, Math.max(0, (series.countedFrom - oldest) / 60))
    const minuteValues = { firstMinute: oldest, values }
    verdicts.set(series, judgeZscore(zscoreRuleOf(rule), minuteValues, first, last))
  })
  const verdictsOf = (series: Series) => verdicts.get(series) ?? []
  const answered = placesOf(rules, tracked, (_, series) =>
    verdictsOf(series).some(({ since }) => since !== undefined),
  )
  if (answered.length === 0) return []
  const since = answered.flatMap(({ series }) =>
    verdictsOf(series).map((verdict) => verdict.since ?? first),
  )
  const ids = new Set(answered.map(({ counted }) => counted.rule.id))
  const from = Math.min(first, ...since) - samplesReachSeconds
  const minutesOf = await readTraffic(client, 'zscore', rules, from, last, ids)
  return answered.map((place) => {
    const traffic = minutesOf(place)
    const conditions = verdictsOf(place.series).map((verdict) =>
      zscoreCondition(
        weighSamples(verdict, traffic, place.counted.rule.min_samples),
        target,
        traffic,
      ),
    )
    return { fingerprint: place.fingerprint, subject: place.subject, conditions }
  })
}

/** Those that are tracked, or that the test picks. */
function placesOf(
  rules: readonly CountedRule[],
  tracked: Question['tracked'],
  isPicked: (counted: CountedRule, series: Series) => boolean,
): Place[] {
  return rules.flatMap((counted) =>
    counted.series.flatMap((series) => {
      const { direction, prefix: key = 'rule' } = series
      const isTracked = tracked.has(trackedKey({ ruleId: counted.rule.id, direction, key }))
      if (!isTracked && !isPicked(counted, series)) return []
      const subject = subjectOf(counted.rule, series)
      return [{ counted, series, subject, fingerprint: fingerprintOf(subject) }]
    }),
  )
}

async function readTraffic(
  client: StoreClient,
  type: 'threshold' | 'zscore',
  rules: readonly CountedRule[],
  first: number,
  last: number,
  ids?: ReadonlySet<string>,
): Promise<ReadMinutes> {
  const some = ids === undefined ? rules : rules.filter(({ rule }) => ids.has(rule.id))
  const traffic = await readRuleTraffic(client, type, some, first, last, ids && [...ids])
  for (const { rule, version } of some) {
    const seen = traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) throw new RuleChanged(rule.name)
  }
  return ({ counted, series }) =>
    traffic.get(counted.rule.id)?.series.get(seriesKey(series)) ?? none
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

function eachMinute<T>(first: number, last: number, make: (minute: number) => T): T[] {
  const all: T[] = []
  for (let minute = first; minute <= last; minute += 60) all.push(make(minute))
  return all
}

function countUnknown({ isKnown, last }: Question, oldest: number): number {
  let count = 0
  for (let minute = oldest; minute <= last; minute += 60) if (!isKnown(minute)) count++
  return count
}
