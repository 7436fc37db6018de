// advanced_ddos rules over some closed minutes. Most of a network is far below any floor, so that the weeks before are read for few prefixes, the
// day before for fewer, and raw for those whose amplifiers are over their limits.

import type { StoreClient } from '../../schema/client.ts'
import { toThousandth } from '../to-thousandth.ts'
import { knownMinutes, type MinuteRange } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import { errorPercent } from '../traffic/samples.ts'
import type { Series } from '../traffic/series.ts'
import type { PrefixSource } from '../traffic/traffic.ts'
import {
  candidatesOf,
  type DdosReason,
  type DdosRule,
  type DdosVerdict,
  isNear,
  judgedVectors,
  judgeVector,
  type Over,
  type Rates,
  rateNames,
  tellMostSpecific,
} from './ddos.ts'
import { dayRange, historiesAt, oldestHistoryMinute, weekRanges } from './history.ts'
import { countSources } from './sources.ts'
import type { VectorMinutes } from './traffic.ts'
import { isAmplifier, type Vector } from './vectors.ts'

/** What is judged by itself: a sum of prefixes, or one of them. */
export interface DdosSubject {
  rule: DdosRule
  series: Series
  source: PrefixSource
}

/** The minutes of these subjects, one after the other. */
export type ReadVectors<Subject> = (
  subjects: readonly Subject[],
  ranges: readonly MinuteRange[],
) => Promise<VectorMinutes[]>

export interface DdosQuestion<Subject> {
  subjects: readonly Subject[]
  readVectors: ReadVectors<Subject>
  /** Of the minutes asked about. */
  isKnown: (minute: number) => boolean
  /** Both included. */
  first: number
  last: number
  /** All vectors of these are answered, of others those that come near their floors. */
  isTracked: (subject: Subject) => boolean
}

export interface DdosJudged<Subject> {
  subject: Subject
  vector: Vector
  /** One of each minute asked about, the first one first. */
  verdicts: DdosVerdict[]
  /** These minutes and, of what is over its limits, the hour before them; one without flows is absent. */
  traffic: ReadonlyMap<number, Rates>
}

interface Judging<Subject> {
  subject: Subject
  vectors: Vector[]
  /** What was read so far. */
  traffic: VectorMinutes
}

/** How far back the start of an attack is looked for. */
const lookbackSeconds = 3600

/** @throws StoreError, and what `readVectors` throws */
export async function judgeDdos<Subject extends DdosSubject>(
  client: StoreClient,
  question: DdosQuestion<Subject>,
): Promise<DdosJudged<Subject>[]> {
  const { subjects, readVectors, isKnown, first, last, isTracked } = question
  const judging = await findCandidates(question)
  if (judging.length === 0 || subjects.length === 0) return []
  const oldest = oldestHistoryMinute(first)
  const runs = await readCollectorRuns(client, oldest * 1000)
  const wasStored = knownMinutes(runs, oldest, last)
  const wasKnown = ({ countedFrom }: Series, minute: number) =>
    minute >= countedFrom && wasStored(minute)

  const add = async (some: readonly Judging<Subject>[], ranges: MinuteRange[]) => {
    if (some.length === 0) return
    const read = await readVectors(
      some.map(({ subject }) => subject),
      ranges,
    )
    for (const [index, { traffic }] of some.entries()) merge(traffic, read[index]!)
  }
  const judge = ({ subject, vectors, traffic }: Judging<Subject>, withDay: boolean, at: number) => {
    const histories = historiesAt(at, traffic, (one) => wasKnown(subject.series, one), withDay)
    return vectors.map((vector) =>
      judgeVector(subject.rule, vector, ratesAt(traffic, vector, at), histories),
    )
  }

  const weeks = weekRanges(first, last)
  const grown = judging.filter(({ subject }) => subject.series.countedFrom <= weeks[0]!.last)
  await add(grown, weeks)
  const near = judging.filter(
    (one) =>
      isTracked(one.subject) ||
      eachMinute(first, last).some((minute) => judge(one, false, minute).some(isNear)),
  )
  await add(near, [dayRange(first, last)])

  const judged: DdosJudged<Subject>[] = []
  for (const one of judging) {
    const { subject, vectors, traffic } = one
    const withDay = near.includes(one)
    const byVector = new Map<Vector, DdosVerdict[]>(vectors.map((vector) => [vector, []]))
    const overs: Over[][] = []
    for (const minute of eachMinute(first, last)) {
      overs.push(judge(one, withDay, minute))
      // A long stretch takes its time, and others want to be answered meanwhile.
      if (first !== last) await new Promise(setImmediate)
    }
    const sources = overs.flat().some(({ vector, isOver }) => isOver && isAmplifier(vector))
      ? await countSources(client, subject, first, last)
      : undefined
    for (const [index, minute] of eachMinute(first, last).entries()) {
      const told = tellMostSpecific(
        subject.rule,
        overs[index]!,
        (vector) => ratesAt(traffic, vector, minute),
        (vector) => sources?.get(minute)?.get(vector) ?? 0,
      )
      for (const { vector, reason, contributing } of told) {
        const { metrics } = overs[index]!.find((over) => over.vector === vector)!
        const rates = ratesAt(traffic, vector, minute)
        byVector.get(vector)!.push({
          kind: 'advanced_ddos',
          closedMinute: minute,
          vector,
          crossed: reason === 'crossed',
          reason: reason === 'below' ? belowOf(subject.series, minute, isKnown) : reason,
          rates,
          metrics,
          contributing,
          errorPercent: errorPercent(rates.sampled),
          ...sinceAndPeaks(metrics, reason, minute, (at) => ({
            rates: ratesAt(traffic, vector, at),
            isKnown: wasKnown(subject.series, at),
          })),
        })
      }
    }
    for (const [vector, verdicts] of byVector) {
      judged.push({ subject, vector, verdicts, traffic: traffic.get(vector) ?? new Map() })
    }
  }
  return judged
}

