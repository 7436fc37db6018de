// Minutes of a new rule's prefixes from before they were counted, filled in from raw.
//
// The view counts a prefix from its active_from on, whole minutes, and drops what is earlier (003_prefix_minutes.sql). Only this writes earlier
// minutes: what raw holds more than they do. So it can be cut off and done again, and is, for as long as late flows may come.

import type { StoreClient } from '../../schema/client.ts'
import { askStore } from '../store-error.ts'
import { closedMinutes, newestMinute } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import { longestDurationMinutes } from './duration.ts'

/** What a baseline of four hours and the five minutes that are held against it need. */
const reachMinutes = Math.max(245, longestDurationMinutes)
/** Fewer than an insert takes in one block, so that a statement lands whole or not at all. */
const mostRows = 400_000
/** Flows of raw that a statement reads, so that it ends before it is given up on. */
const mostFlows = 50_000_000
/** Times of a day are one partition, for the same reason as above. */
const daySeconds = 86_400

export interface Backfill {
  /** Fills what is missing before the prefixes that became active lately. @throws StoreError */
  run(nowMs: number): Promise<void>
}

/** Prefixes that became active in the same minute. */
interface Group {
  /** Seconds since 1970. */
  active_from: number
  prefixes: number
  /** Changes when other prefixes are meant. */
  fingerprint: string
}

/** Flows of raw by minute. */
type FlowsByMinute = Map<number, string>

interface Table {
  name: string
  /** What its rows tell apart beside minute and prefix. */
  key: string
  rowsPerPrefix: number
  /** Of the prefixes of a flow, as array; `prefixes_of` gives those of an address. */
  matches: string
  /** Prefix and key, of one match. */
  columns: string
}

const tables: readonly Table[] = [
  {
    name: 'prefix_minutes',
    key: 'direction',
    rowsPerPrefix: 2,
    matches: `arrayConcat(
      arrayMap(p -> (p, CAST('in', 'Enum8(\\'in\\' = 1, \\'out\\' = 2)')), prefixes_of(dst_addr)),
      arrayMap(p -> (p, CAST('out', 'Enum8(\\'in\\' = 1, \\'out\\' = 2)')), prefixes_of(src_addr)))`,
    columns: 'matched.1 AS prefix, matched.2 AS direction',
  },
  {
    name: 'prefix_vector_1m',
    key: 'vector',
    rowsPerPrefix: 32,
    matches: 'prefixes_of(dst_addr)',
    columns: 'matched AS prefix, r.vector AS vector',
  },
]

export function createBackfill(client: StoreClient): Backfill {
  /** What raw held when a group was filled last. */
  const filled = new Map<string, FlowsByMinute>()

  const fillGroup = async (group: Group, oldest: number) => {
    const end = group.active_from
    const start = Math.max(end - reachMinutes * 60, oldest)
    if (start >= end) return
    const name = `${end}/${group.fingerprint}`
    const stored = await readFlows(client, start, end)
    const before = filled.get(name)
    const changed = [...stored.keys()].filter(
      (minute) => stored.get(minute) !== before?.get(minute),
    )
    for (const table of tables) {
      const most = Math.max(1, Math.floor(mostRows / (table.rowsPerPrefix * group.prefixes)))
      for (const range of rangesOf(changed, stored, most)) await fill(client, table, group, range)
    }
    if (before === undefined) await markFilled(client, end, start)
    filled.set(name, stored)
  }

  return {
    run: (nowMs) =>
      askStore(async () => {
        const groups = await readGroups(client, nowMs)
        const names = new Set(groups.map((group) => `${group.active_from}/${group.fingerprint}`))
        for (const name of filled.keys()) if (!names.has(name)) filled.delete(name)
        if (groups.length === 0) return
        const minutes = closedMinutes(await readCollectorRuns(client, nowMs), nowMs)
        const closed = 'blind' in minutes ? newestMinute(nowMs) : minutes.closed
        const oldest = await readOldestMinute(client)
        for (const group of groups) {
          // Not before all its minutes are stored: the store has taken the prefixes up by then, too.
          if (group.active_from <= closed + 60) await fillGroup(group, oldest)
        }
      }),
  }
}

/** The minutes in ranges of at most `most` with not too many flows, none with minutes of two days; ends are exclusive. */
function rangesOf(
  minutes: readonly number[],
  stored: FlowsByMinute,
  most: number,
): { from: number; to: number }[] {
  const ranges: { from: number; to: number; flows: number }[] = []
  for (const minute of [...minutes].sort((a, b) => a - b)) {
    const flows = Number(stored.get(minute))
    const last = ranges.at(-1)
    const fits =
      last !== undefined &&
      minute + 60 - last.from <= most * 60 &&
      last.flows + flows <= mostFlows &&
      Math.floor(minute / daySeconds) === Math.floor(last.from / daySeconds)
    if (fits) {
      last.to = minute + 60
      last.flows += flows
    } else {
      ranges.push({ from: minute, to: minute + 60, flows })
    }
  }
  return ranges
}

