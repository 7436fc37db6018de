// Rows of `status` as collectors write them every 10 s, their counters made by what a test says of each moment.

import type { StoreClient } from '../../schema/client.ts'

export interface Run {
  collector: string
  boot: string
  /** Seconds since 1970: when the collector started, and its first and last rows. */
  started: number
  from: number
  to: number
  /** Milliseconds that what is stored is behind, at a moment. */
  lagMs?: (at: number) => number
  /** Columns of the collector's own row. */
  columns: (at: number) => object
  exporters?: readonly ExporterRun[]
}

export interface ExporterRun {
  exporter: string
  firstSeen: number
  lastSeen: number
  /** Columns of the exporter's row, between its first and last moment. */
  columns: (at: number) => object
}

const everySeconds = 10

export async function putStatus(client: StoreClient, runs: readonly Run[]): Promise<void> {
  const values = runs.flatMap((run) => rowsOf(run))
  await client.insert({ table: 'status', values, format: 'JSONEachRow' })
}

function rowsOf({ collector, boot, started, from, to, lagMs, columns, exporters }: Run): object[] {
  const rows: object[] = []
  for (let at = from; at <= to; at += everySeconds) {
    const common = {
      time: timeText(at),
      collector,
      boot,
      started: timeText(started),
      watermark: timeText(at - (lagMs?.(at) ?? 0) / 1000),
    }
    rows.push({ ...common, kind: 'collector', ...columns(at) })
    for (const { exporter, firstSeen, lastSeen, columns } of exporters ?? []) {
      // Who is not heard is not told.
      if (at < firstSeen || at - everySeconds > lastSeen) continue
      rows.push({
        ...common,
        kind: 'exporter',
        exporter,
        udp_source: exporter,
        first_seen: timeText(firstSeen),
        last_seen: timeText(Math.min(at, lastSeen)),
        ...columns(Math.min(at, lastSeen)),
      })
    }
  }
  return rows
}

const timeText = (seconds: number) =>
  new Date(seconds * 1000).toISOString().slice(0, -1).replace('T', ' ')
