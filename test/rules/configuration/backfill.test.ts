import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TrafficParameters, trafficQuery } from '../../../bench/traffic.ts'
import { createBackfill } from '../../../rules/configuration/backfill.ts'
import { countPrefixes } from '../../../rules/configuration/counted-prefixes.ts'
import { readCountedRules } from '../../../rules/traffic/query.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(
    'raw',
    'prefixes',
    'prefix_fills',
    'prefix_minutes',
    'prefix_vector_1m',
    'rules',
  )
})

/** Four hours before it lie in two days. */
const created = Date.parse(`${recentDay}T02:30:20Z`)
const seconds = created / 1000
/** The first whole minute after the prefixes are taken up. */
const activeFrom = Date.parse(`${recentDay}T02:31:00Z`) / 1000
const soon = created + 120_000

async function rows<T>(query: string): Promise<T[]> {
  return (await database.client.query({ query, format: 'JSONEachRow' })).json<T>()
}

/** Some of the flows are of core routers, which no rule sees. */
async function traffic(start: number, count: number, rate: number, first = 0): Promise<void> {
  const parameters: TrafficParameters = { start, rate, first, count }
  await database.client.command({
    query: `INSERT INTO ingest SELECT * REPLACE (bitAnd(src_port, 3) = 3 AS router_role), 'x' FROM (${trafficQuery})`,
    query_params: { ...parameters },
  })
}

async function createRule(...prefixes: string[]): Promise<void> {
  await countPrefixes(database.client, { rules: prefixes, local: [] }, created)
  await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
}

/** Sums over minutes from `from` on, of what the tables count and of what raw holds. */
async function sums(prefix: string, range: string, from = 0) {
  const raw = (where: string) =>
    rows(`SELECT toString(toStartOfMinute(time_received)) AS m, toString(sum(toUInt128(raw.bytes) * sampling_rate)) AS bytes,
        toString(sum(toUInt128(raw.packets) * sampling_rate)) AS packets, toString(count()) AS flows, toString(sum(raw.packets)) AS samples
      FROM raw WHERE router_role = 'edge' AND ${where} AND time_received >= ${from} GROUP BY m ORDER BY m`)
  const table = (name: string, where: string) =>
    rows(`SELECT toString(minute) AS m, toString(sum(t.bytes)) AS bytes, toString(sum(t.packets)) AS packets, toString(sum(t.flows)) AS flows,
        toString(sum(t.samples)) AS samples
      FROM ${name} AS t WHERE prefix = '${prefix}' AND ${where} AND minute >= ${from} GROUP BY m ORDER BY m`)
  const inRange = (column: string) => `isIPAddressInRange(toString(${column}), '${range}')`
  return {
    counted: await Promise.all([
      table('prefix_minutes', "direction = 'in'"),
      table('prefix_minutes', "direction = 'out'"),
      table('prefix_vector_1m', '1'),
    ]),
    stored: await Promise.all([
      raw(inRange('dst_addr')),
      raw(inRange('src_addr')),
      raw(inRange('dst_addr')),
    ]),
  }
}

test('a rule that is created after the traffic sees it, to the flow, and counts on without a gap', async () => {
  await traffic(seconds - 4 * 3600, 14_400, 1)
  await createRule('100.64.0.0/16', '2001:db8::/32', '0.0.0.0/0')
  // It goes on while the minute before active_from lasts, and after.
  await traffic(seconds, 2_400, 20)

  const before = await sums('100.64.0.0/16', '::ffff:100.64.0.0/112', activeFrom)
  expect(before.counted).toEqual(before.stored)
  await createBackfill(database.client).run(soon)
  for (const [prefix, range] of [
    ['100.64.0.0/16', '::ffff:100.64.0.0/112'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['0.0.0.0/0', '::ffff:0.0.0.0/96'],
  ] as const) {
    const { counted, stored } = await sums(prefix, range)
    expect(counted[0]!.length).toBeGreaterThan(150)
    expect(counted).toEqual(stored)
  }
  // By kind of packets, too.
  const byVector = (query: string) =>
    rows(`SELECT toString(vector) AS name, toString(${query} GROUP BY name ORDER BY name`)
  expect(
    await byVector("sum(flows)) AS flows FROM prefix_vector_1m WHERE prefix = '0.0.0.0/0'"),
  ).toEqual(
    await byVector(
      "count()) AS flows FROM raw WHERE router_role = 'edge' AND isIPAddressInRange(toString(dst_addr), '::ffff:0.0.0.0/96')",
    ),
  )
})

test('done again, at once, or by two, it adds nothing; a late flow is added', async () => {
  await traffic(seconds - 1800, 1_800, 1)
  await createRule('0.0.0.0/0')
  const exact = async () => {
    const { counted, stored } = await sums('0.0.0.0/0', '::ffff:0.0.0.0/96')
    expect(counted).toEqual(stored)
  }
  await Promise.all([1, 2, 3].map(() => createBackfill(database.client).run(soon)))
  await exact()
  const backfill = createBackfill(database.client)
  await backfill.run(soon)
  await backfill.run(soon)
  await exact()
  await traffic(seconds - 600, 50, 1, 1_000_000)
  await backfill.run(soon + 60_000)
  await exact()
})

test('what was cut off in the middle is finished', async () => {
  await traffic(seconds - 14_400, 1_440, 0.1)
  await createRule('0.0.0.0/0')
  // The second statement, and all after it, never reach the store.
  let statements = 0
  const cut = new Proxy(database.client, {
    get(client, name) {
      if (name !== 'command') return Reflect.get(client, name) as unknown
      return (...given: Parameters<typeof client.command>) => {
        if (++statements > 1) throw new Error('cut off')
        return client.command(...given)
      }
    },
  })
  await expect(createBackfill(cut).run(soon)).rejects.toThrow('cut off')
  const half = await sums('0.0.0.0/0', '::ffff:0.0.0.0/96')
  expect(half.counted[0]!.length).toBeGreaterThan(0)
  expect(half.counted).not.toEqual(half.stored)
  await createBackfill(database.client).run(soon)
  const whole = await sums('0.0.0.0/0', '::ffff:0.0.0.0/96')
  expect(whole.counted).toEqual(whole.stored)
})

test('not before the minutes are over, and then a rule rests on them', async () => {
  await traffic(seconds - 7200, 720, 0.1)
  await createRule('0.0.0.0/0')
  await database.client.insert({
    table: 'rules',
    columns: ['id', 'version', 'deleted', 'doc'],
    values: [
      {
        id: 'r',
        version: 1,
        deleted: 0,
        doc: JSON.stringify({
          id: 'r',
          name: 'r',
          type: 'threshold',
          prefixes: ['0.0.0.0/0'],
          counted_prefixes: ['0.0.0.0/0'],
          bandwidth_threshold: 1,
          packet_threshold: null,
          duration: 60,
          zscore_sensitivity: null,
          zscore_target: null,
          prefix_match: null,
        }),
      },
    ],
    format: 'JSONEachRow',
  })
  const countedFrom = async () =>
    (await readCountedRules(database.client)).map(({ series }) => series[0]?.countedFrom)
  const backfill = createBackfill(database.client)
  await backfill.run(activeFrom * 1000 + 14_999)
  expect(await rows('SELECT count() AS n FROM prefix_minutes')).toEqual([{ n: 0 }])
  expect(await countedFrom()).toEqual([activeFrom])
  await backfill.run(activeFrom * 1000 + 15_000)
  expect(await countedFrom()).toEqual([Math.floor((seconds - 7200) / 60) * 60])
})
