// A store with the tables of this version in it, for tests.

import { createStoreClient, type StoreAddress, type StoreClient } from '../../schema/client.ts'
import { migrate, readMigrations } from '../../schema/migrate.ts'
import { startTestStore, type TestStore } from './store.ts'
import { copyOfTables } from './template.ts'

/** Yesterday, as 2026-11-22: a day that is over and that no table's TTL has reached, since what is older would not be kept. */
export const recentDay = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)

export interface TestDatabase {
  readonly store: TestStore
  readonly address: StoreAddress
  readonly client: StoreClient
  /** How many migrations it had. */
  readonly migrations: number
  empty(...tables: string[]): Promise<void>
  remove(): Promise<void>
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const migrations = await readMigrations()
  const directory = await copyOfTables(migrations)
  const store = await startTestStore(directory === undefined ? {} : { directory })
  const { url, user, password } = store
  const address = { url, user, password, database: 'flows' }
  await migrate(address, migrations)
  const client = createStoreClient(address)
  return {
    store,
    address,
    client,
    migrations: migrations.length,
    async empty(...tables) {
      // Most are empty, and to look is quicker than to truncate.
      const filled = await client.query({
        query: `SELECT name FROM system.tables
          WHERE database = currentDatabase() AND has({tables:Array(String)}, name) AND ifNull(total_rows, 1) > 0`,
        query_params: { tables },
        format: 'JSONEachRow',
      })
      const truncate = ({ name: table }: { name: string }) =>
        client.command({ query: 'TRUNCATE TABLE {table:Identifier}', query_params: { table } })
      await Promise.all((await filled.json<{ name: string }>()).map(truncate))
    },
    async remove() {
      await client.close()
      await store.remove()
    },
  }
}

/** Rows of a query that the test wrote. */
export async function rowsOf<Row>(client: StoreClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  return result.json<Row>()
}
