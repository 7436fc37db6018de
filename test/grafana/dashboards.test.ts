// Every panel of every dashboard: its JSON in step, its SQL run over four ranges on the embedded engine, its totals those of the generator.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refreshCoarseRollups } from '../../api/periodic/coarse-rollups.ts'
import { dashboards, formatDashboard } from '../../grafana/dashboards.ts'
import { countPrefixes } from '../../rules/configuration/counted-prefixes.ts'
import { packageRoot } from '../../runtime/package-root.ts'
import {
  type DashboardModel,
  modelOf,
  models,
  panelsOf,
  questionsOf,
  sqlOf,
  variablesOf,
} from '../build/dashboard-models.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'
import { expand, type View } from '../build/expand-panel.ts'
import { putFlows } from '../build/put-flows.ts'
import { type Dimension, type Loaded, load, loadingTables } from './traffic.ts'

const directory = path.join(packageRoot, 'grafana', 'dashboards')

const files = [...models.keys()]

describe('the committed JSON', () => {
  it('is what the TypeScript makes: `npm run dashboards` writes it', () => {
    expect(readdirSync(directory).sort()).toEqual([...files].sort())
    for (const [file, dashboard] of dashboards) {
      expect(readFileSync(path.join(directory, file), 'utf8')).toBe(formatDashboard(dashboard))
    }
  })

  it('names every panel and asks the provisioned data source only', () => {
    const provisioned = readFileSync(
      path.join(packageRoot, 'grafana/provisioning/datasources/clickhouse.yml'),
      'utf8',
    )
    for (const model of models.values()) {
      for (const panel of panelsOf(model)) expect(panel.title).not.toBe('')
      const sources = JSON.stringify(model).matchAll(/"uid":"([\w-]+)"/g)
      for (const [, uid] of sources)
        if (uid !== model.uid) expect(provisioned).toContain(`uid: ${uid}`)
    }
  })
})

const hour = 3_600
/** A whole hour that is over, so that every table has all of it. */
const end = Math.floor((Date.now() / 1000 - 1_800) / hour) * hour
const spans = { '5 minutes': 300, '1 hour': hour, '24 hours': 24 * hour, '30 days': 30 * 24 * hour }
const prefixes = ['198.18.0.0/15', '2001:2::/48']
/** Of a core router, once in every batch: packets that the edge has exported as well. */
const again = {
  sampler: 'c000024d',
  router_role: 1,
  sampling_rate: 10,
  bytes: 1_000_000_000,
  packets: 1_000_000,
  src: 'c6120001',
  dst: 'c6120002',
  proto: 6,
  src_port: 40_000,
  dst_port: 443,
  src_as: 64_500,
  dst_as: 64_501,
  in_if: 1,
  out_if: 2,
  tcp_flags: 16,
} as const

let database: TestDatabase
const batches: Loaded[] = []

beforeAll(async () => {
  database = await startTestDatabase()
  const { client } = database
  // What is older than its table keeps must still be there when the coarser ones are made.
  await client.command({ query: 'SYSTEM STOP TTL MERGES' })
  await countPrefixes(client, { rules: prefixes, local: ['0.0.0.0/0'] }, 0)
  await client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  for (const query of loadingTables) await client.command({ query })
  // Of the longer ones only the beginning has flows, so that few buckets are made.
  const windows = [300, 3_300, 1_200, 1_200]
  for (const [index, seconds] of Object.values(spans).entries()) {
    const from = end - seconds
    const to = from + (windows[index] ?? 0)
    batches.push(await load(client, { from, to, flows: 3_000, seed: index + 1 }))
    await putFlows(client, [{ ...again, second: from }])
  }
  await refreshCoarseRollups(client, Date.now(), 31 * 24 * hour * 1000)
}, 180_000)
afterAll(() => database.remove())

/** What people would choose; rules and prefixes as the data has them. */
const usual: Record<string, string> = { prefix: prefixes[0] ?? '', rule: 'of-the-test' }

