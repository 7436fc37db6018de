// The store through @clickhouse/client, as collector, API and alert use it.

import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseError, TupleParam } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStore, type TestStore } from '../../build/store.ts'

let store: TestStore
let client: ClickHouseClient
beforeAll(async () => {
  store = await startTestStore()
  client = store.client()
})
afterAll(() => store.remove())

async function rows<T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> {
  const result = await client.query({ query, query_params, format: 'JSONEachRow' })
  return result.json<T>()
}

test('ping, with and without a SELECT', async () => {
  expect(await client.ping()).toEqual({ success: true })
  expect(await client.ping({ select: true })).toEqual({ success: true })
})

test('a wrong password is told as ClickHouse does', async () => {
  const stranger = store.client({ password: 'wrong' })
  const refused = stranger.query({ query: 'SELECT 1' })
  await expect(refused).rejects.toMatchObject({ code: '516', type: 'AUTHENTICATION_FAILED' })
})

test('a query in each family of formats', async () => {
  const query = "SELECT number AS n, 'é' AS s FROM numbers(2)"
  const expected = [
    { n: '0', s: 'é' },
    { n: '1', s: 'é' },
  ]
  const settings = { output_format_json_quote_64bit_integers: 1 } as const
  const ask = (format: 'JSONEachRow' | 'JSON' | 'JSONCompact' | 'JSONObjectEachRow') =>
    client.query({ query, format, clickhouse_settings: settings })
  expect(await (await ask('JSONEachRow')).json()).toEqual(expected)
  const json = await (await ask('JSON')).json<unknown>()
  expect(json).toMatchObject({ data: expected, rows: 2 })
  const compact = await (await ask('JSONCompact')).json<unknown>()
  expect(compact).toMatchObject({
    data: [
      ['0', 'é'],
      ['1', 'é'],
    ],
  })
  const csv = await client.query({ query, format: 'CSVWithNames' })
  expect(await csv.text()).toBe('"n","s"\n0,"é"\n1,"é"\n')
})

test('an answer is streamed row by row', async () => {
  const result = await client.query({
    query: 'SELECT number FROM numbers(300000)',
    format: 'JSONCompactEachRow',
  })
  let count = 0
  let sum = 0
  for await (const part of result.stream<[string]>()) {
    for (const row of part) {
      count += 1
      sum += Number(row.json<[string]>()[0])
    }
  }
  expect(count).toBe(300_000)
  expect(sum).toBe((299_999 * 300_000) / 2)
})

test('parameters of many types arrive as they were', async () => {
  const text = `tab\t newline\n quote' back\\slash "double" \`tick\` {x:UInt8} ; -- é 😀`
  const [row] = await rows(
    `SELECT {text:String} AS text, {empty:String} AS empty, {i8:Int8} AS i8, {u64:UInt64} AS u64, {f:Float64} AS f,
      {yes:Bool} AS yes, {missing:Nullable(String)} AS missing, {given:Nullable(UInt8)} AS given,
      {list:Array(String)} AS list, {nested:Array(Array(UInt8))} AS nested, {map:Map(String, UInt64)} AS map,
      {tuple:Tuple(UInt8, String)} AS tuple, {date:Date} AS date, {time:DateTime('UTC')} AS time,
      {time64:DateTime64(3, 'UTC')} AS time64, {ip4:IPv4} AS ip4, {ip6:IPv6} AS ip6, {uuid:UUID} AS uuid,
      {decimal:Decimal(18, 4)} AS decimal, {kind:Enum8('a' = 1, 'b' = 2)} AS kind, {fixed:FixedString(3)} AS fixed,
      {low:LowCardinality(String)} AS low
    SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_decimals = 1`,
    {
      text,
      empty: '',
      i8: -128,
      u64: '18446744073709551615',
      f: 0.1,
      yes: true,
      missing: null,
      given: 7,
      list: [text, ''],
      nested: [[1, 2], [], [3]],
      map: new Map([[text, 18446744073709551615n]]),
      tuple: new TupleParam([5, "it's"]),
      date: '2026-11-22',
      time: new Date(Date.UTC(2026, 10, 22, 1, 2, 3)),
      time64: new Date(Date.UTC(2026, 10, 22, 1, 2, 3, 456)),
      ip4: '192.0.2.1',
      ip6: '2001:db8::1',
      uuid: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      decimal: '12345.6789',
      kind: 'b',
      fixed: 'abc',
      low: text,
    },
  )
  expect(row).toEqual({
    text,
    empty: '',
    i8: -128,
    u64: '18446744073709551615',
    f: 0.1,
    yes: true,
    missing: null,
    given: 7,
    list: [text, ''],
    nested: [[1, 2], [], [3]],
    map: { [text]: '18446744073709551615' },
    tuple: [5, "it's"],
    date: '2026-11-22',
    time: '2026-11-22 01:02:03',
    time64: '2026-11-22 01:02:03.456',
    ip4: '192.0.2.1',
    ip6: '2001:db8::1',
    uuid: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
    decimal: '12345.6789',
    kind: 'b',
    fixed: 'abc',
    low: text,
  })
})

