// The HTTP interface itself (https://clickhouse.com/docs/interfaces/http), as curl and other clients use it.

import { connect } from 'node:net'
import { brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startTestStore, type TestStore } from '../../build/store.ts'

let store: TestStore
beforeAll(async () => {
  store = await startTestStore({ password: 'pass:word é' })
})
afterAll(() => store.remove())

/** Text beyond ASCII fits into Basic authentication and the URL, not into a header. */
const basic = (user = store.user, password = store.password) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const inUrl = () => `user=${store.user}&password=${encodeURIComponent(store.password)}`

function request(path: string, init: RequestInit = {}) {
  return fetch(`${store.url}${path}`, init)
}

/** Sends bytes as they are, and gives what comes back until the connection closes. */
function raw(bytes: string): Promise<string> {
  const { port } = new URL(store.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    let received = ''
    socket.setEncoding('utf8').on('data', (text) => {
      received += text
    })
    socket.on('close', () => resolve(received)).on('error', reject)
  })
}

describe('health', () => {
  test('/ping and /replicas_status answer anybody, / who has the password', async () => {
    for (const path of ['/ping', '/replicas_status', `/?${inUrl()}`]) {
      const response = await request(path)
      expect([response.status, await response.text()]).toEqual([200, 'Ok.\n'])
    }
    expect((await request('/')).status).toBe(401)
  })

  test('another path is not found, another method not allowed', async () => {
    expect((await request('/nowhere')).status).toBe(404)
    expect((await request('/', { method: 'DELETE' })).status).toBe(405)
  })
})

