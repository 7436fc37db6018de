import { describe, expect, test } from 'vitest'
import {
  createUsual,
  type PastAlerts,
  usualLimit,
  usualRanges,
} from '../../../rules/zscore/usual.ts'

const M = 1_000_000
const day = 86_400
/** When the backup has been running for ten minutes. */
const NIGHT = Date.UTC(2026, 10, 22, 2, 10) / 1000
const none: PastAlerts = { told: [], accepted: [] }

/** 100 Mbit/s, and in some nights before so much more from 02:00 to 02:39. */
function past(
  extra: Readonly<Record<number, number>>,
  isKnown: (minute: number) => boolean = () => true,
) {
  return (minute: number) => {
    if (!isKnown(minute)) return Number.NaN
    const back = Math.round((NIGHT - minute) / day)
    const past = minute - (NIGHT - back * day) + 600
    return past >= 0 && past < 2400 ? 100 * M + (extra[back] ?? 0) : 100 * M
  }
}

const usual = (
  extra: Readonly<Record<number, number>>,
  alerts: PastAlerts = none,
  isKnown?: (minute: number) => boolean,
) => createUsual(past(extra, isKnown), alerts)(NIGHT)

describe('what is usual', () => {
  test('is what two of the last seven days had, the lesser of the two greatest', () => {
    expect(usual({ 1: 800 * M, 2: 700 * M, 3: 600 * M })).toBe(800 * M)
    expect(usual({ 1: 800 * M, 7: 790 * M })).toBe(890 * M)
  })

  test('is nothing that a single day had, be it yesterday or a week ago', () => {
    for (const back of [1, 2, 7, 14, 28]) expect(usual({ [back]: 800 * M })).toBe(100 * M)
  })

  test('is what two of four same weekdays had', () => {
    expect(usual({ 14: 800 * M, 28: 500 * M })).toBe(600 * M)
    expect(usual({ 7: 800 * M, 21: 500 * M })).toBe(600 * M)
    // Not the same weekday, and longer ago than a week.
    expect(usual({ 8: 800 * M, 9: 800 * M })).toBe(100 * M)
  })

  test('is known half an hour before and after, no further', () => {
    const usualAt = createUsual(past({ 1: 800 * M, 2: 800 * M }), none)
    const at = (minutes: number) => usualAt(NIGHT + 60 * minutes)
    // The first mean of five that has a minute of it ends at 02:00, the last one at 02:43.
    expect([at(-41), at(-40), at(63), at(64)]).toEqual([100 * M, 260 * M, 260 * M, 100 * M])
    expect(at(0)).toBe(900 * M)
  })

  test('of fewer than two days, or of days that are not known, is not known; silence is', () => {
    const since = (days: number) => (minute: number) => minute >= NIGHT - days * day - 3600
    expect(usual({ 1: 800 * M }, none, since(1))).toBeUndefined()
    expect(usual({ 1: 800 * M, 2: 800 * M }, none, since(2))).toBe(900 * M)
    expect(usual({}, none, () => false)).toBeUndefined()
    expect(createUsual(() => 0, none)(NIGHT)).toBe(0)
    // 29 of 61 means are known of each day.
    const half = (minute: number) => (NIGHT - minute + 1800 + 240) % day < 29 * 60 + 120
    expect(usual({ 1: 800 * M, 2: 800 * M }, none, half)).toBeUndefined()
  })
})

describe('an alert', () => {
  const alertOf = (back: number) => ({
    first: NIGHT - back * day - 600,
    last: NIGHT - back * day + 2100,
  })

  test('is nothing to learn from, on however many nights', () => {
    const told = [1, 2, 3, 4, 5, 6, 7].map(alertOf)
    const nights = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((back) => [back, 800 * M]))
    expect(usual(nights, { told, accepted: [] })).toBe(100 * M)
    const short = told.map(({ first }) => ({ first, last: first + 1200 }))
    expect(usual(nights, { told: short, accepted: [] })).toBe(900 * M)
  })

  test('that was accepted is normal at once', () => {
    expect(usual({ 1: 800 * M }, { told: [], accepted: [alertOf(1)] })).toBe(900 * M)
    expect(usual({ 9: 800 * M }, { told: [], accepted: [alertOf(9)] })).toBe(100 * M)
  })

  test('of another hour changes nothing', () => {
    const noon = { first: NIGHT - day + 36_000, last: NIGHT - day + 39_600 }
    expect(usual({ 1: 800 * M }, { told: [], accepted: [noon] })).toBe(100 * M)
    expect(usual({ 1: 800 * M, 2: 800 * M }, { told: [noon], accepted: [] })).toBe(900 * M)
  })
})

test('the limit is as far above what is usual as above constant traffic', () => {
  expect(usualLimit({ level: 4, minTraffic: M }, 800 * M)).toBe(1_120 * M)
  expect(usualLimit({ level: 4, minTraffic: M }, 0)).toBe(M)
})

test('the minutes that are read are those that are looked at', () => {
  const ranges = usualRanges(NIGHT, NIGHT + 600)
  const asked = new Set<number>()
  const usualAt = createUsual((minute) => {
    asked.add(minute)
    return 0
  }, none)
  for (let minute = NIGHT; minute <= NIGHT + 600; minute += 60) usualAt(minute)
  const read = new Set<number>()
  for (const { first, last } of ranges) {
    for (let minute = first; minute <= last; minute += 60) read.add(minute)
  }
  expect([...asked].sort()).toEqual([...read].sort())
})
