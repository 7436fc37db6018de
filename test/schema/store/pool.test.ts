// Many queries at once: nobody waits for what is none of his, and memory stays bounded.

import { request as send } from 'node:http'
import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, residentMebibytes, startTestStore, type TestStore } from '../../build/store.ts'

let store: TestStore
let client: ClickHouseClient
beforeAll(async () => {
  store = await startTestStore()
  client = store.client({ max_open_connections: 64 })
})
afterAll(() => store.remove())

const one = async () => {
  const result = await client.query({ query: 'SELECT 1 AS one', format: 'JSONEachRow' })
  return result.json()
}

test('while a million rows are inserted, 20 times SELECT 1 at once is answered', async () => {
  await client.command({
    query:
      'CREATE TABLE flows (time UInt32, src String, dst String, bytes UInt64) ENGINE = MergeTree ORDER BY (src, time)',
  })
  const done: string[] = []
  const rows = 1_000_000
  const body = Buffer.alloc(rows * 8)
  for (let n = 0; n < rows; n++) body.writeUInt32LE(n, n * 8)
  const inserted = client
    .exec({
      query: `INSERT INTO flows SELECT n, toString(sipHash64(n)), toString(cityHash64(n)), n
        FROM input('n UInt32, rest UInt32') FORMAT RowBinary`,
      values: Readable.from([body], { objectMode: false }),
    })
    .then(async ({ stream }) => {
      for await (const _ of stream);
      done.push('insert')
    })
  // It has begun: the engine lists it.
  const running = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO flows%'"
  await expect.poll(async () => (await ask(store, running)).text, { interval: 5 }).toBe('1\n')
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      expect(await one()).toEqual([{ one: 1 }])
      done.push('select')
    }),
  )
  await inserted
  expect(done).toEqual([...Array.from({ length: 20 }, () => 'select'), 'insert'])
  expect((await ask(store, 'SELECT count() FROM flows')).text).toBe('1000000\n')
})

test('a SELECT of 500 MB is streamed, within bounded memory', async () => {
  const before = residentMebibytes(store)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentMebibytes(store))
  }, 10)
  const { stream } = await client.exec({
    query: "SELECT number, repeat('x', 100) AS text FROM numbers(4000000) FORMAT JSONEachRow",
  })
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) length += chunk.length
  clearInterval(watch)
  // {"number":,"text":""} and a line break are 22 bytes, the text 100, and the numbers below 4 M have 26,888,890 digits.
  expect(length).toBe(122 * 4_000_000 + 26_888_890)
  expect(most - before).toBeLessThan(300)
})

test('a query that computes long before its first row holds up nobody', async () => {
  const abort = new AbortController()
  const slow = client
    .query({
      query: 'SELECT (SELECT sum(sipHash64(number)) FROM numbers(1000000000000)) AS never',
      abort_signal: abort.signal,
    })
    .catch(() => 'aborted')
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%AS never%' AND NOT is_cancelled AND query NOT LIKE '%processes%'"
  await expect.poll(async () => (await ask(store, running)).text).toBe('1\n')
  for (let n = 0; n < 20; n++) expect(await one()).toEqual([{ one: 1 }])
  abort.abort()
  expect(await slow).toBe('aborted')
  await expect.poll(async () => (await ask(store, running)).text).toBe('0\n')
})

test('nothing of an answer that was left shows up in the next', async () => {
  for (let n = 0; n < 12; n++) {
    const abort = new AbortController()
    const { stream } = await client.exec({
      query: "SELECT number, repeat('x', 100) FROM numbers(100000000) FORMAT CSV",
      abort_signal: abort.signal,
    })
    stream.on('error', () => {})
    await new Promise((resolve) => stream.once('data', resolve))
    stream.destroy()
    const answers = await Promise.all(Array.from({ length: 8 }, one))
    expect(answers).toEqual(Array.from({ length: 8 }, () => [{ one: 1 }]))
  }
})

test('a reader that stops reading stops the query, and is not waited for', async () => {
  const before = residentMebibytes(store)
  const credentials = { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': store.password }
  const stalled = await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        new Promise<{ destroy(): void }>((resolve) => {
          const request = send(`${store.url}/`, { method: 'POST', headers: credentials })
          request.on('response', (response) => {
            response.once('readable', () => resolve(request))
          })
          request.on('error', () => {})
          request.end("SELECT number, repeat('x', 100) AS text FROM numbers(100000000) FORMAT CSV")
        }),
    ),
  )
  for (let n = 0; n < 20; n++) expect(await one()).toEqual([{ one: 1 }])
  expect(residentMebibytes(store) - before).toBeLessThan(300)
  for (const request of stalled) request.destroy()
  const running =
    "SELECT count() FROM system.processes WHERE query LIKE '%100000000%' AND NOT is_cancelled AND query NOT LIKE '%processes%'"
  await expect.poll(async () => (await ask(store, running)).text).toBe('0\n')
})

test('more queries than Sessions wait their turn; more than may wait are told to come again', async () => {
  const slow = 'SELECT sleepEachRow(0.1) FROM numbers(2) SETTINGS max_block_size = 1 FORMAT Null'
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(store, slow)))
  const refused = answers.filter(({ code }) => code === 202)
  const answered = answers.filter(({ status }) => status === 200)
  expect(refused.length).toBeGreaterThan(0)
  expect(answered.length).toBeGreaterThanOrEqual(64)
  expect(refused.length + answered.length).toBe(200)
  for (const { status, text } of refused) {
    expect(status).toBe(503)
    expect(text).toContain('(TOO_MANY_SIMULTANEOUS_QUERIES)')
  }
  expect(await one()).toEqual([{ one: 1 }])
})

test('a query that wants more memory than the store may take fails, and only that', async () => {
  const greedy = await ask(
    store,
    'SELECT length(groupArray(number)) FROM numbers(1000000000)',
    'max_memory_usage=100000000',
  )
  expect(greedy).toMatchObject({ code: 241, status: 500 })
  expect(await one()).toEqual([{ one: 1 }])
})
