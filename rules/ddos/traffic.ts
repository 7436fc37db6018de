// Minutes of rules' prefixes by vector, read from the store. All functions throw StoreError.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { MinuteRange } from '../traffic/minutes.ts'
import { read } from '../traffic/query.ts'
import type { Series } from '../traffic/series.ts'
import {
  inRanges,
  type PrefixSource,
  prefixesOfSource,
  rangeParameters,
  sourceParameters,
} from '../traffic/traffic.ts'
import type { Rates } from './ddos.ts'
import type { Vector } from './vectors.ts'

/** By vector, then by minute, in seconds since 1970; one without flows is absent. */
export type VectorMinutes = Map<Vector, Map<number, Rates>>

export interface RuleVectors {
  /** Of the rule's document that named the prefixes. */
  version: number
  /** By prefix, '' for the sum of all. */
  series: Map<string, VectorMinutes>
}

/** A sum of a rule, or one of its prefixes. */
interface Wanted {
  id: string
  /** '' for the sum of all. */
  prefix: string
}

/** They go into the request's URL. */
const mostWanted = 100
const mostStatements = 10

/** What a flow's vector counts for: itself, all of its protocol, and everything. */
const countsFor = `arrayFilter(v -> v != '', arrayDistinct([toString(vector), extract(toString(vector), '^(tcp|udp)'), 'total']))`

/** The minutes of these subjects in all these ranges, by rule id; a rule without traffic is absent. */
export async function readRuleVectors(
  client: StoreClient,
  subjects: readonly { rule: { id: string }; series: Series }[],
  ranges: readonly MinuteRange[],
): Promise<Map<string, RuleVectors>> {
  // Of very many, all rules of the type are read at once: the store finds them by itself.
  if (subjects.length > mostWanted * mostStatements) return byRule(await readRows(client, ranges))
  const wanted = subjects.map(({ rule, series }) => ({ id: rule.id, prefix: series.prefix ?? '' }))
  const rows: Row[] = []
  for (let next = 0; next < wanted.length; next += mostWanted) {
    for (const row of await readRows(client, ranges, wanted.slice(next, next + mostWanted)))
      rows.push(row)
  }
  return byRule(rows)
}

interface Row {
  id: string
  version: string
  prefix: string
  counted: Vector
  minutes: [minute: number, bytes: number, packets: number, flows: number, samples: number][]
}

/** The same of a stored rule or of some prefixes, their sum or each by itself, as the scope says; by prefix, '' for the sum. */
export async function readPrefixVectors(
  client: StoreClient,
  source: PrefixSource,
  scope: Rule['scope'],
  ranges: readonly MinuteRange[],
): Promise<Map<string, VectorMinutes>> {
  const rows = await readRowsOf(
    client,
    ranges,
    `SELECT '' AS id, 0 AS version, arrayJoin((SELECT groupArray(*) FROM (${prefixesOfSource}))) AS prefix,
      if({per_prefix:Bool}, prefix, '') AS series`,
    { ...sourceParameters(source), per_prefix: scope === 'per_prefix' },
  )
  return byRule(rows).get('')?.series ?? new Map()
}

function readRows(
  client: StoreClient,
  ranges: readonly MinuteRange[],
  wanted?: readonly Wanted[],
): Promise<Row[]> {
  return readRowsOf(
    client,
    ranges,
    `SELECT id, version, arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)')) AS prefix,
      if(JSONExtractString(doc, 'scope') = 'per_prefix', prefix, '') AS series
    FROM rules FINAL
    WHERE JSONExtractString(doc, 'type') = 'advanced_ddos'
      AND ({all:Bool} OR has(arrayZip({ids:Array(String)}, {keys:Array(String)}), (id, series)))`,
    {
      all: wanted === undefined,
      ids: wanted?.map(({ id }) => id) ?? [],
      keys: wanted?.map(({ prefix }) => prefix) ?? [],
    },
  )
}

/** `wanted` is a statement that names prefixes, and what of each rule they are added up to. */
function readRowsOf(
  client: StoreClient,
  ranges: readonly MinuteRange[],
  wanted: string,
  parameters: Record<string, unknown>,
): Promise<Row[]> {
  return read<Row>(
    client,
    `SELECT id, toString(version) AS version, series AS prefix, counted, groupArray((at, bytes, packets, flows, samples)) AS minutes
    FROM
    (
      SELECT wanted.id AS id, wanted.version AS version, wanted.series AS series, arrayJoin(${countsFor}) AS counted,
        toUnixTimestamp(m.minute) AS at, toFloat64(sum(m.bytes)) AS bytes, toFloat64(sum(m.packets)) AS packets, toFloat64(sum(m.flows)) AS flows,
        toFloat64(sum(m.samples)) AS samples
      FROM prefix_vector_1m AS m
      INNER JOIN (${wanted}) AS wanted ON wanted.prefix = m.prefix
      WHERE ${inRanges('m.minute', ranges)}
      GROUP BY id, version, series, counted, at
    )
    GROUP BY id, version, series, counted`,
    { ...parameters, ...rangeParameters(ranges) },
  )
}

function byRule(rows: readonly Row[]): Map<string, RuleVectors> {
  const rules = new Map<string, RuleVectors>()
  for (const { id, version, prefix, counted, minutes } of rows) {
    const rule = rules.get(id) ?? { version: Number(version), series: new Map() }
    rules.set(id, rule)
    const vectors: VectorMinutes = rule.series.get(prefix) ?? new Map()
    rule.series.set(prefix, vectors)
    const rates = minutes.map(([minute, bytes, packets, flows, samples]): [number, Rates] => [
      minute,
      {
        bps: (bytes * 8) / 60,
        pps: packets / 60,
        fps: flows / 60,
        sampled: { samples: BigInt(samples), packets: BigInt(packets) },
      },
    ])
    vectors.set(counted, new Map(rates))
  }
  return rules
}
