// What the collectors count, as their newest status rows tell: where every datagram and every flow went. All functions throw StoreError.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { askStore } from '../store-error.ts'
import { isLive } from '../traffic/minutes.ts'

const counts = z.record(z.string(), z.number())

/** Counts are since its start. `flows = flows_acknowledged + flows_spooled + flows_in_memory + flows_dropped`. */
export const collectorSchema = z.object({
  name: z.string(),
  /** False when it has not told its status for a minute. */
  live: z.boolean(),
  started: z.iso.datetime(),
  last_status: z.iso.datetime(),
  /** All that it received before this is stored. */
  watermark: z.iso.datetime(),
  datagrams: z.number(),
  datagram_bytes: z.number(),
  /** That the kernel dropped before the collector could read them. */
  kernel_drops: z.number(),
  /** By reason. */
  datagrams_refused: counts,
  undecodable_sets: counts,
  flows: z.number(),
  flows_by_protocol: counts,
  flows_acknowledged: z.number(),
  flows_spooled: z.number(),
  flows_in_memory: z.number(),
  flows_dropped: counts,
  /** Held now: templates, and data sets that wait for theirs. */
  templates: z.number(),
  parked_sets: z.number(),
  spool_bytes: z.number(),
})

export type Collector = z.infer<typeof collectorSchema>

type Counts = Record<string, string | number>

interface Row {
  collector: string
  started_ms: string
  last_ms: string
  watermark_ms: string
  datagrams: string
  datagram_bytes: string
  kernel_drops: string
  datagrams_refused: Counts
  undecodable_sets: Counts
  flows: string
  flows_by_protocol: Counts
  flows_acknowledged: string
  flows_spooled: string
  flows_in_memory: string
  flows_dropped: Counts
  templates: number
  parked_sets: number
  spool_bytes: string
}

/** The newest run of each collector that told its status in the last `hours`, by name. */
export async function readCollectors(
  client: StoreClient,
  hours: number,
  nowMs: number,
): Promise<Collector[]> {
  const rows = await askStore(async () => {
    const result = await client.query({
      query: `SELECT
        collector,
        toString(toUnixTimestamp64Milli(started)) AS started_ms,
        toString(toUnixTimestamp64Milli(time)) AS last_ms,
        toString(toUnixTimestamp64Milli(watermark)) AS watermark_ms,
        datagrams, datagram_bytes, kernel_drops, datagrams_refused, undecodable_sets,
        flows, flows_by_protocol, flows_acknowledged, flows_spooled, flows_in_memory, flows_dropped,
        templates, parked_sets, spool_bytes
      FROM status
      WHERE kind = 'collector' AND time > fromUnixTimestamp64Milli({from_ms:Int64})
      ORDER BY collector, time DESC
      LIMIT 1 BY collector
      LIMIT 1000`,
      query_params: { from_ms: nowMs - hours * 3_600_000 },
      format: 'JSONEachRow',
    })
    return result.json<Row>()
  })
  return rows.map((row) => ({
    name: row.collector,
    live: isLive({ lastStatusMs: Number(row.last_ms) }, nowMs),
    started: timeText(row.started_ms),
    last_status: timeText(row.last_ms),
    watermark: timeText(row.watermark_ms),
    datagrams: Number(row.datagrams),
    datagram_bytes: Number(row.datagram_bytes),
    kernel_drops: Number(row.kernel_drops),
    datagrams_refused: numbers(row.datagrams_refused),
    undecodable_sets: numbers(row.undecodable_sets),
    flows: Number(row.flows),
    flows_by_protocol: numbers(row.flows_by_protocol),
    flows_acknowledged: Number(row.flows_acknowledged),
    flows_spooled: Number(row.flows_spooled),
    flows_in_memory: Number(row.flows_in_memory),
    flows_dropped: numbers(row.flows_dropped),
    templates: row.templates,
    parked_sets: row.parked_sets,
    spool_bytes: Number(row.spool_bytes),
  }))
}

function numbers(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)]))
}

function timeText(ms: string): string {
  return new Date(Number(ms)).toISOString()
}
