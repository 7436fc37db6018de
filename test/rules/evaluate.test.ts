import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { evaluate } from '../../rules/evaluate.ts'
import type { StoreClient } from '../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
let store: StoreClient
beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty('rules', 'prefixes', 'prefix_minutes', 'status')
  await collector()
})

const NOON = Date.parse(`${recentDay}T12:00:00Z`) / 1000
/** 12:10:15, when the minute 12:09 has just been closed. */
const NOW_MS = (NOON + 615) * 1000

/** A collector that has run for a day, with all that it had received before `watermark` stored. Times in seconds after noon. */
function collector({ started = -86_400, watermark = 614, time = 614, boot = 'b1' } = {}) {
  const text = (seconds: number) => (NOON + seconds).toFixed(3)
  return store.insert({
    table: 'status',
    columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
    values: [
      {
        collector: 'c',
        boot,
        kind: 'collector',
        started: text(started),
        watermark: text(watermark),
        time: text(time),
      },
    ],
    format: 'JSONEachRow',
  })
}

/** Bits per second in one prefix, minute after minute from 12:00 on; as several rows each, since nothing has merged them yet. */
function traffic(
  prefix: string,
  perSecond: (number | undefined)[],
  direction: 'in' | 'out' = 'in',
) {
  return store.insert({
    table: 'prefix_minutes',
    columns: ['minute', 'prefix', 'direction', 'bytes', 'packets', 'flows'],
    values: perSecond.flatMap((value, index) => {
      if (value === undefined) return []
      const row = { minute: NOON + 60 * index, prefix, direction, packets: 1, flows: 1 }
      const bytes = (value * 60) / 8
      return [
        { ...row, bytes: Math.floor(bytes / 3) },
        { ...row, bytes: bytes - Math.floor(bytes / 3) },
      ]
    }),
    format: 'JSONEachRow',
  })
}

/** Rules that were made yesterday. */
async function rule(change: object = {}) {
  const yesterday = createConfiguration(store, () => (NOON - 86_400) * 1000)
  const body = {
    name: 'r',
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    bandwidth_threshold: 1000,
    duration: 3,
  }
  return yesterday.rules.create(ruleInputSchema.parse({ ...body, ...change }))
}

/** Name and reason of the bandwidth verdict of every rule. */
async function reasons(nowMs = NOW_MS): Promise<Record<string, string | undefined>> {
  const evaluation = await evaluate(store, nowMs)
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  return Object.fromEntries(
    evaluation.verdicts.map(({ rule: { name }, verdict }) => [
      name,
      verdict.kind === 'threshold' ? verdict.bandwidth?.reason : verdict.reason,
    ]),
  )
}

/** Ten minutes, 12:00 to 12:09. */
const quiet = Array(7).fill(8)

describe('a limit of 1000 bit/s for 3 minutes, at 12:10:15', () => {
  test('is crossed by 3 of 3 closed minutes', async () => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, 1008, 1008, 1008])
    expect(await evaluate(store, NOW_MS)).toMatchObject({
      closedMinute: NOON + 540,
      verdicts: [
        {
          rule: { name: 'r', prefixes: ['10.0.0.0/8'] },
          verdict: {
            bandwidth: { crossed: true, streak: 3, since: NOON + 420 },
            peakBps: 1008,
          },
        },
      ],
    })
  })

  test.each([
    ['equal to the limit', [1000, 1000, 1000]],
    ['2 of 3 minutes', [992, 1008, 1008]],
    ['2 of 3 minutes, the last one below', [1008, 1008, 992]],
    ['a minute without flows', [1008, undefined, 1008]],
  ])('is not crossed by %s', async (_, values) => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, ...values])
    expect(await reasons()).toEqual({ r: 'below' })
  })

  test('is crossed alike by IPv6', async () => {
    await rule({ name: 'over', prefixes: ['2001:db8::/32'] })
    await rule({ name: 'equal', prefixes: ['2001:db8:1::/48'] })
    await traffic('2001:db8::/32', [...quiet, 1008, 1008, 1008])
    await traffic('2001:db8:1::/48', [...quiet, 1000, 1000, 1000])
    expect(await reasons()).toEqual({ over: 'crossed', equal: 'below' })
  })

  test('is not judged before the grace is over, nor by the minute that is running', async () => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, 8, 1008, 1008, 1008])
    await collector({ watermark: 690, time: 690 })
    expect(await reasons((NOON + 674) * 1000)).toEqual({ r: 'below' })
    expect(await reasons((NOON + 675) * 1000)).toEqual({ r: 'crossed' })
  })

  test('waits until the collector has stored the minute', async () => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, 8, 1008, 1008, 1008])
    await collector({ watermark: 659.999, time: 690 })
    expect(await reasons((NOON + 690) * 1000)).toEqual({ r: 'below' })
    await collector({ watermark: 660, time: 691 })
    expect(await reasons((NOON + 691) * 1000)).toEqual({ r: 'crossed' })
  })

  test('a minute that is completed late completes the streak', async () => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, 1008, 504, 1008])
    expect(await reasons()).toEqual({ r: 'below' })
    await traffic('10.0.0.0/8', [...Array(8).fill(undefined), 504])
    expect(await reasons()).toEqual({ r: 'crossed' })
  })
})

