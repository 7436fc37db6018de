// Starts and ends of the store: clean, sudden, and impossible.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { ask, startTestStore, type TestStore, type TestStoreOptions } from '../../build/store.ts'

const started: TestStore[] = []
async function start(options?: TestStoreOptions): Promise<TestStore> {
  const store = await startTestStore(options)
  started.push(store)
  return store
}
afterEach(async () => {
  for (const store of started.splice(0)) await store.remove()
})

test('what was written is there after a restart, in `default` too, and files are no tables again', async () => {
  const first = await start()
  await ask(first, 'CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a')
  await ask(first, 'CREATE DATABASE more')
  await ask(first, 'CREATE TABLE more.kept (a UInt8) ENGINE = MergeTree ORDER BY a')
  await ask(
    first,
    "CREATE DICTIONARY more.d (a UInt64, b UInt8) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT toUInt64(1) AS a, 2 AS b')) LAYOUT(FLAT()) LIFETIME(0)",
  )
  await ask(first, 'INSERT INTO kept VALUES (1), (2)')
  await ask(first, 'INSERT INTO more.kept SELECT a + 1 FROM kept')
  await first.stop()
  for (let again = 0; again < 2; again++) {
    const store = await start({ directory: first.directory })
    expect((await ask(store, 'SELECT sum(a) FROM kept')).text).toBe('3\n')
    expect((await ask(store, 'SELECT sum(a) FROM more.kept')).text).toBe('5\n')
    expect((await ask(store, "SELECT dictGet('more.d', 'b', 1)")).text).toBe('2\n')
    expect(await ask(store, "SELECT * FROM '/etc/passwd'")).toMatchObject({ code: 60 })
    await store.stop()
  }
})

test('an empty `default` is found again, also after a sudden end', async () => {
  const first = await start()
  await first.kill()
  const second = await start({ directory: first.directory })
  await ask(second, 'CREATE TABLE late (a UInt8) ENGINE = MergeTree ORDER BY a')
  await ask(second, 'INSERT INTO late VALUES (7)')
  await second.kill()
  // As it is when the data were copied without links.
  rmSync(path.join(first.directory, 'metadata', 'default'))
  const third = await start({ directory: first.directory })
  expect((await ask(third, 'SELECT a FROM late')).text).toBe('7\n')
})

test('killed in the middle of inserts, it opens again, and sending again under the tokens gives exact counts', async () => {
  const rowsPerInsert = 200_000
  const inserts = 6
  const body = (n: number) => {
    const bytes = Buffer.alloc(rowsPerInsert * 8)
    for (let row = 0; row < rowsPerInsert; row++) {
      bytes.writeUInt32LE(n * rowsPerInsert + row, row * 8)
      bytes.writeUInt32LE(row % 50, row * 8 + 4)
    }
    return bytes
  }
  const insert = async (store: TestStore, n: number) => {
    const { stream } = await store.client().exec({
      query:
        "INSERT INTO entry SELECT id, host FROM input('id UInt32, host UInt32') FORMAT RowBinary",
      values: Readable.from([body(n)], { objectMode: false }),
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: `segment ${n}`,
        deduplicate_blocks_in_dependent_materialized_views: 1,
      },
    })
    for await (const _ of stream);
  }
  let store = await start()
  const window = 'SETTINGS non_replicated_deduplication_window = 10000'
  await ask(store, 'CREATE TABLE entry (id UInt32, host UInt32) ENGINE = Null')
  await ask(
    store,
    `CREATE TABLE raw (id UInt32, host UInt32) ENGINE = MergeTree ORDER BY id ${window}`,
  )
  await ask(
    store,
    `CREATE TABLE rollup (host UInt32, flows UInt64) ENGINE = SummingMergeTree ORDER BY host ${window}`,
  )
  await ask(store, 'CREATE MATERIALIZED VIEW entry_to_raw TO raw AS SELECT * FROM entry')
  await ask(
    store,
    'CREATE MATERIALIZED VIEW entry_to_rollup TO rollup AS SELECT host, count() AS flows FROM entry GROUP BY host',
  )
  for (let n = 0; n < inserts; n++) {
    // From before the insert is known to after it is done.
    const sending = insert(store, n)
    sending.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, n * 25))
    await store.kill()
    await sending.catch(() => {})
    store = await start({ directory: store.directory })
    await insert(store, n)
    const total = (n + 1) * rowsPerInsert
    expect(
      (await ask(store, 'SELECT count(), uniqExact(id), (SELECT sum(flows) FROM rollup) FROM raw'))
        .text,
    ).toBe(`${total}\t${total}\t${total}\n`)
  }
})

test('what a sudden end left of requests is gone after the next start', async () => {
  const first = await start()
  await first.kill()
  writeFileSync(path.join(first.directory, 'requests', 'left over'), 'x')
  const second = await start({ directory: first.directory })
  expect(readdirSync(path.join(second.directory, 'requests'))).toEqual([])
})

test('a stop lets the queries that run come to their end, and refuses new ones', async () => {
  const store = await start()
  await ask(store, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a')
  const slow = ask(
    store,
    'INSERT INTO t SELECT number + sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1',
  )
  const running = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t %'"
  await expect.poll(async () => (await ask(store, running)).text).toBe('1\n')
  await Promise.all([store.stop(), expect(slow).resolves.toMatchObject({ status: 200 })])
  const again = await start({ directory: store.directory })
  expect((await ask(again, 'SELECT count() FROM t')).text).toBe('10\n')
})

test('a second process on the same directory is told in one line', async () => {
  const store = await start()
  const second = start({ directory: store.directory })
  await expect(second).rejects.toThrow(/is in use by process \d+: [^\n]*$/)
  expect((await ask(store, 'SELECT 1')).text).toBe('1\n')
})

test('a port in use is told in one line, and the directory is free again', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const directory = mkdtempSync(path.join(tmpdir(), 'netmon-store-'))
  await expect(start({ directory, port })).rejects.toThrow(
    new RegExp(`^the store's port ${port} on 127.0.0.1 is in use: [^\\n]*$`),
  )
  other.close()
  const store = await start({ directory, port })
  expect(store.url).toBe(`http://127.0.0.1:${port}`)
})

test('a directory that cannot be made, or would be read as a pattern, is told in one line', async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'netmon-store-'))
  const file = path.join(parent, 'file')
  writeFileSync(file, '')
  await expect(startTestStore({ directory: path.join(file, 'store') })).rejects.toThrow(
    /^cannot write to .*ENOTDIR[^\n]*$/,
  )
  const pattern = path.join(parent, 'a{b}')
  mkdirSync(pattern)
  await expect(startTestStore({ directory: pattern })).rejects.toThrow(/may not have any of/)
  rmSync(parent, { recursive: true })
})

test('a directory with a quote and a space in its name is as good as any other', async () => {
  const directory = path.join(mkdtempSync(path.join(tmpdir(), 'netmon-store-')), "it's a store é")
  const store = await start({ directory })
  await ask(store, 'CREATE TABLE t (a UInt8) ENGINE = Memory')
  expect(await ask(store, 'INSERT INTO t FORMAT CSV 1\n')).toMatchObject({ status: 200, text: '' })
  expect(JSON.parse((await ask(store, 'SELECT a FROM t FORMAT JSONCompact')).text).data).toEqual([
    [1],
  ])
})