const view = async (
  seconds: number,
  intervalSeconds: number,
  model: DashboardModel,
  chosen = usual,
): Promise<View> => ({
  from: end - seconds,
  to: end,
  intervalSeconds,
  variables: await variablesOf(model, chosen, run),
})

async function run<T extends object>(sql: string): Promise<T[]> {
  const result = await database.client.query({ query: sql, format: 'JSONEachRow' })
  return result.json<T>()
}

/** As Grafana chooses it for a panel of a thousand points. */
const intervalOf = (seconds: number) =>
  [10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600].find((step) => seconds / step <= 1_000) ??
  3600

describe.each(files)('%s', (file) => {
  const model = modelOf(file)

  // The packets' dashboard asks what that of bits asks.
  const ranges = Object.entries(spans).filter(
    ([range]) => file !== 'traffic-pps.json' || range === '1 hour',
  )
  it.each(ranges)('runs over %s', async (_, seconds) => {
    const shown = await view(seconds, intervalOf(seconds), model)
    const runs = questionsOf(model).map(({ title, rawSql }) => {
      const sql = expand(rawSql, shown)
      return run(sql).catch((error: unknown) => {
        throw new Error(`${title}: ${String(error)}\n${sql}`)
      })
    })
    await Promise.all(runs)
  })
})

describe('the greatest five', () => {
  const model = modelOf('traffic-mbps.json')
  const seriesOf = async (title: string, chosen: Record<string, string>, seconds: number) => {
    const shown = await view(seconds, intervalOf(seconds), model, { ...usual, ...chosen })
    const rows = await run<{ series: string }>(expand(sqlOf(model, title), shown))
    return [...new Set(rows.map(({ series }) => series))]
  }

  it.each([
    ['protocol', 'TCP'],
    ['router', 'others'],
    ['flags', 'ACK'],
    ['port', 'TCP 443'],
    ['source_as', 'others'],
    ['destination_as', 'others'],
    ['hosts_out', 'others'],
    ['hosts_in', 'others'],
  ])('by %s come from the tables of minutes, 5 minutes and hours', async (by, one) => {
    const title = 'Greatest five by $by, and the others'
    const series = [hour, 24 * hour, 30 * 24 * hour].map((seconds) =>
      seriesOf(title, { by }, seconds),
    )
    for (const names of await Promise.all(series)) expect(names).toContain(one)
  })

  it.each([
    ['src_addr', 'others'],
    ['dst_port', '443'],
    ['sampler_address', 'others'],
    ['proto', 'TCP'],
    ['tcp_flags', 'ACK'],
  ])('flows by %s have names', async (column, one) => {
    const title = 'Flows of the newest hour by $column: greatest five, and the others'
    expect(await seriesOf(title, { column }, hour)).toContain(one)
  })
})

