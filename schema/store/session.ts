// One Session of the engine, used by one query after the other. It remembers settings, parameters and the current database, so each query begins by
// setting it up as its own request says, and nothing else.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { ChdbResult, Session } from 'chdb'
import { baseSettings, type Engine } from './engine.ts'
import { engineFailure } from './failure.ts'
import { makePipe, openPipe } from './pipe.ts'
import { quote } from './sql/text.ts'

/** What a query finds on its Session. */
export interface Setup {
  readonly database: string
  readonly settings: ReadonlyMap<string, string>
  /** Values as in the HTTP interface: text with TSV's escapes. */
  readonly parameters: ReadonlyMap<string, string>
  /** The substitutions that the statement names. */
  readonly named: ReadonlySet<string>
}

/** For one call at a time; each ends, with an error, soon after its `ending` is aborted. All throw QueryFailure. */
export interface PooledSession {
  prepare(setup: Setup, ending: AbortSignal): Promise<void>
  run(sql: string, format: string, ending: AbortSignal): Promise<ChdbResult>
  /**
   * What a query writes into the file that `into` is told, as it comes and no faster than it is taken. The chunks are the caller's. An error comes
   * after everything that was written before it.
   */
  stream(into: (file: string) => string, ending: AbortSignal): AsyncGenerator<Buffer, undefined>
  /** Lets go of a query that failed, which otherwise stays with its Session, memory and all, until the next. */
  settle(): Promise<void>
  /** From now on as new. */
  renew(): void
}

/** A query that the engine did not know yet when it was cancelled is cancelled again. */
const cancelAgainMs = 200
/** Parameters cannot be taken from a Session, so one that has seen many names is replaced. */
const mostParameters = 200
/** Stands for the value of a setting that the engine may or may not have taken; no caller can send it. */
const unknownValue = '\0'

/** `tag` names it to the engine; it is unique. */
export function createSession(engine: Engine, tag: string): PooledSession {
  let opened: Session | undefined
  let database = 'default'
  /** Settings that are not as in a new Session. */
  const changed = new Map<string, string>()
  const parameters = new Set<string>()
  const pipe = path.join(engine.pipes, tag)
  let piped = false

  const session = () => {
    opened ??= engine.openSession(tag)
    return opened
  }

  const renew = () => {
    opened?.close()
    opened = undefined
    database = 'default'
    changed.clear()
    parameters.clear()
  }

  /** Awaits what runs, and has the engine end it when `ending` says so. */
  const guard = async <T>(work: Promise<T>, ending: AbortSignal): Promise<T> => {
    let again: NodeJS.Timeout | undefined
    let cancelling: Promise<void> | undefined
    const cancel = () => {
      cancelling = engine.cancel(tag)
      again ??= setInterval(cancel, cancelAgainMs)
    }
    if (ending.aborted) cancel()
    else ending.addEventListener('abort', cancel)
    try {
      return await work
    } catch (error) {
      throw engineFailure(error)
    } finally {
      ending.removeEventListener('abort', cancel)
      clearInterval(again)
      // It must not meet the Session's next query.
      await cancelling
    }
  }

  const setUp = async (setup: Setup) => {
    // A parameter of an earlier query would stand in for one that this query was not given.
    const isStale = (name: string) => setup.named.has(name) && !setup.parameters.has(name)
    if (parameters.size > mostParameters || [...parameters].some(isStale)) renew()
    if (database !== setup.database) {
      await session().queryAsync(`USE ${quote(setup.database, '`')}`)
      database = setup.database
    }
    // `readonly` in any case, and first: with it nothing else can be changed.
    const outdated = [...changed.keys()].filter(
      (name) => !setup.settings.has(name) || name === 'readonly',
    )
    if (outdated.length > 0) {
      const resets = outdated.map((name) => `${name} = ${baseValue(name)}`)
      await session().queryAsync(`SET ${resets.join(', ')}`)
      for (const name of outdated) changed.delete(name)
    }
    const changes = [...setup.settings].filter(([name, value]) => changed.get(name) !== value)
    const values = [
      ...[...setup.parameters].map(([name, value]) => `param_${name} = ${quote(value)}`),
      ...changes.map(([name, value]) => `${name} = ${quote(value)}`),
    ]
    if (values.length === 0) return
    for (const name of setup.parameters.keys()) parameters.add(name)
    for (const [name] of changes) changed.set(name, unknownValue)
    await session().queryAsync(`SET ${values.join(', ')}`)
    for (const [name, value] of changes) changed.set(name, value)
  }

  return {
    prepare: (setup, ending) => guard(setUp(setup), ending),
    run: (sql, format, ending) => guard(session().queryAsync(sql, { format }), ending),
    async *stream(into, ending): AsyncGenerator<Buffer, undefined> {
      if (!piped) await makePipe(pipe)
      piped = true
      const { reader, letEnd } = openPipe(pipe)
      const leaving = new AbortController()
      const leave = () => leaving.abort()
      if (ending.aborted) leave()
      else ending.addEventListener('abort', leave)
      const work = guard(session().queryAsync(into(pipe)), leaving.signal).finally(letEnd)
      // Told below, when all that came before it is read.
      work.catch(() => {})
      let ended = false
      try {
        yield* reader as AsyncIterable<Buffer>
        ended = true
        await work
      } finally {
        ending.removeEventListener('abort', leave)
        if (!ended) {
          // The engine waits in the pipe: it goes on, and ends, when nobody can read any more.
          leave()
          reader.destroy()
          await work.catch(() => {})
          await rm(pipe)
          piped = false
        }
      }
      return undefined
    },
    async settle() {
      try {
        await opened?.queryAsync('SELECT 1')
      } catch {
        renew()
      }
    },
    renew,
  }
}

function baseValue(name: string): string {
  const value = baseSettings.get(name)
  return value === undefined ? 'DEFAULT' : quote(value)
}
