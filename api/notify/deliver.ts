// Tells channels of what happened to alerts. What is to be told stands in alert_events, written by whoever evaluated; each channel keeps the place up to
// which it was told, and moves on only when the other side has taken an event. So nothing is lost when anything breaks off, and what is told
// twice has the same id. Events are told in their order; one that nobody takes is given up after a day.

import { setTimeout as sleep } from 'node:timers/promises'
import { readEventsAfter } from '../../rules/alerts/history.ts'
import { severities } from '../../rules/configuration/severity.ts'
import { codeOf, messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import type { Channel } from './channel.ts'
import type { Channels } from './channels.ts'
import type { NotificationLog, Outcome } from './log.ts'
import type { Notice } from './notice.ts'
import type { SendNotice } from './send.ts'

const giveUpAfterMs = 24 * 3_600_000
const firstWaitMs = 5_000
const longestWaitMs = 10 * 60_000
/** Read at a time. */
const mostEvents = 100

export interface Delivery {
  /** One round: tells each channel what is new, as far as its turn has come. Ends early when told to stop. */
  round(): Promise<void>
  /** Rounds, every `everyMs`, until `stop`. */
  start(everyMs: number): void
  stop(): Promise<void>
}

/** How a channel's last attempts went. Forgotten when the process ends: the next one tries at once. */
interface Patience {
  failures: number
  notBeforeMs: number
}

export function createDelivery(options: {
  client: StoreClient
  channels: Channels
  notificationLog: NotificationLog
  send: SendNotice
  now: () => number
  log: Logger
}): Delivery {
  const { client, channels, notificationLog, send, now, log } = options
  const stopping = new AbortController()
  const patience = new Map<string, Patience>()
  let running: Promise<void> | undefined

  /** Answers whether the event is done with. */
  const tell = async (channel: Channel, notice: Notice): Promise<boolean> => {
    if (!isWanted(channel, notice)) return true
    const startedMs = now()
    let outcome: Outcome = 'sent'
    let detail: string
    try {
      detail = await send(channel, notice, stopping.signal)
      patience.delete(channel.id)
    } catch (error) {
      if (stopping.signal.aborted) return false
      detail = reasonOf(error)
      outcome = now() - Date.parse(notice.at) > giveUpAfterMs ? 'given_up' : 'failed'
      const failures = (patience.get(channel.id)?.failures ?? 0) + 1
      const waitMs = Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs)
      patience.set(channel.id, { failures, notBeforeMs: now() + waitMs })
      log.warn(
        { channel: channel.name, event: notice.id, outcome, detail, failures },
        'a channel could not be told of an alert',
      )
    }
    const atMs = now()
    await notificationLog.keep({ channel, notice, outcome, detail, atMs, ms: atMs - startedMs })
    return outcome !== 'failed'
  }

  const tellChannel = async (channel: Channel) => {
    if (now() < (patience.get(channel.id)?.notBeforeMs ?? 0)) return
    const place = await channels.place(channel.id)
    const { events, places } = await readEventsAfter(client, place, mostEvents)
    for (const [index, event] of events.entries()) {
      if (stopping.signal.aborted || !(await tell(channel, event))) return
      await channels.move(channel.id, places[index]!)
    }
  }

  const round = async () => {
    const enabled = (await channels.list()).filter((channel) => channel.enabled)
    const told = await Promise.allSettled(enabled.map(tellChannel))
    for (const result of told) if (result.status === 'rejected') throw result.reason
  }

  const runRounds = async (everyMs: number) => {
    let isFailing = false
    while (!stopping.signal.aborted) {
      try {
        await round()
        isFailing = false
      } catch (error) {
        if (!isFailing && !stopping.signal.aborted) {
          log.warn({ error: messageOf(error) }, 'alerts cannot be told of')
        }
        isFailing = true
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  return {
    round,
    start(everyMs) {
      running ??= runRounds(everyMs)
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function isWanted({ events, min_severity }: Channel, { event, alert }: Notice): boolean {
  const isNamed = events.some((told) => told === event)
  return isNamed && severities.indexOf(alert.severity) >= severities.indexOf(min_severity)
}

/** For people, and without what a server or a library may have put into a message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'Unreachable') return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time'
  return String(codeOf(error) ?? 'failed').slice(0, 100)
}
