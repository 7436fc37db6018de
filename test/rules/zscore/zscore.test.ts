import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ZscoreRule } from '../../../rules/zscore/rule.ts'
import { judgeZscore, oldestZscoreMinute } from '../../../rules/zscore/zscore.ts'

const NOON = Date.UTC(2026, 10, 22, 12, 0) / 1000
const M = 1_000_000
const unknown = Number.NaN

const low = { level: 5, minTraffic: M }
const medium = { level: 4, minTraffic: M }
const high = { level: 3, minTraffic: M }

/** `length` minutes of the same value. */
const flat = (length: number, value: number) => Array<number>(length).fill(value)
/** More than any verdict goes back, of the same value. */
const always = (value: number) => flat(1_000, value)

/** One value a minute, oldest first; the newest is that of 12:00. */
function seriesOf(values: readonly number[]) {
  return { firstMinute: NOON - 60 * (values.length - 1), values: Float64Array.from(values) }
}

/** The verdict of the newest minute. */
function judge(rule: ZscoreRule, values: readonly number[]) {
  return judgeZscore(rule, seriesOf(values), NOON, NOON)[0]!
}

/** How many minutes of the newest `length` are crossed, each judged when nothing after it was known yet. */
function crossedMinutes(rule: ZscoreRule, values: readonly number[], length: number): boolean[] {
  const { firstMinute } = seriesOf(values)
  return Array.from({ length }, (_, index) => {
    const count = values.length - length + index + 1
    const minute = firstMinute + 60 * (count - 1)
    const known = { firstMinute, values: Float64Array.from(values.slice(0, count)) }
    return judgeZscore(rule, known, minute, minute)[0]!.crossed
  })
}

describe('the limit', () => {
  // Without any deviation a tenth of the mean counts as one: 10 Mbit/s and 5, 4 or 3 times 1 Mbit/s.
  test.each([
    ['low', low, 15],
    ['medium', medium, 14],
    ['high', high, 13],
  ])(
    'of %s sensitivity on constant traffic; a mean equal to it does not cross it',
    (_, rule, limit) => {
      const baseline = always(10 * M)
      expect(judge(rule, [...baseline, ...flat(5, limit * M)])).toEqual({
        kind: 'zscore',
        closedMinute: NOON,
        crossed: false,
        reason: 'below',
        value: limit * M,
        mean: 10 * M,
        deviation: M,
        limit: limit * M,
        usual: undefined,
        z: limit - 10,
        baselineMinutes: 240,
        since: undefined,
      })
      const over = judge(rule, [...baseline, ...flat(4, limit * M), limit * M + 5])
      expect(over).toMatchObject({ crossed: true, value: limit * M + 1, since: NOON })
    },
  )

  test('follows the deviation of the whole baseline when that is greater', () => {
    // Half the minutes 8, half of them 12: mean 10, deviation 2 Mbit/s.
    const baseline = Array.from({ length: 1_000 }, (_, n) => (n % 2 === 0 ? 8 : 12) * M)
    expect(judge(high, [...baseline, ...flat(5, 16 * M)])).toMatchObject({
      mean: 10 * M,
      deviation: 2 * M,
      limit: 16 * M,
      crossed: false,
    })
  })

  test('is at least the least traffic that counts above the mean', () => {
    expect(judge(high, [...always(100_000), ...flat(5, 1_100_000)])).toMatchObject({
      limit: 1_100_000,
      crossed: false,
    })
    expect(
      judge({ level: 3, minTraffic: 1_000 }, [...always(0), ...flat(5, 1_000.5)]),
    ).toMatchObject({ mean: 0, limit: 1_000, crossed: true })
  })
})

describe('a silent prefix', () => {
  test('that gets 50 Mbit/s crosses in the first minute: their mean of five is 10', () => {
    for (const rule of [low, medium, high]) {
      expect(judge(rule, [...always(0), 50 * M])).toMatchObject({
        crossed: true,
        value: 10 * M,
        limit: M,
      })
    }
  })

  test('is not crossed by a night noise of 100 kbit/s', () => {
    const noise = Array.from({ length: 1_000 }, (_, n) => (n % 7 === 0 ? 100_000 : 0))
    expect(judge(high, [...noise, ...flat(5, 100_000)])).toMatchObject({ crossed: false })
  })
})

