import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TrafficParameters, trafficQuery } from '../../bench/traffic.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

async function rows<T>(query: string): Promise<T[]> {
  return (await database.client.query({ query, format: 'JSONEachRow' })).json<T>()
}

const nowSeconds = Math.floor(Date.now() / 1000)

test('start and end of a flow are stored to the millisecond, before and after its reception, and none is 1970', async () => {
  const times = [
    // start, end, received; in milliseconds of now
    [-61_234, -1_001, 999],
    [0, 0, 0],
    [500, 86_400_000, 250],
    // An exporter that numbers from its start, and one that counts backwards.
    [-nowSeconds * 1000, -nowSeconds * 1000, 7],
    [-5, -10_000, 7],
  ] as const
  const ns = (ms: number) => String((BigInt(nowSeconds) * 1000n + BigInt(ms)) * 1_000_000n)
  await database.client.insert({
    table: 'ingest',
    columns: ['src_port', 'time_flow_start_ns', 'time_flow_end_ns', 'time_received_ns'],
    values: times.map(([start, end, received], index) => ({
      src_port: index,
      time_flow_start_ns: ns(start),
      time_flow_end_ns: ns(end),
      time_received_ns: ns(received),
    })),
    format: 'JSONEachRow',
  })
  const iso = (ms: number) => new Date(nowSeconds * 1000 + ms).toISOString().replace('T', ' ')
  expect(
    await rows(
      'SELECT toString(time_flow_start) AS start, toString(time_flow_end) AS end FROM raw ORDER BY src_port',
    ),
  ).toEqual(
    times.map(([start, end]) => ({
      start: iso(start).slice(0, -1),
      end: iso(end).slice(0, -1),
    })),
  )
  await database.empty('raw')
})

test('a flow takes little room, with all its columns and their indexes', async () => {
  const parameters: TrafficParameters = {
    start: Math.floor(nowSeconds / 300) * 300 - 3600,
    rate: 5000,
    first: 0,
    count: 300_000,
  }
  // As the parts of whole minutes are, that most flows lie in.
  await database.client.command({
    query: 'ALTER TABLE raw MODIFY SETTING min_bytes_for_wide_part = 0',
  })
  await database.client.command({
    query: `INSERT INTO ingest SELECT *, 'x' FROM (${trafficQuery})`,
    query_params: { ...parameters },
  })
  await database.client.command({ query: 'OPTIMIZE TABLE raw FINAL' })
  const [size] = await rows<{ flows: number; bytes: number }>(
    `SELECT toUInt32(sum(rows)) AS flows, sum(bytes_on_disk) / sum(rows) AS bytes
    FROM system.parts WHERE active AND database = currentDatabase() AND table = 'raw'`,
  )
  expect(size?.flows).toBe(parameters.count)
  // Half an hour of this traffic takes 16 (bench/results/schema.json); one minute finds less to save.
  expect(size?.bytes).toBeLessThan(17.5)
})
