// Threshold rules that judge each host inside their prefixes by itself. There may be very many hosts, so the store picks those that can be over a limit
// long enough, and only they become series of the rule.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import { type CountedRule, read } from '../traffic/query.ts'
import { addressText } from '../traffic/raw-flows.ts'
import { seriesKey } from '../traffic/series.ts'
import { type MinuteRow, minutesTuple, type RuleTraffic, toMinutes } from '../traffic/traffic.ts'

/** Of one rule, those that are over its limits by most. */
export const mostHosts = 100
/** They go into the request's URL. */
const mostNamed = 100

export interface HostRange {
  /** Minutes to read; all included. */
  oldest: number
  last: number
  /** Whoever is over a limit must be so in minutes from this one on. */
  near: number
}

export interface TrackedHost {
  host: string
  direction: 'in' | 'out'
}

export interface FoundHosts {
  /** Series are hosts: each has its address in place of the prefix. */
  rules: CountedRule[]
  traffic: Map<string, RuleTraffic>
  /** Hosts over the limit that there was no room for, by rule. */
  leftOut: Map<Rule, number>
}

export function isPerHost({ rule }: CountedRule): boolean {
  return rule.scope === 'per_host'
}

/**
 * The hosts of these rules that may be crossed, and those that are `tracked`, by rule id: of these also when they had no traffic at all.
 * @throws StoreError
 */
export async function findHosts(
  client: StoreClient,
  rules: readonly CountedRule[],
  range: HostRange,
  tracked: ReadonlyMap<string, readonly TrackedHost[]> = new Map(),
): Promise<FoundHosts> {
  const found: FoundHosts = { rules: [], traffic: new Map(), leftOut: new Map() }
  if (rules.length === 0) return found
  const rows = await readOver(client, rules, range)
  const named = [...new Set([...tracked.values()].flat().map(({ host }) => host))]
  for (let from = 0; from < named.length; from += mostNamed) {
    const hosts = named.slice(from, from + mostNamed)
    for (const row of await readHosts(client, range, { condition: namedHosts, having: '1', hosts }))
      rows.push(row)
  }
  for (const counted of rules) {
    const { rule, series: all } = counted
    const own = new Map<string, TrackedHost>(
      (tracked.get(rule.id) ?? []).map((one) => [keyOf(one), one]),
    )
    for (const row of rows) {
      if (row.id !== rule.id) continue
      const key = keyOf(row)
      // Of a host that is tracked by one rule, others do not want to know.
      if (!own.has(key) && !row.isOver) continue
      own.set(key, row)
      const seen = found.traffic.get(rule.id) ?? {
        version: Number(row.version),
        series: new Map(),
      }
      found.traffic.set(rule.id, seen)
      seen.series.set(key, toMinutes(row.minutes))
      if (row.isOver && row.found > mostHosts) found.leftOut.set(rule, row.found - mostHosts)
    }
    const series = [...own.values()].flatMap(({ host, direction }) => {
      const sum = all.find((one) => one.direction === direction)
      return sum === undefined ? [] : [{ ...sum, prefix: host }]
    })
    found.rules.push({ ...counted, series })
  }
  return found
}

function keyOf({ host, direction }: TrackedHost): string {
  return seriesKey({ prefix: host, direction })
}

interface HostRow extends TrackedHost {
  id: string
  version: string
  minutes: MinuteRow[]
  /** Hosts of the rule that are over its limits. */
  found: number
  isOver: boolean
}

const namedHosts = `host IN (SELECT toIPv6(arrayJoin({hosts:Array(String)})))`

/** By the least limit of all rules first, so that few hosts are looked up in the prefixes. */
const overHosts = `host IN
  (
    SELECT host FROM host_1m
    WHERE minute >= toDateTime({near:UInt32}) AND minute <= toDateTime({last:UInt32})
    GROUP BY host, direction, minute
    HAVING sum(bytes) > {bytes:UInt128} OR sum(packets) > {packets:UInt128} OR sum(flows) > {flows:UInt128}
  )`

const over = 'countIf(is_over AND minute >= toDateTime({near:UInt32})) >= any(duration)'

