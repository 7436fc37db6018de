import { afterAll, beforeAll, expect, test } from 'vitest'
import { dayQueries } from '../../bench/schema-day-queries.ts'
import { createStoreClient, type StoreClient } from '../../schema/client.ts'
import { migrate, readMigrations } from '../../schema/migrate.ts'
import { startTestStore, type TestStore } from '../build/store.ts'

let store: TestStore
let client: StoreClient
beforeAll(async () => {
  store = await startTestStore()
  const { url, user, password } = store
  const address = { url, user, password, database: 'ours' }
  await migrate(address, await readMigrations())
  client = createStoreClient(address)
  // Without rows the plan would read nothing.
  for (const table of ['protocol', 'source_as', 'port', 'interface', 'host']) {
    for (const name of [`${table}_5m`, `${table}_1h`]) {
      await client.command({ query: `INSERT INTO ${name} (time, flows) VALUES (now(), 1)` })
    }
  }
})
afterAll(async () => {
  await client.close()
  await store.remove()
})

test.each(dayQueries)(
  '24 hours by $by are read from a rollup, and from nothing else',
  async ({ ours }) => {
    const to = Math.floor(Date.now() / 1000) + 60
    const result = await client.query({
      query: `EXPLAIN ${ours}`,
      query_params: { from: to - 86_400, to },
      format: 'TabSeparated',
    })
    const plan = await result.text()
    const read = [...plan.matchAll(/ReadFrom\w+ \(([^)]*)\)/g)].map(([, table]) => table)
    expect(read.length).toBeGreaterThan(0)
    for (const table of read) expect(table).toMatch(/^ours\.\w+_(5m|1h)$/)
  },
)
