import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, startTestStore, type TestStore } from '../../build/store.ts'

/** A file that a query must never see, and a directory in which it must never write. */
const outside = mkdtempSync(path.join(tmpdir(), 'netmon-outside-'))
const secret = path.join(outside, 'secret.csv')
const content = 'the content that stays outside'
writeFileSync(secret, `${content}\n`)
const made = path.join(outside, 'made')

let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
  await ask(store, 'CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a')
  await ask(store, "INSERT INTO t VALUES (1, 'x')")
})
afterAll(async () => {
  await store.remove()
  rmSync(outside, { recursive: true })
})

const reads = [
  `SELECT * FROM file('${secret}')`,
  `SELECT * FROM file('${secret}', 'LineAsString')`,
  `SELECT * FROM \`file\`('${secret}')`,
  `SELECT * FROM "file"('${secret}')`,
  `SELECT * FROM FILE('${secret}')`,
  `SELECT * FROM file ('${secret}')`,
  `SELECT * FROM file\n\t('${secret}')`,
  `SELECT * FROM file/* ( */('${secret}')`,
  `SELECT * FROM file -- comment\n('${secret}')`,
  `SELECT * FROM file /* outer /* inner */ still */ ('${secret}')`,
  `SELECT * FROM file # comment\n('${secret}')`,
  `SELECT * FROM file #! comment\n('${secret}')`,
  `SELECT * FROM file // comment\n('${secret}')`,
  `SELECT * FROM \`fi\\x6ce\`('${secret}')`,
  `SELECT * FROM \`\\x66ile\`('${secret}')`,
  `SELECT * FROM “file”('${secret}')`,
  `SELECT * FROM file\u00a0('${secret}')`,
  `SELECT '\\'', file('${secret}')`,
  `SELECT '''', file('${secret}')`,
  `SELECT '\\\\', file('${secret}'), ''`,
  `SELECT $$'$$, file('${secret}'), $$'$$`,
  `SELECT $a$'$a$, file('${secret}'), ''`,
  `SELECT x'27', file('${secret}'), x'27'`,
  `SELECT "\\"", file('${secret}'), ""`,
  `SELECT file('${secret}')`,
  `SELECT \`file\`('${secret}')`,
  `SELECT 1.file('${secret}')`,
  `SELECT arrayMap(file, ['${secret}'])`,
  `SELECT arrayMap(\`file\`, ['${secret}'])`,
  `WITH file AS f SELECT arrayMap(f, ['${secret}'])`,
  `SELECT arrayMap(p -> file(p), ['${secret}'])`,
  `SELECT (SELECT file('${secret}'))`,
  `(SELECT file('${secret}'))`,
  `FROM file('${secret}') SELECT *`,
  `WITH x AS (SELECT * FROM file('${secret}')) SELECT * FROM x`,
  `SELECT * FROM view(SELECT * FROM file('${secret}'))`,
  `SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM file('${secret}')))`,
  `SELECT * FROM viewIfPermitted(SELECT * FROM file('${secret}') ELSE null('a String'))`,
  `SELECT * FROM loop(file('${secret}'))`,
  `SELECT * FROM t JOIN file('${secret}') AS f ON 1 = 1`,
  `SELECT * FROM t, file('${secret}')`,
  `SELECT 1 IN (SELECT c1 FROM file('${secret}'))`,
  `SELECT 1 UNION ALL SELECT file('${secret}')`,
  `SELECT 1 SETTINGS max_threads = 1 UNION ALL SELECT file('${secret}')`,
  `DESCRIBE file('${secret}')`,
  `DESCRIBE TABLE file('${secret}')`,
  `EXPLAIN SELECT * FROM file('${secret}')`,
  `EXISTS (SELECT * FROM file('${secret}'))`,
  `SELECT * FROM '${secret}'`,
  `SELECT * FROM \`${secret}\``,
  `SELECT * FROM "${secret}"`,
  `SELECT * FROM default.\`${secret}\``,
  `SELECT * FROM fileCluster('default', '${secret}')`,
  `SELECT * FROM filesystem('${outside}')`,
  `SELECT * FROM sqlite('${secret}', 't')`,
  "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
  "SELECT * FROM urlCluster('default', 'http://127.0.0.1:1/', 'CSV', 'a String')",
  "SELECT * FROM s3('http://127.0.0.1:1/a/b', 'CSV', 'a String')",
  "SELECT * FROM gcs('http://127.0.0.1:1/a/b', 'CSV', 'a String')",
  "SELECT * FROM hdfs('hdfs://127.0.0.1:1/a', 'CSV', 'a String')",
  "SELECT * FROM azureBlobStorage('a', 'b', 'c')",
  "SELECT * FROM remote('127.0.0.1:1', 'system.one')",
  "SELECT * FROM remoteSecure('127.0.0.1:1', 'system.one')",
  "SELECT * FROM cluster('default', 'system.one')",
  "SELECT * FROM clusterAllReplicas('default', 'system.one')",
  "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a String')",
  "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
  "SELECT * FROM odbc('DSN=x', 't')",
  "SELECT * FROM jdbc('x', 't')",
  "SELECT * FROM executable('script.sh', 'TSV', 'a String')",
  "SELECT * FROM python('x')",
  'SELECT * FROM Python(x)',
  `SELECT * FROM deltaLakeLocal('${outside}')`,
  `SELECT * FROM icebergLocal('${outside}')`,
  "SELECT * FROM eval('SELECT 1') SETTINGS allow_experimental_eval_table_function = 1",
  `SELECT * FROM format(Values, '(file(\\'${secret}\\'))')`,
  `SELECT * FROM format('Val' || 'ues', '(1)')`,
  `SELECT * FROM t SETTINGS additional_result_filter = 'file(\\'${secret}\\') != 1'`,
  `SELECT * FROM t SETTINGS additional_table_filters = {'t': 'file(\\'${secret}\\') != 1'}`,
  `SELECT * FROM t SETTINGS max_threads = 1, additional_result_filter = '1'`,
  `SELECT * FROM (SELECT 1 SETTINGS format_schema_source = 'file')`,
  `SELECT * FROM t SETTINGS format_schema_source = DEFAULT`,
  `SELECT * FROM t SETTINGS format_schema_source = 'query'`,
  `SELECT 1 SETTINGS dialect = 'prql'`,
  `SET dialect = 'kusto'`,
  `SET implicit_select = 1`,
  `SET input_format_values_interpret_expressions = 1`,
  `INSERT INTO t SETTINGS input_format_values_interpret_expressions = 1 VALUES (1, 'x')`,
  `INSERT INTO t VALUES (1, file('${secret}'))`,
  `INSERT INTO t FORMAT Values (1, file('${secret}'))`,
  `INSERT INTO t VALUES (1, 'x'), (2, (SELECT * FROM file('${secret}')))`,
  `INSERT INTO t SELECT a, b FROM input('a UInt8, b String DEFAULT file(\\'${secret}\\')') FORMAT JSONEachRow {"a":1}`,
  `INSERT INTO t SELECT a, b FROM input('a UInt8, b String' || ' DEFAULT 1') FORMAT JSONEachRow {"a":1}`,
  "INSERT INTO t VALUES ((SELECT 1 SETTINGS additional_result_filter = '1'), 'x')",
  'INSERT INTO t FORMAT CapnProto x',
  'INSERT INTO t FORMAT capnproto x',
  'INSERT INTO t FORMAT Template x',
  'INSERT INTO t FORMAT AvroConfluent x',
  'SELECT 1 FORMAT Template',
  `INSERT INTO t FROM INFILE '${secret}' FORMAT CSV`,
  `INSERT INTO t FROM /* */ INFILE '${secret}' FORMAT CSV`,
  `INSERT INTO t SELECT 1, file('${secret}')`,
  `CREATE TABLE f1 (a String) ENGINE = File(CSV, '${secret}')`,
  `CREATE TABLE f2 (a String) ENGINE File(CSV, '${secret}')`,
  `CREATE TABLE f3 (a String) ENGINE = \`File\`(CSV, '${secret}')`,
  `CREATE TABLE f4 (a String) /* ENGINE = Memory */ ENGINE = "File"(CSV, '${secret}')`,
  `CREATE TABLE f5 AS file('${secret}')`,
  `CREATE OR REPLACE TABLE f6 (a String) ENGINE = File(CSV, '${secret}')`,
  "CREATE TABLE f7 (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)",
  "CREATE TABLE f8 (a String) ENGINE = S3('http://127.0.0.1:1/a/b', 'CSV')",
  "CREATE TABLE f9 (a String) ENGINE = Executable('x.sh', TSV)",
  "CREATE TABLE f10 (a String) ENGINE = MySQL('127.0.0.1:1', 'd', 't', 'u', 'p')",
  `CREATE TABLE f11 (a String) ENGINE = SQLite('${secret}', 't')`,
  "CREATE TABLE f12 (a String) ENGINE = Distributed('default', 'default', 't')",
  "CREATE TABLE f13 (a String) ENGINE = FileLog('/tmp', 'CSV')",
  `CREATE TABLE f14 (a String DEFAULT file('${secret}')) ENGINE = Memory`,
  `CREATE TABLE f15 (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '${outside}/')`,
  `CREATE VIEW v1 AS SELECT * FROM file('${secret}')`,
  `CREATE MATERIALIZED VIEW v2 ENGINE = File(CSV, '${made}') AS SELECT 1`,
  `CREATE MATERIALIZED VIEW v3 TO t AS SELECT 1 AS a, file('${secret}') AS b FROM t`,
  "CREATE DATABASE d5 ENGINE = Overlay('default')",
  "CREATE DATABASE d6 ENGINE Overlay('default')",
  'CREATE DATABASE d7 ENGINE = SomethingNew()',
  `CREATE DATABASE d1 ENGINE = Filesystem('${outside}')`,
  "CREATE DATABASE d2 ENGINE = MySQL('127.0.0.1:1', 'd', 'u', 'p')",
  `CREATE DATABASE d3 ENGINE = SQLite('${secret}')`,
  "CREATE DATABASE d4 ENGINE = S3('http://127.0.0.1:1/')",
  `CREATE DICTIONARY e1 (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(PATH '${secret}' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(10)`,
  "CREATE DICTIONARY e2 (a UInt64, b String) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1:1/' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(10)",
  "CREATE DICTIONARY e3 (a UInt64, b String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'id' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(10)",
  "CREATE DICTIONARY e4 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST '10.0.0.1' PORT 9000 TABLE 't')) LAYOUT(FLAT()) LIFETIME(10)",
  `CREATE DICTIONARY e5 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1::UInt64 AS a, file(\\'${secret}\\') AS b')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE DICTIONARY e6 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't' WHERE 'b = file(\\'${secret}\\')')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE DICTIONARY e7 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't' INVALIDATE_QUERY 'SELECT file(\\'${secret}\\')')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE DICTIONARY e8 (a UInt64, b String EXPRESSION file('${secret}')) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE DICTIONARY e10 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(SSD_CACHE(PATH '${made}')) LIFETIME(10)`,
  `CREATE DICTIONARY e11 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(NAME collection TABLE 't')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE OR REPLACE DICTIONARY e9 (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(PATH '${secret}' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(10)`,
  `CREATE DICTIONARY e12 (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1::UInt64 AS a, 2 AS b SETTINGS additional_result_filter = 1')) LAYOUT(FLAT()) LIFETIME(10)`,
  'CREATE FUNCTION g AS (x) -> x + 1',
  "CREATE NAMED COLLECTION n AS url = 'http://127.0.0.1:1/'",
  "CREATE USER u IDENTIFIED BY 'x'",
  'CREATE TEMPORARY TABLE tt (a UInt8)',
  `ATTACH TABLE a1 FROM '${outside}' (a UInt8) ENGINE = MergeTree ORDER BY a`,
  `ATTACH TABLE a2 (a String) ENGINE = File(CSV, '${secret}')`,
  `ATTACH DATABASE a3 ENGINE = Filesystem('${outside}')`,
  'DETACH TABLE t',
  'DROP DATABASE default',
  'DROP DATABASE IF EXISTS `default`',
  'DROP FUNCTION g',
  `SELECT 1 INTO OUTFILE '${made}'`,
  `SELECT 1 INTO/**/OUTFILE '${made}' FORMAT CSV`,
  `SHOW TABLES INTO OUTFILE '${made}'`,
  `INSERT INTO FUNCTION file('${made}', 'CSV', 'a UInt8') VALUES (1)`,
  `INSERT INTO TABLE FUNCTION file('${made}', 'CSV', 'a UInt8') SELECT 1`,
  `BACKUP TABLE t TO File('${made}')`,
  `RESTORE TABLE t FROM File('${made}')`,
  `BACKUP DATABASE default TO Disk('default', 'x')`,
  'SYSTEM SHUTDOWN',
  'SYSTEM KILL',
  'SYSTEM RELOAD CONFIG',
  'SYSTEM STOP LISTEN HTTP',
  'SYSTEM FLUSH LOGS',
  'KILL QUERY WHERE 1',
  'GRANT ALL ON *.* TO default',
  'EXECUTE AS default SELECT 1',
  `CREATE TABLE p1 (a UInt8) ENGINE = Memory PARALLEL WITH CREATE TABLE p2 (a String) ENGINE = File(CSV, '${secret}')`,
  `SELECT 1; SELECT * FROM file('${secret}')`,
  `SELECT 1;; SELECT 2`,
  "SELECT aiGenerate('x')",
  "SELECT catboostEvaluate('/tmp/model', 1)",
]

