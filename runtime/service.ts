// A long-running part as a process: started by hand it ends at SIGINT or SIGTERM; started by `netmon up` it ends when told to by
// message, or when the supervisor is gone.

import { messageOf, UserError } from './errors.ts'
import type { Logger } from './log.ts'

export interface Service {
  /** What the starter wants to know, such as the addresses in use. */
  readonly info: Record<string, unknown>
  /** Lets go of everything, losing nothing it accepted. */
  stop(): Promise<void>
}

/** From a service to `netmon up`. */
export type ServiceMessage =
  | { kind: 'ready'; info: Record<string, unknown> }
  | { kind: 'failed'; message: string }

/** From `netmon up` to a service. */
export const stopMessage = 'stop'

const failedExitCode = 1
const faultExitCode = 70 // EX_SOFTWARE: a fault of ours; the supervisor starts the part again

/**
 * Starts the service and keeps the process until it is told to end. `deadlineMs` bounds the stop: what is not done by then is left to the next start.
 */
export async function runService(
  start: () => Promise<Service>,
  log: Logger,
  deadlineMs: number,
): Promise<void> {
  const supervised = process.send !== undefined
  let stopping = false
  let service: Service | undefined
  const isImpatient = createImpatience()

  const stop = (reason: string) => {
    if (stopping) {
      if (reason.startsWith('SIG') && isImpatient()) process.exit(failedExitCode)
      return
    }
    stopping = true
    isImpatient()
    log.info({ reason }, 'stopping')
    const deadline = setTimeout(() => {
      log.error({ deadlineMs }, 'did not stop in time')
      process.exit(failedExitCode)
    }, deadlineMs)
    deadline.unref()
    Promise.resolve(service?.stop()).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: messageOf(error) }, 'stop failed')
        process.exit(failedExitCode)
      },
    )
  }

  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.stack }, 'uncaught exception')
    process.exit(faultExitCode)
  })
  process.on('unhandledRejection', (reason) => {
    log.fatal(
      { error: reason instanceof Error ? reason.stack : String(reason) },
      'unhandled rejection',
    )
    process.exit(faultExitCode)
  })
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (supervised) {
    process.on('message', (message) => {
      if (message === stopMessage) stop('told to')
    })
    process.on('disconnect', () => stop('disconnect'))
  }

  try {
    const started = await start()
    service = started
    if (stopping) await started.stop()
    else {
      log.info(started.info, 'ready')
      tell({ kind: 'ready', info: started.info })
    }
  } catch (error) {
    const message = messageOf(error)
    if (!(error instanceof UserError))
      log.fatal({ error: error instanceof Error ? error.stack : message }, 'start failed')
    if (supervised) tell({ kind: 'failed', message })
    else if (error instanceof UserError) process.stderr.write(`${message}\n`)
    process.exit(error instanceof UserError ? error.exitCode : faultExitCode)
  }
}

/**
 * A second Ctrl-C means "at once". npm hands on the signal that the terminal has given us already, so one that follows within a second is the same one.
 * The first call starts the clock and answers false.
 */
export function createImpatience(): () => boolean {
  let firstMs: number | undefined
  return () => {
    firstMs ??= Date.now()
    return Date.now() - firstMs > sameSignalMs
  }
}

const sameSignalMs = 1_000

function tell(message: ServiceMessage): void {
  // The supervisor may be gone already; then `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => {})
}