describe('the traffic of a rule', () => {
  test('is the sum of its prefixes, of both families', async () => {
    await rule({ prefixes: ['10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'] })
    await traffic('10.0.0.0/8', [...quiet, 400, 0, 800])
    await traffic('192.0.2.0/24', [...quiet, 400, 8, 200])
    await traffic('2001:db8::/32', [...quiet, 208, 1000, 8])
    expect(await reasons()).toEqual({ r: 'crossed' })
  })

  test('counts once in nested prefixes, and in every rule that covers it', async () => {
    await rule({
      name: 'nested',
      prefixes: ['10.1.0.0/16', '10.0.0.0/8', '10.1.2.0/24', '10.0.0.0/8'],
    })
    await rule({ name: 'wide', prefixes: ['10.0.0.0/8'], bandwidth_threshold: 599 })
    await rule({ name: 'narrow', prefixes: ['10.1.0.0/16'], bandwidth_threshold: 599 })
    await traffic('10.0.0.0/8', [...quiet, 600, 600, 600])
    await traffic('10.1.0.0/16', [...quiet, 600, 600, 600])
    expect(await reasons()).toEqual({ nested: 'below', wide: 'crossed', narrow: 'crossed' })
  })

  test('is what goes to its prefixes, not what comes from them', async () => {
    await rule()
    await traffic('10.0.0.0/8', [...quiet, 9000, 9000, 9000], 'out')
    expect(await reasons()).toEqual({ r: 'below' })
  })

  test('is exact beyond 2^53', async () => {
    await rule({ bandwidth_threshold: Number.MAX_SAFE_INTEGER, duration: 1 })
    const bytes = (BigInt(Number.MAX_SAFE_INTEGER) * 60n) / 8n
    const row = { minute: NOON + 540, prefix: '10.0.0.0/8', direction: 'in', packets: 1, flows: 1 }
    const add = (count: bigint) =>
      store.insert({
        table: 'prefix_minutes',
        values: [{ ...row, bytes: String(count) }],
        format: 'JSONEachRow',
      })
    await add(bytes)
    expect(await reasons()).toEqual({ r: 'below' })
    await add(1n)
    expect(await reasons()).toEqual({ r: 'crossed' })
  })
})

describe('minutes that are not known', () => {
  test('do not break a streak, and do not add to it', async () => {
    await rule({ name: 'three' })
    await rule({ name: 'four', duration: 4 })
    await traffic('10.0.0.0/8', [...quiet.slice(1), 1008, undefined, 1008, 1008])
    expect(await reasons()).toEqual({ three: 'below', four: 'below' })
    // The collector was started again in 12:07.
    await database.empty('status')
    await collector({ watermark: 450, time: 450 })
    await collector({ started: 455, boot: 'b2' })
    expect(await reasons()).toEqual({ three: 'crossed', four: 'below' })
  })

  test('before the prefixes of a rule were counted make it learn', async () => {
    const late = createConfiguration(store, () => (NOON + 450) * 1000)
    const body = { type: 'threshold', bandwidth_threshold: 1000, duration: 3 }
    await late.rules.create(
      ruleInputSchema.parse({ ...body, name: 'new', prefixes: ['10.0.0.0/8'] }),
    )
    await traffic('10.0.0.0/8', [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      1008,
      1008,
    ])
    expect(await reasons()).toEqual({ new: 'learning' })
    await traffic('10.0.0.0/8', [...Array(10).fill(undefined), 1008])
    await collector({ watermark: 690, time: 690 })
    expect(await reasons((NOON + 690) * 1000)).toEqual({ new: 'crossed' })
  })

  test('of a rule whose prefixes were never taken up are all of them', async () => {
    await rule()
    await database.empty('prefixes')
    expect(await reasons()).toEqual({ r: 'learning' })
  })
})

