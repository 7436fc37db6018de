// Exporters as the collectors' status rows tell of them. All functions throw StoreError.

import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import type { StoreClient } from '../../schema/client.ts'
import type { Router } from '../configuration/router.ts'
import { askStore } from '../store-error.ts'
import { isLive } from '../traffic/minutes.ts'
import { type Exporter, type ExporterRun, type LiveRun, summarizeExporters } from './exporter.ts'

/** Rates are of this time. */
const recentMs = 5 * 60_000
/** Addresses are free to invent: of more than this many, those heard last are told. */
const mostRuns = 20_000
/** Consoles ask every few seconds, and flows of five minutes are many. */
const longestFlowsKeptMs = 60_000

export interface HeardExporters {
  exporters: Exporter[]
  /** There were more. */
  isCut: boolean
  /** Whether a collector is live. */
  isHearing: boolean
}

/** The exporters that were heard in the last `hours`. */
export type ReadExporters = (
  routers: readonly Router[],
  hours: number,
  nowMs: number,
) => Promise<HeardExporters>

/** How long flows go on is read once a minute, however often it is asked for. */
export function createExporterReader(client: StoreClient): ReadExporters {
  let kept: { untilMs: number; answer: Promise<Map<string, number>> } | undefined
  const longestFlowsOf = (nowMs: number) => {
    if (kept === undefined || kept.untilMs < nowMs) {
      const asked = {
        untilMs: nowMs + longestFlowsKeptMs,
        answer: readLongestFlows(client, nowMs - recentMs),
      }
      asked.answer.catch(() => {
        if (kept === asked) kept = undefined
      })
      kept = asked
    }
    return kept.answer
  }
  return async (routers, hours, nowMs) => {
    const recentFromMs = nowMs - recentMs
    const [runs, live, longestFlows] = await Promise.all([
      readRuns(client, nowMs - hours * 3_600_000, recentFromMs),
      readLiveRuns(client, recentFromMs, nowMs),
      longestFlowsOf(nowMs),
    ])
    return {
      exporters: summarizeExporters(runs, live, routers, longestFlows, nowMs),
      isCut: runs.length === mostRuns,
      isHearing: live.length > 0,
    }
  }
}

/** The newest run of each collector, if it is live. Its recent time begins with its last row before `recentFromMs`, or with its start. */
async function readLiveRuns(
  client: StoreClient,
  recentFromMs: number,
  nowMs: number,
): Promise<LiveRun[]> {
  const rows = await read<{ collector: string; boot: string; first_ms: string; last_ms: string }>(
    client,
    `WITH fromUnixTimestamp64Milli({recent_from_ms:Int64}, 'UTC') AS recent_from
    SELECT
      collector,
      argMax(run, last_row) AS boot,
      toString(toUnixTimestamp64Milli(argMax(first_row, last_row))) AS first_ms,
      toString(toUnixTimestamp64Milli(max(last_row))) AS last_ms
    FROM
    (
      SELECT
        collector,
        boot AS run,
        max(time) AS last_row,
        if(countIf(time <= recent_from) > 0, maxIf(time, time <= recent_from), greatest(min(started), recent_from)) AS first_row
      FROM status
      WHERE kind = 'collector' AND time > recent_from - INTERVAL 1 MINUTE
      GROUP BY collector, boot
    )
    GROUP BY collector`,
    { recent_from_ms: recentFromMs },
  )
  return rows
    .filter(({ last_ms }) => isLive({ lastStatusMs: Number(last_ms) }, nowMs))
    .map(({ collector, boot, first_ms, last_ms }) => ({
      collector,
      boot,
      recentSeconds: (Number(last_ms) - Number(first_ms)) / 1000,
    }))
}

/** In seconds, by exporter. Times of the exporter's own clock, both: a clock that is wrong makes no flow longer. */
async function readLongestFlows(
  client: StoreClient,
  recentFromMs: number,
): Promise<Map<string, number>> {
  const rows = await read<{ address: string; longest_ms: Count }>(
    client,
    `SELECT toString(sampler_address) AS address, max(flow_duration_ms) AS longest_ms
    FROM raw
    WHERE time_received >= fromUnixTimestamp({recent_from:UInt32})
    GROUP BY sampler_address
    ORDER BY longest_ms DESC
    LIMIT {most_runs:UInt32}`,
    { recent_from: Math.ceil(recentFromMs / 1000), most_runs: mostRuns },
  )
  return new Map(
    rows.map(({ address, longest_ms }) => [canonical(address), Number(longest_ms) / 1000]),
  )
}

interface RunRow {
  collector: string
  boot: string
  address: string
  source: string
  first_ms: Count
  last_ms: Count
  datagrams: Count
  flows: Count
  late: Count
  resets: Count
  samples_dropped: Count
  datagrams_by_protocol: Record<string, Count>
  flows_by_protocol: Record<string, Count>
  lost: Record<string, Count>
  flows_by_source: Record<string, Count>
  recent_datagrams: Count
  recent_bytes: Count
  recent_flows: Count
  rate: Count
  rate_source: ExporterRun['samplingSource']
  lowest_rate: Count
  highest_rate: Count
  skew_ms: Count | null
  templates: number
  parked_sets: number
}

/** Numbers of 64 bits come as text or not, by the server's settings. */
type Count = number | string

/**
 * Every run that was heard after `fromMs`. Its counters began with 0 at `first_seen`: where that is earlier, what its first row after `fromMs` has
 * is taken off, and what its last row before `recentFromMs` has off the recent counts. All but `lost` only grow. Of most rows
 * only the key is read: the rest is of those that these sums need.
 */
