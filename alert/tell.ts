// How the alert command tells what it has: on standard output, or to a command.

import type { Writable } from 'node:stream'
import type { AlertDocument } from '../rules/alerts/document.ts'
import type { TellableEvent } from '../rules/alerts/history.ts'
import { messageOf } from '../runtime/errors.ts'
import { runCommand } from './exec.ts'
import { alertsAsText, asJson, eventsAsText } from './report.ts'

/** Each answers whether it has been told; nothing at all is told of nothing. */
export interface Tell {
  alerts(alerts: readonly AlertDocument[]): Promise<boolean>
  events(events: readonly TellableEvent[]): Promise<boolean>
}

const execTimeoutMs = 60_000

export function createTeller({
  command,
  format,
  stdout,
  signal,
  say,
}: {
  /** Instead of standard output. */
  command: [string, ...string[]] | undefined
  format: 'json' | 'text'
  stdout: Writable
  signal: AbortSignal
  say: (line: string) => Promise<void>
}): Tell {
  const tell = async (json: string, text: () => string) => {
    if (command !== undefined) {
      const failure = await runCommand(command, { input: json, timeoutMs: execTimeoutMs, signal })
      if (failure !== undefined) await say(`${command[0]} ${failure}`)
      return failure === undefined
    }
    const failure = await write(stdout, format === 'json' ? json : text())
    if (failure !== undefined) await say(`the alerts could not be written: ${messageOf(failure)}`)
    return failure === undefined
  }
  return {
    alerts: async (alerts) =>
      alerts.length === 0 || tell(asJson(alerts), () => alertsAsText(alerts)),
    events: async (events) =>
      events.length === 0 || tell(asJson(events), () => eventsAsText(events)),
  }
}

/** Resolves once it is written, with the error if it cannot be: the reader of a pipe may be gone. */
export function write(stream: Writable, text: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const onError = (error: Error) => resolve(error)
    stream.once('error', onError)
    stream.write(text, (error) => {
      // The stream tells the same error once more, after this.
      if (error == null) stream.off('error', onError)
      resolve(error ?? undefined)
    })
  })
}
