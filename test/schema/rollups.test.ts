import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { refreshCoarseRollups } from '../../api/periodic/coarse-rollups.ts'
import { type TrafficParameters, trafficQuery } from '../../bench/traffic.ts'
import { countPrefixes } from '../../rules/configuration/counted-prefixes.ts'
import type { StoreClient } from '../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../build/database.ts'

const rollups = [
  'interface_10s',
  'protocol_1m',
  'source_as_1m',
  'destination_as_1m',
  'port_1m',
  'prefix_minutes',
  'prefix_vector_1m',
  'host_1m',
]
const coarse = [
  'interface',
  'protocol',
  'source_as',
  'destination_as',
  'port',
  'prefix',
  'prefix_vector',
  'host',
].flatMap((name) => [`${name}_5m`, `${name}_1h`])

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
  await countPrefixes(
    database.client,
    { rules: ['100.64.0.0/16', '0.0.0.0/0', '::/0'], local: ['203.0.113.0/24'] },
    0,
  )
  await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
})
afterAll(() => database.remove())
beforeEach(() => database.empty('raw', ...rollups))

async function rows<T>(query: string): Promise<T[]> {
  return (await database.client.query({ query, format: 'JSONEachRow' })).json<T>()
}

const noon = Date.parse(`${recentDay}T12:00:00Z`)

const anyFlow = {
  second: 0,
  src: '0a000001',
  dst: 'c0000201',
  bytes: '100',
  packets: '1',
  sampling_rate: '10',
  proto: 17,
}

/** In one insert. `second` is from noon on; addresses are hexadecimal, the rest are columns of `ingest`, 0 where a flow has none. */
async function ingest(...given: Record<string, string | number>[]) {
  const flows = given.map((flow) => ({ ...anyFlow, ...flow }) as Record<string, string | number>)
  const columns = [...new Set(flows.flatMap((flow) => Object.keys(flow)))].filter(
    (name) => !['second', 'src', 'dst'].includes(name),
  )
  const values = flows.map((flow) => {
    const received = `${BigInt(noon) * 1_000_000n + BigInt(flow['second'] ?? 0) * 1_000_000_000n}`
    const others = columns.map((name) => `'${flow[name] ?? 0}'`)
    return `(${[received, `unhex('${flow['src']}')`, `unhex('${flow['dst']}')`, ...others].join(', ')})`
  })
  await database.client.command({
    query: `INSERT INTO ingest (time_received_ns, src_addr, dst_addr, ${columns.join(', ')}) VALUES ${values.join(', ')}`,
  })
}