test('a parameter is a value, never SQL', async () => {
  for (const x of [
    "' OR 1 = 1 --",
    "\\' OR 1 = 1 --",
    "'; DROP TABLE t",
    '{y:String}',
    '\\',
    "''",
    'file',
    's3',
  ]) {
    expect(await rows('SELECT {x:String} AS x', { x })).toEqual([{ x }])
  }
})

test('a parameter of one query is unknown to the next', async () => {
  for (let n = 0; n < 20; n++) await rows('SELECT {left_over:String} AS x', { left_over: 'seen' })
  for (let n = 0; n < 20; n++) {
    await expect(rows('SELECT {left_over:String} AS x')).rejects.toMatchObject({ code: '456' })
  }
})

test('parameters and settings of queries that run at once do not meet', async () => {
  const one = async (n: number) => {
    const result = await client.query({
      query:
        "SELECT {x:UInt32} AS x, {l:Array(UInt32)} AS l, getSetting('max_result_bytes') AS setting FROM numbers(1)",
      query_params: { x: n, l: [n, n + 1] },
      clickhouse_settings: { max_result_bytes: String(1_000_000 + n) },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ x: n, l: [n, n + 1], setting: 1_000_000 + n }])
  }
  await Promise.all(Array.from({ length: 400 }, (_, n) => one(n)))
})

test('a setting of one query is gone for the next, also when the query set it itself', async () => {
  const setting = "SELECT getSetting('max_threads') AS n, getSetting('format_schema_source') AS s"
  const [before] = await rows(setting)
  for (let n = 0; n < 20; n++) {
    const settings = { max_threads: 7, format_schema_source: 'string' } as const
    await client.command({ query: 'SELECT 1', clickhouse_settings: settings })
    await client.command({ query: 'SET max_threads = 9' })
    await client.command({ query: 'USE system' })
  }
  for (let n = 0; n < 20; n++) expect(await rows(setting)).toEqual([before])
  expect(await rows('SELECT currentDatabase() AS d')).toEqual([{ d: 'default' }])
})

test('parameters too long for a URL come in a form', async () => {
  const list = Array.from({ length: 20_000 }, (_, n) => `value ${n}`)
  const result = await client.query({
    query: 'SELECT length({list:Array(String)}) AS n, {list:Array(String)}[20000] AS last',
    query_params: { list },
    use_multipart_params: true,
    format: 'JSONEachRow',
  })
  expect(await result.json()).toEqual([{ n: 20_000, last: 'value 19999' }])
})

test('rows inserted as objects, as a stream and in a session of another database', async () => {
  await client.command({ query: 'CREATE DATABASE other' })
  const other = store.client({ database: 'other' })
  await other.command({
    query:
      "CREATE TABLE t (id UInt32, name String DEFAULT 'none', tags Array(String)) ENGINE = MergeTree ORDER BY id",
  })
  await other.insert({
    table: 't',
    values: [{ id: 1, name: "it's", tags: ['a', "b'"] }, { id: 2 }],
    format: 'JSONEachRow',
  })
  await other.insert({
    table: 't',
    columns: ['id', 'name'],
    values: Readable.from([
      [3, 'é'],
      [4, ''],
    ]),
    format: 'JSONCompactEachRow',
  })
  await other.insert({
    table: 't',
    values: Readable.from(['5,"x",[]\n'], { objectMode: false }),
    format: 'CSV',
  })
  expect(await rows('SELECT * FROM other.t ORDER BY id')).toEqual([
    { id: 1, name: "it's", tags: ['a', "b'"] },
    { id: 2, name: 'none', tags: [] },
    { id: 3, name: 'é', tags: [] },
    { id: 4, name: '', tags: [] },
    { id: 5, name: 'x', tags: [] },
  ])
})

test('an insert tells how many rows it wrote, and nothing is well', async () => {
  await client.command({ query: 'CREATE TABLE counted (a UInt32) ENGINE = Memory' })
  const { summary } = await client.insert({
    table: 'counted',
    values: [{ a: 1 }, { a: 2 }],
    format: 'JSONEachRow',
  })
  expect(summary).toMatchObject({ written_rows: '2' })
  const nothing = Readable.from([], { objectMode: false })
  await client.insert({ table: 'counted', values: nothing, format: 'CSV' })
  expect(await rows('SELECT count() AS n FROM counted')).toEqual([{ n: 2 }])
})