describe('what reaches outside of the store is refused before the engine sees it', () => {
  test.each(reads)('%s', async (sql) => {
    const { status, code, text } = await ask(store, sql)
    expect(text).not.toContain(content)
    expect([code, status]).toBeOneOf([
      [497, 403],
      // What the lexer does not read, and several statements at once.
      [62, 400],
      // Expressions among values, where they are not evaluated.
      [344, 500],
      // Without the overlay of files a path is the name of no table.
      [60, 404],
    ])
    expect(readdirSync(outside)).toEqual(['secret.csv'])
  })
})

test('no mixture of quotes, comments and brackets around a call gets it past', async () => {
  const noise = fc
    .array(
      fc.constantFrom(
        ...'\'"`\\\n;,)( {}'.split(''),
        ...[
          "''",
          "\\'",
          '""',
          '``',
          '--',
          '//',
          '# ',
          '#!',
          '/*',
          '*/',
          '$$',
          '$a$',
          "x'",
          '“',
          '”',
          '‘',
          '’',
        ],
        ...[
          '\u00a0',
          '1',
          '1.',
          'a',
          'SELECT ',
          ' FROM ',
          ' AS ',
          ' UNION ALL ',
          ' SETTINGS ',
          ' FORMAT CSV ',
        ],
      ),
      { maxLength: 5 },
    )
    .map((pieces) => pieces.join(''))
  const call = fc.constantFrom(
    `file('${secret}')`,
    `\`file\`('${secret}')`,
    `fi/**/le('${secret}')`,
  )
  await fc.assert(
    fc.asyncProperty(noise, call, noise, async (before, called, after) => {
      const { text } = await ask(store, `SELECT ${before}${called}${after}`)
      expect(text).not.toContain(content)
    }),
    { numRuns: 1_000 },
  )
})

