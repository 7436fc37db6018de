// `netmon alert`: judges the minutes that have closed, then prints the alerts that are open, or what has changed; nothing when there is nothing, and it
// fails when it cannot know.

import type { Writable } from 'node:stream'
import { type Advanced, createEvaluator } from '../rules/alerts/advance.ts'
import { alertDocument } from '../rules/alerts/document.ts'
import { cursorBehind, readEventsAfter, readOpening } from '../rules/alerts/history.ts'
import { isOpen } from '../rules/alerts/state.ts'
import { StoreError } from '../rules/store-error.ts'
import { createSeriesReader } from '../rules/zscore/series-values.ts'
import { UserError } from '../runtime/errors.ts'
import type { Settings } from '../runtime/settings.ts'
import { createStoreClient, findStore, type StoreClient } from '../schema/client.ts'
import { splitCommand } from './argv.ts'
import { type Channel, openChannel } from './channel.ts'
import { createTeller, type Tell, write } from './tell.ts'

export interface AlertOptions {
  settings: Settings
  /** A command line, run only when there is something to tell, with it as JSON on its standard input. */
  exec?: string
  /** Only what has changed since this channel was told last. */
  channel?: string
  /** Of what is printed. */
  format: 'json' | 'text'
  nowMs: number
  stdout: Writable
  stderr: Writable
  signal: AbortSignal
}

/** cron starts the next run soon: better blind than late. */
const storeTimeoutMs = 20_000
/** Told at once; what is more is told by the next run. */
const mostEvents = 1_000

/** Answers the exit code: 0 when all is known and told, whether there is anything or not; 1 when not; 2 for a command that cannot be read. */
export async function alertCommand(options: AlertOptions): Promise<number> {
  const { settings, exec, stderr } = options
  const say = async (line: string) => {
    await write(stderr, `netmon alert: ${line}\n`)
  }
  const command = exec === undefined ? undefined : splitCommand(exec)
  if (exec !== undefined && command === undefined) {
    await say('--exec expects a program and its arguments; a quote or backslash is not closed')
    return 2
  }
  let client: StoreClient | undefined
  try {
    client = createStoreClient(await findStore(settings), storeTimeoutMs)
    return await run(client, options, createTeller({ ...options, command, say }), say)
  } catch (error) {
    if (error instanceof StoreError) await say(`the store cannot be used: ${error.message}`)
    else if (error instanceof UserError) await say(error.message)
    else throw error
    return error instanceof UserError ? error.exitCode : 1
  } finally {
    await client?.close()
  }
}

async function run(
  client: StoreClient,
  { settings, channel: name, nowMs }: AlertOptions,
  tell: Tell,
  say: (line: string) => Promise<void>,
): Promise<number> {
  const channel = name === undefined ? undefined : await openChannel(settings.dataDir, name)
  // The run before this one is still at it, and tells what there is.
  if (name !== undefined && channel === undefined) return 0
  try {
    // The process ends with it: nothing needs to be kept for the next one.
    const advanced = await createEvaluator(client, createSeriesReader(client, 0))(nowMs)
    if (advanced.untracked > 0) {
      await say(`${advanced.untracked} alerts are more than can be kept track of`)
    }
    const isTold =
      channel === undefined
        ? await tell.alerts(openAlerts(advanced))
        : await tellChanges(client, channel, advanced, tell)
    if (advanced.blind !== undefined) await say(`nothing can be judged: ${advanced.blind}`)
    return isTold && advanced.blind === undefined ? 0 : 1
  } finally {
    channel?.release()
  }
}

function openAlerts({ evaluation }: Advanced) {
  return (evaluation?.states ?? []).filter(isOpen).map(alertDocument)
}

/** A channel that is new, or older than the store, is told why alerts are open. It moves on when that has been told, so that a crash in between tells it again. */
async function tellChanges(
  client: StoreClient,
  channel: Channel,
  { evaluation }: Advanced,
  tell: Tell,
): Promise<boolean> {
  if (evaluation === undefined) return true
  const { cursor } = channel
  if (cursor === undefined || cursor.number > evaluation.number) {
    if (!(await tell.events(await readOpening(client, mostEvents)))) return false
    await channel.moveTo(cursorBehind(evaluation.number))
    return true
  }
  const after = await readEventsAfter(client, cursor, mostEvents)
  if (after.events.length === 0) return true
  if (!(await tell.events(after.events))) return false
  await channel.moveTo(after.cursor)
  return true
}
