// The tables of 5 minutes and of hours, worked out from those of minutes.
//
// A bucket is written when its flows are not those of its minutes: when it is new, and again when late flows came into it. Rows replace the
// ones before them, so doing it twice, or stopping in the middle, does no harm: what tells that a bucket is done is written last. It tells so of
// the flows that the first level was written with, since late ones may come while the others are.

import { askStore } from '../../rules/store-error.ts'
import type { StoreClient } from '../../schema/client.ts'

interface Level {
  /** Undefined for tables without levels. */
  name: string | undefined
  /** What its rows tell apart. */
  keys: readonly string[]
  /** Of the rows that it holds, as SQL; all when absent. */
  where?: string
}

interface Rollup {
  /** `<name>_5m` and `<name>_1h`. */
  name: string
  source: string
  /** Column of `source`. */
  time: 'minute' | 'time'
  /** In the order they are written in. Rows of each hold each flow once, or each that its `where` lets through; keys of the last are keys of the first. */
  levels: readonly Level[]
}

const total = (...keys: string[]): Level => ({ name: 'total', keys })

const rollups: readonly Rollup[] = [
  {
    name: 'interface',
    source: 'interface_10s',
    time: 'time',
    levels: [
      { name: 'pair', keys: ['exporter', 'in_if', 'out_if'] },
      { name: 'in', keys: ['exporter', 'in_if'] },
      { name: 'out', keys: ['exporter', 'out_if'] },
      { name: 'exporter', keys: ['exporter'] },
      { name: 'edge', keys: [], where: "router_role = 'edge'" },
      total(),
    ],
  },
  {
    name: 'protocol',
    source: 'protocol_1m',
    time: 'minute',
    levels: [
      { name: 'flags', keys: ['family', 'proto', 'tcp_flags'] },
      { name: 'proto', keys: ['proto'] },
      { name: 'family', keys: ['family'] },
      total(),
    ],
  },
  {
    name: 'source_as',
    source: 'source_as_1m',
    time: 'minute',
    levels: [{ name: 'as', keys: ['src_as'] }, total()],
  },
  {
    name: 'destination_as',
    source: 'destination_as_1m',
    time: 'minute',
    levels: [{ name: 'as', keys: ['dst_as'] }, total()],
  },
  {
    name: 'port',
    source: 'port_1m',
    time: 'minute',
    levels: [
      { name: 'port', keys: ['proto', 'port'] },
      { name: 'proto', keys: ['proto'] },
      total(),
    ],
  },
  {
    name: 'prefix',
    source: 'prefix_minutes',
    time: 'minute',
    levels: [{ name: undefined, keys: ['prefix', 'direction'] }],
  },
  {
    name: 'prefix_vector',
    source: 'prefix_vector_1m',
    time: 'minute',
    levels: [{ name: undefined, keys: ['prefix', 'vector'] }],
  },
  {
    name: 'host',
    source: 'host_1m',
    time: 'minute',
    levels: [{ name: 'host', keys: ['host', 'direction'] }, total('direction')],
  },
]

const resolutions = [
  { suffix: '5m', seconds: 300 },
  { suffix: '1h', seconds: 3600 },
] as const

/** A minute that is over by this is in the tables, as a rule. */
const graceMs = 15_000
/** What one statement reads at most, so that its memory has a bound: of so long a time, or of a longer one without gaps that has few flows. */
const batchSeconds = 3 * 3600
const batchFlows = 1_000_000
/** They are named in the statement. */
const batchBuckets = 400

interface Bucket {
  /** Its start, in seconds since 1970. */
  bucket: number
  /** Of its minutes, which have no more rows. */
  flows: number
}

/**
 * Brings the buckets that are over, and began within the last `lookBackMs` or hold that moment, up to their minutes.
 * Answers how many it wrote.
 * @throws StoreError
 */
export function refreshCoarseRollups(
  client: StoreClient,
  nowMs: number,
  lookBackMs: number,
): Promise<number> {
  return askStore(async () => {
    let written = 0
    for (const rollup of rollups) {
      for (const { suffix, seconds } of resolutions) {
        const startOf = (ms: number) => Math.floor(ms / 1000 / seconds) * seconds
        const range = { from: startOf(nowMs - lookBackMs), to: startOf(nowMs - graceMs) }
        const target = `${rollup.name}_${suffix}`
        const outdated = await findOutdated(client, rollup, target, { ...range, seconds })
        for (const buckets of batchesOf(outdated, seconds)) {
          for (const level of rollup.levels) {
            await writeLevel(client, rollup, level, target, { buckets, seconds, version: nowMs })
          }
        }
        written += outdated.length
      }
    }
    return written
  })
}