test('settings in the URL are held to the same list', async () => {
  for (const setting of [
    'dialect=kusto',
    `format_schema=${secret}:M&format_schema_source=file`,
    'format_schema_source=query&format_schema=SELECT 1',
    `output_format_schema=${made}`,
    `input_format_record_errors_file_path=${made}`,
    `format_template_row=${secret}`,
    'format_avro_schema_registry_url=http://127.0.0.1:1/',
    'additional_result_filter=1',
    'implicit_select=1',
    'input_format_values_interpret_expressions=1',
    'rename_files_after_processing=x',
  ]) {
    expect(await ask(store, 'SELECT 1', setting)).toMatchObject({ code: 497, status: 403 })
  }
  expect(await ask(store, 'SELECT 1', 'no_such_setting=1')).toMatchObject({
    code: 115,
    status: 404,
  })
})

test('a name that comes as a parameter is held to the same list', async () => {
  const map = 'SELECT arrayMap({f:Identifier}, {x:Array(String)})'
  const parameters = `param_x=['${secret}']`
  for (const name of ['file', '`file`', 'FILE']) {
    const answer = await ask(store, map, `${parameters}&param_f=${name}`)
    expect(answer.text).not.toContain(content)
    expect(answer.code).toBe(497)
  }
  const path = await ask(store, 'SELECT * FROM {t:Identifier}', `param_t=${secret}`)
  expect(path).toMatchObject({ code: 60, status: 404 })
})

