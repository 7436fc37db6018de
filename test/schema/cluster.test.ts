import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../runtime/package-root.ts'
import { onCluster } from '../../schema/cluster.ts'
import { dictionaryLogin, dictionaryStatement } from '../../schema/dictionary-login.ts'
import { readMigrations } from '../../schema/migrate.ts'
import { splitStatements } from '../../schema/statements.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

async function produced(): Promise<string[]> {
  const statements = (await readMigrations()).flatMap(({ text }) =>
    splitStatements(text.replaceAll('{{database}}', 'flows')),
  )
  return statements.flatMap((statement) => onCluster(statement, 'flows', 'all'))
}

const withoutComments = (sql: string) => sql.replaceAll(/^\s*--.*\n/gm, '').trim()

test('every statement of the migrations has its form for a cluster, which the engine can parse', async () => {
  for (const sql of await produced()) {
    const result = await database.client.query({
      query: 'SELECT formatQuery({sql:String}) AS sql',
      query_params: { sql },
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ sql: string }>()
    expect(row?.sql).toMatch(
      /^CREATE (TABLE|MATERIALIZED VIEW|DICTIONARY) IF NOT EXISTS \w+ ON CLUSTER .?all/,
    )
  }
})

test('tables are replicated in their shard, and Distributed under their own name', async () => {
  const all = (await produced()).map(withoutComments)
  const tables = all.filter((sql) => sql.startsWith('CREATE TABLE'))
  const nameOf = (sql: string) => /EXISTS (\w+)/.exec(sql)![1]!
  const distributed = tables.filter((sql) => sql.includes('ENGINE = Distributed'))
  const local = tables.filter((sql) => !sql.includes('ENGINE = Distributed'))
  for (const sql of local) {
    const everywhere = [
      'routers',
      'rules',
      'prefixes',
      'prefix_fills',
      'alert_evaluations',
      'alert_events',
      'alerts',
      'alert_evidence',
      'channels',
      'channel_progress',
      'notifications',
      'silences',
      'tokens',
      'audit',
      'account',
    ].includes(nameOf(sql))
    if (nameOf(sql) === 'ingest_local') {
      expect(sql).toContain('ENGINE = Null')
    } else if (everywhere) {
      expect(sql).toContain(
        "MergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'",
      )
    } else {
      expect(nameOf(sql)).toMatch(/_local$/)
      expect(sql).toMatch(
        /ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}'/,
      )
    }
    expect(sql).not.toContain('non_replicated_deduplication_window')
  }
  const sharded = local.map(nameOf).filter((name) => name.endsWith('_local'))
  expect(distributed.map(nameOf).sort()).toEqual(
    sharded.map((name) => name.replace(/_local$/, '')).sort(),
  )
  expect(distributed.find((sql) => nameOf(sql) === 'ingest')).toBe(
    "CREATE TABLE IF NOT EXISTS ingest ON CLUSTER 'all' AS ingest_local ENGINE = Distributed('all', 'flows', 'ingest_local', sipHash64(segment))",
  )
  // A version stays the version.
  expect(local.find((sql) => nameOf(sql) === 'port_1h_local')).toContain(
    "AS port_5m_local\nENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)",
  )
})

test('views stay in their shard: from ingest_local into local tables', async () => {
  const views = (await produced())
    .map(withoutComments)
    .filter((sql) => sql.startsWith('CREATE MATERIALIZED VIEW'))
  expect(views.length).toBeGreaterThan(9)
  for (const sql of views) {
    expect(sql).toMatch(
      /^CREATE MATERIALIZED VIEW IF NOT EXISTS \w+ ON CLUSTER 'all' TO \w+_local AS/,
    )
    expect(sql).toMatch(/FROM ingest_local/)
    expect(sql).not.toMatch(/FROM ingest\b/)
  }
})

test('an insert that is sent again is told from the first for as long as on one server', async () => {
  const windows = (await produced()).filter((sql) =>
    sql.includes('replicated_deduplication_window'),
  )
  expect(windows.length).toBeGreaterThan(10)
  for (const sql of windows) expect(sql).toContain('replicated_deduplication_window = 10000,')
})

test('what is not known how to spread is refused', () => {
  expect(() => onCluster('DROP TABLE raw', 'flows', 'all')).toThrow('no rule for a cluster')
  const table = 'CREATE TABLE IF NOT EXISTS news (a Int8) ENGINE = MergeTree ORDER BY a'
  expect(() => onCluster(table, 'flows', 'all')).toThrow('where are the rows of news on a cluster?')
})

// What else only a server has: logins of dictionaries, and users.

const login = { user: 'migrate', password: "it's a \\ password" }

async function statements(): Promise<string[]> {
  const migrations = await readMigrations()
  return migrations.flatMap(({ text }) => splitStatements(text.replaceAll('{{database}}', 'flows')))
}

/** As the engine writes it. @throws what is wrong with it. */
async function formatted(sql: string): Promise<string> {
  const result = await database.client.query({
    query: 'SELECT formatQuerySingleLine({sql:String}) AS sql',
    query_params: { sql },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ sql: string }>()
  return row?.sql ?? ''
}

test('the embedded engine, whose user is not the one that its front door asks for, needs no login', async () => {
  expect(await dictionaryLogin(database.client, database.address)).toBeUndefined()
})

test('a server, where one is the user that one has logged in as, needs that user and its password', async () => {
  const { address, client } = database
  const known = { ...address, user: 'default', password: 'of the server' }
  expect(await dictionaryLogin(client, known)).toEqual({
    user: 'default',
    password: 'of the server',
  })
})

test('every dictionary of the migrations is made with it, on a cluster as well, and nothing else is touched', async () => {
  const all = await statements()
  const dictionaries = all.filter((sql) => sql.includes('CREATE DICTIONARY'))
  expect(dictionaries.length).toBeGreaterThanOrEqual(2)
  for (const sql of all) {
    const made = dictionaryStatement(sql, login)
    if (!dictionaries.includes(sql)) {
      expect(made).toBeUndefined()
      continue
    }
    const [onIt = ''] = onCluster(sql, 'flows', 'all')
    for (const statement of [made ?? '', dictionaryStatement(onIt, login) ?? '']) {
      const shown = await formatted(statement)
      expect(shown).toMatch(/^CREATE OR REPLACE DICTIONARY prefixes[46]/)
      expect(shown).toMatch(
        /SOURCE\(CLICKHOUSE\(USER 'migrate' PASSWORD '.+?' QUERY 'SELECT prefix/,
      )
    }
  }
})

test('the engine can parse the statements that make users', async () => {
  const sql = readFileSync(path.join(packageRoot, 'schema', 'clickhouse-users.sql'), 'utf8')
  for (const statement of splitStatements(sql)) {
    expect(await formatted(statement)).toMatch(
      /^(CREATE (USER|QUOTA|SETTINGS PROFILE)|GRANT|REVOKE) /,
    )
  }
})
