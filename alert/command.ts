// `netmon alert`: prints the rules that are crossed, nothing when none is, and fails when it cannot know.

import type { Writable } from 'node:stream'
import { type Alert, toAlert } from '../rules/alert.ts'
import { type Evaluation, evaluate } from '../rules/evaluate.ts'
import { StoreError } from '../rules/store-error.ts'
import { messageOf, UserError } from '../runtime/errors.ts'
import type { Settings } from '../runtime/settings.ts'
import { createStoreClient, findStore } from '../schema/client.ts'
import { splitCommand } from './argv.ts'
import { runCommand } from './exec.ts'
import { asJson, asText } from './report.ts'

export interface AlertOptions {
  settings: Settings
  /** A command line, run only when there are alerts, with them as JSON on its standard input. */
  exec?: string
  /** Of what is printed. */
  format: 'json' | 'text'
  nowMs: number
  stdout: Writable
  stderr: Writable
  signal: AbortSignal
}

/** cron starts the next run soon: better blind than late. */
const storeTimeoutMs = 10_000
const execTimeoutMs = 60_000

/** Answers the exit code: 0 when all is known and told, whether there are alerts or not; 1 when not; 2 for a command that cannot be read. */
export async function alertCommand(options: AlertOptions): Promise<number> {
  const { settings, exec, format, nowMs, stdout, stderr, signal } = options
  const say = (line: string) => write(stderr, `netmon alert: ${line}\n`)

  const command = exec === undefined ? undefined : splitCommand(exec)
  if (exec !== undefined && command === undefined) {
    await say('--exec expects a program and its arguments; a quote or backslash is not closed')
    return 2
  }

  let evaluation: Evaluation | { blind: string }
  try {
    evaluation = await evaluateStored(settings, nowMs)
  } catch (error) {
    if (error instanceof UserError) await say(error.message)
    else if (error instanceof StoreError) await say(`the store cannot be used: ${error.message}`)
    else throw error
    return 1
  }
  if ('blind' in evaluation) {
    await say(`nothing can be judged: ${evaluation.blind}`)
    return 1
  }

  const alerts = evaluation.verdicts
    .map(toAlert)
    .filter((alert): alert is Alert => alert !== undefined)
  if (alerts.length === 0) return 0

  if (command !== undefined) {
    const input = asJson(alerts)
    const failure = await runCommand(command, { input, timeoutMs: execTimeoutMs, signal })
    if (failure === undefined) return 0
    await say(`${command[0]} ${failure}`)
    return 1
  }
  const failure = await write(stdout, format === 'json' ? asJson(alerts) : asText(alerts))
  if (failure === undefined) return 0
  await say(`the alerts could not be written: ${messageOf(failure)}`)
  return 1
}

async function evaluateStored(settings: Settings, nowMs: number) {
  const client = createStoreClient(await findStore(settings), storeTimeoutMs)
  try {
    return await evaluate(client, nowMs)
  } finally {
    await client.close()
  }
}

/** Resolves once it is written, with the error if it cannot be: the reader of a pipe may be gone. */
function write(stream: Writable, text: string): Promise<Error | undefined> {
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
