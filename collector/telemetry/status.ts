// What a collector tells about itself and its exporters every 10 s, as rows of the table `status` (schema/clickhouse/004_status.sql).

import { setImmediate } from 'node:timers/promises'
import type { Ledger } from '../delivery/ledger.ts'
import type { Segment } from '../delivery/segment.ts'
import { type ExporterFacts, lostOf, type ProtocolCounters } from '../exporters/exporter.ts'
import type { KnownExporters } from '../exporters/exporters.ts'
import { flowTypeNames, samplingSourceNames } from '../flow.ts'
import { countEvents, type Decoding, flowsByProtocol, undecodable } from './decoding.ts'
import { rowSegment, timeText } from './rows.ts'

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

/** Told in one go: a few milliseconds, after which sockets have their turn. Ten thousand exporters at once would be longer than their queue lasts. */
const exportersAtOnce = 200

/**
 * Tells of this moment, as a segment of the stream `status`: a row for the collector, and one for each exporter heard since the last call. Rows become text at once, and the thread
 * receives between some and the next.
 */
export function createStatus(
  identity: Identity,
  ledger: Ledger,
  exporters: KnownExporters,
  decoder: Decoding,
  gauges: Gauges,
): (name: string, nowMs: number) => Promise<Segment> {
  let lastMs = 0
  return async (name, nowMs) => {
    const sinceMs = lastMs
    lastMs = nowMs
    const heard: string[] = []
    let looked = 0
    for (const exporter of [...exporters.all()]) {
      if (++looked % exportersAtOnce === 0) await setImmediate()
      if (exporter.lastSeenMs < sinceMs) continue
      heard.push(JSON.stringify(exporterColumns(exporter, decoder)))
    }
    exporters.beginInterval()
    // Nothing received before this moment is missing from the store: with nothing under way, that moment is now.
    const watermark = timeText(gauges.oldestUnacknowledgedMs() ?? nowMs)
    const common = {
      time: timeText(nowMs),
      collector: identity.collector,
      boot: identity.boot,
      started: timeText(identity.startedMs),
      watermark,
    }
    const own = { ...common, kind: 'collector', ...collectorColumns(ledger, decoder, gauges) }
    const start = JSON.stringify({ ...common, kind: 'exporter' }).slice(0, -1)
    const lines = heard.map((columns) => `${start},${columns.slice(1)}\n`)
    return rowSegment(name, 'status', [`${JSON.stringify(own)}\n`, ...lines], nowMs)
  }
}

/** The rows as a segment of the stream `status`. */
export function statusSegment(name: string, rows: readonly object[], nowMs: number): Segment {
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`)
  return rowSegment(name, 'status', lines, nowMs)
}

function collectorColumns(ledger: Ledger, decoder: Decoding, gauges: Gauges): object {
  return {
    datagrams: ledger.datagrams,
    datagram_bytes: ledger.datagramBytes,
    kernel_drops: gauges.kernelDrops(),
    datagrams_refused: nonZero(ledger.datagramsRefused),
    undecodable_sets: nonZero(undecodable(decoder, 'sets')),
    undecodable_bytes: nonZero(undecodable(decoder, 'bytes')),
    flows: ledger.flowsDecoded,
    flows_by_protocol: nonZero(flowsByProtocol(decoder)),
    flows_acknowledged: ledger.flowsAcknowledged,
    flows_spooled: gauges.flowsSpooled(),
    flows_in_memory: gauges.flowsInMemory(),
    flows_dropped: nonZero(ledger.flowsDropped),
    rows: nonZero(ledger.rows),
    rows_dropped: nonZero(ledger.rowsDropped),
    templates: decoder.templates,
    parked_sets: decoder.parked.sets,
    decoding: nonZero(countEvents(decoder)),
    spool_bytes: gauges.spoolBytes(),
  }
}

function exporterColumns(exporter: ExporterFacts, decoder: Decoding): object {
  // Copies, each made anew when it is asked for.
  const { flowsBySampling, protocols } = exporter
  const byProtocol = (read: (counters: ProtocolCounters) => number) => {
    const counts: Record<string, number> = {}
    for (const [type, counters] of protocols.entries()) {
      const count = read(counters)
      if (count > 0) counts[flowTypeNames[type]!] = count
    }
    return counts
  }
  const bySampling: Record<string, number> = {}
  for (const [source, flows] of flowsBySampling.entries()) {
    if (flows > 0) bySampling[samplingSourceNames[source]!] = flows
  }
  return {
    exporter: exporter.address,
    udp_source: exporter.source.address,
    first_seen: timeText(exporter.firstSeenMs),
    last_seen: timeText(exporter.lastSeenMs),
    datagrams: exporter.datagrams,
    datagram_bytes: exporter.datagramBytes,
    datagrams_by_protocol: byProtocol(({ datagrams }) => datagrams),
    lost: byProtocol(lostOf),
    late_datagrams: exporter.lateDatagrams,
    sequence_resets: exporter.sequenceResets,
    samples_dropped: exporter.samplesDropped,
    clock_skew_ms: exporter.clockSkewMs ?? null,
    flows: flowsBySampling.reduce((sum, flows) => sum + flows, 0),
    flows_by_protocol: byProtocol(({ flows }) => flows),
    flows_by_sampling_source: bySampling,
    sampling_rate: exporter.samplingRate,
    sampling_rate_lowest: exporter.lowestSamplingRate,
    sampling_rate_highest: exporter.highestSamplingRate,
    sampling_source: samplingSourceNames[exporter.samplingSource],
    templates: decoder.templateCount(exporter.source.address),
    parked_sets: decoder.parkedCount(exporter.source.address),
  }
}

function nonZero(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0))
}
