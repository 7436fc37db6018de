import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { trackedKey } from '../../../rules/alerts/identity.ts'
import { judgeMinutes } from '../../../rules/alerts/judge.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../../rules/configuration/rule.ts'
import { evaluate } from '../../../rules/evaluate.ts'
import { mostHosts } from '../../../rules/threshold/hosts.ts'
import { readCountedRules } from '../../../rules/traffic/query.ts'
import { createSeriesReader } from '../../../rules/zscore/series-values.ts'
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
  await database.empty('rules', 'prefixes', 'host_1m', 'status')
  await collector({ started: -86_400 })
})

const NOON = Date.parse(`${recentDay}T12:00:00Z`) / 1000
/** When the minute 12:09 has just been closed. */
const NOW_MS = (NOON + 615) * 1000

function collector({ started = -86_400, watermark = 614, boot = 'b1' }) {
  const text = (seconds: number) => (NOON + seconds).toFixed(3)
  const row = { collector: 'c', boot, kind: 'collector' }
  const times = { started: text(started), watermark: text(watermark), time: text(watermark) }
  return store.insert({ table: 'status', values: [{ ...row, ...times }], format: 'JSONEachRow' })
}

/** Bits per second of a host, up to 12:09, as two rows a minute that nothing has merged; undefined for a minute without flows. */
function traffic(
  host: string,
  perSecond: (number | undefined)[],
  { direction = 'in', samples = 100 } = {},
) {
  return store.insert({
    table: 'host_1m',
    values: perSecond.flatMap((value, index) => {
      if (value === undefined) return []
      const minute = NOON + 60 * (10 - perSecond.length + index)
      const row = { minute, host, direction, packets: 50_000, flows: 1, samples: samples / 2 }
      const bytes = (value * 60) / 8
      return [
        { ...row, bytes: 4 },
        { ...row, bytes: bytes - 4 },
      ]
    }),
    format: 'JSONEachRow',
  })
}

async function rule(change: object = {}) {
  const yesterday = createConfiguration(store, () => (NOON - 86_400) * 1000)
  const body = {
    name: 'r',
    type: 'threshold',
    scope: 'per_host',
    prefixes: ['203.0.113.0/24', '2001:db8::/32'],
    bandwidth_threshold: 1000,
    duration: 3,
  }
  const created = await yesterday.rules.create(ruleInputSchema.parse({ ...body, ...change }))
  await store.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  return created
}

/** Hosts that are crossed, by direction, with their streak; and what was left out. */
async function crossed() {
  const evaluation = await evaluate(store, NOW_MS)
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  const hosts = evaluation.verdicts.flatMap(({ rule: { name }, series, verdict }) => {
    const bandwidth = verdict.kind === 'threshold' ? verdict.bandwidth : undefined
    if (bandwidth?.crossed !== true) return []
    return [`${name} ${series.direction} ${series.prefix} ${bandwidth.streak}`]
  })
  return hosts.sort()
}

test('a host over the limit in all minutes is crossed, of both families; equal to it, or in 2 of 3, is not', async () => {
  await rule()
  await traffic('203.0.113.9', [1008, 1008, 1008])
  await traffic('2001:db8::9', [1008, 1008, 1008, 1008])
  await traffic('203.0.113.10', [1000, 1000, 1000])
  await traffic('203.0.113.11', [992, 1008, 1008])
  await traffic('203.0.113.12', [1008, undefined, 1008])
  await traffic('198.51.100.9', [1008, 1008, 1008])
  expect(await crossed()).toEqual(['r in 2001:db8::9 4', 'r in 203.0.113.9 3'])
})

test('hosts are not added up, and a sum is not held against the limit', async () => {
  await rule()
  await traffic('203.0.113.9', [800, 800, 800])
  await traffic('203.0.113.10', [800, 800, 800])
  expect(await crossed()).toEqual([])
})

