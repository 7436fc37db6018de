import { describe, expect, test } from 'vitest'
import { type History, limitOf } from '../../../rules/ddos/base.ts'

const floor = 10_000
const factor = 3

const minutes = (count: number, value: number) => new Float64Array(count).fill(value)
const joined = (...parts: Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]))
const none = new Float64Array()

function history(change: Partial<History>): History {
  return { weeks: [none, none, none, none], day: { values: none, yesterday: none }, ...change }
}

const limit = (change: Partial<History>) => limitOf(floor, factor, history(change)).limit

describe('of four weeks', () => {
  test('the greatest 95th percentile counts', () => {
    // Three of 61 minutes are above the 95th percentile, four are not.
    const week = (high: number) => joined(minutes(61 - high, 5000), minutes(high, 9000))
    expect(limit({ weeks: [week(3), week(3), week(0), week(0)] })).toBe(15_000)
    expect(limit({ weeks: [week(4), week(4), week(0), week(0)] })).toBe(27_000)
  })

  test('one that had an attack is left out, two that agree are not', () => {
    const [usual, attack] = [minutes(61, 5000), minutes(61, 90_000)]
    expect(limit({ weeks: [attack, usual, usual, usual] })).toBe(15_000)
    expect(limit({ weeks: [usual, attack] })).toBe(15_000)
    expect(limit({ weeks: [attack, attack, usual, usual] })).toBe(270_000)
  })

  test('one with less than half of its minutes known says nothing', () => {
    expect(limit({ weeks: [minutes(29, 90_000), minutes(61, 5000)] })).toBe(15_000)
    expect(limitOf(floor, factor, history({ weeks: [minutes(29, 90_000)] }))).toEqual({
      limit: floor,
      base: undefined,
      basis: 'floor',
    })
  })

  test('a silent one makes the floor the limit', () => {
    expect(limit({ weeks: [minutes(61, 0)] })).toBe(floor)
  })
})

describe('of a day', () => {
  const day = (values: Float64Array, yesterday = none) => ({ day: { values, yesterday } })

  test('the 99th percentile counts', () => {
    // 14 of 1,440 are above it, 15 are not.
    const quiet = (count: number) => minutes(1440 - count, 5000)
    expect(limit(day(joined(quiet(14), minutes(14, 8000))))).toBe(15_000)
    expect(limit(day(joined(quiet(15), minutes(15, 8000))))).toBe(24_000)
  })

  test('an attack of eleven hours and more does not make itself usual', () => {
    for (const length of [15, 60, 700]) {
      const values = joined(minutes(1440 - length, 5000), minutes(length, 90_000))
      expect(limit(day(values))).toBe(15_000)
    }
  })

  test('what lasts for half of it is usual, whatever the weeks before were', () => {
    const values = joined(minutes(720, 5000), minutes(720, 90_000))
    const weeks = Array.from({ length: 4 }, () => minutes(61, 5000))
    expect(limitOf(floor, factor, history({ weeks, ...day(values) }))).toEqual({
      limit: 270_000,
      base: 90_000,
      basis: 'half_day',
    })
  })

  test('what came yesterday at the same time is usual', () => {
    const values = joined(minutes(1380, 5000), minutes(60, 90_000))
    expect(limit(day(values, minutes(61, 90_000)))).toBe(270_000)
  })

  test('fewer than 30 minutes say nothing', () => {
    expect(limit(day(minutes(29, 50_000)))).toBe(floor)
    expect(limit(day(minutes(30, 50_000)))).toBe(150_000)
  })
})
