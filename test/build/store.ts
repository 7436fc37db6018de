// The embedded store for tests: chdb holds one directory per process, so it runs in a child.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

/** Three quarters of an hour from whole hours, so that what forgets to say UTC is seen. */
const timeZone = 'Pacific/Chatham'

const here = path.dirname(fileURLToPath(import.meta.url))

export interface TestStore {
  readonly url: string
  readonly user: string
  readonly password: string
  readonly directory: string
  readonly process: ChildProcess
  /** Closed with the store. */
  client(options?: Parameters<typeof createClient>[0]): ClickHouseClient
  /** Closes the store and keeps its directory. */
  stop(): Promise<void>
  /** As a power cut: the directory stays. */
  kill(): Promise<void>
  /** Stops it if it runs, and removes its directory. */
  remove(): Promise<void>
}

export interface TestStoreOptions {
  /** Of an earlier store; a new one otherwise. */
  directory?: string
  port?: number
  password?: string
  maxMemoryBytes?: number
  /** Brokers that it may read from. */
  kafkaBrokers?: string
}

/**
 * Starts a store on a free port of loopback.
 * @throws Error with the store's own line when it cannot start.
 */
export async function startTestStore(options: TestStoreOptions = {}): Promise<TestStore> {
  const user = 'netmon'
  const password = options.password ?? 'a password for tests'
  const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), 'netmon-store-')))
  const { port = 0, maxMemoryBytes, kafkaBrokers } = options
  const child = fork(
    path.join(here, 'store-process.ts'),
    [
      JSON.stringify({
        directory,
        host: '127.0.0.1',
        port,
        user,
        password,
        maxMemoryBytes,
        kafkaBrokers,
      }),
    ],
    {
      execArgv: ['--import', pathToFileURL(path.join(here, 'typescript.js')).href],
      env: { ...process.env, UV_THREADPOOL_SIZE: '32', TZ: timeZone },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  const exited = once(child, 'exit')
  const clients: ClickHouseClient[] = []
  const closeClients = () => Promise.all(clients.splice(0).map((client) => client.close()))
  const url = await Promise.race([
    once(child, 'message').then(([message]: { url?: string; error?: string }[]) => {
      if (message?.url === undefined) throw new Error(message?.error ?? 'the store did not start')
      return message.url
    }),
    exited.then(([code]) => {
      throw new Error(`the store ended with ${code} before it was ready`)
    }),
  ])
  const connection = {
    url,
    username: user,
    password,
    log: { level: ClickHouseLogLevel.OFF },
  }
  const store: TestStore = {
    url,
    user,
    password,
    directory,
    process: child,
    client(options = {}) {
      const client = createClient({ ...connection, ...options })
      clients.push(client)
      return client
    },
    async stop() {
      await closeClients()
      if (child.connected) child.send('stop')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
      await closeClients()
    },
    async remove() {
      await store.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return store
}

export interface Asked {
  status: number
  /** X-ClickHouse-Exception-Code; undefined without an error. */
  code: number | undefined
  text: string
  headers: Headers
}

/** One plain request: `sql` as body, `parameters` as in a URL but not encoded. */
export async function ask(store: TestStore, sql: string, parameters = ''): Promise<Asked> {
  const url = new URL(store.url)
  url.search = encodeURI(parameters)
  const response = await fetch(url, {
    method: 'POST',
    body: sql,
    headers: { 'X-ClickHouse-User': store.user, 'X-ClickHouse-Key': store.password },
  })
  const code = response.headers.get('x-clickhouse-exception-code')
  return {
    status: response.status,
    code: code === null ? undefined : Number(code),
    text: await response.text(),
    headers: response.headers,
  }
}

/** Of the store's process, now (Linux). */
export function residentMebibytes({ process: { pid } }: TestStore): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
