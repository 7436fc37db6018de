import { expect, test } from 'vitest'
import { readingFrom } from '../../../../schema/store/insert.ts'
import { readStatement } from '../../../../schema/store/sql/statement.ts'

test.each([
  ['SELECT 1 FORMAT JSON', 'JSON'],
  ['SELECT 1 format JSON SETTINGS a = 1', 'JSON'],
  ['SELECT 1 SETTINGS a = 1 FORMAT JSON', 'JSON'],
  ['SELECT * FORMAT JSON', 'JSON'],
  ['SELECT f(1) FORMAT JSON;', 'JSON'],
  ['SELECT {x:UInt8} FORMAT JSON', 'JSON'],
  ['SELECT format FROM t', undefined],
  ['SELECT a, format b', undefined],
  ['SELECT 1 AS format', undefined],
  ["SELECT 'FORMAT JSON'", undefined],
  ['SELECT 1 -- FORMAT JSON', undefined],
])('the output format of %s is %s', (sql, format) => {
  const statement = readStatement(sql)
  expect(statement.format?.name).toBe(format)
  expect(statement.dataStart).toBeUndefined()
})

test.each([
  ['INSERT INTO t FORMAT CSV\n1,2', 'CSV', '1,2'],
  ['INSERT INTO t FORMAT CSV 1,2', 'CSV', '1,2'],
  ['INSERT INTO t FORMAT CSV\r\n\n1', 'CSV', '\n1'],
  ['INSERT INTO t FORMAT RowBinary\n\x00\x27\xff', 'RowBinary', '\x00\x27\xff'],
  ['INSERT INTO t (a, b) VALUES (1, 2)', 'Values', ' (1, 2)'],
  ['insert into `a b`."c" (format, values) settings x = \'FORMAT\' values(1)', 'Values', '(1)'],
  ["INSERT INTO FUNCTION null('a T') FORMAT TSV\n1", 'TSV', '1'],
  ['INSERT INTO {t:Identifier} FORMAT TSV\n1', 'TSV', '1'],
  ["INSERT INTO t SELECT a FROM input('a T') FORMAT Protobuf\n\x01", 'Protobuf', '\x01'],
  ["INSERT INTO t SELECT format FROM input('format T') WHERE format > 1 FORMAT TSV\n1", 'TSV', '1'],
])('the data of %j', (sql, format, data) => {
  const statement = readStatement(sql)
  expect(statement.format?.name).toBe(format)
  expect(sql.slice(statement.dataStart)).toBe(data)
})

test.each([
  'INSERT INTO t SELECT 1',
  'INSERT INTO t SELECT format FROM u',
  'INSERT INTO t SELECT number AS format FROM numbers(1)',
  'INSERT INTO t WITH 1 AS x SELECT x',
])('%s has no data', (sql) => {
  expect(readStatement(sql).dataStart).toBeUndefined()
})

test('an insert is made to read a file', () => {
  const rewritten = (sql: string) =>
    readingFrom("/it's/f", readStatement(sql)).replaceAll(/ +/g, ' ')
  expect(rewritten('INSERT INTO t (a) /* c */ SETTINGS x = 1 FORMAT CSV\n1')).toBe(
    "INSERT INTO t (a) FROM INFILE '/it\\'s/f' COMPRESSION 'none' SETTINGS x = 1 FORMAT CSV",
  )
  expect(rewritten('INSERT INTO t VALUES (1)')).toBe(
    "INSERT INTO t FROM INFILE '/it\\'s/f' COMPRESSION 'none' FORMAT Values",
  )
  expect(
    rewritten("INSERT INTO t SELECT a FROM INPUT ('a T') WHERE a > 1 FORMAT CSV\n1").trim(),
  ).toBe("INSERT INTO t SELECT a FROM file('/it\\'s/f', 'CSV', 'a T') WHERE a > 1")
})

test('comments are blanked where they stood, so that positions stay', () => {
  const sql = 'SELECT /* é */ 1 -- end\n + 2 # x'
  const { text } = readStatement(Buffer.from(sql).toString('latin1'))
  expect(text).toBe(`${'SELECT'.padEnd(16)}1       \n + 2`)
  expect(text.indexOf('1')).toBe(Buffer.from(sql).indexOf('1'))
})

test('substitutions are known by name, and those of names apart', () => {
  const { parameters, identifiers } = readStatement(
    "SELECT {a:UInt8}, { b : Array(String) }, {'c': 1} FROM {t: Identifier}",
  )
  expect([...parameters]).toEqual(['a', 'b', 't'])
  expect([...identifiers]).toEqual(['t'])
})