async function findCandidates<Subject extends DdosSubject>({
  subjects,
  readVectors,
  first,
  last,
  isTracked,
}: DdosQuestion<Subject>): Promise<Judging<Subject>[]> {
  const read = await readVectors(subjects, [{ first, last }])
  return subjects.flatMap((subject, index) => {
    const traffic = read[index]!
    const vectors = isTracked(subject)
      ? judgedVectors(subject.rule)
      : candidatesOf(subject.rule, traffic)
    return vectors.length === 0 ? [] : [{ subject, vectors, traffic }]
  })
}

function belowOf(
  { countedFrom }: Series,
  minute: number,
  isKnown: (minute: number) => boolean,
): DdosReason {
  if (minute < countedFrom) return 'learning'
  return isKnown(minute) ? 'below' : 'unknown'
}

const noRates: Rates = { bps: 0, pps: 0, fps: 0, sampled: { samples: 0n, packets: 0n } }

function ratesAt(traffic: VectorMinutes, vector: Vector, minute: number): Rates {
  return traffic.get(vector)?.get(minute) ?? noRates
}

function merge(into: VectorMinutes, more: VectorMinutes): void {
  for (const [vector, minutes] of more) {
    const known = into.get(vector)
    if (known === undefined) into.set(vector, minutes)
    else for (const [minute, rates] of minutes) known.set(minute, rates)
  }
}

function eachMinute(first: number, last: number): number[] {
  return Array.from({ length: (last - first) / 60 + 1 }, (_, index) => first + 60 * index)
}

/** Back from the judged minute, over minutes that are not known, as long as one of the limits of now was exceeded. */
function sinceAndPeaks(
  metrics: Over['metrics'],
  reason: DdosReason,
  judged: number,
  at: (minute: number) => { rates: Rates; isKnown: boolean },
): Pick<DdosVerdict, 'since' | 'peakBps' | 'peakPps' | 'peakFps'> {
  const peaks = { bps: 0, pps: 0, fps: 0 }
  const reach = reason === 'crossed' || reason === 'contributing' ? lookbackSeconds : 60
  let since = judged
  for (let minute = judged; minute > judged - reach; minute -= 60) {
    const { rates, isKnown } = at(minute)
    const isOver = rateNames.some((rate) => rates[rate] > (metrics[rate]?.limit ?? Infinity))
    if (!isOver && minute < judged && isKnown) break
    if (isOver) since = minute
    for (const rate of rateNames) peaks[rate] = Math.max(peaks[rate], rates[rate])
  }
  return {
    since: reason === 'crossed' ? since : undefined,
    peakBps: toThousandth(peaks.bps),
    peakPps: toThousandth(peaks.pps),
    peakFps: toThousandth(peaks.fps),
  }
}
