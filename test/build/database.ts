// A store with the tables of this version in it, for tests.

import { createStoreClient, type StoreAddress, type StoreClient } from '../../schema/client.ts'
import { migrate, readMigrations } from '../../schema/migrate.ts'
import { startTestStore, type TestStore } from './store.ts'

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
  const store = await startTestStore()
  const { url, user, password } = store
  const address = { url, user, password, database: 'flows' }
  const migrations = await migrate(address, await readMigrations())
  const client = createStoreClient(address)
  return {
    store,
    address,
    client,
    migrations: migrations.length,
    async empty(...tables) {
      for (const table of tables) {
        await client.command({
          query: 'TRUNCATE TABLE {table:Identifier}',
          query_params: { table },
        })
      }
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