test('every rollup holds every flow of the edge, times its sampling rate; that of exporters and interfaces those of the core, too', async () => {
  const parameters: TrafficParameters = { start: noon / 1000, rate: 20, first: 0, count: 6_000 }
  await database.client.command({
    query: `INSERT INTO ingest SELECT * REPLACE (bitAnd(src_port, 1) AS router_role), 'x' FROM (${trafficQuery})`,
    query_params: { ...parameters },
  })
  const everywhere = await rows<{ role: string; some: number }>(
    'SELECT toString(router_role) AS role, count() > 1000 AS some FROM raw GROUP BY role ORDER BY role',
  )
  expect(everywhere).toEqual([
    { role: 'core', some: 1 },
    { role: 'edge', some: 1 },
  ])
  const sums = (table: string, where = '') =>
    rows(
      `SELECT toString(sum(t.bytes)) AS bytes, toString(sum(t.packets)) AS packets, toString(sum(t.flows)) AS flows FROM ${table} AS t ${where}`,
    )
  const raw = (where = '1', role = "router_role = 'edge'") =>
    rows(
      `SELECT toString(sum(raw.bytes * sampling_rate)) AS bytes, toString(sum(raw.packets * sampling_rate)) AS packets, toString(count()) AS flows FROM raw WHERE ${role} AND ${where}`,
    )
  expect(await sums('interface_10s')).toEqual(await raw('1', '1'))
  for (const table of ['protocol_1m', 'source_as_1m', 'destination_as_1m']) {
    expect(await sums(table)).toEqual(await raw())
  }
  expect(await sums('port_1m')).toEqual(await raw('proto IN (6, 17)'))
  expect(
    await sums('prefix_minutes', "WHERE direction = 'out' AND prefix IN ('::/0', '0.0.0.0/0')"),
  ).toEqual(await raw())
  expect(await sums('prefix_vector_1m', "WHERE prefix IN ('::/0', '0.0.0.0/0')")).toEqual(
    await raw(),
  )
  // What estimates rest on is not multiplied.
  const exported = await rows(
    "SELECT toString(sum(packets)) AS samples FROM raw WHERE router_role = 'edge'",
  )
  for (const [table, where] of [
    ['prefix_minutes', "direction = 'in' AND prefix IN ('::/0', '0.0.0.0/0')"],
    ['prefix_vector_1m', "prefix IN ('::/0', '0.0.0.0/0')"],
    ['host_1m', "direction = 'in'"],
  ]) {
    const query = `SELECT toString(sum(t.samples)) AS samples FROM ${table} AS t WHERE ${where}`
    expect(await rows(query)).toEqual(exported)
  }
  expect(await sums('prefix_vector_1m', "WHERE prefix = '100.64.0.0/16'")).toEqual(
    await raw("isIPAddressInRange(toString(dst_addr), '::ffff:100.64.0.0/112')"),
  )
  expect(await sums('host_1m', "WHERE direction = 'in'")).toEqual(await raw())

  // A flow's vector is the same by the view and by raw's own column.
  const byVector = (table: string, flows: string) =>
    rows(
      `SELECT toString(vector) AS vector, toString(${flows}) AS flows FROM ${table} GROUP BY vector ORDER BY vector`,
    )
  expect(
    await byVector(
      "(SELECT * FROM prefix_vector_1m WHERE prefix IN ('::/0', '0.0.0.0/0'))",
      'sum(flows)',
    ),
  ).toEqual(await byVector("(SELECT *, vector FROM raw WHERE router_role = 'edge')", 'count()'))
})

test('the same insert under the same token adds nothing to any table', async () => {
  const parameters: TrafficParameters = { start: noon / 1000, rate: 100, first: 0, count: 3_000 }
  const insert = () =>
    database.client.command({
      query: `INSERT INTO ingest SELECT *, 'x' FROM (${trafficQuery})`,
      query_params: { ...parameters },
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: 'a/b/1',
        deduplicate_blocks_in_dependent_materialized_views: 1,
      },
    })
  const flows = () =>
    Promise.all(
      rollups.map((table) =>
        rows(`SELECT '${table}' AS name, toUInt32(sum(flows)) AS flows FROM ${table}`),
      ),
    )
  await insert()
  const once = await flows()
  expect(once.flat()).not.toContainEqual(expect.objectContaining({ flows: 0 }))
  await insert()
  expect(await flows()).toEqual(once)
})

test('a forged counter makes no sum wrap', async () => {
  const most = '18446744073709551615'
  await ingest({ bytes: most, packets: most, sampling_rate: most, proto: 6, second: 1 })
  await ingest({ bytes: '1', proto: 6, sampling_rate: '1', second: 2 })
  const sum = (BigInt(most) ** 2n + 1n).toString()
  for (const table of rollups) {
    // Where there is one: the flows towards the destination's address, and its prefix.
    const where = ['prefix_minutes', 'host_1m'].includes(table) ? "WHERE direction = 'in'" : ''
    expect(await rows(`SELECT toString(sum(bytes)) AS bytes FROM ${table} ${where}`)).toEqual([
      { bytes: sum },
    ])
  }
})

