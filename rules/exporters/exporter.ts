// What is told of an exporter: what the status rows of all collectors that heard it say together.

import { z } from 'zod'
import { type Router, roleOf, routerRoles } from '../configuration/router.ts'

export const protocols = ['NETFLOW_V5', 'NETFLOW_V9', 'IPFIX', 'SFLOW_5'] as const
export type Protocol = (typeof protocols)[number]

/** What the sequence numbers of a protocol count, and so the unit of what is missing in them. */
export const lostUnits = {
  NETFLOW_V5: 'flows',
  NETFLOW_V9: 'datagrams',
  IPFIX: 'data_records',
  SFLOW_5: 'datagrams',
} as const satisfies Record<Protocol, string>

export const exporterStates = ['active', 'silent', 'unknown'] as const
export type ExporterState = (typeof exporterStates)[number]

const protocolSchema = z.object({
  protocol: z.enum(protocols),
  datagrams: z.number(),
  flows: z.number(),
  /** In `lost_unit`. What arrived late is not lost. */
  lost: z.number(),
  lost_unit: z.enum(['flows', 'datagrams', 'data_records']),
})

/** Counts are those of the hours that were asked for. */
export const exporterSchema = z.object({
  /** That its flows are shown under: the agent's for sFlow. */
  address: z.string(),
  /** That its datagrams come from. */
  udp_source: z.string(),
  router: z.object({ id: z.string(), name: z.string(), role: z.enum(routerRoles) }).nullable(),
  /** silent: nothing for five minutes. unknown: no collector is live that could have heard it. */
  state: z.enum(exporterStates),
  first_seen: z.iso.datetime(),
  last_seen: z.iso.datetime(),
  collectors: z.array(z.string()),
  protocols: z.array(protocolSchema),
  datagrams: z.number(),
  flows: z.number(),
  late_datagrams: z.number(),
  sequence_resets: z.number(),
  /** Packets that its sFlow agent could not sample. */
  samples_dropped: z.number(),
  /** Over the last five minutes; null when no collector is live. */
  rates: z
    .object({
      datagrams_per_second: z.number(),
      /** Of the exports themselves. */
      export_bits_per_second: z.number(),
      flows_per_second: z.number(),
    })
    .nullable(),
  sampling: z.object({
    /** 1 in N, and who said so, of its last flow; null before the first. */
    rate: z.number().nullable(),
    source: z.enum(['assumed', 'exporter', 'router_default', 'override']).nullable(),
    /** Of the last five minutes; null without flows. */
    lowest_rate: z.number().nullable(),
    highest_rate: z.number().nullable(),
    flows_by_source: z.record(z.string(), z.number()),
  }),
  /**
   * The longest that a flow of the last five minutes went on for, before it was told; null without flows. What counts in the minute of its arrival was carried over so long a time: beyond a minute or
   * two, minutes have peaks that were none. An exporter's active timeout bounds it.
   */
  longest_flow_seconds: z.number().nullable(),
  /** Its clock minus the collector's; null when it tells no time. */
  clock_skew_ms: z.number().nullable(),
  /** Held now: templates, and data sets that wait for theirs. */
  templates: z.number(),
  parked_sets: z.number(),
})

export type Exporter = z.infer<typeof exporterSchema>

export interface ExporterCounts {
  datagrams: number
  flows: number
  lateDatagrams: number
  sequenceResets: number
  samplesDropped: number
  datagramsByProtocol: Readonly<Record<string, number>>
  flowsByProtocol: Readonly<Record<string, number>>
  lost: Readonly<Record<string, number>>
  flowsBySource: Readonly<Record<string, number>>
}

/** Of one exporter, as one run of one collector heard it. */
export interface ExporterRun {
  collector: string
  boot: string
  /** Canonical text, an IPv4-mapped address as IPv4. */
  address: string
  udpSource: string
  firstSeenMs: number
  lastSeenMs: number
  /** Of the hours that are asked for. */
  counts: ExporterCounts
  /** Of the time that rates are of. */
  recent: { datagrams: number; datagramBytes: number; flows: number }
  /** Of the last flow; 0 before the first. */
  samplingRate: number
  samplingSource: Exclude<Exporter['sampling']['source'], null>
  /** Of the time that rates are of; 0 without flows. */
  lowestRate: number
  highestRate: number
  clockSkewMs: number | null
  templates: number
  parkedSets: number
}

/** A run of a collector that is live. */
export interface LiveRun {
  collector: string
  boot: string
  /** How long the time is that its `recent` counts; 0 when it has just begun. */
  recentSeconds: number
}

const silentAfterMs = 5 * 60_000

