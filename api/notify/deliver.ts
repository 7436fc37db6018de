// Tells channels of what happened to alerts. What is to be told stands in alert_events, written by whoever evaluated; each channel keeps the place up to
// which it was told, and moves on only when the other side has taken an event. So nothing is lost when anything breaks off, and what is told
// twice has the same id. Events are told in their order; one that nobody takes is given up after a day.

import { setTimeout as sleep } from 'node:timers/promises'
import { type AlertDocument, alertDocumentSchema } from '../../rules/alerts/document.ts'
import { severities } from '../../rules/alerts/state.ts'
import { read } from '../../rules/query.ts'
import { codeOf, messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import { type Channel, type ToldEvent, toldEvents } from './channel.ts'
import type { Channels, Place } from './channels.ts'
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

interface Event extends Place {
  alertId: string
  event: string
  isSilenced: boolean
  atMs: number
  text: string
  doc: string
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
  const tell = async (channel: Channel, event: Event): Promise<boolean> => {
    if (!isWanted(channel, event)) return true
    const notice = noticeOf(event)
    const startedMs = now()
    let outcome: Outcome = 'sent'
    let detail: string
    try {
      detail = await send(channel, notice, stopping.signal)
      patience.delete(channel.id)
    } catch (error) {
      if (stopping.signal.aborted) return false
      detail = reasonOf(error)
      outcome = now() - event.atMs > giveUpAfterMs ? 'given_up' : 'failed'
      const failures = (patience.get(channel.id)?.failures ?? 0) + 1
      const waitMs = Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs)
      patience.set(channel.id, { failures, notBeforeMs: now() + waitMs })
      log.warn(
        { channel: channel.name, event: notice.id, outcome, detail, failures },
        'a channel could not be told of an alert',
      )
    }
    await notificationLog.keep({
      channel,
      notice,
      outcome,
      detail,
      atMs: now(),
      ms: now() - startedMs,
    })
    return outcome !== 'failed'
  }

  const tellChannel = async (channel: Channel) => {
    if (now() < (patience.get(channel.id)?.notBeforeMs ?? 0)) return
    const place = await channels.place(channel.id)
    for (const event of await readEvents(client, place)) {
      if (stopping.signal.aborted || !(await tell(channel, event))) return
      const { number, minute, eventId } = event
      await channels.move(channel.id, { number, minute, eventId })
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

function isWanted(channel: Channel, { event, isSilenced, doc }: Event): boolean {
  if (isSilenced || !isTold(event) || !channel.events.includes(event)) return false
  const { severity } = alertOf(doc)
  return severities.indexOf(severity) >= severities.indexOf(channel.min_severity)
}

function isTold(event: string): event is ToldEvent {
  return toldEvents.some((told) => told === event)
}

function noticeOf({ eventId, event, atMs, text, doc }: Event): Notice {
  const at = new Date(atMs).toISOString()
  return { id: eventId, event: event as ToldEvent, at, text, alert: alertOf(doc) }
}

function alertOf(doc: string): AlertDocument {
  return alertDocumentSchema.parse(JSON.parse(doc))
}

/** For people, and without what a server or a library may have put into a message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'Unreachable') return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time'
  return String(codeOf(error) ?? 'failed').slice(0, 100)
}

async function readEvents(client: StoreClient, after: Place): Promise<Event[]> {
  const rows = await read<{
    number: string
    minute: number
    event_id: string
    alert_id: string
    event: string
    silenced: number
    at_ms: string
    text: string
    doc: string
  }>(
    client,
    `SELECT toString(e.number) AS number, toUnixTimestamp(e.minute) AS minute, e.id AS event_id, alert_id, event, silenced,
      toString(toUnixTimestamp64Milli(at)) AS at_ms, text, doc
    FROM alert_events AS e FINAL
    WHERE e.number >= {number:UInt64} AND e.number > 0
      AND (e.number, toUnixTimestamp(e.minute), e.id) > ({number:UInt64}, {minute:UInt32}, {event_id:String})
    ORDER BY e.number, e.minute, e.id
    LIMIT {most:UInt32}`,
    { number: after.number, minute: after.minute, event_id: after.eventId, most: mostEvents },
  )
  return rows.map((row) => ({
    number: Number(row.number),
    minute: row.minute,
    eventId: row.event_id,
    alertId: row.alert_id,
    event: row.event,
    isSilenced: row.silenced !== 0,
    atMs: Number(row.at_ms),
    text: row.text,
    doc: row.doc,
  }))
}