describe('access', () => {
  test('by Basic authentication and in the URL', async () => {
    const one = '/?query=SELECT+1'
    const authorization = basic()
    expect(await (await request(one, { headers: { authorization } })).text()).toBe('1\n')
    const url = `${one}&${inUrl()}`
    expect(await (await request(url)).text()).toBe('1\n')
  })

  test('nobody without the password', async () => {
    const wrong: [string, Record<string, string>][] = [
      ['', { authorization: basic(store.user, 'wrong') }],
      ['', { authorization: basic(store.user, '') }],
      ['', { authorization: basic('default', '') }],
      ['', { authorization: basic('other', store.password) }],
      ['', { 'X-ClickHouse-User': store.user }],
      ['', { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': 'wrong' }],
      [`&user=${store.user}`, {}],
      [`&user=${store.user}&password=wrong`, {}],
    ]
    const missing: typeof wrong = [
      ['', {}],
      ['', { authorization: 'Bearer x' }],
    ]
    for (const [attempts, status] of [
      [wrong, 403],
      [missing, 401],
    ] as const) {
      for (const [query, headers] of attempts) {
        const response = await request(`/?query=SELECT+1${query}`, { headers })
        expect(response.status).toBe(status)
        expect(response.headers.get('x-clickhouse-exception-code')).toBe('516')
        expect(await response.text()).toMatch(
          /^Code: 516\. DB::Exception: .* \(AUTHENTICATION_FAILED\)/,
        )
      }
    }
  })

  test('pages of other web sites are refused, whatever they know', async () => {
    const authorization = basic()
    for (const foreign of [
      { origin: 'http://example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const { port } = new URL(store.url)
      const headers = Object.entries({
        authorization,
        ...foreign,
        host: `127.0.0.1:${port}`,
        connection: 'close',
      })
      const text = await raw(
        `GET /?query=SELECT+1 HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1\.1 403 /)
      expect(text).toContain('(ACCESS_DENIED)')
    }
  })
})

describe('a query', () => {
  test('in the URL, in the body, and in both', async () => {
    expect(await (await request(`/?${inUrl()}&query=SELECT+1`)).text()).toBe('1\n')
    expect((await ask(store, 'SELECT 2')).text).toBe('2\n')
    expect((await ask(store, '+ 3', 'query=SELECT 1')).text).toBe('4\n')
  })

  test('empty, or two at once, is a syntax error', async () => {
    for (const sql of ['', ' ', '-- nothing', ';', 'SELECT 1; SELECT 2']) {
      expect(await ask(store, sql)).toMatchObject({ status: 400, code: 62 })
    }
  })

  test('has the format of FORMAT, else of the header, else of the URL, else TabSeparated', async () => {
    const sql = "SELECT 1 AS a, 'x' AS b"
    expect((await ask(store, sql)).text).toBe('1\tx\n')
    expect((await ask(store, sql, 'default_format=CSV')).text).toBe('1,"x"\n')
    expect((await ask(store, `${sql} FORMAT JSONCompactEachRow`, 'default_format=CSV')).text).toBe(
      '[1, "x"]\n',
    )
    const body = await request('/?default_format=CSV', {
      method: 'POST',
      body: sql,
      headers: {
        authorization: basic(),
        'X-ClickHouse-Format': 'TSKV',
      },
    })
    expect(body.headers.get('x-clickhouse-format')).toBe('TSKV')
    expect(await body.text()).toBe('a=1\tb=x\n')
  })

  test.each([
    ['SELECT number AS format FROM numbers(1)', '0\n'],
    ['SELECT number FROM numbers(2) FORMAT CSV SETTINGS max_threads = 1', '0\n1\n'],
    ['SELECT number FROM numbers(2) SETTINGS max_threads = 1 FORMAT CSV', '0\n1\n'],
    ['SELECT 1 WHERE 0', ''],
    ['(SELECT 1) UNION ALL (SELECT 1)', '1\n1\n'],
    ['WITH 3 AS x SELECT x', '3\n'],
    ['FROM numbers(1) SELECT number', '0\n'],
    ['EXISTS TABLE system.one', '1\n'],
    ["SHOW TABLES FROM system LIKE 'one'", 'one\n'],
    ['SELECT 1 -- FORMAT JSON', '1\n'],
    ["SELECT ' FORMAT JSON'", ' FORMAT JSON\n'],
    [
      'SELECT number % 2 AS k, count() FROM numbers(4) GROUP BY k WITH TOTALS ORDER BY k',
      '0\t2\n1\t2\n\n0\t4\n',
    ],
  ])('%s', async (sql, text) => {
    expect(await ask(store, sql)).toMatchObject({ status: 200, text })
  })

  test('is read only with GET', async () => {
    await ask(store, 'CREATE TABLE kept (a UInt8) ENGINE = Memory')
    const auth = inUrl()
    for (const sql of [
      'DROP TABLE kept',
      'INSERT INTO kept VALUES (1)',
      'CREATE TABLE more (a UInt8) ENGINE = Memory',
    ]) {
      const response = await request(`/?${auth}&query=${encodeURIComponent(sql)}`)
      expect(await response.text()).toMatch(/\(READONLY\)/)
      const insisting = await request(`/?${auth}&readonly=0&query=${encodeURIComponent(sql)}`)
      expect(await insisting.text()).toMatch(/\(READONLY\)/)
    }
    expect((await ask(store, 'SELECT count() FROM kept')).text).toBe('0\n')
  })

  test('has a summary, a query id and a time zone among its headers', async () => {
    const { headers } = await ask(store, 'SHOW DATABASES', 'query_id=mine')
    expect(headers.get('x-clickhouse-query-id')).toBe('mine')
    expect(headers.get('x-clickhouse-timezone')).toMatch(/^[A-Za-z/_+-]+\d*$/)
    expect(JSON.parse(headers.get('x-clickhouse-summary') ?? '')).toMatchObject({
      written_rows: '0',
    })
  })

  test('cannot have a query id that breaks out of its header', async () => {
    expect(await ask(store, 'SELECT 1', 'query_id=a\r\nb: c')).toMatchObject({ code: 36 })
  })

  test('of a whole answer in a format with a header and a footer is exact, however long', async () => {
    const sql = 'SELECT number FROM numbers(200000)'
    const { data, rows } = JSON.parse((await ask(store, `${sql} FORMAT JSONCompact`)).text)
    expect(rows).toBe(200_000)
    expect(data).toHaveLength(200_000)
    const lines = (await ask(store, `${sql} FORMAT CSVWithNames`)).text.trimEnd().split('\n')
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([200_001, '"number"', '199999'])
    const array = 'output_format_json_array_of_rows=1'
    expect(JSON.parse((await ask(store, `${sql} FORMAT JSONEachRow`, array)).text)).toHaveLength(
      200_000,
    )
  })
})

describe('errors', () => {
  test.each([
    ['SELECT * FROM nowhere', 60, 404],
    ['SELECT nothing', 47, 404],
    ['SELECT nofunction(1)', 46, 404],
    ['SELECT 1 FROM', 62, 400],
    ['SELECT * FROM no.where', 81, 404],
    ["SELECT toDate('x')", 38, 400],
    ['SELECT 1 SETTINGS no_such = 1', 115, 404],
    ['SELECT throwIf(1)', 395, 500],
    ['SELECT {x:UInt8}', 456, 500],
  ])('%s: code %i, status %i', async (sql, code, status) => {
    const answer = await ask(store, sql)
    expect(answer).toMatchObject({ code, status })
    expect(answer.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: [^]* \\([A-Z_]+\\) \\(version [0-9.]+\\)\\n$`),
    )
  })

  test('an error soon after the first rows comes without them, in every format', async () => {
    for (const format of ['JSONEachRow', 'JSON', 'CSVWithNames', 'Parquet', 'RowBinary']) {
      const sql = `SELECT number, throwIf(number = 1000) FROM numbers(2000) SETTINGS max_block_size = 100 FORMAT ${format}`
      const answer = await ask(store, sql)
      expect(answer).toMatchObject({ code: 395, status: 500 })
      expect(answer.text).toMatch(/^Code: 395\./)
    }
  })

  test('an unknown database, format and setting of the URL', async () => {
    expect(await ask(store, 'SELECT 1', 'database=nowhere')).toMatchObject({
      code: 81,
      status: 404,
    })
    expect(await ask(store, 'SELECT 1 FORMAT JSONNope')).toMatchObject({ code: 73, status: 404 })
    expect(await ask(store, 'SELECT 1', 'max_threads=many')).toMatchObject({ status: 400 })
    // And nothing of it stays behind.
    for (let n = 0; n < 10; n++) expect((await ask(store, 'SELECT 1')).text).toBe('1\n')
  })

  test("ClickHouse's own compression, sessions and roles are refused, not ignored", async () => {
    expect(await ask(store, 'SELECT 1', 'compress=1')).toMatchObject({ code: 48, status: 501 })
    expect(await ask(store, 'SELECT 1', 'decompress=1')).toMatchObject({ code: 48, status: 501 })
    expect(await ask(store, 'SELECT 1', 'session_id=x')).toMatchObject({ code: 36, status: 400 })
    expect(await ask(store, 'SELECT 1', 'role=x')).toMatchObject({ code: 36, status: 400 })
  })

  test('a query that is too long is told so', async () => {
    const sql = `SELECT ${'1,'.repeat(600_000)}1`
    expect(await ask(store, sql)).toMatchObject({ code: 62, status: 400 })
    // The connection is as good as before, though not all of the body was wanted.
    for (let n = 0; n < 5; n++) expect((await ask(store, 'SELECT 1')).text).toBe('1\n')
  })
})

describe('compression', () => {
  const sql = 'SELECT number FROM numbers(100000)'
  const plain = Array.from({ length: 100_000 }, (_, n) => `${n}\n`).join('')

  async function compressed(accept: string, parameters: string): Promise<[string | null, Buffer]> {
    const auth = inUrl()
    const { hostname, port } = new URL(store.url)
    const { request: send } = await import('node:http')
    return new Promise((resolve, reject) => {
      const sent = send(
        {
          hostname,
          port,
          path: `/?${auth}&${parameters}`,
          method: 'POST',
          headers: { 'accept-encoding': accept },
        },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
          response.on('end', () =>
            resolve([response.headers['content-encoding'] ?? null, Buffer.concat(parts)]),
          )
        },
      )
      sent.on('error', reject).end(sql)
    })
  }

  test('of answers, when asked for and allowed', async () => {
    const on = 'enable_http_compression=1'
    const [gzip, gzipped] = await compressed('gzip', on)
    expect([gzip, gunzipSync(gzipped).toString()]).toEqual(['gzip', plain])
    const [br, brotli] = await compressed('br;q=1.0, gzip;q=0.8', on)
    expect([br, brotliDecompressSync(brotli).toString()]).toEqual(['br', plain])
    const [deflate, deflated] = await compressed('deflate', on)
    expect([deflate, inflateSync(deflated).toString()]).toEqual(['deflate', plain])
    for (const [accept, parameters] of [
      ['gzip', ''],
      ['zstd, lz4', on],
      ['', on],
    ] as const) {
      const [encoding, bytes] = await compressed(accept, parameters)
      expect([encoding, bytes.toString()]).toEqual([null, plain])
    }
  })

  test('of requests', async () => {
    const send = (encoding: string, body: Buffer<ArrayBuffer>) =>
      request(`/?${inUrl()}`, {
        method: 'POST',
        body,
        headers: { 'content-encoding': encoding },
      })
    expect(await (await send('gzip', gzipSync('SELECT 1'))).text()).toBe('1\n')
    expect(await (await send('deflate', deflateSync('SELECT 1'))).text()).toBe('1\n')
    const unknown = await send('lz4', Buffer.from('SELECT 1'))
    expect(unknown.headers.get('x-clickhouse-exception-code')).toBe('89')
    const broken = await send('gzip', Buffer.from('SELECT 1'))
    expect(broken.headers.get('x-clickhouse-exception-code')).toBe('271')
    const short = await send('gzip', gzipSync('SELECT 1').subarray(0, -4))
    expect(short.headers.get('x-clickhouse-exception-code')).toBe('271')
  })
})

test('a schema of hundreds of kilobytes fits into the URL', async () => {
  expect(
    (await ask(store, 'SELECT length({x:String})', `param_x=${'x'.repeat(500_000)}`)).text,
  ).toBe('500000\n')
})

test('a request line that is no URL is answered', async () => {
  const text = await raw('GET //[ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1\.1 404 /)
})
