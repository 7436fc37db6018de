// The embedded store: chdb behind ClickHouse's HTTP interface, so that one code path serves it and a ClickHouse server.

import { createServer, type Server } from 'node:http'
import { totalmem } from 'node:os'
import { codeOf, messageOf, UserError } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import { openEngine } from './engine.ts'
import { createHandler } from './handler.ts'
import { createSessions, sessionCount } from './sessions.ts'

export interface StoreOptions {
  /** The engine's data directory, created when missing. */
  directory: string
  host: string
  /** 0 for any free one. */
  port: number
  user: string
  password: string
  log: Logger
  /** What the engine may take in all; a query that wants more fails. */
  maxMemoryBytes?: number
  /** host:port,host:port: the brokers that tables may read from; without them none may. */
  kafkaBrokers?: string | undefined
}

export interface Store {
  readonly url: string
  /** Takes no more queries, lets those that run come to their end, and closes the engine. */
  close(): Promise<void>
}

const gibibyte = 1024 ** 3

const limits = {
  // The text of a schema travels in the request line.
  maxHeaderSize: 1024 ** 2,
  headersTimeout: 15_000,
  // From the first byte of a request to its last.
  requestTimeout: 300_000,
  keepAliveTimeout: 30_000,
}
const maxConnections = 512
/** Then what runs is cancelled, and given as long again. */
const drainMs = 10_000

/**
 * Starts the engine and listens. The process must have been started with a UV_THREADPOOL_SIZE well above `sessionCount` (sessions.ts).
 * @throws UserError in one line: directory in use or not writable, port in use, chdb not installed
 */
export async function startStore(options: StoreOptions): Promise<Store> {
  const { directory, host, port, user, password, log } = options
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
  if (threads <= sessionCount) {
    log.warn(
      { threads, sessions: sessionCount },
      'UV_THREADPOOL_SIZE is too small: queries wait for each other',
    )
  }
  const engine = await openEngine(
    directory,
    options.maxMemoryBytes ?? defaultMemoryBytes(),
    options.kafkaBrokers,
  )
  const sessions = createSessions(engine)
  const server = createServer(
    limits,
    createHandler({ engine, sessions, credentials: { user, password }, log }),
  )
  const closeEngine = async () => {
    if (!(await sessions.drain(drainMs))) {
      sessions.cancelAll()
      server.closeAllConnections()
      if (!(await sessions.drain(drainMs))) {
        return log.error('a query does not end: the engine is left open')
      }
    }
    sessions.close()
    await engine.close()
  }
  server.maxConnections = maxConnections
  try {
    await listen(server, port, host)
  } catch (error) {
    await closeEngine()
    throw new UserError(
      codeOf(error) === 'EADDRINUSE'
        ? `the store's port ${port} on ${host} is in use: give another with NETMON_STORE_PORT`
        : `the store cannot listen on ${host} port ${port}: ${messageOf(error)}`,
    )
  }
  const url = urlOf(server, host)
  log.info({ url, directory, version: engine.version }, 'the store is ready')
  return {
    url,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await closeEngine()
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** An eighth of the machine, from 1 to 4 GiB: 1 GiB is what a million rows an insert and dashboards over days need; collector, API and the page cache live there too. */
function defaultMemoryBytes(): number {
  return Math.min(4 * gibibyte, Math.max(gibibyte, Math.floor(totalmem() / 8)))
}
