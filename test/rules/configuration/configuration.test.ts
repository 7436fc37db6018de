import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { writeDocument } from '../../../rules/configuration/documents.ts'
import { type RuleInput, ruleInputSchema } from '../../../rules/configuration/rule.ts'
import { StoreError } from '../../../rules/store-error.ts'
import { createStoreClient, type StoreClient } from '../../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
let store: StoreClient
beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty('routers', 'rules', 'prefixes', 'prefix_minutes')
})

const NOW = Date.parse(`${recentDay}T12:00:30Z`)
let now = NOW
const configuration = () => createConfiguration(store, () => now)

function ruleOf(name: string, ...prefixes: string[]): RuleInput {
  return ruleInputSchema.parse({ name, prefixes, type: 'threshold', bandwidth_threshold: 1000 })
}

async function rows<T>(query: string): Promise<T[]> {
  return (await store.query({ query, format: 'JSONEachRow' })).json<T>()
}

/** Prefix to chain, of what is counted now. */
async function counted(): Promise<Record<string, string[]>> {
  const table = await rows<{ prefix: string; chain: string[] }>(
    'SELECT prefix, chain FROM prefixes FINAL WHERE NOT deleted ORDER BY prefix',
  )
  return Object.fromEntries(table.map(({ prefix, chain }) => [prefix, chain]))
}

async function countedFrom(prefix: string): Promise<string | undefined> {
  const table = await rows<{ prefix: string; active_from: string }>(
    'SELECT prefix, toString(active_from) AS active_from FROM prefixes FINAL WHERE NOT deleted',
  )
  return table.find((row) => row.prefix === prefix)?.active_from
}

test('routers and rules are there for whoever comes next', async () => {
  const router = { name: 'edge', router_ip: '2001:db8::1', default_sampling: 4294967295 }
  const createdRouter = await configuration().routers.create(router)
  const createdRule = await configuration().rules.create({
    ...ruleOf('Ünïcode "quoted" \\ \'single\' 名前', '10.0.0.0/8'),
    bandwidth_threshold: Number.MAX_SAFE_INTEGER,
  })

  const client = createStoreClient(database.address)
  const next = createConfiguration(client, () => now)
  expect(await next.routers.list()).toEqual([createdRouter])
  expect(await next.rules.get(createdRule.id)).toEqual(createdRule)
  await next.rules.replace(createdRule.id, ruleOf('second', '10.0.0.0/8'))
  await next.rules.replace(createdRule.id, ruleOf('third', '10.0.0.0/8'))
  expect((await configuration().rules.list()).map(({ name }) => name)).toEqual(['third'])
  await configuration().rules.remove(createdRule.id)
  expect(await next.rules.list()).toEqual([])
  await client.close()
})

test('the newest version is what is read, merged or not', async () => {
  const { id } = await configuration().rules.create(ruleOf('a', '10.0.0.0/8'))
  await configuration().rules.replace(id, ruleOf('b', '10.0.0.0/8'))
  await store.command({ query: 'OPTIMIZE TABLE rules FINAL' })
  expect((await configuration().rules.get(id)).name).toBe('b')
  await configuration().rules.remove(id)
  await store.command({ query: 'OPTIMIZE TABLE rules FINAL' })
  await expect(configuration().rules.get(id)).rejects.toThrow('there is no rule with this id')
})

describe('the prefixes that are counted', () => {
  test('are those of all rules, each with what encloses it', async () => {
    await configuration().rules.create(ruleOf('wide', '10.0.0.0/8', '2001:db8::/32'))
    await configuration().rules.create(ruleOf('narrow', '10.1.0.0/16', '10.1.2.0/24', '::/0'))
    await configuration().rules.create(ruleOf('all', '0.0.0.0/0'))
    expect(await counted()).toEqual({
      '0.0.0.0/0': ['0.0.0.0/0'],
      '10.0.0.0/8': ['10.0.0.0/8', '0.0.0.0/0'],
      // 10.1.2.0/24 lies in 10.1.0.0/16 of the same rule, and no other rule asks for it.
      '10.1.0.0/16': ['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'],
      '2001:db8::/32': ['2001:db8::/32', '::/0'],
      '::/0': ['::/0'],
    })
  })

  test('follow a rule that is changed or deleted, as long as no other rule asks for them', async () => {
    const { rules } = configuration()
    const first = await rules.create(ruleOf('first', '10.0.0.0/8', '192.0.2.0/24'))
    await rules.create(ruleOf('second', '10.0.0.0/8'))
    await rules.replace(first.id, ruleOf('first', '10.1.0.0/16'))
    expect(Object.keys(await counted())).toEqual(['10.0.0.0/8', '10.1.0.0/16'])
    await rules.remove(first.id)
    expect(Object.keys(await counted())).toEqual(['10.0.0.0/8'])
  })

  test('count from the first whole minute after the store has taken them up', async () => {
    const { rules } = configuration()
    await rules.create(ruleOf('a', '10.0.0.0/8'))
    expect(await countedFrom('10.0.0.0/8')).toBe(`${recentDay} 12:01:00`)
    // Five seconds before the minute are enough, less is not.
    now = NOW + 25_000
    await rules.create(ruleOf('b', '10.1.0.0/16'))
    expect(await countedFrom('10.1.0.0/16')).toBe(`${recentDay} 12:01:00`)
    now = NOW + 25_001
    await rules.create(ruleOf('c', '10.2.0.0/16'))
    expect(await countedFrom('10.2.0.0/16')).toBe(`${recentDay} 12:02:00`)

    // A prefix that goes on being counted keeps its time, also when others begin or cease to enclose it; one that comes again does not.
    now = NOW + 600_000
    const wide = await rules.create(ruleOf('wide', '0.0.0.0/0'))
    await rules.remove(wide.id)
    expect(await countedFrom('10.0.0.0/8')).toBe(`${recentDay} 12:01:00`)
    await rules.create(ruleOf('wide again', '0.0.0.0/0'))
    expect(await countedFrom('0.0.0.0/0')).toBe(`${recentDay} 12:11:00`)
    now = NOW
  })

  test('are put right after a change that was cut off', async () => {
    await configuration().rules.create(ruleOf('a', '10.0.0.0/8'))
    await store.insert({
      table: 'prefixes',
      columns: ['prefix', 'family', 'chain', 'active_from', 'version', 'deleted'],
      values: [
        {
          prefix: '192.0.2.0/24',
          family: 4,
          chain: ['192.0.2.0/24'],
          active_from: 0,
          version: 7,
          deleted: 0,
        },
        { prefix: '10.0.0.0/8', family: 4, chain: [], active_from: 0, version: 7, deleted: 1 },
      ],
      format: 'JSONEachRow',
    })
    await configuration().reconcile()
    expect(await counted()).toEqual({ '10.0.0.0/8': ['10.0.0.0/8'] })
  })
})