describe('which minutes count', () => {
  test('of the newest five at least three must be known', () => {
    const two = judge(high, [...always(10 * M), ...flat(3, unknown), 90 * M, 90 * M])
    expect(two).toMatchObject({ reason: 'unknown', value: undefined, crossed: false })
    const three = judge(high, [...always(10 * M), 90 * M, unknown, 60 * M, unknown, 30 * M])
    expect(three).toMatchObject({ reason: 'crossed', value: 60 * M })
  })

  test('the baseline needs 30 known minutes, and until then tells how many it has', () => {
    const young = (known: number) => [
      ...flat(800, unknown),
      ...flat(known, 10 * M),
      ...flat(5, 90 * M),
    ]
    expect(judge(high, young(29))).toMatchObject({
      reason: 'learning',
      crossed: false,
      baselineMinutes: 29,
      limit: undefined,
    })
    expect(judge(high, young(30))).toMatchObject({ reason: 'crossed', baselineMinutes: 30 })
  })

  test('silence that is known counts as zero, what is unknown does not', () => {
    const half = (other: number) =>
      Array.from({ length: 1_000 }, (_, n) => (n % 2 === 0 ? 10 * M : other))
    expect(judge(high, [...half(0), ...flat(5, 0)])).toMatchObject({
      mean: 5 * M,
      deviation: 5 * M,
    })
    expect(judge(high, [...half(unknown), ...flat(5, 0)])).toMatchObject({
      mean: 10 * M,
      deviation: M,
      baselineMinutes: 120,
    })
  })

  test('the baseline is the 240 minutes before the newest five, no other', () => {
    const values = [...always(90 * M), ...flat(240, 10 * M), ...flat(5, 10 * M)]
    expect(judge(high, values)).toMatchObject({ mean: 10 * M, deviation: M })
    values[1_000] = 58 * M
    expect(judge(high, values)).toMatchObject({ mean: 10.2 * M })
  })
})

describe('an attack of a hundredfold', () => {
  test.each([
    ['low', low],
    ['high', high],
  ])('of 60 minutes is crossed in all of them, with %s sensitivity', (_, rule) => {
    const values = [...always(10 * M), ...flat(60, 1_000 * M)]
    expect(crossedMinutes(rule, values, 61)).toEqual([false, ...flat(60, 1).map(() => true)])
  })

  test('is over when no mean of five has an attack minute in it', () => {
    const values = [...always(10 * M), ...flat(60, 1_000 * M), ...flat(10, 10 * M)]
    const crossed = crossedMinutes(low, values, 10)
    expect(crossed).toEqual([true, true, true, true, ...flat(6, 0).map(() => false)])
  })

  test('leaves no mark: the next one has the limit that the first one had', () => {
    const values = [...always(10 * M), ...flat(60, 1_000 * M), ...flat(60, 10 * M)]
    expect(judge(low, values)).toMatchObject({ limit: 15 * M, baselineMinutes: 240 })
  })

  test('is crossed through an outage, and judged again after it', () => {
    const values = [...always(10 * M), ...flat(10, 1_000 * M), ...flat(30, unknown)]
    expect(judge(high, values)).toMatchObject({
      crossed: true,
      reason: 'unknown',
      since: NOON - 60 * 39,
    })
    expect(judge(high, [...values, ...flat(3, 10 * M)])).toMatchObject({ crossed: false })
    expect(judge(high, [...values, ...flat(3, 1_000 * M)])).toMatchObject({
      crossed: true,
      since: NOON - 60 * 42,
    })
  })

  test('that comes in pulses is crossed in each pulse', () => {
    // Twice the mean for 6 minutes each half hour: the mean of five crosses 15 Mbit/s at the third minute, 16.
    const pulse = [...flat(6, 20 * M), ...flat(24, 10 * M)]
    const values = [...always(10 * M), ...Array.from({ length: 10 }, () => pulse).flat()]
    const crossed = crossedMinutes(low, values, 300)
    for (let start = 0; start < 300; start += 30) {
      expect(crossed.slice(start, start + 30).indexOf(true), `pulse at ${start}`).toBe(2)
    }
  })
})

