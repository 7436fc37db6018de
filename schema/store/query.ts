// A query on its way: what was asked, where it is answered, and the Session it runs on.

import type { Answer } from './answer.ts'
import type { Engine } from './engine.ts'
import type { Request } from './request.ts'
import type { Lane, Lease, Sessions } from './sessions.ts'
import type { Statement } from './sql/statement.ts'

export interface Query {
  readonly engine: Engine
  readonly sessions: Sessions
  readonly request: Request
  readonly statement: Statement
  readonly answer: Answer
  /** A file that does not exist yet and is removed when the query is over. */
  readonly file: string
  /** Aborted when nobody waits for the answer any more. */
  readonly cancelled: AbortSignal
}

export const formatOf = ({ statement, request }: Query) =>
  statement.format?.name ?? request.defaultFormat

/** Rows of a block that is read, where the caller does not say. With the engine's own 65,409 an answer of 600 MB took 200 MB instead of 80, and was no faster. */
const blockRows = '16384'

/** Runs `use` on a Session set up as the request says; `settings` come on top. What changes a Session by itself `spoils` it. */
export function withSession<T>(
  lane: Lane,
  { sessions, request, statement, cancelled }: Query,
  use: (lease: Lease) => Promise<T>,
  { settings = {}, spoils = false }: { settings?: Record<string, string>; spoils?: boolean } = {},
): Promise<T> {
  const { database, parameters } = request
  const own = lane === 'read' ? { max_block_size: blockRows } : {}
  const setup = {
    database,
    settings: new Map([...Object.entries(own), ...request.settings, ...Object.entries(settings)]),
    parameters,
    named: statement.parameters,
  }
  return sessions.use(lane, setup, cancelled, use, spoils)
}