test('the vector of a flow is that of its packets', async () => {
  const flows: [vector: string, flow: Record<string, number>][] = [
    ['fragment', { proto: 17, src_port: 53, fragment_offset: 185 }],
    ['fragment', { proto: 6, tcp_flags: 2, ip_flags: 1 }],
    ['tcp_syn', { proto: 6, tcp_flags: 0x02 }],
    ['tcp_syn', { proto: 6, tcp_flags: 0xc2 }],
    ['tcp_synack', { proto: 6, tcp_flags: 0x12 }],
    ['tcp_ack', { proto: 6, tcp_flags: 0x10 }],
    ['tcp_rst', { proto: 6, tcp_flags: 0x14 }],
    ['tcp_fin', { proto: 6, tcp_flags: 0x29 }],
    ['tcp', { proto: 6, tcp_flags: 0x1b }],
    ['tcp', { proto: 6, tcp_flags: 0 }],
    ['udp_ntp', { proto: 17, src_port: 123 }],
    ['udp_memcached', { proto: 17, src_port: 11211 }],
    ['udp', { proto: 17, dst_port: 123 }],
    ['icmp', { proto: 1 }],
    ['icmp', { proto: 58 }],
    ['gre', { proto: 47 }],
    ['esp', { proto: 50 }],
    ['other', { proto: 132 }],
  ]
  // Each in a minute of its own.
  await ingest(...flows.map(([, flow], index) => ({ ...flow, second: 60 * index })))
  const vectors = flows.map(([vector]) => ({ vector }))
  expect(
    await rows(
      "SELECT toString(vector) AS vector FROM prefix_vector_1m WHERE prefix = '0.0.0.0/0' ORDER BY minute",
    ),
  ).toEqual(vectors)
  expect(await rows('SELECT toString(vector) AS vector FROM raw ORDER BY time_received')).toEqual(
    vectors,
  )
})

test('hosts are counted inside the prefixes of rules and the local networks, and nowhere else', async () => {
  await countPrefixes(database.client, { rules: ['10.0.0.0/8'], local: ['203.0.113.0/24'] }, 0)
  await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  await ingest(
    { src: '0a000001', dst: 'c0000201' },
    { src: 'c0000201', dst: 'cb007107' },
    { src: '20010db8000000000000000000000001', dst: '20010db8000000000000000000000002' },
  )
  expect(
    await rows(
      'SELECT toString(host) AS host, toString(direction) AS direction FROM host_1m ORDER BY host',
    ),
  ).toEqual([
    { host: '::ffff:10.0.0.1', direction: 'out' },
    { host: '::ffff:203.0.113.7', direction: 'in' },
  ])
  // A local network is no rule's prefix.
  expect(await rows('SELECT DISTINCT prefix FROM prefix_minutes')).toEqual([
    { prefix: '10.0.0.0/8' },
  ])
})

test('a coarse row has the sum of its minutes and its own greatest one; totals have theirs', async () => {
  await database.empty(...coarse)
  await ingest(
    { second: 10, src_as: 1, bytes: '100' },
    { second: 20, src_as: 1, bytes: '100' },
    { second: 60, src_as: 1, bytes: '150' },
    { second: 60, src_as: 2, bytes: '40' },
    { second: 300, src_as: 2, bytes: '7' },
  )
  const at = (time: string) => Date.parse(`${recentDay}T${time}Z`)
  const hour = 3_600_000
  const read = (table: string) =>
    rows(`SELECT toString(any(f.time)) AS time, toString(any(f.level)) AS level, src_as, toUInt32(sum(bytes)) AS sum, toUInt32(max(peak_bytes)) AS peak
      FROM ${table} AS f FINAL GROUP BY f.time, f.level, src_as ORDER BY f.time, f.level, src_as`)
  const row = (time: string, level: string, src_as: number, sum: number, peak: number) => ({
    time: `${recentDay} ${time}`,
    level,
    src_as,
    sum,
    peak,
  })
  // The bucket of 12:05 is not over.
  await refreshCoarseRollups(database.client, at('12:07:00'), 3 * hour)
  const first = [
    row('12:00:00', 'total', 0, 3900, 2000),
    row('12:00:00', 'as', 1, 3500, 2000),
    row('12:00:00', 'as', 2, 400, 400),
  ]
  expect(await read('source_as_5m')).toEqual(first)
  expect(await read('source_as_1h')).toEqual([])

  // Again it does nothing; a late flow is taken in.
  expect(await refreshCoarseRollups(database.client, at('12:07:30'), 3 * hour)).toBe(0)
  await ingest({ second: 61, src_as: 2, bytes: '300' })
  await refreshCoarseRollups(database.client, at('13:00:20'), 3 * hour)
  expect(await read('source_as_5m')).toEqual([
    row('12:00:00', 'total', 0, 6900, 4900),
    row('12:00:00', 'as', 1, 3500, 2000),
    row('12:00:00', 'as', 2, 3400, 3400),
    row('12:05:00', 'total', 0, 70, 70),
    row('12:05:00', 'as', 2, 70, 70),
  ])
  expect(await read('source_as_1h')).toEqual([
    row('12:00:00', 'total', 0, 6970, 4900),
    row('12:00:00', 'as', 1, 3500, 2000),
    row('12:00:00', 'as', 2, 3470, 3400),
  ])
})

