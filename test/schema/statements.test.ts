import { expect, test } from 'vitest'
import { splitStatements } from '../../schema/statements.ts'

test.each([
  ['SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
  ['SELECT 1', ['SELECT 1']],
  ['', []],
  [' ;; -- nothing; here\n /* nor; here */ ;', []],
  ["SELECT ';', 'it''s; \\'; fine'; SELECT 2", ["SELECT ';', 'it''s; \\'; fine'", 'SELECT 2']],
  ['SELECT `a;b`, "c;d"; SELECT 2', ['SELECT `a;b`, "c;d"', 'SELECT 2']],
  [
    '-- about; it\nSELECT 1 -- end;\n;SELECT 2 / 3 - 1',
    ['-- about; it\nSELECT 1 -- end;', 'SELECT 2 / 3 - 1'],
  ],
])('%j', (sql, statements) => {
  expect(splitStatements(sql)).toEqual(statements)
})
