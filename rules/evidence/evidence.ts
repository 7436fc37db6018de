// What an alert was about: who sent what to whom, as single flows tell it. Amounts are multiplied by the sampling rate.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { isOfPackets } from '../ddos/vectors.ts'
import { minuteText } from '../time.ts'
import { read } from '../traffic/query.ts'
import { addressText, type FlowSelection, rawFlowSettings, rawFlows } from '../traffic/raw-flows.ts'
import { suggest, suggestionSchema } from './mitigation.ts'
import { readNames } from './names.ts'
import { patternOf, patterns } from './victims.ts'

/** What flows are told apart by, with the column of raw, or the expression, that tells them; an empty key is left out. */
const dimensions = {
  dst_addr: addressText('dst_addr'),
  src_addr: addressText('src_addr'),
  src_net: networkText('src_addr'),
  dst_net: networkText('dst_addr'),
  src_as: `if(src_as = 0, '', toString(src_as))`,
  src_port: `if(proto IN (6, 17, 33, 132, 136), toString(src_port), '')`,
  dst_port: `if(proto IN (6, 17, 33, 132, 136), toString(dst_port), '')`,
  proto: 'toString(proto)',
  tcp_flags: `if(proto = 6, toString(bitAnd(tcp_flags, 63)), '')`,
  packet_size: `multiIf(packet_bytes <= 64, '0-64', packet_bytes <= 127, '65-127', packet_bytes <= 255, '128-255', packet_bytes <= 511, '256-511',
    packet_bytes <= 1023, '512-1023', packet_bytes <= 1518, '1024-1518', '1519-')`,
  exporter: addressText('sampler_address'),
  interface: `concat(${addressText('sampler_address')}, ' ', toString(in_if))`,
} as const

export type Dimension = keyof typeof dimensions

const shareSchema = z.object({
  key: z.string(),
  name: z.string().nullable(),
  bytes: z.number(),
  packets: z.number(),
  /** Of all bytes, or of all packets of an attack that is one of packets. */
  share: z.number(),
})

export type Share = z.infer<typeof shareSchema>

const topSchema = z.array(shareSchema)

export const evidenceSchema = z.object({
  /** Start of the first minute, end of the last one. RFC 3339, UTC. */
  from: z.string(),
  to: z.string(),
  bytes: z.number(),
  packets: z.number(),
  flows: z.number(),
  /** How many addresses. */
  sources: z.number(),
  destinations: z.number(),
  /** single: one destination has most of it; carpet: none has more than a fifth; spread: between these. */
  pattern: z.enum(patterns),
  /** The ten greatest of each. An interface is `exporter ifIndex`, the one that packets came in by. */
  top: z.object({
    dst_addr: topSchema,
    src_addr: topSchema,
    src_net: topSchema,
    dst_net: topSchema,
    src_as: topSchema,
    src_port: topSchema,
    dst_port: topSchema,
    proto: topSchema,
    tcp_flags: topSchema,
    packet_size: topSchema,
    exporter: topSchema,
    interface: topSchema,
  } satisfies Record<Dimension, typeof topSchema>),
  victims: z.array(
    z.object({ host: z.string(), bytes: z.number(), packets: z.number(), share: z.number() }),
  ),
  suggestion: suggestionSchema.nullable(),
})

export type Evidence = z.infer<typeof evidenceSchema>

/** Of a longer time only the end is looked at. */
const mostMinutes = 60
const mostShown = 10
/** All dimensions together; what is beyond them is in the totals, and not told apart. */
const mostKeys = 3_000_000

/**
 * Asks raw, in few statements that are bounded in time and memory. Undefined when it holds no such flows (any more).
 * @throws StoreError also when there are too many flows to be read in time
 */