/** By address. `longestFlows` has seconds, by the address that flows are shown under. */
export function summarizeExporters(
  runs: readonly ExporterRun[],
  live: readonly LiveRun[],
  routers: readonly Router[],
  longestFlows: ReadonlyMap<string, number>,
  nowMs: number,
): Exporter[] {
  const routersByAddress = new Map(routers.map((router) => [router.router_ip, router]))
  const byExporter = new Map<string, ExporterRun[]>()
  for (const run of runs) {
    const key = `${run.address} ${run.udpSource}`
    const known = byExporter.get(key)
    if (known === undefined) byExporter.set(key, [run])
    else known.push(run)
  }
  return [...byExporter]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ofOne]) => summarize(ofOne, live, routersByAddress, longestFlows, nowMs))
}

function summarize(
  runs: ExporterRun[],
  live: readonly LiveRun[],
  routers: ReadonlyMap<string, Router>,
  longestFlows: ReadonlyMap<string, number>,
  nowMs: number,
): Exporter {
  const newest = runs.reduce((a, b) => (b.lastSeenMs > a.lastSeenMs ? b : a))
  const { address, udpSource, lastSeenMs } = newest
  const router = routers.get(address) ?? routers.get(udpSource)
  const sum = (read: (counts: ExporterCounts) => number) =>
    runs.reduce((total, { counts }) => total + read(counts), 0)
  const lowest = runs.map(({ lowestRate }) => lowestRate).filter((rate) => rate > 0)
  const highest = Math.max(...runs.map(({ highestRate }) => highestRate))
  const hasFlows = newest.samplingRate > 0
  return {
    address,
    udp_source: udpSource,
    router:
      router === undefined ? null : { id: router.id, name: router.name, role: roleOf(router) },
    state: nowMs - lastSeenMs < silentAfterMs ? 'active' : live.length === 0 ? 'unknown' : 'silent',
    first_seen: isoTime(Math.min(...runs.map(({ firstSeenMs }) => firstSeenMs))),
    last_seen: isoTime(lastSeenMs),
    collectors: [...new Set(runs.map(({ collector }) => collector))].sort(),
    protocols: summarizeProtocols(sum),
    datagrams: sum(({ datagrams }) => datagrams),
    flows: sum(({ flows }) => flows),
    late_datagrams: sum(({ lateDatagrams }) => lateDatagrams),
    sequence_resets: sum(({ sequenceResets }) => sequenceResets),
    samples_dropped: sum(({ samplesDropped }) => samplesDropped),
    rates: summarizeRates(runs, live),
    sampling: {
      rate: hasFlows ? newest.samplingRate : null,
      source: hasFlows ? newest.samplingSource : null,
      lowest_rate: lowest.length === 0 ? null : Math.min(...lowest),
      highest_rate: highest === 0 ? null : highest,
      flows_by_source: sumBySource(runs),
    },
    longest_flow_seconds: longestFlows.get(address) ?? null,
    clock_skew_ms: newest.clockSkewMs,
    templates: newest.templates,
    parked_sets: newest.parkedSets,
  }
}

/** Those that were heard. */
function summarizeProtocols(
  sum: (read: (counts: ExporterCounts) => number) => number,
): Exporter['protocols'] {
  return protocols
    .map((protocol) => ({
      protocol,
      datagrams: sum(({ datagramsByProtocol }) => datagramsByProtocol[protocol] ?? 0),
      flows: sum(({ flowsByProtocol }) => flowsByProtocol[protocol] ?? 0),
      // Late datagrams can take off what was lost before the hours that are asked for.
      lost: Math.max(
        0,
        sum(({ lost }) => lost[protocol] ?? 0),
      ),
      lost_unit: lostUnits[protocol],
    }))
    .filter(({ datagrams, flows, lost }) => datagrams > 0 || flows > 0 || lost > 0)
}

/** Of all live collectors together: each for its own time. */
function summarizeRates(runs: readonly ExporterRun[], live: readonly LiveRun[]): Exporter['rates'] {
  const measured = live.filter(({ recentSeconds }) => recentSeconds > 0)
  if (measured.length === 0) return null
  const rates = { datagrams_per_second: 0, export_bits_per_second: 0, flows_per_second: 0 }
  for (const { collector, boot, recentSeconds } of measured) {
    for (const run of runs) {
      if (run.collector !== collector || run.boot !== boot) continue
      rates.datagrams_per_second += run.recent.datagrams / recentSeconds
      rates.export_bits_per_second += (run.recent.datagramBytes * 8) / recentSeconds
      rates.flows_per_second += run.recent.flows / recentSeconds
    }
  }
  return rates
}

function sumBySource(runs: readonly ExporterRun[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { counts } of runs) {
    for (const [source, flows] of Object.entries(counts.flowsBySource)) {
      if (flows > 0) sums[source] = (sums[source] ?? 0) + flows
    }
  }
  return sums
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
