import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../runtime/package-root.ts'
import { createStoreClient, type StoreAddress } from '../../schema/client.ts'
import { migrate, readMigrations } from '../../schema/migrate.ts'
import { startTestStore, type TestStore } from '../build/store.ts'

let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store?.remove())

const addressOf = (database: string): StoreAddress => {
  const { url, user, password } = store
  return { url, user, password, database }
}

async function rowsOf<T>(database: string, query: string): Promise<T[]> {
  const client = createStoreClient(addressOf(database))
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<T>()
  } finally {
    await client.close()
  }
}

const columnsOf = async (database: string, table: string) => {
  const rows = await rowsOf<{ name: string }>(
    database,
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${table}' ORDER BY position`,
  )
  return rows.map(({ name }) => name)
}

test('all migrations apply once, and a second run finds nothing to do', async () => {
  const migrations = await readMigrations()
  expect(await migrate(addressOf('once'), migrations)).toEqual(migrations.map(({ name }) => name))
  expect(await migrate(addressOf('once'), migrations)).toEqual([])
})

test('a run that was cut off in the middle of a file is finished by the next', async () => {
  const [first, ...rest] = await readMigrations()
  const broken = { ...first!, text: `${first!.text}\nSELECT throwIf(1, 'cut off');` }
  await expect(migrate(addressOf('cut'), [broken, ...rest])).rejects.toThrow(/cut off/)
  expect(await migrate(addressOf('cut'), [first!, ...rest])).toHaveLength(1 + rest.length)
})

test('a database that is newer, or of another edition, is refused with what to do', async () => {
  const migrations = await readMigrations()
  await migrate(addressOf('newer'), migrations)
  const older = migrations.slice(0, -1)
  await expect(migrate(addressOf('newer'), older)).rejects.toThrow(
    `database newer has migration ${migrations.length} (${migrations.at(-1)!.name}), this netmon knows ${older.length}: run the newer netmon`,
  )
  const edited = migrations.map((migration, index) =>
    index === 1 ? { ...migration, checksum: '0' } : migration,
  )
  await expect(migrate(addressOf('newer'), edited)).rejects.toThrow(
    /another edition of migration 2 \(002_configuration\)/,
  )
})

test('ingest has exactly FlowMessage’s fields and the segment; raw has the same, with times in seconds and milliseconds', async () => {
  await migrate(addressOf('columns'), await readMigrations())
  const proto = protobuf.parse(
    readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8'),
    { keepCase: true },
  )
  const fields = Object.keys(proto.root.lookupType('flowpb.FlowMessage').fields)
  expect(await columnsOf('columns', 'ingest')).toEqual([...fields, 'segment'])
  const withoutUnits = fields.map((name) => name.replace(/_ns$/, ''))
  // Start and end are kept as distances from the time of reception; the vector is worked out.
  const own = ['flow_end_age_ms', 'flow_duration_ms', 'vector']
  expect((await columnsOf('columns', 'raw')).sort()).toEqual([...withoutUnits, ...own].sort())
})
