// Brings a database to this version's tables: the numbered files of schema/clickhouse/, each once, in order.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { UserError } from '../runtime/errors.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { createStoreClient, type StoreAddress, type StoreClient } from './client.ts'
import { onCluster } from './cluster.ts'
import { dictionaryLogin, dictionaryStatement, type Login } from './dictionary-login.ts'
import { splitStatements } from './statements.ts'

export interface Migration {
  number: number
  name: string
  /** As in the file, with {{database}} where a statement must name its own database. */
  text: string
  checksum: string
}

export async function readMigrations(): Promise<Migration[]> {
  const directory = path.join(packageRoot, 'schema', 'clickhouse')
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file, index) => {
      const number = Number.parseInt(file, 10)
      if (number !== index + 1) throw new Error(`migration ${file} is not number ${index + 1}`)
      const text = await readFile(path.join(directory, file), 'utf8')
      const checksum = createHash('sha256').update(text).digest('hex')
      return { number, name: path.basename(file, '.sql'), text, checksum }
    }),
  )
}

/**
 * Applies what is missing; does nothing the second time. Every statement can be repeated, so that a run that was cut off is finished by the next.
 * Returns the names of the migrations it applied. `onProgress` is told before each how many there are by then.
 * @throws UserError when the database is newer than this program, or was made by another edition of the same migration.
 */
export async function migrate(
  address: StoreAddress,
  migrations: readonly Migration[],
  onProgress: (done: number) => void = () => {},
): Promise<string[]> {
  // The database may not exist yet, and a request that names it would fail.
  const server = createStoreClient({ ...address, database: 'default' })
  try {
    const onIt = address.cluster === undefined ? '' : `ON CLUSTER '${address.cluster}'`
    await server.command({
      query: `CREATE DATABASE IF NOT EXISTS {database:Identifier} ${onIt}`,
      query_params: { database: address.database },
    })
  } finally {
    await server.close()
  }
  const client = createStoreClient(address)
  try {
    const login = await dictionaryLogin(client, address)
    const count = await countApplied(client, address, migrations)
    const missing = migrations.slice(count)
    for (const [done, migration] of missing.entries()) {
      onProgress(count + done)
      await apply(client, address, migration, login)
    }
    if (login !== undefined) {
      await renewDictionaries(client, address, migrations.slice(0, count), login)
    }
    return missing.map((migration) => migration.name)
  } finally {
    await client.close()
  }
}

async function countApplied(
  client: StoreClient,
  address: StoreAddress,
  migrations: readonly Migration[],
): Promise<number> {
  const { database } = address
  await run(
    client,
    address,
    `CREATE TABLE IF NOT EXISTS migrations
      (number UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = MergeTree ORDER BY number`,
  )
  const rows = await client.query({
    query: 'SELECT number, name, checksum FROM migrations ORDER BY number',
    format: 'JSONEachRow',
  })
  const applied = await rows.json<{ number: number; name: string; checksum: string }>()
  for (const { number, name, checksum } of applied) {
    const ours = migrations[number - 1]
    if (ours === undefined) {
      throw new UserError(
        `database ${database} has migration ${number} (${name}), this netmon knows ${migrations.length}: run the newer netmon that made it`,
      )
    }
    if (ours.checksum !== checksum) {
      throw new UserError(
        `database ${database} was made by another edition of migration ${number} (${name}), which happens before version 1.0: use another database or data directory`,
      )
    }
  }
  return applied.length
}

async function apply(
  client: StoreClient,
  address: StoreAddress,
  migration: Migration,
  login: Login | undefined,
): Promise<void> {
  for (const statement of statementsOf(migration, address)) {
    await run(client, address, statement, login)
  }
  const { number, name, checksum } = migration
  await client.insert({
    table: 'migrations',
    columns: ['number', 'name', 'checksum'],
    values: [{ number, name, checksum }],
    format: 'JSONEachRow',
  })
}

function statementsOf({ text }: Migration, { database }: StoreAddress): string[] {
  return splitStatements(text.replaceAll('{{database}}', database))
}

/** The password that they were made with may have changed since. */
async function renewDictionaries(
  client: StoreClient,
  address: StoreAddress,
  applied: readonly Migration[],
  login: Login,
): Promise<void> {
  for (const statement of applied.flatMap((migration) => statementsOf(migration, address))) {
    if (dictionaryStatement(statement, login) !== undefined) {
      await run(client, address, statement, login)
    }
  }
}

async function run(
  client: StoreClient,
  { database, cluster }: StoreAddress,
  statement: string,
  login?: Login,
): Promise<void> {
  const statements = cluster === undefined ? [statement] : onCluster(statement, database, cluster)
  for (const sql of statements) {
    const query = login === undefined ? sql : (dictionaryStatement(sql, login) ?? sql)
    await client.command({ query })
  }
}
