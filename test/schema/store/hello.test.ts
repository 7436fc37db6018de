// The first question of clickhouse-go over HTTP. Expected bytes are written by hand, as ClickHouse's Native of revision 54460 has them.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { helloBlock } from '../../../schema/store/hello.ts'
import { startTestStore, type TestStore } from '../../build/store.ts'

let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.remove())

const hello = 'SELECT displayName(), version(), revision(), timezone()'

async function native(sql: string, revision?: number): Promise<Buffer> {
  const protocol = revision === undefined ? '' : `&client_protocol_version=${revision}`
  const response = await fetch(`${store.url}/?default_format=Native${protocol}`, {
    method: 'POST',
    body: sql,
    headers: { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': store.password },
  })
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

test('is answered with block info, a byte of serialization for each column, and revision 0', () => {
  const bytes = helloBlock({ version: '26.7.1.1', timezone: 'UTC' })
  expect(bytes.toString('latin1')).toBe(
    '\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01' +
      '\x0ddisplayName()\x06String\x00\x06netmon' +
      '\x09version()\x06String\x00\x0826.7.1.1' +
      '\x0arevision()\x06UInt32\x00\x00\x00\x00\x00' +
      '\x0atimezone()\x06String\x00\x03UTC',
  )
})

test('names the version and the time zone of the engine', async () => {
  const answer = await native('SELECT version(), timezone() FORMAT JSONCompactEachRow')
  const [version, timezone] = JSON.parse(answer.toString()) as [string, string]
  expect(await native(hello, 54_460)).toEqual(helloBlock({ version, timezone }))
})

test('is the engine’s to answer in every other form, which it does as of revision 0', async () => {
  const plain = '\x04\x01\x0ddisplayName()\x06String'
  for (const revision of [undefined, 0, 54_453, 54_480]) {
    const answer = (await native(hello, revision)).toString('latin1')
    expect([revision, answer.slice(0, plain.length)]).toEqual([revision, plain])
  }
  expect((await native('SELECT 1', 54_460)).toString('latin1')).toBe('\x01\x01\x011\x05UInt8\x01')
})
