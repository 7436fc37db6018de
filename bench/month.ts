// A month of one network in an embedded store: a day of `traffic.sql`, and before it thirty days whose coarse rollups are that day's. What is asked over more than a day is
// read from those, so that nobody has to wait for thirty days of flows. The store can be kept, for the next script that asks.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { createConfiguration } from '../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../rules/configuration/rule.ts'
import { createStoreClient, type StoreClient } from '../schema/client.ts'
import { coarseRollups } from '../schema/cluster.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import { rulePrefixes } from './schema-databases.ts'
import { type BenchStore, rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const hourSeconds = 3600
const daySeconds = 24 * hourSeconds
/** Flows go on for as long after the day, so that a kept store has a whole last day for some hours. */
const spareSeconds = 4 * hourSeconds
const batchFlows = 250_000
/** As many inserts at once as there are cores. */
const concurrency = 2
const earlierDays = 30
/** Of the tables of 5 minutes, which ranges of up to 8 days are read from. */
const earlierFineDays = 8

const prefixes = rulePrefixes(100)
const markName = 'month.json'

/** What is written beside the store's data. */
interface Mark {
  /** Of a day. */
  flows: number
  /** Where the day begins, in seconds since 1970: a whole hour. */
  from: number
  rules: readonly string[]
  isWhole: boolean
}

export interface Month {
  dataDir: string
  /** Of a day. */
  flows: number
  /** The newest whole hour, in seconds since 1970; there are thirty days before it, and flows after it. */
  to: number
  /** Ids: of a rule of the 21 networks, and of one of 79 parts of the greatest. */
  rules: readonly string[]
  prefixes: readonly string[]
  /** Unless it is kept. */
  remove(): void
}

/**
 * Makes one in `keptIn`, goes on with one that was cut off, or takes the one that is there; without it, makes one in a new directory. No store runs when it resolves.
 * @throws Error when the one that is there is another day's
 */
export async function prepareMonth(flows: number, keptIn: string | undefined): Promise<Month> {
  const dataDir = keptIn ?? path.join(tmpdir(), `netmon-bench-month-${process.pid}`)
  mkdirSync(dataDir, { recursive: true })
  const to = floorToHour(Date.now() / 1000)
  const store = await startStore(dataDir)
  const client = createStoreClient(store.address, 3_600_000)
  try {
    const mark = readMark(dataDir) ?? (await begin(store, client, dataDir, flows, to - daySeconds))
    const until = mark.from + daySeconds + spareSeconds
    if (mark.flows !== flows || to > until) {
      const untilText = new Date(until * 1000).toISOString()
      throw new Error(
        `${dataDir} holds ${mark.flows} flows a day up to ${untilText}: remove it, or name another directory`,
      )
    }
    if (!mark.isWhole) await fill(client, mark)
    // Hours that have come to their end since.
    await refreshCoarseRollups(client, Date.now(), (daySeconds + spareSeconds) * 1000)
    if (!mark.isWhole) await mergesOver(client)
    writeMark(dataDir, { ...mark, isWhole: true })
    const remove = () => {
      if (keptIn === undefined) rmSync(dataDir, { recursive: true, force: true })
    }
    return { dataDir, flows, to, rules: mark.rules, prefixes, remove }
  } finally {
    await client.close()
    await store.stop()
  }
}

function readMark(dataDir: string): Mark | undefined {
  const file = path.join(dataDir, markName)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Mark) : undefined
}

function writeMark(dataDir: string, mark: Mark): void {
  writeFileSync(path.join(dataDir, markName), `${JSON.stringify(mark)}\n`)
}

/** Tables and rules, older than the day, so that all of it is counted. */
async function begin(
  { address }: BenchStore,
  client: StoreClient,
  dataDir: string,
  flows: number,
  from: number,
): Promise<Mark> {
  await migrate(address, await readMigrations())
  const configuration = createConfiguration(client, () => (from - hourSeconds) * 1000)
  const rules = []
  for (const [name, ofRule] of [
    ['Networks', prefixes.slice(0, 21)],
    ['Parts of a network', prefixes.slice(21)],
  ] as const) {
    const rule = { name, type: 'threshold', prefixes: ofRule, bandwidth_threshold: 1e12 }
    rules.push((await configuration.rules.create(ruleInputSchema.parse(rule))).id)
  }
  const mark = { flows, from, rules, isWhole: false }
  writeMark(dataDir, mark)
  return mark
}

