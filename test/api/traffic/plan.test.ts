import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isInRaw } from '../../../api/traffic/columns.ts'
import { coverage } from '../../../api/traffic/coverage.ts'
import { fields } from '../../../api/traffic/fields.ts'
import { type Plan, planSeries, planWhole, Unanswerable } from '../../../api/traffic/plan.ts'
import { rollups } from '../../../api/traffic/rollups.ts'

const minute = 60
const hour = 3600
const day = 24 * hour
/** 12:34:56 of a day. */
const now = 1_800_000_000 - (1_800_000_000 % day) + 12 * hour + 34 * minute + 56

function series(
  by: string,
  { from = now - day, to = now, points = 300, filter = '' }: Partial<Asked> = {},
): Plan {
  return planSeries({ ...requestOf(by, filter), from, to, now }, points)
}
interface Asked {
  from: number
  to: number
  points: number
  filter: string
}

const requestOf = (by: string, filter = '') => ({
  dimensions: by.split(',').filter((name) => name !== ''),
  direction: 'in' as const,
  filterFields: new Set(filter.split(',').filter((name) => name !== '')),
})

const tables = ({ pieces }: Plan) => pieces.map(({ table }) => table.name)

describe('the table is the coarsest that can answer', () => {
  test.each([
    ['', '', 'protocol'],
    ['proto', 'tcp_flags', 'protocol'],
    ['exporter', '', 'interface'],
    ['in_if,out_if', 'exporter', 'interface'],
    ['src_as', '', 'source_as'],
    ['dst_as', '', 'destination_as'],
    ['port', '', 'port'],
    ['proto', 'port', 'port'],
    ['host', '', 'host'],
    ['prefix', '', 'prefix'],
    ['vector', 'prefix', 'prefix_vector'],
    ['vector', '', undefined],
    ['exporter', 'proto', undefined],
    ['src_as,dst_as', '', undefined],
    ['src_addr', '', undefined],
  ])('by %j, filtered by %j: %s', (by, filter, expected) => {
    expect(series(by, { filter, from: now - hour }).source.rollup?.name).toBe(expected)
  })

  test('by what fits the step: a day in 5 minutes, a month in hours, what is newest from minutes', () => {
    const oneDay = series('proto')
    expect([oneDay.stepSeconds, oneDay.to]).toEqual([300, now - 296])
    // The coarse tables are trusted up to 20 minutes ago: 12:14:56, of which 12:10:00 is the last whole step.
    expect(oneDay.pieces.map(({ table, from, to }) => [table.name, from, to])).toEqual([
      ['protocol_5m', oneDay.from, now - 1496],
      ['protocol_1m', now - 1496, now - 296],
    ])
    const month = series('proto', { from: now - 30 * day })
    expect([month.stepSeconds, ...tables(month)]).toEqual([10_800, 'protocol_1h'])
    expect(tables(series('exporter', { from: now - 10 * minute, points: 60 }))).toEqual([
      'interface_10s',
    ])
  })

  test('by what is still kept: older times are told in longer steps', () => {
    // Minutes are kept for 30 days, 5 minutes for 90, hours for 730; 10 seconds for 7.
    const step = (by: string, days: number) =>
      series(by, { from: now - days * day, to: now - days * day + 10 * minute * 6, points: 2000 })
        .stepSeconds
    expect([1, 6, 8, 89, 91].map((days) => step('exporter', days))).toEqual([
      10, 10, 300, 300, 3600,
    ])
    expect([1, 29, 31, 91].map((days) => step('proto', days))).toEqual([60, 60, 300, 3600])
    expect([6, 8, 31].map((days) => step('host', days))).toEqual([60, 300, 3600])
    expect(step('proto', 3000)).toBe(3600)
  })

  test('30 days up to now are read from hours, which are kept for longer than minutes', () => {
    const from = now - 30 * day
    for (const by of ['proto', 'src_as', 'port', 'exporter,in_if', 'host']) {
      const month = series(by, { from })
      expect(month.pieces.map(({ table }) => table.resolutionSeconds)).toEqual([3600])
      expect(Math.min(...month.pieces.map(({ table }) => table.keptSeconds))).toBeGreaterThan(
        31 * day,
      )
    }
  })

  test('a table that lies by host is not read for less than six hours', () => {
    const names = (seconds: number) =>
      tables(planWhole({ ...requestOf('host'), from: now - seconds, to: now, now }))
    expect(names(day)).toEqual(['host_1m', 'host_1h', 'host_1m'])
    // What minutes no longer hold is read from it all the same.
    expect(tables(planWhole({ ...requestOf('host'), from: now - 10 * day, to: now, now }))).toEqual(
      ['host_5m', 'host_1h', 'host_1m'],
    )
  })
})

