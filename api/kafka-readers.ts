// How the store's Kafka engine reads what collectors have written there, where it does. All functions throw StoreError.

import { z } from '@hono/zod-openapi'
import type { Collector } from '../rules/exporters/collectors.ts'
import { StoreError } from '../rules/store-error.ts'
import { read } from '../rules/traffic/query.ts'
import type { StoreClient } from '../schema/client.ts'

export const kafkaSchema = z.object({
  /** Since the oldest flow was received that may not be stored yet, by the collector that is farthest behind; null without a collector. */
  lag_ms: z.number().nullable(),
  /** Messages of flows that are written and not committed; null where the engine keeps no statistics, as the embedded one. */
  lag_messages: z.number().nullable(),
  /** Messages of the last 24 hours that could not be read. */
  dead_letters: z.number(),
  /** One for each partition that is read; null when the store does not let the API ask. */
  readers: z
    .array(
      z.object({
        topic: z.string(),
        partition: z.number(),
        /** Of the next message; null before the first. */
        offset: z.number().nullable(),
        last_poll: z.iso.datetime().nullable(),
        last_commit: z.iso.datetime().nullable(),
        /** The newest one of this reader, with its time. */
        error: z.object({ at: z.iso.datetime(), text: z.string() }).nullable(),
      }),
    )
    .nullable(),
})
export type KafkaReaders = z.infer<typeof kafkaSchema>

interface ReaderRow {
  topics: string[]
  partitions: number[]
  offsets: string[]
  polled: number
  committed: number
  failed: number
  error: string
  stat: string
}

/** Null when the database reads nothing from Kafka. */
export async function readKafkaReaders(
  store: StoreClient,
  collectors: readonly Collector[],
  nowMs: number,
): Promise<KafkaReaders | null> {
  const tables = await read<object>(
    store,
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'kafka_flows'",
  )
  if (tables.length === 0) return null
  const [rows, [dead]] = await Promise.all([
    readRows(store),
    read<{ count: string }>(
      store,
      'SELECT toString(count()) AS count FROM dead_letters FINAL WHERE time > fromUnixTimestamp64Milli({from_ms:Int64})',
      { from_ms: nowMs - 86_400_000 },
    ),
  ])
  return {
    lag_ms: lagMs(collectors, nowMs),
    lag_messages: lagMessages((rows ?? []).map(({ stat }) => stat)),
    dead_letters: Number(dead?.count ?? 0),
    readers: rows?.flatMap(readersOf) ?? null,
  }
}

/** Of a server whose user may not ask for it there are none. */
async function readRows(store: StoreClient): Promise<ReaderRow[] | undefined> {
  try {
    return await read<ReaderRow>(
      store,
      `SELECT
        assignments.topic AS topics,
        assignments.partition_id AS partitions,
        arrayMap(offset -> toString(offset), assignments.current_offset) AS offsets,
        toUnixTimestamp(last_poll_time) AS polled,
        toUnixTimestamp(last_commit_time) AS committed,
        toUnixTimestamp(exceptions.time[-1]) AS failed,
        exceptions.text[-1] AS error,
        if(table = 'kafka_flows', rdkafka_stat, '') AS stat
      FROM system.kafka_consumers
      WHERE database = currentDatabase()
      LIMIT 1000`,
    )
  } catch (error) {
    if (error instanceof StoreError) return undefined
    throw error
  }
}

function readersOf(row: ReaderRow): NonNullable<KafkaReaders['readers']> {
  return row.topics.map((topic, index) => {
    const offset = Number(row.offsets[index])
    return {
      topic,
      partition: row.partitions[index]!,
      offset: offset < 0 ? null : offset,
      last_poll: timeText(row.polled),
      last_commit: timeText(row.committed),
      error: row.error === '' ? null : { at: timeText(row.failed) ?? '', text: row.error },
    }
  })
}

function timeText(seconds: number): string | null {
  return seconds === 0 ? null : new Date(seconds * 1000).toISOString()
}

/** While nothing is read no status comes either: then time goes on since the newest one. */
function lagMs(collectors: readonly Collector[], nowMs: number): number | null {
  const live = collectors.filter((collector) => collector.live)
  const lags = (live.length > 0 ? live : collectors).map((collector) => {
    const toldMs = collector.live ? Date.parse(collector.last_status) : nowMs
    return toldMs - Date.parse(collector.watermark)
  })
  return lags.length === 0 ? null : Math.max(0, ...lags)
}

const statSchema = z.object({
  topics: z.record(
    z.string(),
    z.object({ partitions: z.record(z.string(), z.object({ consumer_lag: z.number() })) }),
  ),
})

/** Of librdkafka's statistics (STATISTICS.md), in which a lag that is not known is -1; partition -1 stands for none. */
export function lagMessages(stats: readonly string[]): number | null {
  const lags = stats.flatMap((stat) => {
    if (stat === '') return []
    const parsed = statSchema.safeParse(JSON.parse(stat))
    if (!parsed.success) return []
    return Object.values(parsed.data.topics).flatMap(({ partitions }) =>
      Object.entries(partitions).flatMap(([partition, { consumer_lag }]) =>
        partition === '-1' || consumer_lag < 0 ? [] : [consumer_lag],
      ),
    )
  })
  return lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0)
}
