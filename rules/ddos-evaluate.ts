// Every advanced_ddos rule against one closed minute. Most of a network is far below any floor, so that the weeks before are read for few vectors, the
// day before for fewer, and raw for those that are over their limits.

import type { StoreClient } from '../schema/client.ts'
import {
  candidatesOf,
  type DdosVerdict,
  isNear,
  judgeVector,
  type Over,
  type Rates,
  rateNames,
  tellMostSpecific,
} from './ddos.ts'
import { dayRange, historiesAt, oldestHistoryMinute, weekRanges } from './ddos-history.ts'
import {
  type RuleVectors,
  readVectorMinute,
  readVectorRanges,
  type VectorMinutes,
} from './ddos-traffic.ts'
import type { Judgement } from './judgement.ts'
import { knownMinutes, type Minutes } from './minutes.ts'
import { type CountedRule, read, readCollectorRuns } from './query.ts'
import { rawFlowSettings, rawFlows } from './raw-flows.ts'
import type { Rule } from './rule.ts'
import { errorPercent } from './samples.ts'
import type { Series } from './series.ts'
import { toThousandth } from './to-thousandth.ts'
import { isAmplifier, leastAmplifierSources, type Vector } from './vectors.ts'

interface Candidate {
  rule: Rule
  version: number
  series: Series
  minute: Map<Vector, Rates>
  vectors: Vector[]
  /** What was read of the minutes before. */
  before: VectorMinutes
  over: Over[]
}

/** How far back the start of an attack is looked for. */
const lookbackSeconds = 3600

/**
 * One judgement for each vector that is near or over its floor; what has none is far below it.
 * @throws StoreError
 */
export async function judgeDdosRules(
  client: StoreClient,
  rules: readonly CountedRule[],
  { closed, isKnown }: Minutes,
): Promise<Judgement[]> {
  if (rules.length === 0) return []
  const candidates = findCandidates(rules, await readVectorMinute(client, closed), closed)
  if (candidates.length === 0) return []
  const oldest = oldestHistoryMinute(closed)
  const runs = await readCollectorRuns(client, oldest * 1000)
  const wasKnown = knownMinutes(runs, oldest, closed)
  const judge = (candidate: Candidate, withDay: boolean) => {
    const { rule, series, before, minute } = candidate
    const isCounted = (one: number) => one >= series.countedFrom && wasKnown(one)
    const histories = historiesAt(closed, before, isCounted, withDay)
    candidate.over = candidate.vectors.map((vector) =>
      judgeVector(rule, vector, minute.get(vector)!, histories),
    )
  }

  const grown = candidates.filter(({ series }) => series.countedFrom <= weekRanges(closed)[0]!.last)
  await readBefore(client, grown, weekRanges(closed))
  for (const candidate of candidates) judge(candidate, false)

  const near = candidates.filter(({ over }) => over.some(isNear))
  await readBefore(client, near, [dayRange(closed)])
  for (const candidate of near) judge(candidate, true)

  const judged: Judgement[] = []
  for (const candidate of candidates) {
    const sources = await countSources(client, candidate, closed)
    judged.push(...verdictsOf(candidate, closed, isKnown(closed), wasKnown, sources))
  }
  return judged
}

/** A rule that was edited since it was read is left out, and judged by the next run. */
function findCandidates(
  rules: readonly CountedRule[],
  traffic: ReadonlyMap<string, RuleVectors>,
  closed: number,
): Candidate[] {
  return rules.flatMap(({ rule, version, series }) => {
    const seen = traffic.get(rule.id)
    if (seen === undefined || seen.version !== version) return []
    return series.flatMap((one) => {
      const minute = new Map<Vector, Rates>()
      for (const [vector, minutes] of seen.series.get(one.prefix ?? '') ?? []) {
        const rates = minutes.get(closed)
        if (rates !== undefined) minute.set(vector, rates)
      }
      const vectors = candidatesOf(rule, minute)
      if (vectors.length === 0) return []
      return [{ rule, version, series: one, minute, vectors, before: new Map(), over: [] }]
    })
  })
}