export async function readEvidence(
  client: StoreClient,
  wanted: FlowSelection,
): Promise<Evidence | undefined> {
  const first = Math.max(wanted.first, wanted.last - 60 * (mostMinutes - 1))
  const selection = { ...wanted, first }
  const [totals, rows] = await Promise.all([
    readTotals(client, selection),
    readShares(client, selection),
  ])
  if (totals === undefined) return undefined
  const by = isOfPackets(wanted.vector) ? 'packets' : 'bytes'
  const top = await namedTop(client, rows, totals[by], by)
  const victims = top.dst_addr.map(({ key, bytes, packets, share }) => {
    return { host: key, bytes, packets, share }
  })
  const pattern = patternOf(victims[0]?.share ?? 0)
  return {
    from: minuteText(first),
    to: minuteText(wanted.last + 60),
    ...totals,
    pattern,
    top,
    victims,
    suggestion: suggest({ selection, pattern, top }) ?? null,
  }
}

type Totals = Pick<Evidence, 'bytes' | 'packets' | 'flows' | 'sources' | 'destinations'>

async function readTotals(
  client: StoreClient,
  selection: FlowSelection,
): Promise<Totals | undefined> {
  const { from, parameters } = rawFlows(selection)
  const [row] = await read<
    Omit<Totals, 'bytes' | 'packets'> & { all_bytes: number; all_packets: number }
  >(
    client,
    `SELECT toFloat64(sum(seen_bytes)) AS all_bytes, toFloat64(sum(seen_packets)) AS all_packets, toUInt32(count()) AS flows,
      toUInt32(uniq(src_addr)) AS sources, toUInt32(uniq(dst_addr)) AS destinations
    FROM ${from} SETTINGS ${rawFlowSettings}`,
    parameters,
  )
  if (row === undefined || row.flows === 0) return undefined
  const { all_bytes: bytes, all_packets: packets, ...counts } = row
  return { bytes, packets, ...counts }
}

interface ShareRow {
  dimension: Dimension
  key: string
  key_bytes: number
  key_packets: number
}

function readShares(client: StoreClient, selection: FlowSelection): Promise<ShareRow[]> {
  const { from, parameters } = rawFlows(selection)
  const keys = Object.entries(dimensions).map(([name, key]) => `('${name}', ${key})`)
  const by = isOfPackets(selection.vector) ? 'packets' : 'bytes'
  return read<ShareRow>(
    client,
    `SELECT one.1 AS dimension, one.2 AS key, toFloat64(sum(seen_bytes)) AS key_bytes, toFloat64(sum(seen_packets)) AS key_packets
    FROM ${from}
    ARRAY JOIN [${keys.join(', ')}] AS one
    WHERE one.2 != ''
    GROUP BY dimension, key
    ORDER BY dimension, key_${by} DESC, key
    LIMIT ${mostShown} BY dimension
    SETTINGS ${rawFlowSettings}, max_rows_to_group_by = ${mostKeys}, group_by_overflow_mode = 'any'`,
    parameters,
  )
}

async function namedTop(
  client: StoreClient,
  rows: readonly ShareRow[],
  total: number,
  by: 'bytes' | 'packets',
): Promise<Evidence['top']> {
  const nameOf = await readNames(client, rows)
  const of = (dimension: Dimension): Share[] =>
    rows
      .filter((row) => row.dimension === dimension)
      .map((row) => ({
        key: row.key,
        name: nameOf(dimension, row.key),
        bytes: row.key_bytes,
        packets: row.key_packets,
        share: total === 0 ? 0 : Math.round((row[`key_${by}`] / total) * 10_000) / 10_000,
      }))
  const names = Object.keys(dimensions) as Dimension[]
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Evidence['top']
}

/** The /24 or /48 around an address. */
function networkText(column: string): string {
  const isIpv4 = `startsWith(reinterpret(${column}, 'FixedString(16)'), unhex('00000000000000000000FFFF'))`
  const first = `tupleElement(IPv6CIDRToRange(${column}, if(${isIpv4}, 120, 48)), 1)`
  return `concat(${addressText(first)}, if(${isIpv4}, '/24', '/48'))`
}
