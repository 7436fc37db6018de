import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCollectors } from '../../../rules/exporters/collectors.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

const nowMs = Date.now()
const text = (ms: number) => (ms / 1000).toFixed(3)

test('of each collector the newest run is told, with where its datagrams and flows went', async () => {
  const row = (collector: string, boot: string, agoMs: number, counts: object) => ({
    time: text(nowMs - agoMs),
    collector,
    boot,
    kind: 'collector',
    started: text(nowMs - agoMs - 60_000),
    watermark: text(nowMs - agoMs - 500),
    ...counts,
  })
  await database.client.insert({
    table: 'status',
    format: 'JSONEachRow',
    values: [
      row('b', 'first', 7_200_000, { datagrams: 900, flows: 9000 }),
      row('b', 'second', 20_000, { datagrams: 10, flows: 100 }),
      row('b', 'second', 10_000, {
        datagrams: 12,
        datagrams_refused: { 'bad-version': 2 },
        kernel_drops: 3,
        flows: 120,
        flows_acknowledged: 90,
        flows_spooled: 10,
        flows_in_memory: 15,
        flows_dropped: { 'spool-full': 5 },
      }),
      row('a', 'only', 3_600_000, { datagrams: 1 }),
      row('gone', 'only', 25 * 3_600_000, { datagrams: 1 }),
    ],
  })
  const collectors = await readCollectors(database.client, 24, nowMs)
  expect(collectors.map(({ name, live, datagrams }) => [name, live, datagrams])).toEqual([
    ['a', false, 1],
    ['b', true, 12],
  ])
  expect(collectors[1]).toMatchObject({
    last_status: new Date(nowMs - 10_000).toISOString(),
    watermark: new Date(nowMs - 10_500).toISOString(),
    datagrams_refused: { 'bad-version': 2 },
    kernel_drops: 3,
    flows: 120,
    flows_acknowledged: 90,
    flows_spooled: 10,
    flows_in_memory: 15,
    flows_dropped: { 'spool-full': 5 },
  })
})
