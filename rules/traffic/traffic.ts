// The minutes of rules' prefixes, read from the store. All functions throw StoreError.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { Traffic } from './minute-traffic.ts'
import type { MinuteRange } from './minutes.ts'
import { type CountedRule, read } from './query.ts'
import { type Series, seriesKey } from './series.ts'

export interface RuleTraffic {
  /** Of the rule's document that named the prefixes. */
  version: number
  /** By series, then by minute, in seconds since 1970. */
  series: Map<string, Map<number, Traffic>>
}

/** Ids go into the request's URL. */
export const mostIds = 100

/**
 * The minutes of rules of one type in all these ranges, by rule id; a rule without traffic is absent. Only of those rules that `ids` names, unless
 * they are more than `mostIds`.
 */
export async function readRuleTraffic(
  client: StoreClient,
  type: Rule['type'],
  rules: readonly CountedRule[],
  ranges: readonly MinuteRange[],
  ids?: readonly string[],
): Promise<Map<string, RuleTraffic>> {
  const some = ids !== undefined && ids.length <= mostIds
  const rows = await read<{
    id: string
    version: string
    series: string
    direction: 'in' | 'out'
    minutes: MinuteRow[]
  }>(
    client,
    `SELECT id, toString(version) AS version, series, direction,
      groupArray(${minutesTuple}) AS minutes
    FROM
    (
      SELECT wanted.id AS id, wanted.version AS version, wanted.series AS series, m.direction AS direction, m.minute AS minute,
        sum(m.bytes) AS bytes, sum(m.packets) AS packets, sum(m.flows) AS flows, sum(m.samples) AS samples
      FROM prefix_minutes AS m
      INNER JOIN
      (
        SELECT id, version, arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)')) AS prefix,
          if(JSONExtractString(doc, 'scope') = 'per_prefix', prefix, '') AS series
        FROM rules FINAL
        WHERE JSONExtractString(doc, 'type') = {type:String} AND ({all:Bool} OR has({ids:Array(String)}, id))
      ) AS wanted ON wanted.prefix = m.prefix
      WHERE has({directions:Array(String)}, toString(m.direction))
        AND ${inRanges('m.minute', ranges)}
      GROUP BY id, version, series, direction, minute
    )
    GROUP BY id, version, series, direction`,
    {
      type,
      directions: directionsOf(rules.flatMap(({ series }) => series)),
      ...rangeParameters(ranges),
      all: !some,
      ids: some ? ids : [],
    },
  )
  const traffic = new Map<string, RuleTraffic>()
  for (const { id, version, series, direction, minutes } of rows) {
    const known = traffic.get(id) ?? { version: Number(version), series: new Map() }
    traffic.set(id, known)
    const key = seriesKey({ prefix: series === '' ? undefined : series, direction })
    known.series.set(key, toMinutes(minutes))
  }
  return traffic
}

/** Is the column in one of the ranges, at least one? Takes `rangeParameters`. */
export function inRanges(column: string, ranges: readonly MinuteRange[]): string {
  const each = ranges.map(
    (_, index) =>
      `${column} >= toDateTime({first${index}:UInt32}) AND ${column} <= toDateTime({last${index}:UInt32})`,
  )
  return `((${each.join(') OR (')}))`
}

export function rangeParameters(ranges: readonly MinuteRange[]): Record<string, number> {
  return Object.fromEntries(
    ranges.flatMap(({ first, last }, index) => [
      [`first${index}`, first],
      [`last${index}`, last],
    ]),
  )
}

/** Prefixes of a stored rule, those counted for it, or some that are named: at most `mostNamedPrefixes`. */
export type PrefixSource = { ruleId: string } | { prefixes: readonly string[] }

/** They go into the request's URL. */
export const mostNamedPrefixes = 100

export const prefixesOfSource = `
  SELECT arrayJoin({prefixes:Array(String)})
  UNION ALL
  SELECT arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)')) FROM rules FINAL WHERE id = {rule_id:String}`

export const sourceParameters = (source: PrefixSource) =>
  'ruleId' in source
    ? { rule_id: source.ruleId, prefixes: [] }
    : { rule_id: '', prefixes: source.prefixes }

