// What a process keeps of minutes between evaluations, on the real engine, against a model of the table and against a process that keeps nothing.

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../../rules/configuration/rule.ts'
import { evaluate } from '../../../rules/evaluate.ts'
import type { Judgement } from '../../../rules/judgement.ts'
import { readCountedRules } from '../../../rules/traffic/query.ts'
import { seriesKey } from '../../../rules/traffic/series.ts'
import { createSeriesReader, type ReadSeries } from '../../../rules/zscore/series-values.ts'
import type { StoreClient } from '../../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
let store: StoreClient
beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
})
afterAll(() => database.remove())
beforeEach(() => database.empty('rules', 'prefixes', 'prefix_minutes', 'status'))

/** Long enough after the day before yesterday for rules of that day to be counted all the time. */
const start = Date.parse(`${recentDay}T00:00:00Z`) / 1000
const longAgoMs = (start - 3 * 86_400) * 1000
const prefixName = (index: number) => `10.0.${index}.0/24`
const keptArray = 1_024 * 8 + 'in 10.0.0.0/24'.length

interface Row {
  minute: number
  prefix: string
  direction: 'in' | 'out'
  bytes: number
  packets: number
  flows: number
}

const put = (rows: readonly Row[]) =>
  store.insert({ table: 'prefix_minutes', values: rows, format: 'JSONEachRow' })

const row = (minute: number, index: number, bytes: number): Row => ({
  minute,
  prefix: prefixName(index),
  direction: 'in',
  bytes,
  packets: bytes / 100,
  flows: 1,
})

const rules = () => createConfiguration(store, () => longAgoMs).rules
const inputOf = (change: object = {}) =>
  ruleInputSchema.parse({
    name: 'r',
    type: 'zscore',
    prefixes: [prefixName(0)],
    zscore_sensitivity: 'high',
    zscore_target: 'bits',
    ...change,
  })

/** All values, by rule and series. */
async function valuesBy(readSeries: ReadSeries, first: number, last: number) {
  const counted = (await readCountedRules(store)).filter(
    ({ rule }) => rule.zscore_target === 'bits',
  )
  const values: Record<string, number[]> = {}
  await readSeries({ target: 'bits', rules: counted, first, last }, ({ rule }, series, lent) => {
    values[`${rule.name} ${seriesKey(series)}`] = [...lent]
    // Whoever is lent them may write to them.
    lent.fill(Number.NaN)
  })
  return values
}

/** A client that tells which minutes of prefixes it was asked for, and can fail. */
function watched() {
  const seen = { asked: [] as (number[] | 'all')[], failsIn: Infinity }
  const client = new Proxy(store, {
    get(target, key) {
      if (key !== 'query' && key !== 'exec') return Reflect.get(target, key)
      return (question: Parameters<StoreClient['query']>[0]) => {
        if (seen.failsIn-- <= 0) throw new Error('the store is away')
        if (key === 'exec') {
          const minutes = question.query_params?.['minutes'] as number[]
          seen.asked.push(question.query.includes('{minutes:') ? minutes : 'all')
        }
        return key === 'exec' ? target.exec(question) : target.query(question)
      }
    },
  })
  return { client, seen }
}

