import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../../rules/configuration/rule.ts'
import { evaluate } from '../../../rules/evaluate.ts'
import { askExplanation, askPreview } from '../../../rules/questions/ask.ts'
import type { StoreClient } from '../../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
let store: StoreClient
beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty('rules', 'prefixes', 'prefix_vector_1m', 'status', 'raw')
  await runs()
})

const noon = Date.parse(`${recentDay}T12:00:00Z`) / 1000
/** 12:10:15, when the minute 12:09 has just been closed. */
const nowMs = (noon + 615) * 1000
const judged = noon + 540
const day = 86_400
const prefix = '203.0.113.0/24'

/** A collector that has run for `days`. */
function runs(days = 29) {
  const text = (seconds: number) => seconds.toFixed(3)
  return store.insert({
    table: 'status',
    columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
    values: [
      {
        collector: 'c',
        boot: 'b',
        kind: 'collector',
        started: text(noon - days * day),
        watermark: text(noon + 614),
        time: text(noon + 614),
      },
    ],
    format: 'JSONEachRow',
  })
}

/** The same in each of the minutes, per second. */
function traffic(
  vector: string,
  { bps = 0, pps = 0 }: { bps?: number; pps?: number },
  minutes: readonly number[] = [judged],
  of = prefix,
) {
  const row = { prefix: of, vector, bytes: (bps * 60) / 8, packets: pps * 60, flows: 6 }
  return store.insert({
    table: 'prefix_vector_1m',
    columns: ['minute', 'prefix', 'vector', 'bytes', 'packets', 'flows'],
    values: minutes.map((minute) => ({ ...row, minute })),
    format: 'JSONEachRow',
  })
}

function minutesAround(minute: number, half = 30): number[] {
  return Array.from({ length: 2 * half + 1 }, (_, index) => minute + 60 * (index - half))
}

async function rule(change: object = {}, madeDaysAgo = 40) {
  const before = createConfiguration(store, () => (noon - madeDaysAgo * day) * 1000)
  const body = { name: 'r', type: 'advanced_ddos', prefixes: [prefix] }
  return before.rules.create(ruleInputSchema.parse({ ...body, ...change }))
}

/** Every judged vector with its reason. */
async function reasons(): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await verdicts()).map(({ vector, reason }): [string, string] => [vector, reason]),
  )
}

/** Those of SYN: the sums that it is part of have theirs, too. */
async function synVerdicts() {
  return (await verdicts()).filter(({ vector }) => vector === 'tcp_syn')
}

async function verdicts() {
  const evaluation = await evaluate(store, nowMs)
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  return evaluation.verdicts.map(({ verdict }) => {
    if (verdict.kind !== 'advanced_ddos') throw new Error(verdict.kind)
    return verdict
  })
}

describe('without any past', () => {
  test('the floor is the limit, from the first minute on', async () => {
    await rule({}, 0.001)
    await traffic('tcp_syn', { pps: 10_001 })
    expect(await verdicts()).toMatchObject([
      {
        vector: 'tcp_syn',
        crossed: true,
        since: judged,
        metrics: { pps: { value: 10_001, limit: 10_000, basis: 'floor' } },
        peakPps: 10_001,
      },
    ])
  })

  test('what is equal to the floor is no attack', async () => {
    await rule()
    await traffic('tcp_syn', { pps: 10_000 })
    expect(await reasons()).toEqual({ tcp_syn: 'below' })
  })

  test('a packet where there never was one is none', async () => {
    await rule()
    await traffic('icmp', { pps: 1 })
    expect(await reasons()).toEqual({})
  })
})

describe('with four weeks', () => {
  const weeks = [1, 2, 3, 4].map((week) => judged - 7 * day * week)

  test('the limit is three times the greatest of their 95th percentiles', async () => {
    await rule()
    for (const [index, week] of weeks.entries()) {
      await traffic('tcp_syn', { pps: 5_000 + 100 * index }, minutesAround(week))
    }
    await traffic('tcp_syn', { pps: 15_901 })
    expect(await verdicts()).toMatchObject([
      { crossed: true, metrics: { pps: { limit: 15_900, base: 5_300, basis: 'weeks' } } },
    ])
    await rule({ name: 'low', sensitivity: 'low' })
    await rule({ name: 'high', sensitivity: 'high' })
    const limits = (await verdicts()).map(({ metrics }) => metrics.pps?.limit)
    expect(limits.sort()).toEqual([10_600, 15_900, 26_500])
  })
})