test('nothing is judged without a live collector', async () => {
  await rule()
  expect(await evaluate(store, NOW_MS + 60_000)).toEqual({
    blind: `no collector has reported since ${recentDay}T12:10:14.000Z`,
  })
  await database.empty('status')
  expect(await evaluate(store, NOW_MS)).toEqual({
    blind: 'no collector has reported in the last 16 hours',
  })
})

test('without a collector nobody is blind to rules that are younger than any minute', async () => {
  await database.empty('status')
  const justNow = createConfiguration(store, () => NOW_MS - 1_000)
  const body = { name: 'new', type: 'threshold', prefixes: ['10.0.0.0/8'], packet_threshold: 1 }
  await justNow.rules.create(ruleInputSchema.parse(body))
  expect(await evaluate(store, NOW_MS)).toEqual({
    closedMinute: NOON + 540,
    verdicts: [],
    hostsLeftOut: new Map(),
  })
})

test('no rules at all are fine', async () => {
  expect(await evaluate(store, NOW_MS)).toMatchObject({
    closedMinute: NOON + 540,
    verdicts: [],
  })
})

describe('what is judged of a rule', () => {
  /** Name, prefix, direction and reason of every verdict. */
  async function judged() {
    const evaluation = await evaluate(store, NOW_MS)
    if ('blind' in evaluation) throw new Error(evaluation.blind)
    return evaluation.verdicts.map(({ series: { prefix, direction }, verdict }) => [
      prefix,
      direction,
      verdict.kind === 'threshold' ? verdict.bandwidth?.reason : verdict.reason,
    ])
  }

  test('are its prefixes one by one with per_prefix, nested ones too', async () => {
    await rule({
      scope: 'per_prefix',
      prefixes: ['10.0.0.0/8', '192.0.2.0/24', '10.1.0.0/16', '192.0.2.0/24'],
    })
    await traffic('10.0.0.0/8', [...quiet, 600, 600, 600])
    await traffic('192.0.2.0/24', [...quiet, 600, 600, 600])
    await traffic('10.1.0.0/16', [...quiet, 1008, 1008, 1008])
    expect((await judged()).sort()).toEqual([
      ['10.0.0.0/8', 'in', 'below'],
      ['10.1.0.0/16', 'in', 'crossed'],
      ['192.0.2.0/24', 'in', 'below'],
    ])
  })

  test('is what comes from its prefixes with out, and each of the two with both', async () => {
    await rule({ name: 'in' })
    await rule({ name: 'out', direction: 'out' })
    await rule({ name: 'both', direction: 'both' })
    await traffic('10.0.0.0/8', [...quiet, 600, 600, 600], 'in')
    await traffic('10.0.0.0/8', [...quiet, 1008, 1008, 1008], 'out')
    expect((await judged()).sort()).toEqual([
      [undefined, 'in', 'below'],
      [undefined, 'in', 'below'],
      [undefined, 'out', 'crossed'],
      [undefined, 'out', 'crossed'],
    ])
  })

  test('two directions are never added up', async () => {
    await rule({ direction: 'both' })
    await traffic('10.0.0.0/8', [...quiet, 600, 600, 600], 'in')
    await traffic('10.0.0.0/8', [...quiet, 600, 600, 600], 'out')
    expect((await judged()).sort()).toEqual([
      [undefined, 'in', 'below'],
      [undefined, 'out', 'below'],
    ])
  })

  test('are flows per second, if it has a limit for them', async () => {
    await rule({ bandwidth_threshold: null, flow_threshold: 1, duration: 1 })
    const add = (flows: number) =>
      store.insert({
        table: 'prefix_minutes',
        values: [
          {
            minute: NOON + 540,
            prefix: '10.0.0.0/8',
            direction: 'in',
            bytes: 1,
            packets: 1,
            flows,
          },
        ],
        format: 'JSONEachRow',
      })
    const flowVerdict = async () => {
      const evaluation = await evaluate(store, NOW_MS)
      return 'blind' in evaluation ? evaluation : evaluation.verdicts[0]?.verdict
    }
    await add(60)
    expect(await flowVerdict()).toMatchObject({ flows: { crossed: false } })
    await add(1)
    expect(await flowVerdict()).toMatchObject({ flows: { crossed: true }, peakFps: 1.017 })
  })
})