test('a flow that comes between two levels of a bucket is in all of them the next time', async () => {
  await database.empty(...coarse)
  const { client } = database
  let written = 0
  const interrupted: StoreClient = Object.assign(Object.create(client), {
    async command(statement: Parameters<StoreClient['command']>[0]) {
      await client.command(statement)
      if (statement.query_params?.['target'] !== 'source_as_5m') return
      written++
      if (written === 1) await ingest({ second: 20, src_as: 1, bytes: '7' })
    },
  })
  await ingest({ second: 10, src_as: 1, bytes: '100' })
  await refreshCoarseRollups(interrupted, noon + 400_000, 3_600_000)
  expect(written).toBe(2)
  await refreshCoarseRollups(client, noon + 700_000, 3_600_000)
  expect(
    await rows(
      'SELECT toString(level) AS level, toUInt32(bytes) AS bytes, toUInt32(flows) AS flows FROM source_as_5m FINAL ORDER BY level',
    ),
  ).toEqual([
    { level: 'as', bytes: 1070, flows: 2 },
    { level: 'total', bytes: 1070, flows: 2 },
  ])
})

test('every coarse table holds what its minutes hold; that of interfaces also knows the edge alone', async () => {
  await database.empty(...coarse)
  await countPrefixes(
    database.client,
    { rules: ['100.64.0.0/16', '0.0.0.0/0', '::/0'], local: [] },
    0,
  )
  await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  const parameters: TrafficParameters = { start: noon / 1000, rate: 4, first: 0, count: 2_400 }
  await database.client.command({
    query: `INSERT INTO ingest SELECT * REPLACE (bitAnd(src_port, 1) AS router_role), 'x' FROM (${trafficQuery})`,
    query_params: { ...parameters },
  })
  await refreshCoarseRollups(database.client, noon + 3_700_000, 3 * 3_600_000)
  const sums = async (table: string) => {
    const leveled = await rows(
      `SELECT 1 AS n FROM system.columns WHERE database = currentDatabase() AND table = '${table}' AND name = 'level'`,
    )
    const group = leveled.length > 0 ? "WHERE toString(level) != 'edge' GROUP BY level" : ''
    return rows(
      `SELECT DISTINCT toString(sum(bytes)) AS bytes, toString(sum(packets)) AS packets, toString(sum(flows)) AS flows FROM ${table} FINAL ${group}`,
    )
  }
  for (const [index, minutes] of rollups.entries()) {
    const expected = await rows(
      `SELECT toString(sum(bytes)) AS bytes, toString(sum(packets)) AS packets, toString(sum(flows)) AS flows FROM ${minutes}`,
    )
    expect(await sums(coarse[2 * index]!)).toEqual(expected)
    expect(await sums(coarse[2 * index + 1]!)).toEqual(expected)
  }
  const edge = await rows('SELECT toString(sum(bytes)) AS bytes FROM protocol_1m')
  for (const table of ['interface_5m', 'interface_1h']) {
    const query = `SELECT toString(sum(bytes)) AS bytes FROM ${table} FINAL WHERE level = 'edge'`
    expect(await rows(query)).toEqual(edge)
  }
})
