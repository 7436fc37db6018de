// Reads a request's query, checks it, and runs it in the way its kind wants.

import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { answerAtEnd, answerWhole, streamAnswer } from './answers.ts'
import { type Body, longestQueryBytes } from './body.ts'
import { QueryFailure } from './failure.ts'
import { answerHello, isHello } from './hello.ts'
import { runInsert } from './insert.ts'
import type { Query } from './query.ts'
import { checkFormat, checkIdentifier, checkSetting, checkStatement } from './sql/guard.ts'
import { readStatement } from './sql/statement.ts'
import { bytesOf } from './sql/text.ts'

const selects = new Set(['(', 'FROM', 'SELECT', 'WITH'])
const reads = new Set([...selects, 'CHECK', 'DESC', 'DESCRIBE', 'EXISTS', 'EXPLAIN', 'SHOW'])

/** @throws QueryFailure, or the connection's error; what was sent until then has left. */
export async function runQuery(
  context: Omit<Query, 'statement' | 'file'>,
  body: Body,
): Promise<void> {
  const { engine, request } = context
  // URL and body are one text.
  const prefix = request.query === '' ? '' : bytesOf(`${request.query}\n`)
  const source = prefix + body.head.toString('latin1')
  const statement = readStatement(source)
  checkStatement(statement, engine.names)
  checkFormat(statement.format?.name ?? request.defaultFormat)
  for (const [name, value] of request.settings) checkSetting(name, value, engine.names)
  for (const name of statement.identifiers) {
    checkIdentifier(request.parameters.get(name) ?? '', engine.names)
  }
  const file = path.join(engine.requests, randomUUID())
  const query: Query = { ...context, statement, file }
  try {
    if (statement.dataStart !== undefined) {
      await runInsert(query, source, source.length - body.head.length, body)
    } else if (body.ended) {
      await run(query)
    } else {
      throw new QueryFailure(
        'SYNTAX_ERROR',
        `Max query size exceeded: the query is longer than ${longestQueryBytes} bytes.`,
      )
    }
  } finally {
    await rm(file, { force: true })
  }
}

function run(query: Query): Promise<void> {
  const { request, statement } = query
  if (isHello(query)) return answerHello(query)
  if (!reads.has(statement.verb)) return answerWhole(query, 'write')
  if (!selects.has(statement.verb)) return answerWhole(query, 'read')
  return request.waitsForEnd ? answerAtEnd(query) : streamAnswer(query)
}