/** Buckets whose minutes hold other flows than they do. */
async function findOutdated(
  client: StoreClient,
  { source, time, levels }: Rollup,
  target: string,
  range: { from: number; to: number; seconds: number },
): Promise<Bucket[]> {
  const done = levels.at(-1)?.name === undefined ? '' : "AND level = 'total'"
  const result = await client.query({
    query: `SELECT toUnixTimestamp(bucket) AS bucket, toFloat64(minutes.flows) AS flows
      FROM
      (
        SELECT toStartOfInterval(${time}, toIntervalSecond({seconds:UInt32})) AS bucket, sum(flows) AS flows
        FROM {source:Identifier}
        WHERE ${time} >= toDateTime({from:UInt32}) AND ${time} < toDateTime({to:UInt32})
        GROUP BY bucket
      ) AS minutes
      LEFT JOIN
      (
        SELECT time AS bucket, sum(flows) AS flows FROM {target:Identifier} FINAL
        WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) ${done}
        GROUP BY bucket
      ) AS written USING (bucket)
      WHERE minutes.flows != written.flows
      ORDER BY bucket`,
    query_params: { ...range, source, target },
    format: 'JSONEachRow',
  })
  return result.json<Bucket>()
}

/** The buckets, which are in order, by times that lie near one another. */
export function batchesOf(buckets: readonly Bucket[], seconds: number): number[][] {
  const batches: number[][] = []
  let flowsOfLast = 0
  for (const { bucket, flows } of buckets) {
    const last = batches.at(-1)
    flowsOfLast += flows
    const isNear = last !== undefined && bucket < last[0]! + batchSeconds
    const isNext = bucket === (last?.at(-1) ?? 0) + seconds
    const isSmall = isNext && flowsOfLast <= batchFlows
    if (last !== undefined && last.length < batchBuckets && (isNear || isSmall)) {
      last.push(bucket)
    } else {
      batches.push([bucket])
      flowsOfLast = flows
    }
  }
  return batches
}

/** Names of columns are ours, so they may stand in the statement. */
async function writeLevel(
  client: StoreClient,
  { source, time, levels }: Rollup,
  { name, keys, where = '1' }: Level,
  target: string,
  { buckets, seconds, version }: { buckets: readonly number[]; seconds: number; version: number },
): Promise<void> {
  const level = name === undefined ? [] : ['level']
  const columns = ['time', ...level, ...keys]
  const values = ['bucket', ...level.map(() => '{level:String}'), ...keys]
  const metrics = 'bytes, packets, flows, peak_bytes, peak_packets, version'
  const isLast = levels.length > 1 && name === levels.at(-1)?.name
  await client.command({
    query: `INSERT INTO {target:Identifier} (${columns.join(', ')}, ${metrics})
      SELECT
        ${values.join(', ')}, sum(minute_bytes), sum(minute_packets),
        ${isLast ? 'any(first_flows)' : 'sum(minute_flows)'}, max(minute_bytes), max(minute_packets), {version:UInt64}
      FROM
      (
        SELECT toStartOfInterval(${time}, toIntervalSecond({seconds:UInt32})) AS bucket, toStartOfMinute(${time}) AS of_minute, ${keys.map((key) => `${key}, `).join('')}
          sum(bytes) AS minute_bytes, sum(packets) AS minute_packets, sum(flows) AS minute_flows
        FROM {source:Identifier}
        WHERE ${time} >= toDateTime({from:UInt32}) AND ${time} < toDateTime({to:UInt32})
          AND has({buckets:Array(UInt32)}, toUnixTimestamp(bucket)) AND ${where}
        GROUP BY ${['bucket', 'of_minute', ...keys].join(', ')}
      ) AS minutes
      ${isLast ? firstFlows(keys) : ''}
      GROUP BY ${['bucket', ...keys].join(', ')}`,
    query_params: {
      source,
      target,
      buckets,
      seconds,
      version,
      from: buckets[0],
      to: (buckets.at(-1) ?? 0) + seconds,
      ...(name !== undefined && { level: name }),
      ...(isLast && { first: levels[0]?.name }),
    },
  })
}

/** Joins the flows that the first level has just been written with: none for what came since. */
function firstFlows(keys: readonly string[]): string {
  return `LEFT JOIN
      (
        SELECT time AS bucket, ${keys.map((key) => `${key}, `).join('')}sum(flows) AS first_flows
        FROM {target:Identifier} FINAL
        WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32}) AND level = {first:String}
        GROUP BY ${['bucket', ...keys].join(', ')}
      ) AS first USING (${['bucket', ...keys].join(', ')})`
}