/** Adds what these ranges had to the candidates. */
async function readBefore(
  client: StoreClient,
  candidates: readonly Candidate[],
  ranges: ReturnType<typeof weekRanges>,
): Promise<void> {
  if (candidates.length === 0) return
  const wanted = candidates.map(({ rule, series }) => ({
    id: rule.id,
    prefix: series.prefix ?? '',
  }))
  const traffic = await readVectorRanges(client, wanted, ranges)
  for (const { rule, series, before } of candidates) {
    for (const [vector, minutes] of traffic.get(rule.id)?.series.get(series.prefix ?? '') ?? []) {
      const known = before.get(vector)
      if (known === undefined) before.set(vector, minutes)
      else for (const [minute, rates] of minutes) known.set(minute, rates)
    }
  }
}

/** Of the amplifiers that are over their limits; more than `leastAmplifierSources` stand for any greater number. */
async function countSources(
  client: StoreClient,
  { rule, series, over }: Candidate,
  closed: number,
): Promise<Map<string, number>> {
  if (!over.some(({ vector, isOver }) => isOver && isAmplifier(vector))) return new Map()
  const { from, parameters } = rawFlows({
    source: series.prefix === undefined ? { ruleId: rule.id } : { prefixes: [series.prefix] },
    direction: series.direction,
    vector: 'udp',
    first: closed,
    last: closed,
  })
  const rows = await read<{ flow_vector: string; sources: number }>(
    client,
    `SELECT flow_vector, toUInt32(uniqUpTo(${leastAmplifierSources})(theirs)) AS sources
    FROM ${from} GROUP BY flow_vector SETTINGS ${rawFlowSettings}`,
    parameters,
  )
  return new Map(rows.map(({ flow_vector, sources }) => [flow_vector, sources]))
}

function verdictsOf(
  { rule, series, minute, before, over }: Candidate,
  closed: number,
  isKnown: boolean,
  wasKnown: (minute: number) => boolean,
  sources: ReadonlyMap<string, number>,
): Judgement[] {
  const told = tellMostSpecific(rule, over, minute, isKnown, (vector) => sources.get(vector) ?? 0)
  return told.map(({ vector, reason, contributing }) => {
    const { metrics } = over.find((one) => one.vector === vector)!
    const verdict: DdosVerdict = {
      kind: 'advanced_ddos',
      closedMinute: closed,
      vector,
      crossed: reason === 'crossed',
      reason,
      metrics,
      contributing,
      errorPercent: errorPercent(minute.get(vector)!.sampled),
      ...sinceAndPeaks(metrics, reason, closed, wasKnown, (one) =>
        one === closed ? minute.get(vector) : before.get(vector)?.get(one),
      ),
    }
    return { rule, series, verdict, peaks: verdict.crossed ? verdict : undefined }
  })
}

/** Back from the closed minute, over minutes that are not known, as long as one of the limits of now was exceeded. */
function sinceAndPeaks(
  metrics: Over['metrics'],
  reason: DdosVerdict['reason'],
  closed: number,
  wasKnown: (minute: number) => boolean,
  ratesAt: (minute: number) => Rates | undefined,
): Pick<DdosVerdict, 'since' | 'peakBps' | 'peakPps' | 'peakFps'> {
  const peaks = { bps: 0, pps: 0, fps: 0 }
  const reach = reason === 'crossed' || reason === 'contributing' ? lookbackSeconds : 60
  let since = closed
  for (let minute = closed; minute > closed - reach; minute -= 60) {
    const rates = ratesAt(minute)
    const isOver = rateNames.some(
      (rate) => (rates?.[rate] ?? 0) > (metrics[rate]?.limit ?? Infinity),
    )
    if (!isOver && minute < closed && wasKnown(minute)) break
    if (isOver) since = minute
    for (const rate of rateNames) peaks[rate] = Math.max(peaks[rate], rates?.[rate] ?? 0)
  }
  return {
    since: reason === 'crossed' ? since : undefined,
    peakBps: toThousandth(peaks.bps),
    peakPps: toThousandth(peaks.pps),
    peakFps: toThousandth(peaks.fps),
  }
}
