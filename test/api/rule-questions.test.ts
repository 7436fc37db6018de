import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { createLog } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import { type Send, sender } from '../build/api.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../build/database.ts'

const NOON = Date.parse(`${recentDay}T12:00:00Z`) / 1000
/** 12:10:15, when the minute 12:09 has just been closed. */
const nowMs = (NOON + 615) * 1000
const M = 1_000_000

let database: TestDatabase
let store: StoreClient
let send: Send
beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
  const access = { token: undefined, hosts: undefined }
  const log = createLog('test', 'silent')
  // Rules were made two days ago, and are asked about at 12:10:15.
  const configuration = createConfiguration(store, () => nowMs - 2 * 86_400_000)
  const { migrations } = database
  const storage = () => undefined
  const now = () => nowMs
  send = sender(createApp({ configuration, store, migrations, access, log, storage, now }))
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty('rules', 'prefixes', 'prefix_minutes', 'status')
  await collector(-20 * 3600, 614)
})

/** A collector that ran from then to then, in seconds after noon. */
function collector(started: number, watermark: number) {
  const time = (seconds: number) => (NOON + seconds).toFixed(3)
  return store.insert({
    table: 'status',
    columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
    values: [
      {
        collector: 'c',
        boot: String(started),
        kind: 'collector',
        started: time(started),
        watermark: time(watermark),
        time: time(watermark),
      },
    ],
    format: 'JSONEachRow',
  })
}

/** Bits per second in minutes after 12:00; a tenth as many packets a minute, and one flow. */
function traffic(prefix: string, bits: Record<number, number>, direction = 'in') {
  return store.insert({
    table: 'prefix_minutes',
    columns: ['minute', 'prefix', 'direction', 'bytes', 'packets', 'flows'],
    values: Object.entries(bits).map(([minute, value]) => ({
      minute: NOON + 60 * Number(minute),
      prefix,
      direction,
      bytes: (value * 60) / 8,
      packets: (value * 60) / 10,
      flows: 1,
    })),
    format: 'JSONEachRow',
  })
}

const at = (text: string) => `${recentDay}T${text}:00Z`
const threshold = {
  name: 't',
  type: 'threshold',
  prefixes: ['10.0.0.0/8'],
  bandwidth_threshold: 1000,
  duration: 2,
}
const zscore = {
  name: 'z',
  type: 'zscore',
  prefixes: ['10.0.0.0/8'],
  zscore_sensitivity: 'high',
  zscore_target: 'bits',
}

async function create(rule: object): Promise<string> {
  const { status, body } = await send('POST', '/rules', rule)
  expect(status).toBe(201)
  return body.result.id
}