describe('what lasts is learned', () => {
  test('after six hours, and judged by what it has become', () => {
    const values = [...always(10 * M), ...flat(700, 100 * M)]
    const crossed = crossedMinutes(high, values, 700)
    expect(crossed.indexOf(false)).toBe(360)
    expect(crossed.lastIndexOf(true)).toBe(359)
    // A tenth of 100 Mbit/s, three times.
    expect(judge(high, values)).toMatchObject({ mean: 100 * M, limit: 130 * M })
    expect(judge(high, [...values, ...flat(5, 140 * M)])).toMatchObject({ crossed: true })
  })

  test('also when it falls below the limit now and then', () => {
    const shifted = Array.from({ length: 700 }, (_, n) => (n % 100 === 99 ? 10 : 100) * M)
    const crossed = crossedMinutes(high, [...always(10 * M), ...shifted], 700)
    expect(crossed.lastIndexOf(true)).toBeLessThan(380)
  })
})

describe('what is accepted', () => {
  /** Twice as much for `minutes`; accepted when so many of them were over, all of them in effect since then. */
  const values = (minutes: number) => [...always(10 * M), ...flat(minutes, 20 * M)]
  const acceptedAfter = (minutes: number, of: number) => {
    const at = NOON - 60 * (of - 1 - minutes)
    return { from: NOON - 60 * (of - 1), until: at - 60, at }
  }
  /** The newest `length` verdicts, each judged when nothing after it was known. */
  const judged = (
    all: readonly number[],
    accepted: ReturnType<typeof acceptedAfter>[],
    length: number,
  ) =>
    Array.from({ length }, (_, index) => {
      const { firstMinute } = seriesOf(all)
      const count = all.length - length + index + 1
      const minute = firstMinute + 60 * (count - 1)
      const known = { firstMinute, values: Float64Array.from(all.slice(0, count)) }
      return judgeZscore(medium, known, minute, minute, accepted)[0]!
    })

  test('is not crossed from the minute on in which it was accepted, and what is more is', () => {
    const crossed = judged(values(60), [acceptedAfter(20, 60)], 61).map(({ crossed }) => crossed)
    // The mean of five crosses 14 Mbit/s at the third minute, 16.
    expect(crossed).toEqual([
      ...flat(3, 0).map(() => false),
      ...flat(18, 0).map(() => true),
      ...flat(40, 0).map(() => false),
    ])
    const more = [...values(30), ...flat(5, 28 * M)]
    expect(judged(more, [acceptedAfter(20, 35)], 1)[0]).toMatchObject({
      crossed: false,
      reason: 'usual',
      usual: 20 * M,
      limit: 28 * M,
    })
    const most = [...values(30), ...flat(4, 28 * M), 28 * M + 5]
    expect(judged(most, [acceptedAfter(20, 35)], 1)[0]).toMatchObject({ crossed: true })
  })

  test('is the baseline four hours later, without which it would be told for six', () => {
    const last = judged(values(600), [acceptedAfter(20, 600)], 600)
    expect(last.filter(({ crossed }) => crossed)).toHaveLength(18)
    expect(last.at(-1)).toMatchObject({ mean: 20 * M, usual: undefined, limit: 28 * M })
    const told = judged(values(600), [], 600).filter(({ crossed }) => crossed)
    expect(told.length).toBeGreaterThan(300)
  })

  test('does not bring back what another alert left out', () => {
    // An attack of fifty times, over for an hour when the shift begins.
    const all = [...always(10 * M), ...flat(10, 500 * M), ...flat(60, 10 * M), ...flat(30, 20 * M)]
    const [verdict] = judged(all, [acceptedAfter(20, 30)], 1)
    expect(verdict!.mean).toBeLessThan(12 * M)
  })

  test('of a calm series changes nothing', () => {
    const accepted = [acceptedAfter(5, 30)]
    expect(judged(always(10 * M), accepted, 30)).toEqual(judged(always(10 * M), [], 30))
  })
})