test('a writer that did not know of a newer version is told', async () => {
  const { id } = await configuration().rules.create(ruleOf('a', '10.0.0.0/8'))
  await writeDocument(store, 'rules', { id, version: 5, doc: { id } })
  await expect(
    writeDocument(store, 'rules', { id, version: 5, doc: { other: id } }),
  ).rejects.toThrow(StoreError)
  await expect(writeDocument(store, 'rules', { id, version: 2, doc: undefined })).rejects.toThrow(
    `rules ${id} was changed by another writer: only one API may write`,
  )
})

/** A flow of `ingest`, as a text INSERT gives it: addresses as hexadecimal bytes. */
function flow(
  destination: string,
  { bytes = 1000, samplingRate = 1, seconds = 60, source = '00000001' } = {},
) {
  const received = BigInt(NOW) * 1_000_000n + BigInt(seconds) * 1_000_000_000n
  return `(${samplingRate}, unhex('${source}'), unhex('${destination}'), ${bytes}, 1, ${received})`
}

async function ingest(...flows: string[]): Promise<void> {
  const columns = 'sampling_rate, src_addr, dst_addr, bytes, packets, time_received_ns'
  await store.command({ query: `INSERT INTO ingest (${columns}) VALUES ${flows.join(', ')}` })
}

describe('what the store counts for them', () => {
  test('is each flow in every prefix that encloses its destination, and of its family', async () => {
    await configuration().rules.create(ruleOf('a', '10.0.0.0/8', '::/0', '192.0.2.1'))
    await configuration().rules.create(ruleOf('b', '10.1.0.0/16', '0.0.0.0/0', '2001:db8::/32'))
    await configuration().rules.create(ruleOf('c', '10.1.0.0/16'))
    await vi.waitFor(async () => {
      const lookUp = `SELECT dictGet('flows.prefixes4', 'chain', tuple(toIPv4('10.1.2.3'))) AS v4,
        dictGet('flows.prefixes6', 'chain', tuple(toIPv6('2001:db8::1'))) AS v6`
      expect(await rows(lookUp)).toEqual([
        { v4: ['10.1.0.0/16', '10.0.0.0/8', '0.0.0.0/0'], v6: ['2001:db8::/32', '::/0'] },
      ])
    }, 20_000)
    await ingest(
      flow('0a010203', { bytes: 100 }),
      flow('0a020304', { bytes: 10, samplingRate: 100 }),
      flow('c0000201', { bytes: 7, seconds: 120 }),
      // Of a minute before the prefixes were counted: that is filled in from raw.
      flow('0a010203', { bytes: 11, seconds: 0 }),
      flow('20010db8000000000000000000000001', { bytes: 50 }),
      flow('20020000000000000000000000000000', { bytes: 5 }),
      // An IPv6 address whose last 96 bits are zero is no IPv4 address.
      flow('0a010203000000000000000000000000', { bytes: 3 }),
    )
    expect(
      await rows(`SELECT toString(minute) AS minute, prefix, toUInt32(sum(bytes)) AS bytes, toUInt32(sum(flows)) AS flows
        FROM prefix_minutes WHERE direction = 'in' GROUP BY minute, prefix ORDER BY minute, prefix`),
    ).toEqual([
      { minute: `${recentDay} 12:01:00`, prefix: '0.0.0.0/0', bytes: 1100, flows: 2 },
      { minute: `${recentDay} 12:01:00`, prefix: '10.0.0.0/8', bytes: 1100, flows: 2 },
      { minute: `${recentDay} 12:01:00`, prefix: '10.1.0.0/16', bytes: 100, flows: 1 },
      { minute: `${recentDay} 12:01:00`, prefix: '2001:db8::/32', bytes: 50, flows: 1 },
      { minute: `${recentDay} 12:01:00`, prefix: '::/0', bytes: 58, flows: 3 },
      { minute: `${recentDay} 12:02:00`, prefix: '0.0.0.0/0', bytes: 7, flows: 1 },
      { minute: `${recentDay} 12:02:00`, prefix: '192.0.2.1/32', bytes: 7, flows: 1 },
    ])
  })
})