describe('what the seed got wrong', () => {
  const weeks = [1, 2, 3, 4].map((week) => judged - 7 * day * week)
  const lastHours = (hours: number) => minutesAround(judged - 1800 * hours, 30 * hours - 1)

  test('a minute that has just begun does not hide the one before', async () => {
    await rule()
    await traffic('tcp_syn', { pps: 50_000 })
    await traffic('tcp_syn', { pps: 10 }, [judged + 60])
    expect(await reasons()).toMatchObject({ tcp_syn: 'crossed' })
  })

  test('a week in which nothing is known does not make it blind', async () => {
    await database.empty('status')
    await runs(3)
    await rule()
    await traffic('tcp_syn', { pps: 4_000 }, lastHours(24))
    await traffic('tcp_syn', { pps: 12_001 })
    expect(await synVerdicts()).toMatchObject([
      { crossed: true, metrics: { pps: { limit: 12_000, basis: 'day' } } },
    ])
  })

  test('minutes are whole before percentiles are taken, however many rows they are in', async () => {
    await rule()
    for (const week of weeks) {
      for (const pps of [800, 900, 1000, 1100, 1200]) {
        await traffic('tcp_syn', { pps }, minutesAround(week))
      }
    }
    await traffic('tcp_syn', { pps: 14_000 })
    expect(await synVerdicts()).toMatchObject([
      { crossed: false, reason: 'below', metrics: { pps: { limit: 15_000 } } },
    ])
  })

  test('a rule has one verdict of a vector, not one for each day that was stored', async () => {
    await rule()
    for (const week of weeks)
      await traffic('tcp_syn', { pps: 100 }, [week - 1800, week, week + 1800])
    await traffic('tcp_syn', { pps: 20_000 })
    expect(await synVerdicts()).toMatchObject([{ metrics: { pps: { limit: 10_000 } } }])
  })

  test("sensitivity is the rule's own, and the same for whoever asks", async () => {
    await rule({ name: 'low', sensitivity: 'low' })
    await rule({ name: 'high', sensitivity: 'high' })
    for (const week of weeks) await traffic('tcp_syn', { pps: 8_000 }, minutesAround(week))
    await traffic('tcp_syn', { pps: 20_000 })
    expect((await synVerdicts()).map(({ crossed }) => crossed).sort()).toEqual([false, true])
  })
})

describe('minutes that are not known', () => {
  test('of the weeks do not count as silence', async () => {
    await database.empty('status')
    await runs(10)
    await rule()
    await traffic('tcp_syn', { pps: 8_000 }, minutesAround(judged - 7 * day))
    await traffic('tcp_syn', { pps: 20_000 })
    expect(await synVerdicts()).toMatchObject([
      { crossed: false, metrics: { pps: { limit: 24_000, basis: 'weeks' } } },
    ])
  })
})

test('a rule that sums prefixes is crossed by what each of them alone is not', async () => {
  const other = '2001:db8::/32'
  await rule({ prefixes: [prefix, other] })
  await rule({ name: 'each', prefixes: [prefix, other], scope: 'per_prefix' })
  await traffic('tcp_syn', { pps: 6_000 })
  await traffic('tcp_syn', { pps: 6_000 }, [judged], other)
  expect(await synVerdicts()).toMatchObject([{ crossed: true, peakPps: 12_000 }])
})

describe('asked about', () => {
  const attack = [judged - 240, judged - 180]

  test('a rule explains each vector that came near its floor, minute by minute', async () => {
    const { id } = await rule()
    await traffic('icmp', { pps: 6_000 }, attack)
    const asked = { minutes: 6, prefix: undefined }
    const { series } = await askExplanation(store, id, asked, nowMs)
    expect(series.map(({ vector }) => vector)).toEqual(['icmp'])
    const metrics = series[0]?.minutes.map(({ verdicts }) =>
      verdicts.map(({ metric, value, limit, reason }) => [metric, value, limit, reason]),
    )
    expect(metrics?.[1]).toEqual([
      ['bandwidth', 0, 1_000_000_000, 'below'],
      ['packets', 6_000, 5_000, 'crossed'],
    ])
    expect(metrics?.[4]?.[1]).toEqual(['packets', 0, 5_000, 'below'])
  })

  test('a rule that is not stored tells when it would have been crossed', async () => {
    await rule()
    await traffic('icmp', { pps: 6_000 }, attack)
    const body = { name: 'p', type: 'advanced_ddos', prefixes: [prefix] }
    const { preview } = await askPreview(
      store,
      ruleInputSchema.parse(body),
      { fromMs: (judged - 1800) * 1000, toMs: nowMs, points: 10 },
      nowMs,
    )
    expect(preview.intervals).toMatchObject([{ vector: 'icmp', minutes: 2, peak_pps: 6_000 }])
    // 31 minutes in at most ten points.
    expect([preview.minutes, preview.step_minutes]).toEqual([31, 4])
    const [{ vector, minutes } = { vector: null, minutes: [] }, ...others] = preview.series
    expect([vector, others, minutes.length]).toEqual(['icmp', [], 8])
    const packets = minutes.map(({ verdicts }) =>
      verdicts.find(({ metric }) => metric === 'packets'),
    )
    expect(packets.filter((verdict) => verdict?.crossed)).toMatchObject([
      { value: 6_000, limit: 5_000 },
    ])
  })
})
