// Runs the command that is to be told of alerts.

import { spawn } from 'node:child_process'
import { codeOf, messageOf } from '../runtime/errors.ts'

export interface ExecOptions {
  /** Written to its standard input; nothing of it is ever an argument. */
  input: string
  timeoutMs: number
  signal: AbortSignal
}

const killAfterMs = 2_000

/**
 * Runs a program without a shell; its output goes where ours goes. Past its time, or when the signal comes, it and all that it started are
 * ended: SIGTERM, then SIGKILL. Answers undefined when it exits with 0, else why that failed.
 */
export function runCommand(
  [program, ...args]: [string, ...string[]],
  { input, timeoutMs, signal }: ExecOptions,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A process group of its own, which can be ended as a whole.
    const child = spawn(program, args, {
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
      env: withoutSettings(process.env),
    })
    let ended: string | undefined
    let killTimer: NodeJS.Timeout | undefined
    const end = (why: string) => {
      if (ended !== undefined) return
      ended = why
      killGroup(child.pid, 'SIGTERM')
      killTimer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), killAfterMs)
    }
    const timer = setTimeout(() => end(`did not end within ${timeoutMs / 1000} s`), timeoutMs)
    const onAbort = () => end('was stopped')
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()

    const settle = (failure: string | undefined) => {
      clearTimeout(timer)
      clearTimeout(killTimer)
      signal.removeEventListener('abort', onAbort)
      resolve(failure)
    }
    child.once('error', (error) =>
      settle(`cannot be started: ${codeOf(error) ?? messageOf(error)}`),
    )
    child.once('exit', (code, killedBy) => {
      if (ended !== undefined) {
        // What it started may have outlived it.
        killGroup(child.pid, 'SIGKILL')
        settle(ended)
      } else if (killedBy !== null) settle(`was ended by ${killedBy}`)
      else settle(code === 0 ? undefined : `exited with ${code}`)
    })
    // A command that does not read its input, or not all of it, is free not to: its exit code tells whether it worked.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone.
  }
}

/** Our settings hold passwords, which are no business of the command's. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('NETMON_')),
  )
}
