// Inserts with data in the body: every byte of it, once, or nothing.

import { readdirSync } from 'node:fs'
import { type ClientRequest, request as send } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, residentMebibytes, startTestStore, type TestStore } from '../../build/store.ts'

let store: TestStore
let client: ClickHouseClient
beforeAll(async () => {
  store = await startTestStore()
  client = store.client()
})
afterAll(() => store.remove())

const command = (query: string) => client.command({ query })
const bytes = (parts: Uint8Array | Uint8Array[]) =>
  Readable.from([parts].flat(), { objectMode: false })

async function insert(
  query: string,
  body: Readable,
  settings: Record<string, string | number> = {},
) {
  const { stream } = await client.exec({ query, values: body, clickhouse_settings: settings })
  for await (const _ of stream);
}

async function value(query: string): Promise<string> {
  return (await ask(store, query)).text.trimEnd()
}

/** No body lies about once its request is over. */
const leftovers = () => readdirSync(path.join(store.directory, 'requests'))

describe('formats', () => {
  test('RowBinary, CSV, Native and JSON bodies, with settings in the statement and a list of columns', async () => {
    await command(
      "CREATE TABLE many (a UInt32, b String DEFAULT 'none', c UInt8 DEFAULT 9) ENGINE = Memory",
    )
    const rowBinary = Buffer.from([1, 0, 0, 0, 3, 0xff, 0x00, 0x27]) // a = 1, b = the bytes ff 00 27
    await insert('INSERT INTO many (a, b) FORMAT RowBinary', bytes(rowBinary))
    await insert(
      'INSERT INTO TABLE many (b, a) SETTINGS max_threads = 1 FORMAT CSV',
      bytes(Buffer.from('"two",2\n')),
    )
    await insert('INSERT INTO many FORMAT JSONEachRow', bytes(Buffer.from('{"a":3,"c":1}\n')))
    await insert('insert into many format TSVWithNames', bytes(Buffer.from('c\ta\n7\t4\n')))
    const native = await client.exec({
      query: "SELECT toUInt32(5) AS a, 'five' AS b, toUInt8(5) AS c FORMAT Native",
    })
    await insert('INSERT INTO many FORMAT Native', native.stream)
    expect(await value('SELECT a, hex(b), c FROM many ORDER BY a')).toBe(
      ['1\tFF0027\t9', '2\t74776F\t9', '3\t6E6F6E65\t1', '4\t6E6F6E65\t7', '5\t66697665\t5'].join(
        '\n',
      ),
    )
    expect(leftovers()).toEqual([])
  })

  test('length-delimited Protobuf through input(), with the schema as text and a parameter for every row', async () => {
    const schema =
      'syntax = "proto3"; package p; message Flow { bytes src = 1; uint64 bytes = 2; repeated uint32 path = 3; }'
    const flow = protobuf.parse(schema).root.lookupType('p.Flow')
    const messages = Array.from({ length: 1000 }, (_, n) =>
      flow
        .encodeDelimited({ src: Buffer.from([192, 0, 2, n % 256]), bytes: n, path: [n, n + 1] })
        .finish(),
    )
    await command(
      'CREATE TABLE flows (src IPv4, bytes UInt64, path Array(UInt32), segment String) ENGINE = Memory',
    )
    const query = `INSERT INTO flows SELECT CAST(reinterpretAsUInt32(reverse(src)) AS IPv4), bytes, path, {segment:String}
      FROM input('src FixedString(4), bytes UInt64, path Array(UInt32)') FORMAT Protobuf`
    const { stream } = await client.exec({
      query,
      query_params: { segment: "it's / 1" },
      values: bytes(messages),
      clickhouse_settings: {
        format_schema_source: 'string',
        format_schema: schema,
        format_schema_message_name: 'Flow',
      },
    })
    for await (const _ of stream);
    expect(
      await value(
        'SELECT count(), sum(bytes), max(path[2]), any(segment), min(src), max(src) FROM flows',
      ),
    ).toBe("1000\t499500\t1000\tit\\'s / 1\t192.0.2.0\t192.0.2.255")
  })

  test('data behind the statement in one body, with and without a line break', async () => {
    await command('CREATE TABLE mixed (a UInt32, b String) ENGINE = Memory')
    for (const body of [
      'INSERT INTO mixed FORMAT CSV\n1,"x"\n',
      'INSERT INTO mixed FORMAT CSV 2,"y"\n',
      "INSERT INTO mixed VALUES (3, 'z'), (4, 'FORMAT CSV')",
      'INSERT INTO mixed FORMAT JSONEachRow {"a":5,"b":"; DROP"}',
      'INSERT INTO mixed (a) VALUES (6);',
      "INSERT INTO mixed SELECT 7, 'seven'",
      "WITH 8 AS n INSERT INTO mixed SELECT n, 'eight'",
    ]) {
      expect(await ask(store, body)).toMatchObject({ status: 200, text: '' })
    }
    expect(
      await value('SELECT groupArray(a), groupArray(b) FROM (SELECT * FROM mixed ORDER BY a)'),
    ).toBe("[1,2,3,4,5,6,7,8]\t['x','y','z','FORMAT CSV','; DROP','','seven','eight']")
    expect(await ask(store, '9,"nine"\n', 'query=INSERT INTO mixed FORMAT CSV')).toMatchObject({
      status: 200,
    })
  })

  test('tables and columns that are called like keywords', async () => {
    await command(
      'CREATE TABLE `settings` (`values` UInt8, `format` String) ENGINE = MergeTree ORDER BY `values`',
    )
    await insert('INSERT INTO settings (values, format) FORMAT CSV', bytes(Buffer.from('1,"a"\n')))
    await insert('INSERT INTO default.settings FORMAT CSV', bytes(Buffer.from('2,"b"\n')))
    await insert(
      'INSERT INTO settings SETTINGS max_threads = 1 FORMAT CSV',
      bytes(Buffer.from('3,"c"\n')),
    )
    await command('INSERT INTO settings SELECT values + 3, format FROM settings')
    expect(
      await value(
        'SELECT groupArray(values), max(format) FROM (SELECT * FROM settings ORDER BY values)',
      ),
    ).toBe('[1,2,3,4,5,6]\tc')
  })

  test('an error in a statement with input() speaks of input()', async () => {
    const failed = ask(store, "INSERT INTO many SELECT nothing FROM input('a UInt8') FORMAT CSV 1")
    expect((await failed).text).toMatch(/FROM input\('a UInt8'\)/)
    expect((await failed).text).not.toContain(store.directory)
  })

  test('a row that cannot be read is named, and nothing of its insert stays', async () => {
    await command('CREATE TABLE strict (a UInt32) ENGINE = MergeTree ORDER BY a')
    const failed = insert('INSERT INTO strict FORMAT CSV', bytes(Buffer.from('1\n2\nthree\n')))
    await expect(failed).rejects.toThrow(/at row 3/)
    await expect(failed).rejects.toBeInstanceOf(ClickHouseError)
    await expect(failed).rejects.not.toThrow(store.directory)
    expect(await value('SELECT count() FROM strict')).toBe('0')
    expect(leftovers()).toEqual([])
  })
})

