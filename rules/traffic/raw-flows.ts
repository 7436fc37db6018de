// Single flows towards a rule's prefixes, or from them: what rollups do not tell apart is asked of raw, for few minutes at a time.

import { storedVectorsOf, type Vector } from '../ddos/vectors.ts'
import { type PrefixSource, prefixesOfSource, sourceParameters } from './traffic.ts'

export interface FlowSelection {
  source: PrefixSource
  direction: 'in' | 'out'
  /** Only this one of the prefixes' hosts. */
  host?: string | undefined
  /** Null: of any. */
  vector: Vector | null
  /** Minutes, both included. */
  first: number
  last: number
}

/** So long may a statement take: what is told of an attack must not hold up the next minute's verdicts. */
export const rawFlowSettings = `max_execution_time = 20, timeout_overflow_mode = 'throw', max_memory_usage = 1000000000`

/**
 * The flows that count in rules, so none of core routers, as a subquery: `ours` and `theirs` are the addresses inside and outside the prefixes, `seen_bytes` and `seen_packets` are multiplied by the
 * sampling rate, `packet_bytes` is their mean size, other columns are those of raw.
 */
export function rawFlows(selection: FlowSelection): {
  from: string
  parameters: Record<string, unknown>
} {
  const { source, direction, host, vector, first, last } = selection
  const [ours, theirs] = direction === 'in' ? ['dst_addr', 'src_addr'] : ['src_addr', 'dst_addr']
  const stored = vector === null ? undefined : storedVectorsOf(vector)
  return {
    from: `(
      WITH
        a -> reinterpret(a, 'FixedString(16)') AS octets,
        a -> multiIf(
          startsWith(octets(a), unhex('00000000000000000000FFFF')),
          dictGet(concat(currentDatabase(), '.prefixes4'), 'chain', tuple(reinterpretAsUInt32(reverse(substring(octets(a), 13, 4))))),
          dictGet(concat(currentDatabase(), '.prefixes6'), 'chain', tuple(octets(a)))) AS chain_of
      SELECT *, toString(vector) AS flow_vector, ${ours} AS ours, ${theirs} AS theirs,
        toUInt128(bytes) * sampling_rate AS seen_bytes, toUInt128(packets) * sampling_rate AS seen_packets,
        intDiv(bytes, greatest(packets, 1)) AS packet_bytes
      FROM raw
      WHERE time_received >= toDateTime({first:UInt32}) AND time_received < toDateTime({end:UInt32}) AND router_role = 'edge'
        AND ({host:String} = '' OR ${ours} = toIPv6OrDefault({host:String}))
        AND (empty({vectors:Array(String)}) OR has({vectors:Array(String)}, toString(vector)))
        AND hasAny(chain_of(${ours}), (SELECT groupArray(*) FROM (${prefixesOfSource})))
    )`,
    parameters: {
      ...sourceParameters(source),
      first,
      end: last + 60,
      host: host ?? '',
      vectors: stored ?? [],
    },
  }
}

/** Of a column of addresses, IPv4 as such. */
export function addressText(column: string): string {
  return `replaceRegexpOne(toString(${column}), '^::ffff:([0-9]+[.])', '\\\\1')`
}