/** Result of an answer that must be fine. */
async function ask(method: string, path: string, body?: unknown) {
  const answer = await send(method, path, body)
  expect(answer.text).toMatch(/^\{"success":true/)
  return answer.body.result as unknown
}

interface Seen {
  minutes: { minute: string; bps: number; verdicts: object[] }[]
}

describe('POST /rules/preview', () => {
  test.each([
    ['threshold', { ...threshold, direction: 'both' }],
    ['zscore', zscore],
  ])('tells of a %s rule what explain tells of it once it is stored', async (_, rule) => {
    const id = await create(rule)
    await traffic('10.0.0.0/8', { '-5': 9 * M, 0: 50 * M, 7: 2000, 8: 3000 })
    const { series } = (await ask('GET', `/rules/${id}/explain?minutes=10`)) as { series: object[] }
    expect(series.length).toBeGreaterThan(0)
    const path = `/rules/preview?from=${at('12:00')}`
    expect(await ask('POST', path, rule)).toMatchObject({ step_minutes: 1, series })
  })

  test('tells when a threshold rule would have been crossed, with its peaks', async () => {
    await create(threshold)
    await traffic('10.0.0.0/8', {
      0: 1200,
      1: 2000,
      2: 1600,
      3: 800,
      5: 1200,
      7: 1200,
      8: 1008,
      9: 1200,
    })
    const path = `/rules/preview?from=${at('12:00')}&to=${at('12:09')}`
    expect(await ask('POST', path, { ...threshold, name: 'other' })).toEqual({
      from: at('12:00'),
      to: at('12:08'),
      minutes: 9,
      unknown_minutes: 0,
      not_counted_minutes: 0,
      learning_minutes: 0,
      intervals: [
        {
          prefix: null,
          direction: 'in',
          vector: null,
          since: at('12:00'),
          first: at('12:01'),
          last: at('12:02'),
          minutes: 2,
          peak_bps: 2000,
          peak_pps: 200,
          peak_fps: 0.017,
        },
        {
          prefix: null,
          direction: 'in',
          vector: null,
          since: at('12:07'),
          first: at('12:08'),
          last: at('12:08'),
          minutes: 1,
          peak_bps: 1200,
          peak_pps: 120,
          peak_fps: 0.017,
        },
      ],
      step_minutes: 1,
      series: [{ prefix: null, direction: 'in', vector: null, minutes: expect.any(Array) }],
    })
    // Of three minutes the one that is crossed, else the greatest.
    const thin = (await ask('POST', `${path}&points=3`, threshold)) as { series: Seen[] }
    const [{ minutes } = { minutes: [] }] = thin.series
    expect(minutes.map(({ minute, bps, verdicts }) => [minute, bps, verdicts[0]])).toMatchObject([
      [at('12:01'), 2000, { limit: 1000, crossed: true }],
      [at('12:05'), 1200, { limit: 1000, crossed: false }],
      [at('12:08'), 1008, { limit: 1000, crossed: true }],
    ])
    // No rule was made by it.
    expect(await ask('GET', '/rules')).toHaveLength(1)
  })

  test('tells when a zscore rule would have been, in both directions apart', async () => {
    await create({ ...threshold, direction: 'both' })
    await traffic('10.0.0.0/8', { 0: 50 * M }, 'out')
    const path = `/rules/preview?from=${at('11:00')}&to=${at('12:10')}`
    expect(await ask('POST', path, { ...zscore, direction: 'both' })).toMatchObject({
      minutes: 140,
      // 50 Mbit/s in a mean of five are 10, over 1, for as long as it is one of them.
      intervals: [{ direction: 'out', first: at('12:00'), last: at('12:04'), peak_bps: 50 * M }],
    })
  })

  test('says what it rests on', async () => {
    await create(threshold)
    await database.empty('status')
    await collector(-20 * 3600, 200)
    await collector(330, 614)
    const path = `/rules/preview?from=${at('12:00')}`
    expect(await ask('POST', path, threshold)).toMatchObject({ minutes: 10, unknown_minutes: 3 })
    const uncounted = await send('POST', path, { ...threshold, prefixes: ['192.0.2.0/24'] })
    expect(uncounted.body.result).toMatchObject({ not_counted_minutes: 10, intervals: [] })
    expect(uncounted.body.messages).toEqual([
      { code: 2202, message: expect.any(String) },
      {
        code: 2204,
        message: 'nothing is known of prefixes that no rule had so far: "192.0.2.0/24"',
      },
    ])
  })

  test('looks at the last day when no time is given, and ends with what is closed', async () => {
    await create(threshold)
    expect(await ask('POST', '/rules/preview', threshold)).toMatchObject({
      from: new Date((NOON - 86_400 + 660) * 1000).toISOString().replace('.000Z', 'Z'),
      to: at('12:09'),
      minutes: 1439,
    })
  })

  test('is bounded, and says by what', async () => {
    const refused = async (query: string, rule: object) => {
      const { status, errors } = await send('POST', `/rules/preview${query}`, rule)
      return [status, ...errors]
    }
    const bad = [400, [1006, '']]
    expect(await refused('?from=yesterday', threshold)).toEqual(bad)
    expect(await refused(`?from=${at('12:00')}&to=${at('12:00')}`, threshold)).toEqual(bad)
    expect(await refused('?from=2020-01-01T00:00:00Z', threshold)).toEqual(bad)
    const week = new Date(nowMs - 7 * 86_400_000 - 1).toISOString()
    expect(await refused(`?from=${week}`, threshold)).toEqual(bad)
    expect(await refused('', { ...threshold, duration: 0 })).toEqual([422, [1210, '/duration']])
    const prefixes = Array.from({ length: 101 }, (_, n) => `10.${n}.0.0/16`)
    expect(await refused('', { ...threshold, prefixes })).toEqual([422, [1218, '/prefixes']])
    const many = { ...threshold, prefixes: prefixes.slice(1), scope: 'per_prefix' }
    expect(await refused('', many)).toEqual([422, [1218, '']])
  })
})

describe('GET /rules/{id}/explain', () => {
  test('tells value, limit, verdict and reason of each minute of a threshold rule', async () => {
    const id = await create({ ...threshold, packet_threshold: 500 })
    await database.empty('status')
    await collector(-20 * 3600, 415)
    await collector(425, 614)
    await traffic('10.0.0.0/8', { 6: 1200, 7: 400, 8: 1000, 9: 1200 })
    const minute = (text: string, bps: number, state: string) => ({
      minute: at(text),
      state,
      bps,
      pps: bps / 10,
      fps: 0.017,
    })
    const bandwidth = { metric: 'bandwidth', limit: 1000, crossed: false }
    const packets = { metric: 'packets', limit: 500, crossed: false, streak: 0 }
    expect(await ask('GET', `/rules/${id}/explain?minutes=4`)).toMatchObject({
      rule: { id, name: 't' },
      series: [
        {
          prefix: null,
          direction: 'in',
          vector: null,
          minutes: [
            {
              ...minute('12:06', 1200, 'unknown'),
              verdicts: [
                { ...bandwidth, value: 1200, reason: 'below', streak: 1 },
                { ...packets, value: 120, reason: 'below' },
              ],
            },
            {
              ...minute('12:07', 400, 'unknown'),
              verdicts: [{ ...bandwidth, value: 400, reason: 'below', streak: 1 }, packets],
            },
            {
              ...minute('12:08', 1000, 'known'),
              verdicts: [{ ...bandwidth, value: 1000, reason: 'below', streak: 0 }, packets],
            },
            {
              ...minute('12:09', 1200, 'known'),
              verdicts: [{ ...bandwidth, value: 1200, reason: 'below', streak: 1 }, packets],
            },
          ],
        },
      ],
    })
  })

  test('tells what the limit of a zscore rule rests on', async () => {
    const id = await create(zscore)
    const steady = Object.fromEntries(
      Array.from({ length: 400 }, (_, n) => [n - 390, n === 399 ? 60 * M : 10 * M]),
    )
    await traffic('10.0.0.0/8', steady)
    const told = await ask('GET', `/rules/${id}/explain?minutes=2`)
    const usual = { metric: 'bandwidth', mean: 10 * M, deviation: M, limit: 13 * M }
    expect(told).toMatchObject({
      series: [
        {
          minutes: [
            { bps: 10 * M, verdicts: [{ ...usual, value: 10 * M, z: 0, reason: 'below' }] },
            {
              bps: 60 * M,
              verdicts: [
                {
                  ...usual,
                  value: 20 * M,
                  z: 10,
                  crossed: true,
                  reason: 'crossed',
                  baseline_minutes: 240,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  test('tells since when the prefixes are counted', async () => {
    const young = createConfiguration(store, () => (NOON + 450) * 1000)
    const rule = await young.rules.create(ruleInputSchema.parse(threshold))
    const told = await ask('GET', `/rules/${rule.id}/explain?minutes=3`)
    expect(told).toMatchObject({
      series: [
        {
          minutes: [
            { state: 'not_counted', bps: null, verdicts: [{ value: null, reason: 'learning' }] },
            { state: 'known', bps: 0, verdicts: [{ value: 0, reason: 'below' }] },
            { state: 'known', bps: 0, verdicts: [{ value: 0, reason: 'below' }] },
          ],
        },
      ],
    })
  })

  test('of one prefix of a rule that judges them one by one', async () => {
    const prefixes = ['10.0.0.0/8', '2001:db8::/32']
    const id = await create({ ...threshold, prefixes, scope: 'per_prefix', direction: 'both' })
    await traffic('2001:db8::/32', { 9: 1200 })
    const series = async (query: string) => {
      const { series } = (await ask('GET', `/rules/${id}/explain?minutes=1${query}`)) as {
        series: { prefix: string; direction: string; minutes: { bps: number }[] }[]
      }
      return series.map(({ prefix, direction, minutes }) => [prefix, direction, minutes[0]?.bps])
    }
    expect(await series('')).toHaveLength(4)
    expect(await series('&prefix=2001:DB8:0::%2F32')).toEqual([
      ['2001:db8::/32', 'in', 1200],
      ['2001:db8::/32', 'out', 0],
    ])
    const other = await send('GET', `/rules/${id}/explain?prefix=192.0.2.0%2F24`)
    expect([other.status, other.errors]).toEqual([422, [[1203, '']]])
  })

  test('is bounded, and knows its rules', async () => {
    const prefixes = Array.from({ length: 200 }, (_, n) => `10.${n}.0.0/16`)
    const id = await create({ ...threshold, prefixes, scope: 'per_prefix' })
    const many = await send('GET', `/rules/${id}/explain`)
    expect([many.status, many.errors]).toEqual([422, [[1218, '']]])
    for (const minutes of ['0', '1441', 'x', '1.5', '']) {
      const refused = await send('GET', `/rules/${id}/explain?minutes=${minutes}`)
      expect([refused.status, refused.errors]).toEqual([400, [[1006, '']]])
    }
    expect((await send('GET', '/rules/0/explain')).errors).toEqual([[1404, '']])
    expect((await send('GET', '/rules/0/suggest')).errors).toEqual([[1404, '']])
  })
})

describe('GET /rules/{id}/suggest', () => {
  test('is twice the greatest minute, and twice what 99.9 % of the known minutes have at most', async () => {
    const id = await create(threshold)
    // 20 hours and 10 minutes are known, 1210 minutes: 99.9 % are 1208.79 of them, so that the 1209th is it, the second greatest.
    await traffic('10.0.0.0/8', { '-60': 1000, '-50': 5000, 0: 4000 })
    // No collector saw this minute.
    await traffic('10.0.0.0/8', { '-1300': 9000 })
    const { body } = await send('GET', `/rules/${id}/suggest?days=1`)
    expect(body.result).toEqual({
      from: new Date((NOON - 86_400 + 600) * 1000).toISOString().replace('.000Z', 'Z'),
      to: at('12:09'),
      minutes: 1440,
      known_minutes: 1210,
      directions: [
        {
          direction: 'in',
          bandwidth: {
            max: 5000,
            max_at: at('11:10'),
            p999: 4000,
            twice_max: 10_000,
            twice_p999: 8000,
          },
          packets: { max: 500, max_at: at('11:10'), p999: 400, twice_max: 1000, twice_p999: 800 },
          flows: { max: 0.017, max_at: at('11:00'), p999: 0.017, twice_max: 1, twice_p999: 1 },
        },
      ],
      suggested: { bandwidth_threshold: 10_000, packet_threshold: 1000, flow_threshold: 1 },
    })
    expect(body.messages).toEqual([
      { code: 2205, message: expect.stringContaining('14 to 30 days') },
      { code: 2206, message: 'this rests on 0.8 days: too few to rely on' },
    ])
    const { suggested } = body.result as unknown as { suggested: object }
    expect(await ask('PATCH', `/rules/${id}`, suggested)).toMatchObject(suggested)
  })

  test('is of the sum of the prefixes, or of the greatest of them, as the rule judges', async () => {
    const prefixes = ['10.0.0.0/8', '192.0.2.0/24']
    const id = await create({ ...threshold, prefixes, direction: 'both' })
    await traffic('10.0.0.0/8', { 0: 1000, 1: 2000 })
    await traffic('192.0.2.0/24', { 0: 1500, 1: 100 })
    await traffic('192.0.2.0/24', { 3: 3000 }, 'out')
    const greatest = async () => {
      const { directions } = (await ask('GET', `/rules/${id}/suggest?days=1`)) as {
        directions: { direction: string; bandwidth: { max: number } }[]
      }
      return Object.fromEntries(directions.map((one) => [one.direction, one.bandwidth.max]))
    }
    expect(await greatest()).toEqual({ in: 2500, out: 3000 })
    await ask('PATCH', `/rules/${id}`, { scope: 'per_prefix' })
    expect(await greatest()).toEqual({ in: 2000, out: 3000 })
  })

  test('is none where nothing was seen', async () => {
    const id = await create(threshold)
    expect(await ask('GET', `/rules/${id}/suggest`)).toMatchObject({
      minutes: 43_200,
      suggested: { bandwidth_threshold: null, packet_threshold: null, flow_threshold: null },
    })
  })
})

describe('GET /alerts/thresholds', () => {
  test('tells threshold and zscore rules that are crossed', async () => {
    await create(threshold)
    await create(zscore)
    await create({ ...threshold, name: 'not crossed', bandwidth_threshold: 90 * M })
    await traffic('10.0.0.0/8', { 8: 50 * M, 9: 50 * M })
    const alerts = (await ask('GET', '/alerts/thresholds/')) as object[]
    expect(alerts).toHaveLength(2)
    expect(alerts).toMatchObject([
      {
        type: 'threshold',
        name: 't',
        prefix: '10.0.0.0/8',
        peak_bps: 50 * M,
        peak_pps: 5 * M,
        bandwidth_alert: true,
        packet_alert: false,
        since: at('12:08'),
        minute: at('12:09'),
      },
      {
        type: 'zscore',
        name: 'z',
        prefix: '10.0.0.0/8',
        peak_bps: 50 * M,
        peak_pps: 5 * M,
        bandwidth_alert: true,
        packet_alert: false,
        zscore: { value: 20 * M, limit: M, mean: 0 },
        since: at('12:08'),
      },
    ])
  })

  test('is an empty list when none is', async () => {
    await create(threshold)
    const { body } = await send('GET', '/alerts/thresholds')
    expect([body.result, body.messages]).toEqual([[], []])
  })

  test('is a failure when nothing can be judged', async () => {
    await create(threshold)
    await database.empty('status')
    const { status, errors, headers } = await send('GET', '/alerts/thresholds')
    expect([status, errors, headers.get('Retry-After')]).toEqual([503, [[1906, '']], '30'])
  })
})