test('100 MiB in one insert, plain and compressed, are stored and not held in memory', async () => {
  await command(
    'CREATE TABLE big (a UInt64, b UInt64, c UInt64, d UInt64) ENGINE = MergeTree ORDER BY a',
  )
  const rowsPerChunk = 32_768 // of 32 bytes: 1 MiB
  const chunks = function* () {
    for (let chunk = 0; chunk < 100; chunk++) {
      const words = new BigUint64Array(rowsPerChunk * 4)
      for (let row = 0; row < rowsPerChunk; row++)
        words[row * 4] = BigInt(chunk * rowsPerChunk + row)
      yield Buffer.from(words.buffer)
    }
  }
  const before = residentMebibytes(store)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentMebibytes(store))
  }, 20)
  try {
    await insert('INSERT INTO big FORMAT RowBinary', Readable.from(chunks(), { objectMode: false }))
    const compressing = store.client({ compression: { request: { codec: 'gzip', level: 1 } } })
    const { stream } = await compressing.exec({
      query: 'INSERT INTO big FORMAT RowBinary',
      values: Readable.from(chunks(), { objectMode: false }),
    })
    for await (const _ of stream);
  } finally {
    clearInterval(watch)
  }
  const rows = 100 * rowsPerChunk
  expect(await value('SELECT count(), uniqExact(a), sum(a) FROM big')).toBe(
    `${2 * rows}\t${rows}\t${rows * (rows - 1)}`,
  )
  // The engine sorts and compresses blocks of a million rows; a copy of the body would be on top of that.
  expect(most - before).toBeLessThan(300)
  expect(leftovers()).toEqual([])
})

