// What is usual at a time of the day. A zscore rule knows four hours, in which no backup of the night before can be; so what exceeds their limit is held against
// the same time of other days, too. Pure.
//
// Seasonal forecasts (Holt-Winters, as RRDtool has it) learn an attack along with the season unless somebody takes it out again. So one day is
// never enough: what is usual was there on two of the last seven days, or on two of the same weekdays of four weeks. And what an alert
// was told of is nothing to learn from, however often it comes, until somebody says that it is normal; then once is enough.

import type { MinuteRange } from '../traffic/minutes.ts'
import { recentMean, recentMinutes } from './baseline.ts'
import { leastExcess, type ZscoreRule } from './rule.ts'

/** Bits or packets per second in minutes of days before; NaN for a minute that is not known. */
export type PastValue = (minute: number) => number

/** What alerts of the same rule, direction and prefix were about. */
export interface PastAlerts {
  /** Nothing to learn from. */
  told: readonly MinuteRange[]
  /** Normal, somebody said. */
  accepted: readonly MinuteRange[]
}

const daySeconds = 86_400
/** Half an hour before and after the same time. */
const halfWindowSeconds = 30 * 60
/** Means of five minutes in it, one a minute. */
const window = (2 * halfWindowSeconds) / 60 + 1
const leastWindowMeans = 30
const days = [1, 2, 3, 4, 5, 6, 7]
const weeks = [7, 14, 21, 28]
const daysBack = [...new Set([...days, ...weeks])]

/** The minutes of another day that verdicts can depend on. */
export interface UsualRange extends MinuteRange {
  /** So many days before. */
  day: number
}

/** Of verdicts from `first` to `last`, the newest first. */
export function usualRanges(first: number, last: number): UsualRange[] {
  return daysBack.map((day) => ({
    day,
    first: first - day * daySeconds - halfWindowSeconds - 60 * (recentMinutes - 1),
    last: last - day * daySeconds + halfWindowSeconds,
  }))
}

/** What is usual from `first` to `last`, learned day by day, so that no two days need be held at once. */
export function createUsual(first: number, last: number, { told, accepted }: PastAlerts) {
  const count = (last - first) / 60 + 1
  const peaks = new Map<number, Float64Array>()
  const acceptedPeaks = new Float64Array(count).fill(Number.NaN)
  return {
    /** `valueAt` knows the minutes of that day's range. */
    learn(day: number, valueAt: PastValue): void {
      const from = first - day * daySeconds - halfWindowSeconds
      const means = meansOf(
        told.length === 0 ? valueAt : without(told, valueAt),
        from,
        count + window - 1,
      )
      peaks.set(day, windowPeaks(means, count))
      if (accepted.length === 0) return
      const all = meansOf(valueAt, from, count + window - 1)
      for (let index = 0; index < count; index++) {
        for (let at = index; at < index + window; at++) {
          if (Number.isNaN(all[at]!) || !isIn(accepted, from + 60 * at)) continue
          acceptedPeaks[index] = Math.max(acceptedPeaks[index] || 0, all[at]!)
        }
      }
    },
    /**
     * The greatest mean of five minutes that is usual at this time of the day, per second; undefined when too little is known: of fewer than two days, and
     * nothing was accepted.
     */
    at(minute: number): number | undefined {
      const index = (minute - first) / 60
      // NaN is no greater than anything.
      let usual = acceptedPeaks[index]!
      for (const some of [days, weeks]) {
        const peak = secondPeak(peaks, some, index)
        if (!(usual >= peak)) usual = Number.isNaN(peak) ? usual : peak
      }
      return Number.isNaN(usual) ? undefined : usual
    },
  }
}

export type Usual = ReturnType<typeof createUsual>

const isIn = (spans: readonly MinuteRange[], minute: number) =>
  spans.some(({ first, last }) => minute >= first && minute <= last)

const without =
  (spans: readonly MinuteRange[], valueAt: PastValue): PastValue =>
  (minute) =>
    isIn(spans, minute) ? Number.NaN : valueAt(minute)

// Of one call, kept for the next: when a whole network is crossed, thousands of series would leave ten of each to the garbage collector.
let values = new Float64Array(0)
let means = new Float64Array(0)

/** Of five minutes each, the first one's ending with `first`; NaN where it is not known. They are lent until the next call. */
function meansOf(valueAt: PastValue, first: number, count: number): Float64Array {
  const reach = recentMinutes - 1
  if (count > means.length) {
    values = new Float64Array(count + reach)
    means = new Float64Array(count)
  }
  for (let place = 0; place < count + reach; place++) {
    values[place] = valueAt(first + 60 * (place - reach))
  }
  for (let place = 0; place < count; place++) {
    means[place] = recentMean(placed, place + reach) ?? Number.NaN
  }
  return means
}

const placed = (place: number) => values[place]!

/** The greatest of each `window` means, 0 at least; NaN where too few of them are known. */
function windowPeaks(means: Float64Array, count: number): Float64Array {
  const peaks = new Float64Array(count)
  let peak = -1
  let known = 0
  for (let entering = 0; entering < count + window - 1; entering++) {
    const mean = means[entering]!
    if (!Number.isNaN(mean)) known++
    if (mean > peak) peak = mean
    const start = entering - window + 1
    if (start < 0) continue
    peaks[start] = known < leastWindowMeans ? Number.NaN : peak
    const leaving = means[start]!
    if (!Number.isNaN(leaving)) known--
    if (leaving !== peak) continue
    peak = -1
    for (let place = start + 1; place <= entering; place++) {
      if (means[place]! > peak) peak = means[place]!
    }
  }
  return peaks
}

/** The greatest one that another one reaches; NaN when fewer than two are known. */
function secondPeak(
  peaks: ReadonlyMap<number, Float64Array>,
  some: readonly number[],
  index: number,
): number {
  let first = Number.NaN
  let second = Number.NaN
  for (const day of some) {
    const peak = peaks.get(day)?.[index] ?? Number.NaN
    if (Number.isNaN(peak)) continue
    if (!(first >= peak)) {
      second = first
      first = peak
    } else if (!(second >= peak)) second = peak
  }
  return second
}

/** What must be exceeded where so much is usual. */
export function usualLimit(rule: ZscoreRule, usual: number): number {
  return usual + leastExcess(rule, usual)
}
