// Three ways to answer.

import { createReadStream } from 'node:fs'
import { formatOf, type Query, withSession } from './query.ts'
import type { Lane } from './sessions.ts'
import { bytesOf, quote, textOf } from './sql/text.ts'

/** As ClickHouse does, so much is held back: an error before it has a status of its own, and no rows. */
const heldBackBytes = 1024 ** 2

/** Rows as they come, and no faster than the client takes them. */
export async function streamAnswer(query: Query): Promise<void> {
  const { answer } = query
  await withSession('read', query, async (lease) => {
    const chunks = lease.stream((file) => writingInto(file, query))
    const held: Buffer[] = []
    let length = 0
    let started = false
    const start = async () => {
      started = true
      answer.start(formatOf(query), {})
      for (const chunk of held.splice(0)) await answer.send(chunk)
    }
    for await (const chunk of chunks) {
      if (started) {
        await answer.send(chunk)
        continue
      }
      held.push(chunk)
      length += chunk.length
      if (length >= heldBackBytes) await start()
    }
    if (!started) await start()
  })
  await answer.end()
}

/** Rows when the last of them is there, by way of a file. */
export async function answerAtEnd(query: Query): Promise<void> {
  const { answer, file } = query
  const sql = writingInto(file, query)
  const result = await withSession('read', query, (lease) => lease.run(sql, 'Null'))
  answer.start(formatOf(query), { resultRows: result.rowsRead, resultBytes: result.bytesRead })
  for await (const chunk of createReadStream(file)) await answer.send(chunk as Buffer)
  await answer.end()
}

/** For SHOW, DESCRIBE and their like, whose answers are short, and for statements that answer nothing. */
export async function answerWhole(query: Query, lane: Lane): Promise<void> {
  const { statement, answer } = query
  const format = formatOf(query)
  // Over HTTP SET and USE end with their request, but a Session would remember them.
  const spoils = statement.verb === 'SET' || statement.verb === 'USE'
  const sql = textOf(statement.text)
  const result = await withSession(lane, query, (lease) => lease.run(sql, format), { spoils })
  answer.start(format, { resultRows: result.rowsRead, resultBytes: result.bytesRead })
  await answer.send(result.bytes())
  await answer.end()
}

/** The SELECT, made to write its rows into `file`. The clause stands before FORMAT; APPEND takes a file that exists. */
function writingInto(file: string, query: Query): string {
  const { text, format } = query.statement
  const at = format?.start ?? text.length
  const clause = format === undefined ? `FORMAT ${formatOf(query)}` : text.slice(at)
  return textOf(`${text.slice(0, at)} INTO OUTFILE ${bytesOf(quote(file))} APPEND ${clause}`)
}