function readGroups(client: StoreClient, nowMs: number): Promise<Group[]> {
  return read(
    client,
    `SELECT toUnixTimestamp(active_from) AS active_from, toUInt32(count()) AS prefixes, hex(groupBitXor(sipHash64(prefix))) AS fingerprint
    FROM prefixes FINAL
    WHERE NOT deleted AND has(chain, prefix) AND active_from > toDateTime({oldest:UInt32})
    GROUP BY active_from
    ORDER BY active_from`,
    { oldest: Math.floor(nowMs / 1000) - reachMinutes * 60 },
  )
}

/** Infinity when there are no flows. */
async function readOldestMinute(client: StoreClient): Promise<number> {
  const [row] = await read<{ oldest: number; flows: string }>(
    client,
    'SELECT toUnixTimestamp(toStartOfMinute(min(time_received))) AS oldest, toString(count()) AS flows FROM raw',
  )
  return row === undefined || row.flows === '0' ? Infinity : row.oldest
}

async function readFlows(client: StoreClient, from: number, to: number): Promise<FlowsByMinute> {
  const rows = await read<{ minute: number; flows: string }>(
    client,
    `SELECT toUnixTimestamp(toStartOfMinute(time_received)) AS minute, toString(count()) AS flows
    FROM raw
    WHERE time_received >= toDateTime({from:UInt32}) AND time_received < toDateTime({to:UInt32})
    GROUP BY minute`,
    { from, to },
  )
  return new Map(rows.map(({ minute, flows }) => [minute, flows]))
}

/**
 * One insert. Its token tells what it is based on, so that of two that began with the same, as when one was given up on while the store went on
 * with it, only one lands.
 */
async function fill(
  client: StoreClient,
  { name, key, matches, columns }: Table,
  group: Group,
  range: { from: number; to: number },
): Promise<void> {
  const parameters = { ...range, active_from: group.active_from }
  const [counted] = await read<{ flows: string }>(
    client,
    `SELECT toString(sum(flows)) AS flows FROM ${name}
    WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})
      AND prefix IN (SELECT prefix FROM prefixes FINAL WHERE NOT deleted AND active_from = toDateTime({active_from:UInt32}))`,
    parameters,
  )
  const base = [group.active_from, group.fingerprint, range.from, range.to, counted?.flows]
  await client.command({
    query: `INSERT INTO ${name} (minute, prefix, ${key}, bytes, packets, flows, samples)
      WITH
        a -> reinterpret(a, 'FixedString(16)') AS octets,
        a -> multiIf(
          startsWith(octets(a), unhex('00000000000000000000FFFF')),
          dictGet(concat(currentDatabase(), '.prefixes4'), ('chain', 'chain_active_from'), tuple(reinterpretAsUInt32(reverse(substring(octets(a), 13, 4))))),
          a != toIPv6('::') OR etype = 0x86DD,
          dictGet(concat(currentDatabase(), '.prefixes6'), ('chain', 'chain_active_from'), tuple(octets(a))),
          ([], [])) AS chain_of,
        a -> arrayFilter((p, active_from) -> active_from = toDateTime({active_from:UInt32}), chain_of(a).1, chain_of(a).2) AS prefixes_of
      SELECT stored.minute, stored.prefix, stored.${key}, stored.bytes - counted.bytes, stored.packets - counted.packets, stored.flows - counted.flows,
        stored.samples - counted.samples
      FROM
      (
        SELECT toStartOfMinute(r.time_received) AS minute, ${columns},
          sum(toUInt128(r.bytes) * r.sampling_rate) AS bytes, sum(toUInt128(r.packets) * r.sampling_rate) AS packets, count() AS flows,
          sum(toUInt128(r.packets)) AS samples
        FROM raw AS r
        ARRAY JOIN ${matches} AS matched
        WHERE r.time_received >= toDateTime({from:UInt32}) AND r.time_received < toDateTime({to:UInt32}) AND r.router_role = 'edge'
        GROUP BY minute, prefix, ${key}
      ) AS stored
      LEFT JOIN
      (
        SELECT minute, prefix, ${key}, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows, sum(samples) AS samples
        FROM ${name}
        WHERE minute >= toDateTime({from:UInt32}) AND minute < toDateTime({to:UInt32})
        GROUP BY minute, prefix, ${key}
      ) AS counted USING (minute, prefix, ${key})
      WHERE stored.flows > counted.flows`,
    query_params: parameters,
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: ['fill', name, ...base].join('/'),
      max_insert_threads: '1',
    },
  })
}

/** From now on verdicts rest on the minutes from `filledFrom` on. */
async function markFilled(client: StoreClient, activeFrom: number, filledFrom: number) {
  await client.command({
    query: `INSERT INTO prefix_fills (prefix, active_from, filled_from)
      SELECT prefix, active_from, toDateTime({filledFrom:UInt32})
      FROM prefixes FINAL
      WHERE NOT deleted AND has(chain, prefix) AND active_from = toDateTime({activeFrom:UInt32})`,
    query_params: { activeFrom, filledFrom },
  })
}

async function read<Row>(
  client: StoreClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<Row[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
  return result.json<Row>()
}