describe('what is read', () => {
  const last = start + 60 * 900
  beforeEach(async () => {
    await rules().create(inputOf())
    await put([row(start, 0, 100), row(last, 0, 200), row(last + 60, 0, 300)])
  })

  test('is everything at first, then new minutes, and those that something was added to', async () => {
    const { client, seen } = watched()
    const readSeries = createSeriesReader(client)
    await valuesBy(readSeries, start, last)
    await valuesBy(readSeries, start, last)
    await valuesBy(readSeries, start + 60, last + 60)
    await put([row(start + 600, 0, 100), { ...row(start + 1200, 3, 100), direction: 'out' }])
    await valuesBy(readSeries, start + 60, last + 60)
    expect(seen.asked).toEqual(['all', [last + 60], [start + 600, start + 1200]])
  })

  test('is found in its hour, not looked for in all of the day', async () => {
    const result = await store.query({
      query: `EXPLAIN indexes = 1 SELECT sum(bytes) FROM prefix_minutes
        WHERE minute >= toDateTime({first:UInt32}) AND minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))`,
      query_params: { first: start, minutes: [last] },
      format: 'TabSeparatedRaw',
    })
    expect(await result.text()).toMatch(/PrimaryKey\s+Keys:\s+toStartOfHour\(minute\)\n/)
  })

  test('is not what was long ago, where a minute has no flows', async () => {
    const readSeries = createSeriesReader(store)
    await valuesBy(readSeries, start, last)
    const values = await valuesBy(readSeries, start + 60 * 124, start + 60 * 1_024)
    expect(values['r in ']?.filter((value) => value > 0)).toEqual([(200 * 8) / 60, 40])
  })

  test('is everything for a new rule, and only new minutes for those that were there', async () => {
    const { client, seen } = watched()
    const readSeries = createSeriesReader(client)
    await valuesBy(readSeries, start, last)
    await rules().create(inputOf({ name: 's', prefixes: [prefixName(1)] }))
    await put([row(start + 60, 1, 6000)])
    const values = await valuesBy(readSeries, start, last)
    expect(seen.asked).toEqual(['all', [start + 60], 'all'])
    expect(values['s in ']?.slice(0, 3)).toEqual([0, 800, 0])
  })

  test('is everything each time where it would take more memory than there may be', async () => {
    await rules().create(inputOf({ name: 's', prefixes: [prefixName(1)] }))
    const few = watched()
    const enough = watched()
    for (const [{ client }, arrays] of [
      [few, 1],
      [enough, 2],
    ] as const) {
      const readSeries = createSeriesReader(client, arrays * keptArray)
      for (let time = 0; time < 3; time++) await valuesBy(readSeries, start, last)
    }
    expect(few.seen.asked).toEqual(['all', 'all', 'all'])
    expect(enough.seen.asked).toEqual(['all'])
  })

  test('is everything again after the store failed on the way, at whichever statement', async () => {
    for (const failsIn of [1, 2]) {
      const { client, seen } = watched()
      const readSeries = createSeriesReader(client)
      await valuesBy(readSeries, start, last)
      seen.failsIn = failsIn
      await expect(valuesBy(readSeries, start + 60, last + 60)).rejects.toThrow('away')
      seen.failsIn = Infinity
      seen.asked.length = 0
      const values = await valuesBy(readSeries, start + 60, last + 60)
      expect(seen.asked).toEqual(['all'])
      expect(values['r in ']?.slice(-2)).toEqual([(200 * 8) / 60, 40])
    }
  })

  test('is not kept of a rule that is edited meanwhile, not even when it is edited back', async () => {
    const { client } = watched()
    const readSeries = createSeriesReader(client)
    const before = await readCountedRules(store)
    const { id } = before[0]!.rule
    await rules().replace(id, inputOf({ prefixes: [prefixName(1)] }))
    await readSeries({ target: 'bits', rules: before, first: start, last }, () => {})
    await rules().replace(id, inputOf())
    expect((await valuesBy(readSeries, start, last))['r in ']?.at(-1)).toBe((200 * 8) / 60)
  })
})

type Step =
  | { do: 'pass'; minutes: number }
  | { do: 'late'; back: number; prefix: number; bytes: number }
  | { do: 'fill'; prefix: number; bytes: number }
  | { do: 'rule'; name: string; change: object | undefined }
  | { do: 'restart' }
  | { do: 'ask earlier'; minutes: number }