describe('a body that does not come whole is not inserted', () => {
  const row = '{"a":1}\n'
  beforeAll(() => command('CREATE TABLE whole (a UInt32) ENGINE = Memory'))

  const open = (headers: Record<string, string | number>): ClientRequest =>
    send(`${store.url}/?query=${encodeURIComponent('INSERT INTO whole FORMAT JSONEachRow')}`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': store.password, ...headers },
    }).on('error', () => {})

  /** The store has dealt with everything that was sent to it. */
  const settled = () => expect.poll(leftovers).toEqual([])

  test.each([
    ['shorter than its Content-Length', { 'content-length': 1000 }],
    ['chunked and not terminated', { 'transfer-encoding': 'chunked' }],
    ['compressed, without its end', { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }],
  ])('%s', async (_, headers) => {
    const request = open(headers)
    const body =
      'content-encoding' in headers
        ? gzipSync(row.repeat(100_000)).subarray(0, 200)
        : row.repeat(10)
    await new Promise((resolve) => request.write(body, resolve))
    // It is a file by now, or about to be one.
    await new Promise((resolve) => setTimeout(resolve, 50))
    request.destroy()
    await settled()
    expect(await value('SELECT count() FROM whole')).toBe('0')
  })

  test('cut after megabytes, when the file is being written', async () => {
    const request = open({ 'content-length': 64 * 1024 ** 2 })
    for (let sent = 0; sent < 8; sent++) {
      await new Promise((resolve) => request.write(row.repeat(131_072), resolve))
    }
    await expect.poll(leftovers).toHaveLength(1)
    request.destroy()
    await settled()
    expect(await value('SELECT count() FROM whole')).toBe('0')
  })

  test('a chunk that is not as long as it says', async () => {
    const { port } = new URL(store.url)
    const socket = connect(Number(port), '127.0.0.1')
    const answered = new Promise<string>((resolve) => {
      let text = ''
      socket.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      socket.on('close', () => resolve(text)).on('error', () => {})
    })
    socket.write(
      `POST /?query=INSERT+INTO+whole+FORMAT+JSONEachRow HTTP/1.1\r\nhost: x\r\nX-ClickHouse-User: ${store.user}\r\n` +
        `X-ClickHouse-Key: ${store.password}\r\ntransfer-encoding: chunked\r\n\r\n8\r\n${row}ZZZ not a length\r\n`,
    )
    expect(await answered).not.toMatch(/^HTTP\/1\.1 200/)
    await settled()
    expect(await value('SELECT count() FROM whole')).toBe('0')
  })
})