describe('zscore rules', () => {
  const zscore = {
    type: 'zscore',
    bandwidth_threshold: null,
    zscore_sensitivity: 'high',
    zscore_target: 'bits',
  }

  test('are judged by the sum of their prefixes, and peaks of both metrics are told', async () => {
    await rule({ ...zscore, prefixes: ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.0/24'] })
    await traffic('10.0.0.0/8', [...quiet, 8, 8, 6_000_000])
    await traffic('10.1.0.0/16', [...quiet, 8, 8, 6_000_000])
    await traffic('192.0.2.0/24', [...quiet, 0, 0, 4_000_000])
    const evaluation = await evaluate(store, NOW_MS)
    expect(evaluation).toMatchObject({
      verdicts: [
        {
          // 10 Mbit/s in the newest minute; 8, 8, 16 and 16 bit/s before.
          verdict: { kind: 'zscore', crossed: true, value: 2_000_009.6, since: NOON + 540 },
          // Two rows of a packet for each prefix.
          peaks: { peakBps: 10_000_000, peakPps: 0.067 },
        },
      ],
    })
  })

  test('are judged in packets, out of their prefixes and one by one, if they say so', async () => {
    await rule({
      ...zscore,
      zscore_target: 'packets',
      min_traffic: 1,
      direction: 'out',
      scope: 'per_prefix',
      prefixes: ['10.0.0.0/8', '192.0.2.0/24'],
    })
    const row = { minute: NOON + 540, direction: 'out', bytes: 1, flows: 1 }
    await store.insert({
      table: 'prefix_minutes',
      values: [
        { ...row, prefix: '10.0.0.0/8', packets: 301 },
        { ...row, prefix: '192.0.2.0/24', packets: 300 },
      ],
      format: 'JSONEachRow',
    })
    // 301 packets a minute are a mean of 1.003 per second over five, 300 are 1.
    const evaluation = await evaluate(store, NOW_MS)
    const verdicts = 'blind' in evaluation ? [] : evaluation.verdicts
    expect(verdicts.map(({ series, verdict }) => [series.prefix, verdict])).toEqual([
      ['10.0.0.0/8', expect.objectContaining({ crossed: true })],
      ['192.0.2.0/24', expect.objectContaining({ crossed: false, value: 1, limit: 1 })],
    ])
  })

  test('leave out minutes that no collector saw whole, and learn for half an hour', async () => {
    await rule(zscore)
    await traffic('10.0.0.0/8', [...quiet, 8, 8, 9_000_000])
    await database.empty('status')
    // Since 11:36: 34 minutes until 12:09, of which the newest five are no baseline.
    await collector({ started: -1440 })
    expect(await evaluate(store, NOW_MS)).toMatchObject({
      verdicts: [{ verdict: { reason: 'learning', baselineMinutes: 29 } }],
    })
    await collector({ started: -1500 })
    expect(await evaluate(store, NOW_MS)).toMatchObject({
      verdicts: [{ verdict: { reason: 'crossed', baselineMinutes: 30 } }],
    })
  })

  test('do not take minutes before their prefixes were counted for silence', async () => {
    const young = createConfiguration(store, () => (NOON - 1450) * 1000)
    const body = { ...zscore, name: 'young', prefixes: ['10.0.0.0/8'] }
    await young.rules.create(ruleInputSchema.parse(body))
    await traffic('10.0.0.0/8', [...quiet, 8, 8, 9_000_000])
    expect(await reasons()).toEqual({ young: 'learning' })
  })
})