test('what needs flows is told, with the time that may be asked for', () => {
  expect(() => series('src_addr', { from: now - 2 * day })).toThrow(
    'no rollup has src_addr: flows themselves are read, for at most 24 hours, and this is 48 hours',
  )
  expect(() => series('host,proto')).toThrow('host cannot be combined with proto')
  expect(() => series('proto', { from: now - 30, to: now })).toThrow(
    'there is no whole step of 60 s that is over between from and to',
  )
})

test('vectors of prefixes are known only towards them', () => {
  const request = { ...requestOf('prefix,vector'), direction: 'out' as const }
  expect(() => planSeries({ ...request, from: now - hour, to: now, now }, 60)).toThrow(
    'vectors of prefixes are known only towards them: ask without the other direction',
  )
})

test('peaks are those of the rows only where the table has rows of just these keys', () => {
  const peaks = (by: string, filter = '') => series(by, { filter, from: now - hour }).hasPeaks
  expect([peaks(''), peaks('proto'), peaks('exporter,in_if'), peaks('proto,port')]).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(peaks('proto', 'proto')).toBe(true)
  // Sums over ports, over exporters, over families.
  expect([peaks('port'), peaks('in_if'), peaks('proto', 'family')]).toEqual([false, false, false])
})

test('every plan reads each moment once, in whole steps, from tables that can be cut there', () => {
  const dimensions = fields.filter(({ isDimension }) => isDimension).map(({ name }) => name)
  const request = fc.record({
    by: fc.subarray(dimensions, { maxLength: 2 }),
    // Up to three years ago, more often lately.
    ageSeconds: fc.oneof(fc.integer({ min: 1, max: day }), fc.integer({ min: 1, max: 1100 * day })),
    length: fc.integer({ min: 1, max: 1100 * day }),
    points: fc.integer({ min: 1, max: 2000 }),
    isWhole: fc.boolean(),
  })
  let planned = 0
  fc.assert(
    fc.property(request, ({ by, ageSeconds, length, points, isWhole }) => {
      const from = now - ageSeconds
      const asked = { ...requestOf(by.join()), from, to: from + length, now }
      let plan: Plan
      try {
        plan = isWhole ? planWhole(asked) : planSeries(asked, points)
      } catch (error) {
        expect(error).toBeInstanceOf(Unanswerable)
        return
      }
      planned++
      const { stepSeconds } = plan
      expect((plan.to - plan.from) % stepSeconds).toBe(0)
      if (!isWhole) {
        expect([plan.from % stepSeconds, plan.to % stepSeconds]).toEqual([0, 0])
        expect((plan.to - plan.from) / stepSeconds).toBeLessThanOrEqual(points + 1)
        expect(plan.to).toBeLessThanOrEqual(now)
      }
      for (const pieces of [plan.pieces, plan.wholePieces]) {
        let at = plan.from
        for (const { table, from, to } of pieces) {
          expect(from).toBe(at)
          expect(to).toBeGreaterThan(from)
          expect([from % table.resolutionSeconds, to % table.resolutionSeconds]).toEqual([0, 0])
          if (table.isCoarse) expect(to).toBeLessThanOrEqual(now - 20 * minute)
          at = to
        }
        expect(at).toBe(plan.to)
      }
      for (const { table } of plan.pieces) {
        if (!isWhole) expect(stepSeconds % table.resolutionSeconds).toBe(0)
      }
    }),
    { numRuns: 1000 },
  )
  expect(planned).toBeGreaterThan(100)
})

test('every dimension is a column of raw or of a rollup', () => {
  const keys = new Set(rollups.flatMap(({ levels }) => levels.flatMap((level) => level.keys)))
  for (const { name } of fields) expect(isInRaw(name) || keys.has(name), name).toBe(true)
  for (const key of keys) expect(fields.map(({ name }) => name)).toContain(key)
})

test('coverage is the share of a step in which any collector ran', () => {
  const run = (startedMs: number, watermarkMs: number) => ({
    collector: 'edge',
    startedMs,
    watermarkMs,
    lastStatusMs: watermarkMs,
  })
  const runs = [
    run(30_000, 90_000),
    run(60_000, 150_000),
    run(200_000, 200_000),
    run(270_000, 999_000),
  ]
  expect(coverage(runs, 0, 60, 6)).toEqual([0.5, 1, 0.5, 0, 0.5, 1])
  expect(coverage([run(0, 30_000)], 600, 60, 2)).toEqual([0, 0])
})
