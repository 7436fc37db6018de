// What became of notifications, attempt by attempt.

import { z } from '@hono/zod-openapi'
import { askStore } from '../../rules/store-error.ts'
import { read } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import type { Channel } from './channel.ts'
import type { Notice } from './notice.ts'

export const outcomes = ['sent', 'failed', 'given_up'] as const
export type Outcome = (typeof outcomes)[number]

export const notificationSchema = z.object({
  /** RFC 3339, UTC. */
  time: z.string(),
  channel_id: z.string(),
  /** Its name then. */
  channel: z.string(),
  event_id: z.string(),
  alert_id: z.string(),
  event: z.string(),
  /** failed: it is tried again; given_up: it is not. */
  outcome: z.enum(outcomes),
  /** What was answered, or why nobody was reached. */
  detail: z.string(),
  ms: z.int(),
})
export type Notification = z.infer<typeof notificationSchema>

export interface Attempt {
  channel: Channel
  notice: Notice
  outcome: Outcome
  detail: string
  atMs: number
  ms: number
}

/** All functions throw StoreError. */
export interface NotificationLog {
  keep(attempt: Attempt): Promise<void>
  /** Newest first, from `fromMs` on and before or at `toMs`; of those at `toMs`, all but the first `skip`. Empty texts stand for any. */
  read(range: {
    fromMs: number
    toMs: number
    channel: string
    alert: string
    limit: number
    skip: number
  }): Promise<{ entries: Notification[]; cursor: string | null }>
}

export function createNotificationLog(client: StoreClient): NotificationLog {
  return {
    keep: ({ channel, notice, outcome, detail, atMs, ms }) =>
      askStore(async () => {
        await client.insert({
          table: 'notifications',
          values: [
            {
              time: (atMs / 1000).toFixed(3),
              channel_id: channel.id,
              channel: channel.name,
              event_id: notice.id,
              alert_id: notice.alert.id,
              event: notice.event,
              outcome,
              detail,
              ms: Math.max(0, Math.round(ms)),
            },
          ],
          format: 'JSONEachRow',
        })
      }),

    async read({ fromMs, toMs, channel, alert, limit, skip }) {
      const rows = await read<Omit<Notification, 'time'> & { time_ms: string }>(
        client,
        `SELECT toString(toUnixTimestamp64Milli(time)) AS time_ms, channel_id, channel, event_id, alert_id, event, outcome, detail, ms
        FROM notifications AS n
        WHERE n.time >= fromUnixTimestamp64Milli({from_ms:Int64}) AND n.time <= fromUnixTimestamp64Milli({to_ms:Int64})
          AND ({channel:String} = '' OR channel_id = {channel:String}) AND ({alert:String} = '' OR alert_id = {alert:String})
        ORDER BY n.time DESC, channel_id, event_id
        LIMIT {limit:UInt32} OFFSET {skip:UInt32}`,
        { from_ms: fromMs, to_ms: toMs, channel, alert, limit, skip },
      )
      const entries = rows.map(({ time_ms, ...row }) => ({
        time: new Date(Number(time_ms)).toISOString(),
        ...row,
      }))
      const lastMs = Number(rows.at(-1)?.time_ms)
      if (rows.length < limit) return { entries, cursor: null }
      const atLast = rows.filter(({ time_ms }) => Number(time_ms) === lastMs).length
      return { entries, cursor: `${lastMs}.${lastMs === toMs ? skip + atLast : atLast}` }
    },
  }
}