/** The minutes of some prefixes in all these ranges, their sums or each by itself, as the scope says; by series, then by minute. */
export async function readMinutes(
  client: StoreClient,
  source: PrefixSource,
  scope: Rule['scope'],
  series: readonly Pick<Series, 'direction'>[],
  ranges: readonly MinuteRange[],
): Promise<Map<string, Map<number, Traffic>>> {
  const rows = await read<{
    series: string
    direction: 'in' | 'out'
    minutes: MinuteRow[]
  }>(
    client,
    `SELECT series, direction,
      groupArray(${minutesTuple}) AS minutes
    FROM
    (
      SELECT if({per_prefix:Bool}, prefix, '') AS series, direction, minute,
        sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows, sum(samples) AS samples
      FROM prefix_minutes
      WHERE ${inRanges('minute', ranges)}
        AND has({directions:Array(String)}, toString(direction)) AND prefix IN (${prefixesOfSource})
      GROUP BY series, direction, minute
    )
    GROUP BY series, direction`,
    {
      ...sourceParameters(source),
      per_prefix: scope === 'per_prefix',
      directions: directionsOf(series),
      ...rangeParameters(ranges),
    },
  )
  return new Map(
    rows.map(({ series: prefix, direction, minutes }) => [
      seriesKey({ prefix: prefix === '' ? undefined : prefix, direction }),
      toMinutes(minutes),
    ]),
  )
}

export interface GreatestMinutes {
  direction: 'in' | 'out'
  /** After the first minute; one without flows is absent. */
  offsets: number[]
  bytes: number[]
  packets: number[]
  flows: number[]
}

/** Minute by minute what a stored rule holds against its limits: the sum of its prefixes, or the greatest of them with `per_prefix`. */
export function readGreatestMinutes(
  client: StoreClient,
  { rule, series }: CountedRule,
  firstMinute: number,
  lastMinute: number,
): Promise<GreatestMinutes[]> {
  const greatest = (column: string) =>
    `groupArray(if({per_prefix:Bool}, greatest_${column}, sum_${column})) AS ${column}`
  return read<GreatestMinutes>(
    client,
    `SELECT direction, groupArray(toUInt32(intDiv(toUnixTimestamp(minute) - {first:UInt32}, 60))) AS offsets,
      ${greatest('bytes')}, ${greatest('packets')}, ${greatest('flows')}
    FROM
    (
      SELECT minute, direction,
        max(prefix_bytes) AS greatest_bytes, sum(prefix_bytes) AS sum_bytes,
        max(prefix_packets) AS greatest_packets, sum(prefix_packets) AS sum_packets,
        max(prefix_flows) AS greatest_flows, sum(prefix_flows) AS sum_flows
      FROM
      (
        SELECT minute, prefix, direction, toFloat64(sum(bytes)) AS prefix_bytes, toFloat64(sum(packets)) AS prefix_packets,
          toFloat64(sum(flows)) AS prefix_flows
        FROM prefix_minutes
        WHERE minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({last:UInt32})
          AND has({directions:Array(String)}, toString(direction)) AND prefix IN (${prefixesOfSource})
        GROUP BY minute, prefix, direction
      )
      GROUP BY minute, direction
    )
    GROUP BY direction
    -- The table is in this order, so that not all groups need to be held at once.
    SETTINGS optimize_aggregation_in_order = 1`,
    {
      ...sourceParameters({ ruleId: rule.id }),
      per_prefix: rule.scope === 'per_prefix',
      directions: directionsOf(series),
      first: firstMinute,
      last: lastMinute,
    },
  )
}

/** Of columns of these names, as one of `toMinutes`. */
export const minutesTuple =
  '(toUnixTimestamp(minute), toString(bytes), toString(packets), toString(flows), toString(samples))'

export type MinuteRow = [
  minute: number,
  bytes: string,
  packets: string,
  flows: string,
  samples: string,
]

export function toMinutes(minutes: readonly MinuteRow[]): Map<number, Traffic> {
  return new Map(
    minutes.map(([minute, bytes, packets, flows, samples]) => [
      minute,
      {
        bytes: BigInt(bytes),
        packets: BigInt(packets),
        flows: BigInt(flows),
        samples: BigInt(samples),
      },
    ]),
  )
}

export function directionsOf(series: readonly Pick<Series, 'direction'>[]): Series['direction'][] {
  return [...new Set(series.map(({ direction }) => direction))]
}
