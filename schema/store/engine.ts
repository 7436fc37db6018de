// The engine: chdb opened on one directory, which it locks, so that one process owns the data.

import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Session } from 'chdb'
import { messageOf, UserError } from '../../runtime/errors.ts'
import { makeDirectory } from '../../runtime/files.ts'
import { lockDirectory } from '../../runtime/lock.ts'
import { linkDefaultDatabase, replaceFileOverlay } from './default-database.ts'
import type { EngineNames } from './sql/guard.ts'

/** What every Session begins with and comes back to, where it differs from the engine's own. */
export const baseSettings: ReadonlyMap<string, string> = new Map([
  // As a server: `SELEC 1` is a syntax error, not an expression without SELECT.
  ['implicit_select', '0'],
  // A mapped file counts as our memory, and ends the process if it shrinks.
  ['storage_file_read_method', 'pread'],
  // Schemas come as text: a path would be read with our rights.
  ['format_schema_source', 'string'],
  // Parameters are set by a statement as long as they are; how long a query may be, body.ts says.
  ['max_query_size', String(64 * 1024 ** 2)],
  // Expressions among VALUES are SQL that nobody has looked at, unless insert.ts did.
  ['input_format_values_interpret_expressions', '0'],
  ['input_format_values_deduce_templates_of_expressions', '0'],
])

/** Where the engine keeps the schemas that came as text. */
const schemaCache = '__cache__'

export interface Engine {
  readonly version: string
  readonly timezone: string
  readonly names: EngineNames
  /** The directory of request bodies, and of answers that wait for their end; empty after a start. */
  readonly requests: string
  /** The directory of named pipes; empty after a start. */
  readonly pipes: string
  /** Each Session runs one query at a time; many may run at once. `tag` names it to `cancel`. */
  openSession(tag: string): Session
  /** Asks the query that runs on this tag's Session to end, which it does at its next block. */
  cancel(tag: string): Promise<void>
  /** Only when no Session runs anything. */
  close(): Promise<void>
}

/**
 * Opens `directory`, created when missing.
 * @throws UserError that says in one line why it cannot be opened
 */
export async function openEngine(
  given: string,
  maxMemoryBytes: number,
  kafkaBrokers?: string,
): Promise<Engine> {
  const directory = path.resolve(given)
  // The paths of temporary files go into statements that would take these for patterns.
  if (/[*?{}]/.test(directory)) {
    throw new UserError(`the store's directory may not have any of * ? { } in it: ${directory}`)
  }
  await makeDirectory(directory)
  const chdb = await loadChdb()
  // The engine has a lock of its own, but tells only the terminal when it is taken.
  const unlock = lockDirectory(directory)
  await linkDefaultDatabase(directory)
  const options = { connectionArgs: engineArguments(maxMemoryBytes) }
  const open = () => new chdb.Session(directory, options)
  const control = openFirst(open, directory)
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const text = (await control.queryAsync(sql, { format: 'JSONCompactEachRow' })).text()
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]))
  }
  // Only now that the directory is ours: what lies there may have been another process's.
  const [requests, pipes] = [path.join(directory, 'requests'), path.join(directory, 'pipes')]
  for (const leftover of [requests, pipes, path.join(directory, schemaCache)]) {
    await rm(leftover, { recursive: true, force: true })
  }
  for (const own of [requests, pipes]) await mkdir(own, { mode: 0o700 })
  // The engine writes schemas that come as text into the working directory, whatever its settings say.
  process.chdir(directory)
  await replaceFileOverlay(control, directory)
  const [facts] = await rows<[string, string]>('SELECT version(), timezone()')
  const names = { ...(await readNames(rows)), kafkaBrokers }
  let cancelling: Promise<unknown> = Promise.resolve()
  return {
    version: facts?.[0] ?? '',
    timezone: facts?.[1] ?? 'UTC',
    names,
    requests,
    pipes,
    openSession(tag) {
      const session = open()
      session.query(`SET log_comment = '${tag}'`)
      return session
    },
    async cancel(tag) {
      // ASYNC: with SYNC it does not return here.
      const kill = `KILL QUERY WHERE Settings['log_comment'] = '${tag}' ASYNC`
      cancelling = cancelling.then(() => control.queryAsync(kill)).catch(() => {})
      await cancelling
    },
    async close() {
      await cancelling
      control.close()
      await chdb.drainPending()
      unlock()
    },
  }
}

async function loadChdb(): Promise<typeof import('chdb')> {
  try {
    return await import('chdb')
  } catch (error) {
    throw new UserError(
      `the embedded store needs the optional package chdb, which is not usable here (${messageOf(error).split('\n')[0]}): install it with \`npm ci\`, or use a ClickHouse server with NETMON_CLICKHOUSE_URL`,
    )
  }
}

function openFirst(open: () => Session, directory: string): Session {
  try {
    return open()
  } catch {
    // The reason went to stderr, from native code.
    throw new UserError(
      `the engine cannot open the store's directory ${directory}: it says why in the line before`,
    )
  }
}

function engineArguments(maxMemoryBytes: number): string[] {
  const megabyte = 1024 * 1024
  const settings = {
    ...Object.fromEntries(baseSettings),
    max_server_memory_usage: maxMemoryBytes,
    // Caches count as used memory and are not given back: the defaults are for a machine of its own.
    mark_cache_size: 64 * megabyte,
    primary_index_cache_size: 64 * megabyte,
    query_condition_cache_size: 16 * megabyte,
    compiled_expression_cache_size: 32 * megabyte,
  }
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
}

type Rows = <Row>(sql: string) => Promise<Row[]>

async function readNames(rows: Rows): Promise<Omit<EngineNames, 'kafkaBrokers'>> {
  const functions = await rows<[string]>('SELECT name FROM system.table_functions')
  return {
    tableFunctions: new Set(functions.map(([name]) => name.toLowerCase())),
    settings: new Map(await rows<[string, string]>('SELECT name, type FROM system.settings')),
  }
}
