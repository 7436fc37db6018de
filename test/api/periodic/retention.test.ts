import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyRetention } from '../../../api/periodic/retention.ts'
import { type TrafficParameters, trafficQuery } from '../../../bench/traffic.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

const log = pino({ level: 'silent' })
const today = Math.floor(Date.now() / 86_400_000) * 86_400
const nowMs = Date.now()

async function rows<T>(query: string): Promise<T[]> {
  return (await database.client.query({ query, format: 'JSONEachRow' })).json<T>()
}

const days = () =>
  rows<{ day: number; flows: number }>(
    'SELECT toUInt32(intDiv(toUnixTimestamp(time_received), 86400)) - intDiv(toUnixTimestamp(now()), 86400) AS day, toUInt32(count()) AS flows FROM raw GROUP BY day ORDER BY day',
  )

test('the days that flows are kept follow the setting', async () => {
  const ttl = async () => {
    const [table] = await rows<{ engine: string }>(
      "SELECT engine_full AS engine FROM system.tables WHERE database = currentDatabase() AND name = 'raw'",
    )
    return /TTL [^ ]+ \+ toIntervalDay\(\d+\)/.exec(table!.engine)?.[0]
  }
  expect(await ttl()).toBe('TTL time_received + toIntervalDay(30)')
  await applyRetention(database.client, { days: 7, bytes: undefined }, nowMs, log)
  expect(await ttl()).toBe('TTL time_received + toIntervalDay(7)')
})

test('the oldest days make room, never the newest, until all tables fit', async () => {
  for (const day of [3, 2, 1, 0]) {
    const parameters: TrafficParameters = {
      start: today - day * 86_400,
      rate: 1000,
      first: 0,
      count: 10_000,
    }
    await database.client.command({
      query: `INSERT INTO ingest SELECT *, 'x' FROM (${trafficQuery})`,
      query_params: { ...parameters },
    })
  }
  const keep = (bytes: number | undefined) =>
    applyRetention(database.client, { days: 7, bytes }, nowMs, log)
  const all = await keep(undefined)
  expect((await days()).map(({ day }) => day)).toEqual([-3, -2, -1, 0])
  expect(all).toMatchObject({ budgetBytes: undefined, daysLeft: undefined })
  expect(all.daysKept).toBeCloseTo(3 + (nowMs / 1000 - today) / 86_400, 2)

  const roomy = await keep(all.bytes * 2)
  expect((await days()).length).toBe(4)
  // As much again lasts as long again, of what raw took of it.
  expect(roomy.daysLeft).toBeGreaterThan(all.daysKept)

  const tight = await keep(all.bytes - 1)
  expect((await days()).map(({ day }) => day)).toEqual([-2, -1, 0])
  expect(tight.bytes).toBeLessThan(all.bytes)
  expect(tight.daysKept).toBeCloseTo(all.daysKept - 1, 2)

  await keep(1)
  expect((await days()).map(({ day }) => day)).toEqual([0])
})