test('a syntax error, an unknown table and an error of a function have their codes', async () => {
  const failing = (query: string) => client.query({ query, format: 'JSONEachRow' })
  await expect(failing('SELEC 1')).rejects.toThrow(/Syntax error: failed at position 1/)
  await expect(failing('SELEC 1')).rejects.toMatchObject({ code: '62', type: 'SYNTAX_ERROR' })
  await expect(failing('SELECT * FROM nowhere')).rejects.toMatchObject({
    code: '60',
    type: 'UNKNOWN_TABLE',
  })
  await expect(failing("SELECT throwIf(1, 'mine')")).rejects.toMatchObject({ code: '395' })
  await expect(failing("SELECT throwIf(1, 'mine')")).rejects.toBeInstanceOf(ClickHouseError)
  const bad = client.insert({ table: 'counted', values: [{ a: 'x' }], format: 'JSONEachRow' })
  await expect(bad).rejects.toMatchObject({ code: '27' })
})

test('an error in the middle of an answer reaches whoever reads it', async () => {
  const query = "SELECT throwIf(number = 250000, 'in the middle') AS x, number FROM numbers(500000)"
  for (const response of [false, true]) {
    const reader = store.client({ compression: { response } })
    const streamed = await reader.query({ query, format: 'JSONEachRow' })
    let count = 0
    const reading = (async () => {
      for await (const part of streamed.stream()) count += part.length
    })()
    // The client reads the reason out of the last piece that arrives; when that was cut in two on its way, it tells an error without one.
    await expect(reading).rejects.toThrow(/in the middle|error in the stream/)
    expect(count).toBeGreaterThan(0)
  }
  // `text()` does not look for the message: what it must not do is to take the part for the whole.
  const whole = await client.query({ query, format: 'CSV' })
  await expect(whole.text()).rejects.toThrow()
})

test('with wait_end_of_query an error comes before any row', async () => {
  const query = 'SELECT throwIf(number = 1000000) AS x FROM numbers(2000000)'
  const failing = client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { wait_end_of_query: 1 },
  })
  await expect(failing).rejects.toMatchObject({ code: '395' })
})

test('compression both ways', async () => {
  for (const codec of ['gzip', 'br'] as const) {
    const compressed = store.client({
      compression: { request: { codec }, response: { codec } },
    })
    const table = `compressed_${codec}`
    await compressed.command({
      query: `CREATE TABLE ${table} (a UInt32, b String) ENGINE = Memory`,
    })
    const values = Array.from({ length: 5000 }, (_, a) => ({ a, b: `row ${a}` }))
    await compressed.insert({ table, values, format: 'JSONEachRow' })
    const result = await compressed.query({
      query: `SELECT a, b FROM ${table} ORDER BY a`,
      format: 'JSONEachRow',
    })
    expect(result.response_headers['content-encoding']).toBe(codec)
    expect(await result.json()).toEqual(values)
  }
})

test('the query id is the one that the client gave', async () => {
  const query_id = randomUUID()
  const result = await client.query({ query: 'SELECT 1', query_id })
  expect(result.response_headers).toMatchObject({
    'x-clickhouse-query-id': query_id,
    'x-clickhouse-format': 'JSON',
    'x-clickhouse-timezone': expect.any(String),
    'x-clickhouse-summary': expect.stringContaining('"read_rows"'),
  })
  await result.text()
})

test('a cancelled query ends, and its Session answers the next', async () => {
  const marker = `cancelled ${randomUUID()}`
  const running = () =>
    rows<{ n: number }>(
      'SELECT count() AS n FROM system.processes WHERE position(query, {marker:String}) > 0 AND NOT is_cancelled AND position(query, {not:String}) = 0',
      { marker, not: 'system.processes' },
    ).then(([row]) => Number(row?.n))
  for (const query of [
    `SELECT sum(sipHash64(number)), '${marker}' FROM numbers(1000000000000)`,
    `SELECT number, '${marker}' FROM numbers(1000000000000)`,
    `SELECT number, '${marker}' FROM numbers(1000000000000) FORMAT JSON`,
  ]) {
    const abort = new AbortController()
    const asked = client
      .exec({ query, abort_signal: abort.signal })
      .then(({ stream }) => stream.on('error', () => {}).resume())
    asked.catch(() => {})
    await expect.poll(running).toBe(1)
    abort.abort()
    const stream = await asked.catch(() => undefined)
    stream?.destroy()
    await expect.poll(running).toBe(0)
  }
  // All Sessions of the pool, at once.
  const answers = await Promise.all(Array.from({ length: 20 }, () => rows('SELECT 1 AS one')))
  expect(answers).toEqual(Array.from({ length: 20 }, () => [{ one: 1 }]))
})
