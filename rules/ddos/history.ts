// What a vector's limit rests on, taken out of the minutes that were read.

import type { MinuteRange } from '../traffic/minutes.ts'
import type { DayHistory } from './base.ts'
import type { Histories, RateName, Rates } from './ddos.ts'
import type { VectorMinutes } from './traffic.ts'
import type { Vector } from './vectors.ts'

const halfWindowSeconds = 30 * 60
const daySeconds = 86_400
const weekCount = 4

/** The windows of the four weeks before these minutes, the newest one first. */
export function weekRanges(first: number, last: number): MinuteRange[] {
  return Array.from({ length: weekCount }, (_, index) => {
    const back = (index + 1) * 7 * daySeconds
    return { first: first - back - halfWindowSeconds, last: last - back + halfWindowSeconds }
  })
}

/** The day before these minutes, and half an hour before that. */
export function dayRange(first: number, last: number): MinuteRange {
  return { first: first - daySeconds - halfWindowSeconds, last: last - 60 }
}

/** The first minute that a limit can depend on. */
export function oldestHistoryMinute(minute: number): number {
  return minute - weekCount * 7 * daySeconds - halfWindowSeconds
}

/**
 * Histories for the verdict of one minute. Of the minutes in `traffic` only those count that are known; a known one that it lacks had no
 * flows. Without `withDay` there are only the weeks.
 */
export function historiesAt(
  minute: number,
  traffic: VectorMinutes,
  isKnown: (minute: number) => boolean,
  withDay: boolean,
): Histories {
  const knownOf = ({ first, last }: MinuteRange) => {
    const known: number[] = []
    for (let one = first; one <= last; one += 60) if (isKnown(one)) known.push(one)
    return known
  }
  const weeks = weekRanges(minute, minute).map(knownOf)
  const day = withDay ? knownOf({ first: minute - daySeconds, last: minute - 60 }) : undefined
  const yesterday = withDay ? knownOf(windowAround(minute - daySeconds)) : []
  return (vector, rate) => {
    const valuesOf = (minutes: readonly number[]) => values(traffic, vector, rate, minutes)
    const dayHistory: DayHistory | undefined = day && {
      values: valuesOf(day),
      yesterday: valuesOf(yesterday),
    }
    return { weeks: weeks.map(valuesOf), day: dayHistory }
  }
}

function windowAround(minute: number): MinuteRange {
  return { first: minute - halfWindowSeconds, last: minute + halfWindowSeconds }
}

function values(
  traffic: VectorMinutes,
  vector: Vector,
  rate: RateName,
  minutes: readonly number[],
): Float64Array {
  const byMinute: ReadonlyMap<number, Rates> | undefined = traffic.get(vector)
  return Float64Array.from(minutes, (minute) => byMinute?.get(minute)?.[rate] ?? 0)
}