async function readOver(
  client: StoreClient,
  rules: readonly CountedRule[],
  range: HostRange,
): Promise<HostRow[]> {
  const rows = await readHosts(client, range, {
    condition: overHosts,
    having: over,
    // Of a minute, as whole numbers: more than 7.5 bytes are at least 8.
    bytes: (leastLimit(rules, 'bandwidth_threshold') * 15n) / 2n,
    packets: leastLimit(rules, 'packet_threshold') * 60n,
    flows: leastLimit(rules, 'flow_threshold') * 60n,
  })
  return rows.map((row) => ({ ...row, isOver: true }))
}

/** Per second; without any limit more than there can be. */
function leastLimit(
  rules: readonly CountedRule[],
  field: 'bandwidth_threshold' | 'packet_threshold' | 'flow_threshold',
): bigint {
  const limits = rules.flatMap(({ rule }) => rule[field] ?? [])
  return limits.length === 0 ? 2n ** 120n : BigInt(Math.min(...limits))
}

async function readHosts(
  client: StoreClient,
  { oldest, near, last }: HostRange,
  {
    condition,
    having,
    hosts = [],
    bytes = 0n,
    packets = 0n,
    flows = 0n,
  }: {
    condition: string
    having: string
    hosts?: readonly string[]
    bytes?: bigint
    packets?: bigint
    flows?: bigint
  },
): Promise<HostRow[]> {
  const rows = await read<Omit<HostRow, 'isOver'>>(
    client,
    `WITH
      a -> reinterpret(a, 'FixedString(16)') AS octets,
      a -> multiIf(
        startsWith(octets(a), unhex('00000000000000000000FFFF')),
        dictGet(concat(currentDatabase(), '.prefixes4'), 'chain', tuple(reinterpretAsUInt32(reverse(substring(octets(a), 13, 4))))),
        dictGet(concat(currentDatabase(), '.prefixes6'), 'chain', tuple(octets(a)))) AS chain_of
    SELECT id, toString(version) AS version, ${addressText('address')} AS host, direction,
      groupArray(${minutesTuple}) AS minutes, toUInt32(count() OVER (PARTITION BY id)) AS found
    FROM
    (
      SELECT wanted.id AS id, wanted.version AS version, wanted.duration AS duration, h.address AS address, h.direction AS direction,
        h.minute AS minute, h.bytes AS bytes, h.packets AS packets, h.flows AS flows, h.samples AS samples,
        h.bytes > intDiv(toUInt128(wanted.bits) * 15, 2) OR h.packets > toUInt128(wanted.packets) * 60 OR h.flows > toUInt128(wanted.flows) * 60 AS is_over
      FROM
      (
        SELECT host AS address, direction, minute, sum(t.bytes) AS bytes, sum(t.packets) AS packets, sum(t.flows) AS flows, sum(t.samples) AS samples,
          arrayJoin(chain_of(address)) AS prefix
        FROM host_1m AS t
        WHERE minute >= toDateTime({oldest:UInt32}) AND minute <= toDateTime({last:UInt32}) AND ${condition}
        GROUP BY address, direction, minute
      ) AS h
      INNER JOIN
      (
        SELECT id, version, arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)')) AS prefix, JSONExtractUInt(doc, 'duration') AS duration,
          JSONExtractString(doc, 'direction') AS direction,
          ifNull(JSONExtract(doc, 'bandwidth_threshold', 'Nullable(UInt64)'), toUInt64(-1)) AS bits,
          ifNull(JSONExtract(doc, 'packet_threshold', 'Nullable(UInt64)'), toUInt64(-1)) AS packets,
          ifNull(JSONExtract(doc, 'flow_threshold', 'Nullable(UInt64)'), toUInt64(-1)) AS flows
        FROM rules FINAL
        WHERE JSONExtractString(doc, 'type') = 'threshold' AND JSONExtractString(doc, 'scope') = 'per_host'
      ) AS wanted ON wanted.prefix = h.prefix
      WHERE wanted.direction IN ('both', toString(h.direction))
    )
    GROUP BY id, version, address, direction
    HAVING ${having}
    ORDER BY id, countIf(is_over) DESC, max(bytes) DESC, max(packets) DESC, host
    LIMIT {most:UInt32} BY id`,
    {
      most: hosts.length === 0 ? mostHosts : 2 * hosts.length,
      oldest,
      near,
      last,
      hosts,
      bytes: String(bytes),
      packets: String(packets),
      flows: String(flows),
    },
  )
  return rows.map((row) => ({ ...row, isOver: false }))
}
