// INSERT with inline data: the data goes into a file of ours and the statement is made to read it from there, because the engine takes only text
// inside a query.

import type { Body } from './body.ts'
import type { Engine } from './engine.ts'
import { QueryFailure } from './failure.ts'
import { type Query, withSession } from './query.ts'
import { checkFragment } from './sql/guard.ts'
import { isCall, isSymbol, isWord } from './sql/lexer.ts'
import type { Statement } from './sql/statement.ts'
import { bytesOf, quote, textOf } from './sql/text.ts'

/**
 * Runs the INSERT whose data begin in `source`, the URL's part of the query (its first `bodyStart` characters) and the beginning of the body.
 * @throws QueryFailure; with a body that did not come whole nothing is inserted
 */
export async function runInsert(
  query: Query,
  source: string,
  bodyStart: number,
  body: Body,
): Promise<void> {
  const { statement, answer, engine, file } = query
  const { dataStart = source.length } = statement
  await body.save(
    Buffer.from(source.slice(dataStart, bodyStart), 'latin1'),
    Math.max(0, dataStart - bodyStart),
    file,
  )
  const interpreted =
    statement.format?.name === 'Values' && body.ended && isHarmless(source.slice(dataStart), engine)
  const settings = interpreted ? { input_format_values_interpret_expressions: '1' } : {}
  const sql = textOf(readingFrom(file, statement))
  const { rowsRead, bytesRead } = await withSession(
    'write',
    query,
    (lease) => lease.run(sql, 'Null'),
    { settings },
  )
  // Of an INSERT with SELECT the engine counts nothing.
  answer.start('TabSeparated', {
    readRows: rowsRead,
    readBytes: bytesRead,
    writtenRows: rowsRead,
    writtenBytes: bytesRead,
  })
  await answer.end()
}

/** Values may be expressions; only those that were looked at are evaluated. */
function isHarmless(values: string, engine: Engine): boolean {
  try {
    checkFragment(values, engine.names)
    return true
  } catch {
    return false
  }
}

/**
 * The statement with its data in `file` (latin1, as `Statement.text`):
 *
 *     INSERT INTO t (a, b) SETTINGS x = 1 FORMAT CSV       becomes  INSERT INTO t (a, b) FROM INFILE 'file' COMPRESSION 'none' SETTINGS x = 1 FORMAT CSV
 *     INSERT INTO t SELECT a FROM input('a T') FORMAT CSV  becomes  INSERT INTO t SELECT a FROM file('file', 'CSV', 'a T')
 */
export function readingFrom(file: string, { text, tokens, format }: Statement): string {
  if (format === undefined) throw new QueryFailure('SYNTAX_ERROR', 'Syntax error: no FORMAT.')
  const path = bytesOf(quote(file))
  const inputs = tokens.flatMap((_, index) => (isCall(tokens, index, 'input') ? [index] : []))
  const [input] = inputs
  if (input === undefined) {
    const settings = tokens.find(
      (token, index) => isWord(token, 'SETTINGS') && isSymbol(tokens[index + 2], '='),
    )
    const at = settings?.start ?? format.start
    return `${text.slice(0, at)} FROM INFILE ${path} COMPRESSION 'none' ${text.slice(at, format.start)} FORMAT ${format.name}`
  }
  if (inputs.length > 1) {
    throw new QueryFailure('BAD_ARGUMENTS', 'There can be only one input() in a query.')
  }
  const [start, inside] = [tokens[input]?.start, tokens[input + 1]?.end]
  const separator = isSymbol(tokens[input + 2], ')') ? '' : ', '
  return `${text.slice(0, start)}file(${path}, '${format.name}'${separator}${text.slice(inside, format.start)}`
}