describe('deduplication tokens', () => {
  beforeAll(async () => {
    const window = 'non_replicated_deduplication_window = 10000'
    await command('CREATE TABLE entry (time UInt32, host String, bytes UInt64) ENGINE = Null')
    await command(
      `CREATE TABLE raw (time UInt32, host String, bytes UInt64) ENGINE = MergeTree PARTITION BY intDiv(time, 100) ORDER BY time SETTINGS ${window}`,
    )
    await command(
      `CREATE TABLE rollup (host String, flows UInt64, bytes UInt64) ENGINE = SummingMergeTree ORDER BY host SETTINGS ${window}`,
    )
    await command('CREATE MATERIALIZED VIEW entry_to_raw TO raw AS SELECT * FROM entry')
    await command(
      'CREATE MATERIALIZED VIEW raw_to_rollup TO rollup AS SELECT host, count() AS flows, sum(bytes) AS bytes FROM raw GROUP BY host',
    )
  })

  const body = Array.from({ length: 1000 }, (_, n) => `${n % 300},host${n % 7},${n}\n`).join('')
  const sendUnder = (token: string, content = body) =>
    insert(
      "INSERT INTO entry SELECT time, host, bytes FROM input('time UInt32, host String, bytes UInt64') FORMAT CSV",
      bytes(Buffer.from(content)),
      {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        deduplicate_blocks_in_dependent_materialized_views: 1,
      },
    )
  const totals = () =>
    value(
      'SELECT count(), sum(bytes), (SELECT sum(flows) FROM rollup), (SELECT sum(bytes) FROM rollup) FROM raw',
    )
  const times = (n: number) => `${1000 * n}\t${499_500 * n}\t${1000 * n}\t${499_500 * n}`

  test('the same token again adds nothing, to no table', async () => {
    await sendUnder('one')
    await sendUnder('one')
    expect(await totals()).toBe(times(1))
  })

  test('the same rows under another token are other rows', async () => {
    await sendUnder('two')
    expect(await totals()).toBe(times(2))
  })

  test('the same token many times at once adds its rows once', async () => {
    await Promise.all(Array.from({ length: 12 }, () => sendUnder('three')))
    expect(await totals()).toBe(times(3))
  })

  test('a client that leaves after its body and sends again under the token has its rows once', async () => {
    for (let n = 0; n < 10; n++) {
      const leaving = send(
        `${store.url}/?insert_deduplicate=1&deduplicate_blocks_in_dependent_materialized_views=1&insert_deduplication_token=cut${n}&query=${encodeURIComponent('INSERT INTO entry FORMAT CSV')}`,
        {
          method: 'POST',
          headers: { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': store.password },
        },
      ).on('error', () => {})
      await new Promise((resolve) => leaving.end(body, () => resolve(undefined)))
      await new Promise((resolve) => setTimeout(resolve, n * 3))
      leaving.destroy()
      await insert('INSERT INTO entry FORMAT CSV', bytes(Buffer.from(body)), {
        insert_deduplicate: 1,
        insert_deduplication_token: `cut${n}`,
        deduplicate_blocks_in_dependent_materialized_views: 1,
      })
    }
    await expect.poll(leftovers).toEqual([])
    expect(await totals()).toBe(times(13))
  })

  test('an insert of many blocks is one too', async () => {
    const rows = 2_500_000
    const content = Buffer.alloc(rows * 14)
    for (let n = 0; n < rows; n++) {
      // time, "h", bytes
      content.writeUInt32LE(n % 300, n * 14)
      content.write('\x01h', n * 14 + 4)
      content.writeUInt32LE(1, n * 14 + 6)
    }
    for (let again = 0; again < 2; again++) {
      await insert('INSERT INTO entry FORMAT RowBinary', bytes(content), {
        insert_deduplicate: 1,
        insert_deduplication_token: 'many blocks',
        deduplicate_blocks_in_dependent_materialized_views: 1,
      })
    }
    expect(await value("SELECT count() FROM raw WHERE host = 'h'")).toBe(`${rows}`)
    expect(await value("SELECT sum(flows), sum(bytes) FROM rollup WHERE host = 'h'")).toBe(
      `${rows}\t${rows}`,
    )
  })
})