/** As docs/rules.md says it, word for word, without any thought of speed. */
function judgeByTheBook({ level, minTraffic }: ZscoreRule, values: readonly number[]) {
  const last = values.length - 1
  const leftOut = new Set<number>()
  let crossed = false
  let reason = ''
  for (let place = last - (NOON % 3600) / 60 - 605; place <= last; place++) {
    let skipped = 0
    const baseline: number[] = []
    for (let back = place - 5; baseline.length < 240; back--) {
      if (!leftOut.has(back)) baseline.push(values[back] ?? unknown)
      else if (++skipped === 360) {
        leftOut.clear()
        baseline.length = 0
        back = place - 4
      }
    }
    const recent = values.slice(place - 4, place + 1).filter((value) => !Number.isNaN(value))
    const known = baseline.filter((value) => !Number.isNaN(value))
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    const deviation = Math.sqrt(squares / known.length)
    const limit = mean + Math.max(level * deviation, (level * mean) / 10, minTraffic)
    const value = recent.reduce((sum, one) => sum + one, 0) / recent.length
    if (recent.length < 3) reason = 'unknown'
    else if (known.length < 30) reason = 'learning'
    else reason = value > limit ? 'crossed' : 'below'
    if (reason !== 'unknown') crossed = reason === 'crossed'
    if (!crossed) continue
    for (let out = reason === 'unknown' ? place : place - 4; out <= place; out++) leftOut.add(out)
  }
  return { crossed, reason }
}

test('a verdict is what the book says, however calm, noisy or torn the traffic is', () => {
  const spell = fc.record({
    mean: fc.constantFrom(0, 1, 5, 10, 11, 13, 20, 1_000),
    // Of the mean; the least deviation that counts is a tenth.
    noise: fc.constantFrom(0, 0.1, 0.3, 1),
    unknownOften: fc.constantFrom(0, 0, 0.02, 0.6),
    length: fc.integer({ min: 1, max: 400 }),
  })
  let crossings = 0
  fc.assert(
    fc.property(
      fc.array(spell, { minLength: 3, maxLength: 20 }),
      fc.constantFrom(low, medium, high),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (spells, rule, random) => {
        const next = () => random.next().value as number
        const values = spells.flatMap(({ mean, noise, unknownOften, length }) =>
          flat(length, 0).map(() =>
            next() < unknownOften ? unknown : Math.round(mean * M * (1 + noise * (next() - 0.5))),
          ),
        )
        const all = [...always(10 * M), ...values]
        const { crossed, reason } = judge(rule, all)
        if (crossed) crossings++
        expect({ crossed, reason }).toEqual(judgeByTheBook(rule, all))
      },
    ),
    { numRuns: 60 },
  )
  expect(crossings).toBeGreaterThan(0)
})

describe('a verdict is a pure function of the minutes', () => {
  const weather = fc.array(
    fc.tuple(
      fc.constantFrom(0, 10 * M, 12 * M, 30 * M, 1_000 * M, unknown),
      fc.integer({ min: 1, max: 90 }),
    ),
    { minLength: 5, maxLength: 40 },
  )
  const valuesOf = (spells: [number, number][]) =>
    spells.flatMap(([value, length]) => flat(length, value))

  test('the same alone, among others, and when more has come since', () => {
    fc.assert(
      fc.property(weather, fc.constantFrom(low, medium, high), (spells, rule) => {
        const values = [...always(10 * M), ...valuesOf(spells)]
        const series = seriesOf(values)
        const first = NOON - 60 * 130
        const together = judgeZscore(rule, series, first, NOON)
        expect(together).toHaveLength(131)
        for (const index of [0, 17, 59, 60, 61, 130]) {
          const minute = first + 60 * index
          const until = Float64Array.from(values.slice(0, values.length - 130 + index))
          const then = { firstMinute: series.firstMinute, values: until }
          expect(judgeZscore(rule, then, minute, minute)).toEqual([together[index]])
        }
      }),
      { numRuns: 50 },
    )
  })

  test('of no minute older than the oldest that is named', () => {
    fc.assert(
      fc.property(weather, fc.integer({ min: 0, max: 59 }), (spells, past) => {
        const minute = NOON + 60 * past
        const values = [...always(10 * M), ...valuesOf(spells)]
        const firstMinute = minute - 60 * (values.length - 1)
        const all = { firstMinute, values: Float64Array.from(values) }
        const oldest = oldestZscoreMinute(minute)
        expect((minute - oldest) / 60).toBe(849 + past)
        const needed = values.slice((oldest - firstMinute) / 60)
        const few = { firstMinute: oldest, values: Float64Array.from(needed) }
        expect(judgeZscore(high, few, minute, minute)).toEqual(
          judgeZscore(high, all, minute, minute),
        )
      }),
      { numRuns: 50 },
    )
  })
})
