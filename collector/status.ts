// What a collector tells about itself and its exporters every 10 s, as rows of the table `status` (schema/clickhouse/004_status.sql).

import type { Undecodable } from './decode/counters.ts'
import type { Decoder } from './decode/decode.ts'
import type { Exporter, Exporters } from './exporters.ts'
import { SamplingSource } from './flow.ts'
import type { Ledger } from './ledger.ts'
import type { Segment } from './segment.ts'

export const statusEveryMs = 10_000

/** What only the running collector knows at the moment of asking. */
export interface Gauges {
  kernelDrops(): number
  flowsInMemory(): number
  flowsSpooled(): number
  spoolBytes(): number
  /** When the oldest flow was received that is not acknowledged yet; undefined when all are. */
  oldestUnacknowledgedMs(): number | undefined
}

export interface Identity {
  collector: string
  boot: string
  startedMs: number
}

/** Makes the rows of this moment: one for the collector, one for each exporter heard since the last call. */
export function createStatus(
  identity: Identity,
  ledger: Ledger,
  exporters: Exporters,
  decoder: Decoder,
  gauges: Gauges,
): (nowMs: number) => object[] {
  let lastMs = 0
  return (nowMs) => {
    const sinceMs = lastMs
    lastMs = nowMs
    // Nothing received before this moment is missing from the store: with nothing under way, that moment is now.
    const watermark = time(gauges.oldestUnacknowledgedMs() ?? nowMs)
    const common = {
      time: time(nowMs),
      collector: identity.collector,
      boot: identity.boot,
      started: time(identity.startedMs),
      watermark,
    }
    const rows: object[] = [
      { ...common, kind: 'collector', ...collectorColumns(ledger, decoder, gauges) },
    ]
    for (const exporter of exporters.all()) {
      if (exporter.lastSeenMs < sinceMs) continue
      rows.push({ ...common, kind: 'exporter', ...exporterColumns(exporter, decoder) })
    }
    return rows
  }
}

/** The rows as a segment of the stream `status`, one JSON object a line. */
export function statusSegment(name: string, rows: readonly object[], nowMs: number): Segment {
  const payload = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return {
    name,
    stream: 'status',
    flows: 0,
    firstReceivedMs: nowMs,
    payloadBytes: payload.length,
    payload: [payload],
  }
}

function collectorColumns(ledger: Ledger, decoder: Decoder, gauges: Gauges): object {
  return {
    datagrams: ledger.datagrams,
    datagram_bytes: ledger.datagramBytes,
    kernel_drops: gauges.kernelDrops(),
    datagrams_refused: nonZero(ledger.datagramsRefused),
    undecodable_sets: nonZero(undecodable(decoder, 'sets')),
    undecodable_bytes: nonZero(undecodable(decoder, 'bytes')),
    flows: ledger.flowsDecoded,
    flows_acknowledged: ledger.flowsAcknowledged,
    flows_spooled: gauges.flowsSpooled(),
    flows_in_memory: gauges.flowsInMemory(),
    flows_dropped: nonZero(ledger.flowsDropped),
    spool_bytes: gauges.spoolBytes(),
  }
}

function exporterColumns(exporter: Exporter, decoder: Decoder): object {
  const bySampling = Object.fromEntries(
    Object.entries(SamplingSource).map(([name, source]) => [
      name,
      exporter.flowsBySampling[source],
    ]),
  )
  return {
    exporter: exporter.address,
    last_seen: time(exporter.lastSeenMs),
    datagrams: exporter.datagrams,
    datagram_bytes: exporter.datagramBytes,
    flows: exporter.flows,
    flows_by_sampling_source: nonZero(bySampling),
    templates: decoder.templateCount(exporter.source.address),
  }
}

/** DateTime64(3) as ClickHouse reads it. */
function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
}

function nonZero(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0))
}

/** Sets, or their bytes, that could not be decoded, by reason. */
export function undecodable(decoder: Decoder, unit: keyof Undecodable): Record<string, number> {
  const { undecodable } = decoder.counters
  return Object.fromEntries(
    Object.entries(undecodable).map(([reason, counts]) => [reason, counts[unit]]),
  )
}
