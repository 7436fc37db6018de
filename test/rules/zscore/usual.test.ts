import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createUsual,
  type PastAlerts,
  type PastValue,
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

/** What is usual from `first` to `last`, all days being learned from one source. */
function learned(valueAt: PastValue, alerts: PastAlerts, first = NIGHT, last = first) {
  const usual = createUsual(first, last, alerts)
  for (const { day } of usualRanges(first, last)) usual.learn(day, valueAt)
  return usual.at
}

const usual = (
  extra: Readonly<Record<number, number>>,
  alerts: PastAlerts = none,
  isKnown?: (minute: number) => boolean,
) => learned(past(extra, isKnown), alerts)(NIGHT)

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
    const [first, last] = [NIGHT - 60 * 41, NIGHT + 60 * 64]
    const usualAt = learned(past({ 1: 800 * M, 2: 800 * M }), none, first, last)
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
    expect(learned(() => 0, none)(NIGHT)).toBe(0)
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
  const usual = createUsual(NIGHT, NIGHT + 600, none)
  for (const { day } of ranges) {
    usual.learn(day, (minute) => {
      asked.add(minute)
      return 0
    })
  }
  const read = new Set<number>()
  for (const { first, last } of ranges) {
    for (let minute = first; minute <= last; minute += 60) read.add(minute)
  }
  expect([...asked].sort()).toEqual([...read].sort())
})

/** As docs/rules.md says it, word for word: of each day the greatest mean of five in the hour around the same time, if half of that hour is known. */
function usualByTheBook(valueAt: PastValue, { told, accepted }: PastAlerts, minute: number) {
  const isIn = (spans: PastAlerts['told'], one: number) =>
    spans.some(({ first, last }) => first <= one && one <= last)
  const meanOf = (at: number, isLeftOut: (one: number) => boolean) => {
    const five = [0, 60, 120, 180, 240].map((back) => at - back)
    const known = five.filter((one) => !isLeftOut(one)).map(valueAt)
    const values = known.filter((value) => !Number.isNaN(value))
    return values.length < 3 ? [] : [values.reduce((sum, one) => sum + one, 0) / values.length]
  }
  const hour = (back: number) =>
    Array.from({ length: 61 }, (_, index) => minute - back * day + 60 * (index - 30))
  const peakOf = (back: number) => {
    const means = hour(back).flatMap((at) => meanOf(at, (one) => isIn(told, one)))
    return means.length < 30 ? [] : [Math.max(...means)]
  }
  const twice = (backs: number[]) => backs.flatMap(peakOf).sort((a, b) => b - a)[1]
  const normal = [1, 2, 3, 4, 5, 6, 7, 14, 21, 28].flatMap((back) =>
    hour(back)
      .filter((at) => isIn(accepted, at))
      .flatMap((at) => meanOf(at, () => false)),
  )
  const all = [twice([1, 2, 3, 4, 5, 6, 7]), twice([7, 14, 21, 28]), ...normal]
  const known = all.filter((peak) => peak !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

test('what is usual is what the book says, minute for minute, however torn the days are', () => {
  const span = fc
    .tuple(
      fc.constantFrom(1, 2, 5, 6, 7, 14, 21, 28, 29),
      fc.integer({ min: -60, max: 90 }),
      fc.nat(90),
    )
    .map(([back, from, length]) => {
      const first = NIGHT - back * day + 60 * from
      return { first, last: first + 60 * length }
    })
  const alerts = fc.record({
    told: fc.array(span, { maxLength: 4 }),
    accepted: fc.array(span, { maxLength: 2 }),
  })
  // Other peaks each day.
  const level = fc.oneof({ weight: 20, arbitrary: fc.nat(10) }, fc.nat(1_000))
  const levels = fc.array(level, { minLength: 500, maxLength: 900, size: 'max' })
  const unknownOften = fc.constantFrom(0, 0, 0.1, 0.4, 0.6)
  fc.assert(
    fc.property(alerts, levels, unknownOften, fc.nat(90), (some, all, often, minutes) => {
      const valueAt = (minute: number) => {
        const place = minute / 60
        // Whole numbers, the sums of which are the same in any order.
        const isKnown = (place * 7_919) % 1_000 >= often * 1_000
        return isKnown ? all[place % all.length]! * 60 : Number.NaN
      }
      const last = NIGHT + 60 * minutes
      const usualAt = learned(valueAt, some, NIGHT, last)
      for (let minute = NIGHT; minute <= last; minute += 60 * 13) {
        expect(usualAt(minute)).toBe(usualByTheBook(valueAt, some, minute))
      }
    }),
    { numRuns: 60 },
  )
})