async function readRuns(
  client: StoreClient,
  fromMs: number,
  recentFromMs: number,
): Promise<ExporterRun[]> {
  const rows = await read<RunRow>(
    client,
    `WITH
      fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AS asked_from,
      fromUnixTimestamp64Milli({recent_from_ms:Int64}, 'UTC') AS recent_from,
      s.first_seen < asked_from AS is_older,
      countIf(s.time <= recent_from) > 0 AS was_heard_before
    SELECT
      s.collector AS collector,
      s.boot AS boot,
      toString(s.exporter) AS address,
      toString(s.udp_source) AS source,
      toUnixTimestamp64Milli(s.first_seen) AS first_ms,
      toUnixTimestamp64Milli(max(s.last_seen)) AS last_ms,
      max(s.datagrams) - if(is_older, min(s.datagrams), 0) AS datagrams,
      max(s.flows) - if(is_older, min(s.flows), 0) AS flows,
      max(s.late_datagrams) - if(is_older, min(s.late_datagrams), 0) AS late,
      max(s.sequence_resets) - if(is_older, min(s.sequence_resets), 0) AS resets,
      max(s.samples_dropped) - if(is_older, min(s.samples_dropped), 0) AS samples_dropped,
      mapSubtract(argMax(s.datagrams_by_protocol, s.time), if(is_older, argMin(s.datagrams_by_protocol, s.time), map())) AS datagrams_by_protocol,
      mapSubtract(argMax(s.flows_by_protocol, s.time), if(is_older, argMin(s.flows_by_protocol, s.time), map())) AS flows_by_protocol,
      mapSubtract(CAST(argMax(s.lost, s.time), 'Map(String, Int64)'), if(is_older, CAST(argMin(s.lost, s.time), 'Map(String, Int64)'), map())) AS lost,
      mapSubtract(argMax(s.flows_by_sampling_source, s.time), if(is_older, argMin(s.flows_by_sampling_source, s.time), map())) AS flows_by_source,
      max(s.datagrams) - multiIf(was_heard_before, maxIf(s.datagrams, s.time <= recent_from), is_older, min(s.datagrams), 0) AS recent_datagrams,
      max(s.datagram_bytes) - multiIf(was_heard_before, maxIf(s.datagram_bytes, s.time <= recent_from), is_older, min(s.datagram_bytes), 0) AS recent_bytes,
      max(s.flows) - multiIf(was_heard_before, maxIf(s.flows, s.time <= recent_from), is_older, min(s.flows), 0) AS recent_flows,
      argMax(s.sampling_rate, s.time) AS rate,
      argMax(s.sampling_source, s.time) AS rate_source,
      minIf(s.sampling_rate_lowest, s.time > recent_from AND s.sampling_rate_lowest > 0) AS lowest_rate,
      maxIf(s.sampling_rate_highest, s.time > recent_from) AS highest_rate,
      argMax(tuple(s.clock_skew_ms), s.time).1 AS skew_ms,
      argMax(s.templates, s.time) AS templates,
      argMax(s.parked_sets, s.time) AS parked_sets
    FROM status AS s
    PREWHERE s.kind = 'exporter' AND s.time > asked_from AND
    (
      s.time > recent_from OR (s.collector, s.boot, s.exporter, s.udp_source, s.first_seen, s.time) IN
      (
        SELECT collector, boot, exporter, udp_source, first_seen, arrayJoin([min(time), max(time), maxIf(time, time <= recent_from)])
        FROM status
        WHERE kind = 'exporter' AND time > asked_from
        GROUP BY collector, boot, exporter, udp_source, first_seen
      )
    )
    GROUP BY s.collector, s.boot, s.exporter, s.udp_source, s.first_seen
    ORDER BY last_ms DESC
    LIMIT {most_runs:UInt32}
    SETTINGS max_rows_to_group_by = 200000, group_by_overflow_mode = 'any'`,
    { from_ms: fromMs, recent_from_ms: recentFromMs, most_runs: mostRuns },
  )
  return rows.map(runOf)
}

function runOf(row: RunRow): ExporterRun {
  return {
    collector: row.collector,
    boot: row.boot,
    address: canonical(row.address),
    udpSource: canonical(row.source),
    firstSeenMs: Number(row.first_ms),
    lastSeenMs: Number(row.last_ms),
    counts: {
      datagrams: Number(row.datagrams),
      flows: Number(row.flows),
      lateDatagrams: Number(row.late),
      sequenceResets: Number(row.resets),
      samplesDropped: Number(row.samples_dropped),
      datagramsByProtocol: numbers(row.datagrams_by_protocol),
      flowsByProtocol: numbers(row.flows_by_protocol),
      lost: numbers(row.lost),
      flowsBySource: numbers(row.flows_by_source),
    },
    recent: {
      datagrams: Number(row.recent_datagrams),
      datagramBytes: Number(row.recent_bytes),
      flows: Number(row.recent_flows),
    },
    samplingRate: Number(row.rate),
    samplingSource: row.rate_source,
    lowestRate: Number(row.lowest_rate),
    highestRate: Number(row.highest_rate),
    clockSkewMs: row.skew_ms === null ? null : Number(row.skew_ms),
    templates: row.templates,
    parkedSets: row.parked_sets,
  }
}

function numbers(counts: Record<string, Count>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)]))
}

/** IPv4 as itself, where the store shows it mapped. */
function canonical(address: string): string {
  const bytes = parseAddress(address)
  return bytes === undefined ? address : formatAddress(bytes)
}

function read<Row>(
  client: StoreClient,
  query: string,
  parameters: Record<string, unknown>,
): Promise<Row[]> {
  return askStore(async () => {
    const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
    return result.json<Row>()
  })
}