test('each direction is judged by itself, as far as the rule asks for it', async () => {
  await rule({ name: 'both', direction: 'both' })
  await rule({ name: 'out', direction: 'out' })
  await rule({ name: 'in' })
  await traffic('203.0.113.9', [1008, 1008, 1008], { direction: 'out' })
  expect(await crossed()).toEqual(['both out 203.0.113.9 3', 'out out 203.0.113.9 3'])
})

test('a host counts once in nested prefixes, and in every rule with its own limits', async () => {
  await rule({ name: 'nested', prefixes: ['203.0.113.0/24', '203.0.0.0/16', '203.0.113.9'] })
  await rule({ name: 'wide', prefixes: ['0.0.0.0/0'], bandwidth_threshold: 2000 })
  await rule({ name: 'six', prefixes: ['::/0'] })
  await rule({
    name: 'packets',
    prefixes: ['203.0.113.8/30'],
    bandwidth_threshold: null,
    packet_threshold: 1000,
    duration: 1,
  })
  await traffic('203.0.113.9', [1008, 1008, 1008])
  expect(await crossed()).toEqual(['nested in 203.0.113.9 3'])
  const evaluation = await evaluate(store, NOW_MS)
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  const packets = evaluation.verdicts.filter(({ rule: { name } }) => name === 'packets')
  expect(packets).toMatchObject([
    { series: { prefix: '203.0.113.9' }, verdict: { packets: { crossed: true } } },
  ])
})

test('a minute that no collector covers does not break the streak of a host', async () => {
  await rule()
  await traffic('203.0.113.9', [1008, 1008, undefined, 1008])
  expect(await crossed()).toEqual([])
  await database.empty('status')
  await collector({ watermark: 490 })
  await collector({ started: 495, boot: 'b2' })
  expect(await crossed()).toEqual(['r in 203.0.113.9 3'])
})

test('too few samples of a host are not enough', async () => {
  await rule()
  await traffic('203.0.113.9', [1008, 1008, 1008], { samples: 2 })
  expect(await crossed()).toEqual([])
})

test('of very many hosts those over it by most are judged, and the others are counted', async () => {
  await rule({ prefixes: ['10.0.0.0/8'], duration: 1 })
  await store.command({
    query: `INSERT INTO host_1m (minute, host, direction, bytes, packets, flows)
      SELECT toDateTime({minute:UInt32}), toIPv6(concat('10.0.', toString(intDiv(number, 256)), '.', toString(number % 256))), 'in', 10000 + number, 100, 1
      FROM numbers(${mostHosts + 50})`,
    query_params: { minute: NOON + 540 },
  })
  const hosts = await crossed()
  expect(hosts).toHaveLength(mostHosts)
  expect(hosts).toContain('r in 10.0.0.149 1')
  expect(hosts).not.toContain('r in 10.0.0.49 1')
  expect(await evaluate(store, NOW_MS)).toMatchObject({ hostsLeftOut: new Map([['r', 50]]) })
})

test('an alert of a host is told how it goes on, also when nothing comes any more', async () => {
  const { id } = await rule()
  await traffic('203.0.113.9', [1008, 1008, 1008, undefined])
  await traffic('203.0.113.10', [1008, 1008, 1008])
  const judge = async (...hosts: string[]) => {
    const { judged } = await judgeMinutes(store, {
      rules: await readCountedRules(store),
      isKnown: () => true,
      first: NOON + 480,
      last: NOON + 540,
      readSeries: createSeriesReader(store),
      tracked: new Map(
        hosts.map((key) => [trackedKey({ ruleId: id, direction: 'in', key }), true] as const),
      ),
    })
    return Object.fromEntries(
      judged.map(({ subject, conditions }) => [
        subject.key,
        conditions.map(({ level, value }) => [level, value]),
      ]),
    )
  }
  const over = {
    '203.0.113.10': [
      ['over', 1008],
      ['met', 1008],
    ],
  }
  const was = {
    '203.0.113.9': [
      ['met', 1008],
      ['below', 0],
    ],
  }
  expect(await judge()).toEqual({ ...over, ...was })
  expect(await judge('203.0.113.77')).toEqual({
    ...over,
    ...was,
    '203.0.113.77': [
      ['below', 0],
      ['below', 0],
    ],
  })
})
