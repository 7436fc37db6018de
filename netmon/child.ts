// One part of `netmon up`: a process of its own that is started, watched, started again when it dies, and stopped by message.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UserError } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import { type ServiceMessage, stopMessage } from '../runtime/service.ts'

const firstRestartMs = 250
const longestRestartMs = 10_000
/** A part that ran this long before it died is started again at once. */
const soundAfterMs = 60_000
/** Longer than a part's own deadline, so that it is the part that decides. */
const killAfterMs = 45_000

export interface Child {
  readonly name: string
  /** Of its first start; the addresses do not change when it is started again. */
  readonly info: Record<string, unknown>
  stop(): Promise<void>
  /** At once, without farewell. */
  kill(): void
}

/**
 * Starts `netmon NAME` and resolves when it is ready. From then on it is kept running, with what `pin` makes of its info added to its environment: a port
 * that the kernel chose at first must be the same when the part is started again.
 * @throws UserError with the part's own line when it cannot start.
 */
export async function startChild(
  name: string,
  environment: NodeJS.ProcessEnv,
  pin: (info: Record<string, unknown>) => NodeJS.ProcessEnv,
  log: Logger,
): Promise<Child> {
  let process = spawnPart(name, environment)
  let stopping = false
  let restartMs = firstRestartMs
  let startedMs = Date.now()
  let restart: NodeJS.Timeout | undefined
  const info = await whenReady(name, process)

  const watch = () => {
    process.once('exit', (code, signal) => {
      if (stopping) return
      log.error({ part: name, code, signal }, 'a part ended: starting it again')
      if (Date.now() - startedMs > soundAfterMs) restartMs = firstRestartMs
      restart = setTimeout(again, restartMs)
      restartMs = Math.min(longestRestartMs, restartMs * 2)
    })
  }
  const again = () => {
    startedMs = Date.now()
    process = spawnPart(name, { ...environment, ...pin(info) })
    watch()
    whenReady(name, process).then(
      () => log.info({ part: name }, 'a part is back'),
      (error: unknown) => log.error({ part: name, error: String(error) }, 'a part cannot start'),
    )
  }
  watch()

  return {
    name,
    info,
    async stop() {
      stopping = true
      clearTimeout(restart)
      if (process.exitCode !== null || process.signalCode !== null) return
      const gone = new Promise((resolve) => process.once('exit', resolve))
      const deadline = setTimeout(() => {
        log.error({ part: name, killAfterMs }, 'a part did not stop in time: killed')
        process.kill('SIGKILL')
      }, killAfterMs)
      if (process.connected) process.send(stopMessage, () => {})
      await gone
      clearTimeout(deadline)
    },
    kill() {
      stopping = true
      clearTimeout(restart)
      process.kill('SIGKILL')
    },
  }
}

/** Detached: the terminal's Ctrl-C goes to a process group, and only the supervisor decides in which order its parts end. */
function spawnPart(name: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const program = fileURLToPath(new URL('./part.js', import.meta.url))
  return spawn(process.execPath, [program, name], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
}

function whenReady(name: string, part: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    part.on('message', (message: ServiceMessage) => {
      if (message.kind === 'ready') resolve(message.info)
      else reject(new UserError(message.message))
    })
    part.once('error', (error) =>
      reject(new UserError(`cannot start the ${name}: ${error.message}`)),
    )
    part.once('exit', (code, signal) =>
      reject(new UserError(`the ${name} ended before it was ready (${signal ?? `exit ${code}`})`)),
    )
  })
}
