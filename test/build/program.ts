// The whole program as a user runs it: child processes, a data directory of their own, free ports.

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../runtime/package-root.ts'
import { createStoreClient, type StoreClient } from '../../schema/client.ts'

const netmon = path.join(packageRoot, 'netmon', 'bin.js')

/** Any free port everywhere, and loopback only: tests on one machine must not meet. */
export const freePorts = {
  NETMON_LISTEN: 'udp://127.0.0.1:0',
  NETMON_COLLECTOR_HTTP: '127.0.0.1:0',
  NETMON_STORE_PORT: '0',
  NETMON_API_PORT: '0',
}

export interface Running {
  readonly process: ChildProcess
  /** What it wrote so far. */
  output(): { stdout: string; stderr: string }
  /** Resolves with the first match of `pattern` in its output; rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

/** Runs a command in a process group of its own, so that a signal to the group is what Ctrl-C in a terminal is. */
export function run(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(command, args, {
    cwd: packageRoot,
    env: { ...cleanEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  const heard = () => {
    for (const listener of listeners) listener()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    heard()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    heard()
  })
  // `close` comes after the last output, `exit` may come before it.
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone')),
  )
  return {
    process: child,
    output: () => ({ stdout, stderr }),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr)
          if (match === null) return
          listeners.delete(look)
          resolve(match)
        }
        listeners.add(look)
        look()
        void ended.then((how) =>
          reject(new Error(`ended with ${how} before it said ${pattern}:\n${stdout}\n${stderr}`)),
        )
      }),
    ended,
  }
}

export function runNetmon(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  return run(process.execPath, [netmon, ...args], environment)
}

/** Ctrl-C in the terminal of `running`. */
export function interrupt(running: Running): void {
  if (running.process.pid !== undefined) process.kill(-running.process.pid, 'SIGINT')
}

/** Ends it and everything it started in its process group, without farewell; parts in groups of their own end when it is gone. */
export function killAll(running: Running | undefined): void {
  if (running?.process.pid === undefined || running.process.exitCode !== null) return
  try {
    process.kill(-running.process.pid, 'SIGKILL')
  } catch {} // gone already
}

export interface Program {
  readonly running: Running
  readonly dataDir: string
  readonly udpPorts: number[]
  readonly apiUrl: string
  readonly store: StoreClient
  /** Ctrl-C, and the exit code. */
  stop(): Promise<number | string>
}

/** `npm start` with a data directory of its own; resolves when it says that it is ready. */
export async function startProgram(
  dataDir: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Program> {
  const running = run('npm', ['start', '--silent', '--', '--data', dataDir], {
    ...freePorts,
    ...environment,
  })
  const [, ports] = await running.says(/Point routers at +UDP ([\d, ]+) /)
  const [, apiUrl] = await running.says(/Console and API +(http:\S+)/)
  return {
    running,
    dataDir,
    udpPorts: (ports ?? '').split(',').map(Number),
    apiUrl: apiUrl ?? '',
    store: storeClient(dataDir),
    async stop() {
      interrupt(running)
      return running.ended
    },
  }
}

/** The process of one part of the program that runs on this data directory. */
export function pidOfPart(dataDir: string, part: string): number {
  const pid = readdirSync('/proc').find((name) => {
    try {
      const isPart = readFileSync(`/proc/${name}/cmdline`, 'utf8').endsWith(`part.js\0${part}\0`)
      return (
        isPart &&
        readFileSync(`/proc/${name}/environ`, 'utf8').includes(`NETMON_DATA_DIR=${dataDir}\0`)
      )
    } catch {
      return false // no process, or one that has just ended
    }
  })
  if (pid === undefined) throw new Error(`no ${part} runs on ${dataDir}`)
  return Number(pid)
}

/** A client of the store that runs on this data directory. */
export function storeClient(dataDir: string): StoreClient {
  return createStoreClient({ ...readStoreCredentials(dataDir), database: 'flows' })
}

export function readStoreCredentials(dataDir: string): {
  url: string
  user: string
  password: string
} {
  return JSON.parse(readFileSync(path.join(dataDir, 'credentials'), 'utf8'))
}

/** Rows of a query, 64-bit integers as numbers or, when they are larger, as text. */
export async function rows<T>(store: StoreClient, query: string): Promise<T[]> {
  const result = await store.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return result.json<T>()
}

/** Without what the caller's shell or npm sets for this very run. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NETMON_|npm_|VITEST|NODE_ENV)/.test(name),
  )
  return Object.fromEntries(kept)
}
