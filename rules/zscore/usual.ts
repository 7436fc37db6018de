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
/** Of the 61 means of a window. */
const leastWindowMeans = 30
const days = [1, 2, 3, 4, 5, 6, 7]
const weeks = [7, 14, 21, 28]
const daysBack = [...new Set([...days, ...weeks])]

/** The minutes of other days that verdicts from `first` to `last` can depend on, the newest first. */
export function usualRanges(first: number, last: number): MinuteRange[] {
  return daysBack.map((day) => ({
    first: first - day * daySeconds - halfWindowSeconds - 60 * (recentMinutes - 1),
    last: last - day * daySeconds + halfWindowSeconds,
  }))
}

/**
 * The greatest mean of five minutes that is usual at this time of the day, per second; undefined when too little is known: of fewer than two days, and nothing
 * was accepted. Answers are kept, as neighbouring minutes share most of their windows.
 */
export function createUsual(
  valueAt: PastValue,
  { told, accepted }: PastAlerts,
): (minute: number) => number | undefined {
  const isIn = (spans: readonly MinuteRange[], minute: number) =>
    spans.some(({ first, last }) => minute >= first && minute <= last)
  const means = new Map<number, number>()
  /** NaN when it is not known. */
  const meanAt = (minute: number, isLearned: (minute: number) => boolean): number =>
    recentMean((place) => {
      const one = minute + 60 * place
      return isLearned(one) ? valueAt(one) : Number.NaN
    }, 0) ?? Number.NaN
  const learnedMean = (minute: number): number => {
    let mean = means.get(minute)
    if (mean === undefined) {
      mean = meanAt(minute, (one) => !isIn(told, one))
      means.set(minute, mean)
    }
    return mean
  }
  const windowPeak = (middle: number): number | undefined => {
    let peak = 0
    let known = 0
    for (let at = middle - halfWindowSeconds; at <= middle + halfWindowSeconds; at += 60) {
      const mean = learnedMean(at)
      if (Number.isNaN(mean)) continue
      known++
      if (mean > peak) peak = mean
    }
    return known < leastWindowMeans ? undefined : peak
  }
  const acceptedPeak = (middle: number): number | undefined => {
    let peak: number | undefined
    for (const { first, last } of accepted) {
      const from = Math.max(first, middle - halfWindowSeconds)
      for (let at = from; at <= Math.min(last, middle + halfWindowSeconds); at += 60) {
        const mean = meanAt(at, () => true)
        if (!Number.isNaN(mean)) peak = Math.max(peak ?? 0, mean)
      }
    }
    return peak
  }
  const usualAt = (minute: number): number | undefined => {
    const peaks = new Map(daysBack.map((day) => [day, windowPeak(minute - day * daySeconds)]))
    const known = [
      second(days.map((day) => peaks.get(day))),
      second(weeks.map((day) => peaks.get(day))),
      ...daysBack.map((day) => acceptedPeak(minute - day * daySeconds)),
    ].filter((peak) => peak !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }
  const answers = new Map<number, number | undefined>()
  return (minute) => {
    if (!answers.has(minute)) answers.set(minute, usualAt(minute))
    return answers.get(minute)
  }
}

/** What must be exceeded where so much is usual. */
export function usualLimit(rule: ZscoreRule, usual: number): number {
  return usual + leastExcess(rule, usual)
}

/** The greatest one that another one reaches. */
function second(peaks: readonly (number | undefined)[]): number | undefined {
  return peaks.filter((peak) => peak !== undefined).sort((a, b) => b - a)[1]
}
