import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createScene, minuteAt, type Scene, sceneTables } from '../../build/alert-scene.ts'
import { rowsOf, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
let scene: Scene
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(...sceneTables, 'prefix_vector_1m')
  scene = createScene(database)
  await scene.addRule({ type: 'advanced_ddos', bandwidth_threshold: null })
})

/** Packets per second of one vector, minute after minute from `first` on. */
async function flood(vector: string, first: number, packetsPerSecond: readonly number[]) {
  await database.client.insert({
    table: 'prefix_vector_1m',
    columns: ['minute', 'prefix', 'vector', 'bytes', 'packets', 'flows'],
    values: packetsPerSecond.map((value, index) => {
      const packets = value * 60
      const minute = minuteAt(first + index)
      return { minute, prefix: '192.0.2.0/24', vector, bytes: 40 * packets, packets, flows: 1 }
    }),
    format: 'JSONEachRow',
  })
}

/** `minute:event vector` */
async function told() {
  const rows = await rowsOf<{ at: number; event: string; vector: string }>(
    database.client,
    `SELECT toUnixTimestamp(minute) AS at, event, JSONExtractString(doc, 'vector') AS vector
    FROM alert_events FINAL ORDER BY minute, vector`,
  )
  return rows.map(({ at, event, vector }) => `${(at - minuteAt(0)) / 60}:${event} ${vector}`)
}

test('an attack of several vectors fires once for each, and ends once', async () => {
  await flood('tcp_syn', 2, [40_000, 40_000, 40_000])
  await flood('icmp', 3, [6_000, 6_000])
  await scene.collector(-1440, 20)
  await scene.at(1)
  await scene.at(2)
  await scene.at(8)
  expect(await told()).toEqual([
    '2:firing tcp_syn',
    '3:firing icmp',
    '6:resolved icmp',
    '6:resolved tcp_syn',
  ])
})

test('what grows more specific is another alert, and the first one lasts as long as its vector is over its limit', async () => {
  // 33,000 packets/s of TCP, no kind of them over its own floor; then SYN is.
  await flood('tcp_ack', 2, [15_000, 9_000])
  await flood('tcp_rst', 2, [9_000, 9_000])
  await flood('tcp_syn', 2, [9_000, 15_000])
  await scene.collector(-1440, 20)
  await scene.at(0)
  await scene.at(9)
  expect(await told()).toEqual([
    '2:firing tcp',
    '3:firing tcp_syn',
    '5:resolved tcp',
    '5:resolved tcp_syn',
  ])
})

test('an alert in which nothing of its vector is left ends, and tells what there was', async () => {
  await flood('tcp_syn', 2, [40_000, 50_000])
  await scene.collector(-1440, 20)
  await scene.at(0)
  await scene.at(6)
  const [alert] = await rowsOf<{ doc: string }>(database.client, 'SELECT doc FROM alerts FINAL')
  expect(JSON.parse(alert?.doc ?? '')).toMatchObject({
    state: 'resolved',
    type: 'advanced_ddos',
    vector: 'tcp_syn',
    metric: 'packets',
    limit: 10_000,
    peak_pps: 50_000,
    severity: 'high',
    total_packets: 90_000 * 60,
    total_bytes: 40 * 90_000 * 60,
  })
})