test('a format that comes with the request cannot carry more than a name', async () => {
  for (const format of [`CSV SETTINGS max_threads=1`, `JSON INTO OUTFILE '${made}'`]) {
    expect(await ask(store, 'SELECT 1', `default_format=${format}`)).toMatchObject({ code: 36 })
  }
})

test('values that are too long to be looked at are read as values, not as expressions', async () => {
  const filler = Array.from({ length: 40_000 }, (_, row) => `(${row % 200}, '${'x'.repeat(20)}')`)
  const sql = `INSERT INTO t VALUES ${filler.join(', ')}, (1, file('${secret}'))`
  const answer = await ask(store, sql)
  expect(answer.text).toMatch(/Interpreting expressions is disabled/)
  expect(answer.text).not.toContain(content)
  expect((await ask(store, 'SELECT count() FROM t')).text).toBe('1\n')
})

test('what only looks like it is not refused', async () => {
  for (const [sql, text] of [
    ["SELECT 'file(''/etc/passwd'')'", "file(\\'/etc/passwd\\')\n"],
    ["SELECT /* file('x') */ 1 -- url('x')", '1\n'],
    ['SELECT 1 AS "url"', '1\n'],
    ["SELECT format('{} of {}', '1', '2')", '1 of 2\n'],
    ['SELECT sum(number) FROM numbers(4)', '6\n'],
    ["SELECT count() FROM system.tables WHERE engine = 'File'", '0\n'],
    ["SELECT * FROM values('a UInt8', 1, 2)", '1\n2\n'],
    ["SELECT a FROM merge('default', '^t$')", '1\n'],
    ['SELECT 1;', '1\n'],
    ['SELECT 1; -- done', '1\n'],
    ["INSERT INTO t VALUES (2, upper('y'))", ''],
    ['SELECT b FROM t WHERE a = 2', 'Y\n'],
  ]) {
    expect(await ask(store, sql ?? '')).toMatchObject({ text, status: 200 })
  }
})

test('a dictionary over a query of the store works', async () => {
  await ask(store, 'CREATE TABLE prefixes (prefix String, chain Array(String)) ENGINE = Memory')
  await ask(
    store,
    "INSERT INTO prefixes VALUES ('10.0.0.0/8', ['10.0.0.0/8']), ('10.1.0.0/16', ['10.1.0.0/16', '10.0.0.0/8'])",
  )
  const created = await ask(
    store,
    `CREATE DICTIONARY chains (prefix String, chain Array(String)) PRIMARY KEY prefix
     SOURCE(CLICKHOUSE(QUERY 'SELECT prefix, chain FROM default.prefixes')) LAYOUT(IP_TRIE) LIFETIME(MIN 1 MAX 2)`,
  )
  expect(created.text).toBe('')
  const found = await ask(store, "SELECT dictGet('chains', 'chain', tuple(toIPv4('10.1.2.3')))")
  expect(found.text).toBe("['10.1.0.0/16','10.0.0.0/8']\n")
})
