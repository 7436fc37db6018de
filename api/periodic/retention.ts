// How long flows are kept: a number of days, and less when the tables would outgrow their room.

import { askStore } from '../../rules/store-error.ts'
import type { Logger } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import { localName } from '../../schema/cluster.ts'

export interface RetentionLimits {
  days: number
  /** Of all tables on disk; undefined for no bound. */
  bytes: number | undefined
}

export interface Storage {
  /** Of all tables on disk. */
  bytes: number
  budgetBytes: number | undefined
  /** From the oldest flow kept to now. */
  daysKept: number
  /** Until the budget is used up at the rate of the days kept, when the oldest day will go; undefined without a budget, or without a day to judge by. */
  daysLeft: number | undefined
}

interface Partition {
  /** yyyymmdd */
  id: string
  bytes: number
  /** Seconds since 1970. */
  oldest: number
}

/**
 * Makes raw keep `limits.days`, and drops its oldest days, never the newest, while all tables together take more than `limits.bytes`.
 * Answers what they take then. For one server: a cluster's tables are on many disks.
 * @throws StoreError
 */
export function applyRetention(
  client: StoreClient,
  limits: RetentionLimits,
  nowMs: number,
  log: Logger,
): Promise<Storage> {
  return askStore(async () => {
    await keepDays(client, limits.days)
    const budget = limits.bytes ?? Infinity
    let bytes = await readBytes(client)
    const partitions = await readPartitions(client)
    while (bytes > budget && partitions.length > 1) {
      const { id, bytes: freed } = partitions.shift() as Partition
      await client.command({ query: `ALTER TABLE raw DROP PARTITION ID '${id}'` })
      bytes -= freed
      log.info({ day: id, bytes: freed }, 'a day of flows made room')
    }
    if (bytes > budget) {
      log.warn(
        { bytes, budget },
        'the tables take more than their room, and only the newest day of flows is left',
      )
    }
    return describe(partitions, bytes, limits.bytes, nowMs)
  })
}

function describe(
  partitions: readonly Partition[],
  bytes: number,
  budgetBytes: number | undefined,
  nowMs: number,
): Storage {
  const [oldest] = partitions
  const daysKept = oldest === undefined ? 0 : Math.max(0, nowMs / 1000 - oldest.oldest) / 86_400
  const flowBytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0)
  const canJudge = budgetBytes !== undefined && daysKept > 0 && flowBytes > 0
  const daysLeft = canJudge ? Math.max(0, budgetBytes - bytes) / (flowBytes / daysKept) : undefined
  return { bytes, budgetBytes, daysKept, daysLeft }
}

/** Makes raw keep so many days; on a cluster, on every server of it. @throws StoreError */
export function keepDays(client: StoreClient, days: number, cluster?: string): Promise<void> {
  const table = cluster === undefined ? 'raw' : localName('raw')
  return askStore(async () => {
    const [found] = await read<{ engine: string }>(
      client,
      `SELECT engine_full AS engine FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`,
    )
    const kept = /TTL time_received \+ toIntervalDay\((\d+)\)/.exec(found?.engine ?? '')?.[1]
    if (kept === undefined || Number(kept) === days) return
    const onIt = cluster === undefined ? '' : `ON CLUSTER '${cluster}'`
    await client.command({
      query: `ALTER TABLE ${table} ${onIt} MODIFY TTL time_received + INTERVAL ${Math.trunc(days)} DAY`,
    })
  })
}

async function readBytes(client: StoreClient): Promise<number> {
  const [row] = await read<{ bytes: string }>(
    client,
    'SELECT toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = currentDatabase()',
  )
  return Number(row?.bytes ?? 0)
}

/** Of raw, the oldest first. */
async function readPartitions(client: StoreClient): Promise<Partition[]> {
  const rows = await read<{ id: string; bytes: string; oldest: number }>(
    client,
    `SELECT partition_id AS id, toString(sum(bytes_on_disk)) AS bytes, toUnixTimestamp(min(min_time)) AS oldest
    FROM system.parts
    WHERE active AND database = currentDatabase() AND table = 'raw'
    GROUP BY id ORDER BY id`,
  )
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }))
}

async function read<Row>(client: StoreClient, query: string): Promise<Row[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<Row>()
}