const prefixes = fc.integer({ min: 0, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      minutes: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
        { weight: 2, arbitrary: fc.integer({ min: 50, max: 300 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 1_100 }) },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('late' as const),
      back: fc.integer({ min: 0, max: 1_000 }),
      prefix: prefixes,
      bytes: fc.integer({ min: 1, max: 2 ** 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      prefix: prefixes,
      bytes: fc.integer({ min: 1, max: 2 ** 32 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rule' as const),
      name: fc.constantFrom('a', 'b', 'c'),
      change: fc.option(
        fc.record({
          prefixes: fc
            .uniqueArray(prefixes, { minLength: 1, maxLength: 3 })
            .map((all) => all.map(prefixName)),
          scope: fc.constantFrom('rule', 'per_prefix'),
          direction: fc.constantFrom('in', 'out', 'both'),
          zscore_target: fc.constantFrom('bits', 'packets'),
        }),
        { nil: undefined, freq: 4 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('ask earlier' as const),
      minutes: fc.integer({ min: 1, max: 90 }),
    }),
  },
)

test.each([1, 2])(
  'random minutes, late flows, fillings, rules and restarts never change a value or verdict; seed %i',
  async (seed) => {
    const [steps] = fc.sample(fc.array(step, { minLength: 20, maxLength: 20, size: 'max' }), {
      seed,
      numRuns: 1,
    }) as [Step[]]
    const table = new Map<string, { bits: number; packets: number }>()
    const add = async (rows: Row[]) => {
      for (const { minute, prefix, direction, bytes, packets } of rows) {
        const key = `${minute} ${prefix} ${direction}`
        const sum = table.get(key) ?? { bits: 0, packets: 0 }
        table.set(key, { bits: sum.bits + bytes, packets: sum.packets + packets })
      }
      await put(rows)
    }
    const flow = (minute: number, index: number, bytes: number): Row => ({
      ...row(minute, index, bytes),
      packets: (bytes % 1_000_003) + 1,
      direction: (minute / 60 + index) % 3 === 0 ? 'out' : 'in',
    })
    const ids = new Map<string, string>()
    let last = start
    let readSeries = createSeriesReader(store)
    let verdicts: Judgement[] = []
    /** Verdicts of an evaluation of this minute, each value compared with the table. */
    const judge = async (minute: number, read: ReadSeries) => {
      const nowMs = (minute + 80) * 1000
      const time = (nowMs / 1000).toFixed(3)
      await store.insert({
        table: 'status',
        columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
        values: [
          {
            collector: 'c',
            boot: time,
            kind: 'collector',
            started: (longAgoMs / 1000).toFixed(3),
            watermark: time,
            time,
          },
        ],
        format: 'JSONEachRow',
      })
      const evaluation = await evaluate(store, nowMs, (question, take) =>
        read(question, (counted, series, values) => {
          const { target, first } = question
          const wrong = values.findIndex((value, index) => {
            const amounts = series.prefixes.map(
              (prefix) =>
                table.get(`${first + 60 * index} ${prefix} ${series.direction}`)?.[target] ?? 0,
            )
            const sum = amounts.reduce((all, one) => all + one, 0)
            return value !== sum * ((target === 'bits' ? 8 : 1) / 60)
          })
          expect(wrong).toBe(-1)
          take(counted, series, values)
        }),
      )
      if ('blind' in evaluation) throw new Error(evaluation.blind)
      return evaluation.verdicts
    }
    for (const one of [...steps, { do: 'pass', minutes: 1 } as const]) {
      if (one.do === 'pass') {
        const from = last + 60
        last += 60 * one.minutes
        const rows: Row[] = []
        for (let minute = from; minute <= last; minute += 60) {
          // Now and then a minute has no flows at all.
          if ((minute / 60) % 7 === 0) continue
          for (let index = 0; index < 5; index += 2) {
            rows.push(flow(minute, index, 1_000_000 + (minute % 997) * 1_000))
          }
        }
        if (rows.length > 0) await add(rows)
      } else if (one.do === 'late') {
        await add([flow(last - 60 * one.back, one.prefix, one.bytes)])
      } else if (one.do === 'fill') {
        const rows = Array.from({ length: 245 }, (_, index) =>
          flow(last - 60 * (index + 10), one.prefix, one.bytes + index),
        )
        await add(rows)
      } else if (one.do === 'rule') {
        const id = ids.get(one.name)
        if (one.change === undefined) {
          if (id !== undefined) await rules().remove(id)
          ids.delete(one.name)
        } else {
          const input = inputOf({ ...one.change, name: one.name })
          if (id === undefined) ids.set(one.name, (await rules().create(input)).id)
          else await rules().replace(id, input)
        }
      } else if (one.do === 'restart') {
        readSeries = createSeriesReader(store)
      }
      if (ids.size === 0) continue
      const minute = one.do === 'ask earlier' ? last - 60 * one.minutes : last
      verdicts = await judge(minute, readSeries)
    }
    expect(verdicts.length).toBeGreaterThan(0)
    expect(verdicts).toEqual(await judge(last, createSeriesReader(store)))
  },
)
