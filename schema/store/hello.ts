// The first question of clickhouse-go over HTTP, and so of Grafana's data source. It reads that answer as Native of the newest revision it knows itself, and
// every later one as of the revision that the answer tells. The engine writes Native of revision 0 whatever is asked for, so this answer is written here, and tells 0.
// https://clickhouse.com/docs/interfaces/formats/Native; src/Formats/NativeWriter.cpp

import type { Engine } from './engine.ts'
import { formatOf, type Query } from './query.ts'

const hello = /^SELECT\s+displayName\(\)\s*,\s*version\(\)\s*,\s*revision\(\)\s*,\s*timezone\(\)$/

/** Native is written alike from the revision that brought a byte of serialization to each column, up to the one that brought another field to the block. */
const serializationByte = 54_454
const orderOfBuckets = 54_480

export function isHello(query: Query): boolean {
  const { request, statement } = query
  return (
    request.clientRevision >= serializationByte &&
    request.clientRevision < orderOfBuckets &&
    formatOf(query) === 'Native' &&
    hello.test(statement.text)
  )
}

export async function answerHello({ answer, engine }: Query): Promise<void> {
  answer.start('Native', { resultRows: 1 })
  await answer.send(helloBlock(engine))
  await answer.end()
}

/**
 * One row of Native: block info (field 1 is_overflows: no, field 2 bucket_num: -1, end), numbers of columns and rows, then of each column name, type, serialization (0: the
 * default one) and value. Numbers are little-endian; every text is shorter than 128 bytes, so that its length is one byte.
 */
export function helloBlock({ version, timezone }: Pick<Engine, 'version' | 'timezone'>): Buffer {
  const blockInfo = [1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]
  const [columns, rows] = [4, 1]
  return Buffer.concat([
    Buffer.from([...blockInfo, columns, rows]),
    column('displayName()', 'String', text('netmon')),
    column('version()', 'String', text(version)),
    column('revision()', 'UInt32', Buffer.alloc(4)),
    column('timezone()', 'String', text(timezone)),
  ])
}

const column = (name: string, type: string, value: Buffer) =>
  Buffer.concat([text(name), text(type), Buffer.of(0), value])

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
