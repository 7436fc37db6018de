// Tables that read from Kafka: only from the brokers that the store was started with, since a table that names its own could make it call any host.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startTestStore, type TestStore } from '../../build/store.ts'

/** Nobody listens there. */
const brokers = '127.0.0.1:1,127.0.0.1:2'
const denied = 497

const table = (settings: Record<string, string>, engine = 'ENGINE = Kafka') => {
  const all = {
    kafka_broker_list: brokers,
    kafka_topic_list: 't',
    kafka_group_name: 'g',
    kafka_format: 'JSONEachRow',
    ...settings,
  }
  const list = Object.entries(all).map(([name, value]) => `${name} = '${value}'`)
  return `CREATE TABLE t (a UInt8) ${engine} SETTINGS ${list.join(', ')}`
}

describe('a store that was started with brokers', () => {
  let store: TestStore
  beforeAll(async () => {
    store = await startTestStore({ kafkaBrokers: brokers })
  })
  afterAll(() => store?.remove())

  test('has tables that read from them', async () => {
    const answer = await ask(store, table({}))
    expect(answer.text).toBe('')
    expect((await ask(store, 'DROP TABLE t SYNC')).status).toBe(200)
  })

  test.each([
    ['other brokers', table({ kafka_broker_list: '127.0.0.1:3' })],
    ['one of them and another', table({ kafka_broker_list: '127.0.0.1:1,127.0.0.1:3' })],
    ['brokers as arguments', `CREATE TABLE t (a UInt8) ENGINE = Kafka('h:1', 't', 'g', 'CSV')`],
    [
      'brokers as arguments, without =',
      `CREATE TABLE t (a UInt8) ENGINE Kafka('h:1','t','g','CSV')`,
    ],
    ['a schema in a file', table({ kafka_schema: '/etc/passwd:Message' })],
    ['a schema in a file, the other way', table({ format_schema_source: 'file' })],
    ['a format that reads files', table({ kafka_format: 'CapnProto' })],
    ['offsets in a Keeper somewhere', table({ kafka_keeper_path: '/k' })],
    [
      'a setting that is not known to be harmless',
      table({ kafka_schema_registry_skip_bytes: '5' }),
    ],
    [
      'a table like another with other brokers',
      `CREATE TABLE u AS t SETTINGS kafka_broker_list = 'h:1'`,
    ],
    ['brokers changed afterwards', `ALTER TABLE t MODIFY SETTING kafka_broker_list = 'h:1'`],
  ])('has none with %s', async (_, sql) => {
    const { code, text } = await ask(store, sql)
    expect([code, text]).toEqual([denied, expect.stringContaining('does not allow')])
  })
})

describe('a store that was started without brokers', () => {
  let store: TestStore
  beforeAll(async () => {
    store = await startTestStore()
  })
  afterAll(() => store?.remove())

  test('has no tables that read from Kafka', async () => {
    const { code, text } = await ask(store, table({}))
    expect(code).toBe(denied)
    expect(text).toContain('does not allow')
  })
})