async function fill(client: StoreClient, { flows, from }: Mark): Promise<void> {
  await client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  await insertFlows(client, flows, from)
  for (let day = 0; day <= earlierDays; day++) {
    await client.command({
      query: statusOfDay,
      query_params: { from: from - day * daySeconds },
      clickhouse_settings: onceAs(`bench/status/${day}`),
    })
  }
  await refreshCoarseRollups(client, Date.now(), (daySeconds + hourSeconds) * 1000)
  for (const name of coarseRollups) {
    await repeatDay(client, `${name}_1h`, from, earlierDays)
    await repeatDay(client, `${name}_5m`, from, earlierFineDays)
  }
}

/** Those that an earlier try has not brought in yet: a large day takes a while. */
async function insertFlows(client: StoreClient, flows: number, from: number): Promise<void> {
  const count = Math.round((flows * (daySeconds + spareSeconds)) / daySeconds)
  const stored = new Set(
    (await rowsOf<{ name: string }>(client, 'SELECT name FROM segments')).map(({ name }) => name),
  )
  const firsts = Array.from(
    { length: Math.ceil(count / batchFlows) },
    (_, n) => n * batchFlows,
  ).filter((first) => !stored.has(segmentOf(first)))
  const work = async () => {
    for (let first = firsts.shift(); first !== undefined; first = firsts.shift()) {
      await client.command({
        query: `INSERT INTO ingest SELECT *, {segment:String} FROM (${trafficQuery})`,
        query_params: {
          start: from,
          rate: flows / daySeconds,
          first,
          count: Math.min(batchFlows, count - first),
          segment: segmentOf(first),
        },
        clickhouse_settings: onceAs(segmentOf(first)),
      })
      if (first % 5_000_000 === 0) console.error(`${first} of ${count} flows`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

const segmentOf = (first: number) => `bench/1/${first}`

const onceAs = (token: string) => ({
  insert_deduplicate: 1 as const,
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: 1 as const,
})

/** One collector and its eight exporters, as they write themselves down every 10 s. */
const statusOfDay = `INSERT INTO status (time, collector, boot, started, kind, watermark, exporter, udp_source, first_seen, last_seen,
    datagrams, flows, flows_acknowledged, lost, flows_dropped, sampling_rate)
  SELECT toDateTime64({from:UInt32} + intDiv(number, 9) * 10, 3, 'UTC') AS at, 'bench', toString({from:UInt32}), toDateTime64({from:UInt32}, 3, 'UTC') AS begun,
    if(number % 9 = 0, 'collector', 'exporter'), at, toIPv6(concat('::ffff:192.0.2.', toString(number % 9))) AS address, address, begun, at,
    intDiv(number, 9) * 10, intDiv(number, 9) * 240, intDiv(number, 9) * 240, map('IPFIX', intDiv(number, 9)), map('rejected', intDiv(number, 900)), 1000
  FROM numbers(77760)`

/** The same rows once more, so many days earlier. */
async function repeatDay(client: StoreClient, table: string, from: number, days: number) {
  for (let day = 1; day <= days; day++) {
    await client.command({
      query: `INSERT INTO {table:Identifier} SELECT * REPLACE (time - toIntervalDay({day:UInt8}) AS time) FROM {table:Identifier} FINAL
        WHERE time >= toDateTime({from:UInt32}) AND time < toDateTime({to:UInt32})`,
      query_params: { table, day, from, to: from + daySeconds },
    })
  }
}

async function mergesOver(client: StoreClient): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    const [row] = await rowsOf<{ merges: number }>(
      client,
      'SELECT toUInt32(count()) AS merges FROM system.merges',
    )
    quiet = row?.merges === 0 ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

function floorToHour(seconds: number): number {
  return Math.floor(seconds / hourSeconds) * hourSeconds
}