describe.each([
  ['traffic-mbps.json', 'bytes', 8, Object.values(spans)],
  ['traffic-pps.json', 'packets', 1, [hour]],
] as const)('%s counts what the generator sent', (file, metric, factor, ranges) => {
  const model = modelOf(file)
  const ask = async <T extends object>(title: string, seconds: number, intervalSeconds: number) =>
    run<T>(expand(sqlOf(model, title), await view(seconds, intervalSeconds, model)))

  /** Of the batches that lie in the range. */
  const within = (seconds: number) => batches.filter(({ from }) => from >= end - seconds)
  const totalOf = (seconds: number) =>
    within(seconds).reduce(
      (sum, { totals }) =>
        sum + Number(metric === 'bytes' ? totals.estimatedBytes : totals.estimatedPackets),
      0,
    )
  function amounts(seconds: number, dimension: Dimension): Map<string, number> {
    const sums = new Map<string, number>()
    for (const { by } of within(seconds)) {
      for (const [key, amount] of by[dimension])
        sums.set(key, (sums.get(key) ?? 0) + amount[metric])
    }
    return sums
  }
  const greatest = (sums: Map<string, number>, count: number) =>
    [...sums.values()].sort((a, b) => b - a).slice(0, count)

  /** A bucket's width: the interval, made a multiple of what a row of the table spans. */
  const stepOf = (seconds: number, intervalSeconds: number, finest: number) => {
    const resolution = seconds <= 6 * hour ? finest : seconds <= 8 * 24 * hour ? 300 : 3_600
    return Math.ceil(intervalSeconds / resolution) * resolution
  }
  /** What the points of all series of a panel come to. */
  async function amountOf(title: string, finest: number, seconds: number, intervalSeconds: number) {
    const points = await ask<Record<string, string | number>>(title, seconds, intervalSeconds)
    const rates = points.map((point) => Number(point['value'] ?? point['All traffic']))
    const sum = rates.reduce((total, value) => total + value, 0)
    return (sum * stepOf(seconds, intervalSeconds, finest)) / factor
  }

  it.each([...ranges])('over %d s', async (seconds) => {
    const interval = intervalOf(seconds)
    const total = totalOf(seconds)
    const protocols = amounts(seconds, 'proto')
    const panels = [
      ['All traffic', 10, total],
      ['By protocol', 60, total],
      ['Greatest five by $by, and the others', 60, total],
      ['TCP by flags', 60, protocols.get('6')],
    ] as const
    const shown = panels.map(async ([title, finest, expected]) => {
      const amount = await amountOf(title, finest, seconds, interval)
      expect([title, amount]).toEqual([title, expect.closeTo(expected ?? 0, 0)])
    })
    await Promise.all(shown)
    const [sums] = await ask('All traffic: rates of the points, and total', seconds, interval)
    expect(sums).toMatchObject({ Total: total })

    type Row = Record<string, string> & { Total: number }
    const table = (title: string) => ask<Row>(title, seconds, interval)
    const byName = (rows: Row[], column: string) =>
      new Map(rows.map((row) => [row[column], row.Total]))
    const core = within(seconds).length * again[metric] * again.sampling_rate
    expect(byName(await table('Routers'), 'Router')).toEqual(
      amounts(seconds, 'router').set('192.0.2.77', core),
    )
    expect(byName(await table('Protocols'), 'Protocol').get('TCP')).toBe(protocols.get('6'))
    const totals = async (title: string) => (await table(title)).map(({ Total }) => Total)
    expect(await totals('Our receiving hosts')).toEqual(greatest(amounts(seconds, 'dst_addr'), 10))

    if (seconds > hour) return
    const newest = 'Flows of the newest hour: rates of the points, and total'
    expect((await ask<Row>(newest, seconds, interval))[0]?.Total).toBe(total)
    const everywhere = await view(seconds, interval, model, { ...usual, exported: 'everywhere' })
    expect(await run(expand(sqlOf(model, newest), everywhere))).toMatchObject([
      { Total: total + core },
    ])
    for (const [title, dimension] of [
      ['Source addresses', 'src_addr'],
      ['Source ports', 'src_port'],
      ['Destination addresses', 'dst_addr'],
      ['Destination ports', 'dst_port'],
    ] as const) {
      const expected = greatest(amounts(seconds, dimension), 10)
      expect(await totals(`${title}, newest hour`)).toEqual(expected)
    }
  })

  it.each([
    ['All traffic', 10],
    ['By protocol', 60],
  ] as const)('at the same rate whatever the interval: %s', async (title, finest) => {
    const amounts = [10, 15, 60, 300, hour].map((interval) =>
      amountOf(title, finest, hour, interval),
    )
    for (const amount of await Promise.all(amounts)) expect(amount).toBeCloseTo(totalOf(hour), 0)
  })

  it('through the filters, where they apply', async () => {
    const filter = "dst_port = '443'"
    const shown = { ...(await view(hour, 60, model)), filter }
    const filtered = (title: string) => run<{ Total: number }>(expand(sqlOf(model, title), shown))
    const [flows] = await filtered('Flows of the newest hour: rates of the points, and total')
    expect(flows?.Total).toBe(amounts(hour, 'dst_port').get('443'))
    const [all] = await filtered('All traffic: rates of the points, and total')
    expect(all?.Total).toBe(totalOf(hour))
  })
})
