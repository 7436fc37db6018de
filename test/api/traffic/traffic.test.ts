// Traffic over HTTP: what is asked of the rollups is held against sums worked out here from the flows that were put in.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../../api/app.ts'
import { refreshCoarseRollups } from '../../../api/periodic/coarse-rollups.ts'
import { rawCondition, rawExpression } from '../../../api/traffic/columns.ts'
import { fieldsOf, printFilter } from '../../../api/traffic/filter.ts'
import { filterSql } from '../../../api/traffic/filter-sql.ts'
import { createParameters } from '../../../api/traffic/parameters.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { createLog } from '../../../runtime/log.ts'
import { packageRoot } from '../../../runtime/package-root.ts'
import { type Send, sender } from '../../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'
import { addressOf, matches } from '../../build/evaluate-filter.ts'
import { type PutFlow, putFlows, putRun } from '../../build/put-flows.ts'
import { randomFilter } from '../../build/random-filter.ts'

const hour = 3600
/** A whole hour: the last of the hours before it is too new for the coarse tables to be trusted. */
const now = Math.floor(Date.now() / 1000 / hour) * hour
const from = now - 6 * hour
/** Seconds that the clock has moved on. */
let later = 0

/** One flow each 7 s for five and a half hours, from two routers with two rates, IPv4 and IPv6. */
const flows: PutFlow[] = Array.from({ length: Math.floor((5.5 * hour) / 7) }, (_, n) => ({
  second: from + 7 * n,
  src: n % 5 === 0 ? `20010db80000000000000000000000${hex(n % 20)}` : `c00002${hex(n % 40)}`,
  dst: n % 5 === 0 ? `20010db80000000000000001000000${hex(n % 30)}` : `cb0071${hex(n % 30)}`,
  bytes: 100 + (n % 1400),
  packets: 1 + (n % 4),
  sampling_rate: n % 2 === 0 ? 1000 : 1,
  proto: [6, 17, 1, 47][n % 4]!,
  src_port: n % 4 < 2 ? 1024 + (n % 50_000) : 0,
  dst_port: n % 4 < 2 ? [443, 53, 80][n % 3]! : 0,
  src_as: 64_500 + (n % 6),
  dst_as: 65_000 + (n % 3),
  in_if: 1 + (n % 3),
  out_if: 10 + (n % 2),
  tcp_flags: n % 4 === 0 ? [2, 18, 16][n % 3]! : 0,
  sampler: n % 2 === 0 ? 'c6336401' : 'c6336402',
}))

function hex(number: number): string {
  return number.toString(16).padStart(2, '0')
}

let database: TestDatabase
let send: Send
let request: (path: string) => Response | Promise<Response>

beforeAll(async () => {
  database = await startTestDatabase()
  const { client: store, migrations } = database
  await putFlows(store, flows)
  await refreshCoarseRollups(store, now * 1000, 12 * hour * 1000)
  // Collectors ran from the first flow on, half an hour longer than there were flows.
  await putRun(store, from, now)
  const configuration = createConfiguration(store, Date.now)
  await configuration.routers.create({
    name: 'edge-1',
    router_ip: '198.51.100.1',
    default_sampling: 1000,
  })
  const access = { token: undefined, hosts: undefined }
  const log = createLog('test', 'silent')
  const app = createApp({
    configuration,
    store,
    migrations,
    access,
    log,
    storage: () => undefined,
    now: () => (now + later) * 1000,
  })
  send = sender(app)
  request = (path) => app.request(path)
})
afterAll(() => database.remove())

interface Row {
  key: string[]
  name: (string | null)[]
  values: (number | null)[]
  total: number
  max: number
  avg: number
  bytes: number
  packets: number
  flows: number
  share: number
}
interface Told {
  from: string
  to: string
  step_seconds: number
  source: string
  times: number[]
  coverage: number[]
  rows: Row[]
  other: Row | null
  total: Row
  reverse: { rows: Row[]; other: Row | null; total: Row } | null
  previous: Row | null
  sql: string
}

async function ask(path: string): Promise<Told> {
  const answer = await send('GET', path)
  expect(answer.status, answer.text).toBe(200)
  return answer.body.result as unknown as Told
}
const range = `from=${new Date(from * 1000).toISOString()}&to=${new Date(now * 1000).toISOString()}`

/** Worked out from the flows, by key, the greatest first. */
function sums(keyOf: (flow: PutFlow) => string, measure: 'bytes' | 'packets' | 'flows' = 'bytes') {
  const totals = new Map<string, number>()
  for (const flow of flows) {
    const key = keyOf(flow)
    const amount = measure === 'flows' ? 1 : flow[measure] * flow.sampling_rate
    totals.set(key, (totals.get(key) ?? 0) + amount)
  }
  return [...totals].sort((a, b) => b[1] - a[1])
}

/** The same for some of the flows. */
const sumsOf = (chosen: readonly PutFlow[], keyOf: (flow: PutFlow) => string) => {
  const totals = new Map<string, number>()
  for (const flow of chosen) {
    const key = keyOf(flow)
    totals.set(key, (totals.get(key) ?? 0) + flow.bytes * flow.sampling_rate)
  }
  return totals
}
const bytesOf = (rows: readonly Row[]) => new Map(rows.map(({ key, bytes }) => [key.join(), bytes]))
const exporterText = ({ sampler }: PutFlow) => `198.51.100.${Number.parseInt(sampler.slice(6), 16)}`
const dimensions: [by: string, keyOf: (flow: PutFlow) => string][] = [
  ['proto', ({ proto }) => `${proto}`],
  ['family', ({ src }) => (src.length === 8 ? 'ipv4' : 'ipv6')],
  ['tcp_flags', ({ tcp_flags }) => `${tcp_flags}`],
  ['exporter', exporterText],
  ['in_if', ({ in_if }) => `${in_if}`],
  ['src_as', ({ src_as }) => `${src_as}`],
  ['dst_as', ({ dst_as }) => `${dst_as}`],
]

test.each(dimensions)('the totals by %s are those of the flows', async (by, keyOf) => {
  for (const unit of ['bits', 'packets', 'flows'] as const) {
    const measure = unit === 'bits' ? 'bytes' : unit
    const expected = sums(keyOf, measure)
    const all = expected.reduce((sum, [, amount]) => sum + amount, 0)
    const top = await ask(`/traffic/top?${range}&by=${by}&unit=${unit}&limit=50`)
    expect(new Map(top.rows.map((row) => [row.key.join(), row[measure]]))).toEqual(
      new Map(expected),
    )
    expect(top.total[measure]).toBe(all)
    const series = await ask(`/traffic/timeseries?${range}&by=${by}&unit=${unit}&limit=2`)
    expect(series.rows.map(({ total }) => total)).toEqual(
      expected.slice(0, 2).map(([, sum]) => sum),
    )
    expect(series.total.total).toBe(all)
    const others = expected.slice(2).reduce((sum, [, amount]) => sum + amount, 0)
    expect(series.other?.total ?? 0).toBe(others)
  }
})

const hasPorts = ({ proto }: PutFlow) => proto === 6 || proto === 17

test('ports are those of protocols that have some, from the rollup and from the flows alike', async () => {
  const withPorts = flows.filter(hasPorts)
  const lower = (flow: PutFlow) => `${Math.min(flow.src_port, flow.dst_port)}`
  const { rows, total, source } = await ask(`/traffic/top?${range}&by=port&limit=50`)
  expect(bytesOf(rows)).toEqual(sumsOf(withPorts, lower))
  expect(source).toBe('port_1h')
  expect(rows.map(({ key, name }) => [key[0], name[0]])).toContainEqual(['443', 'https'])
  const raw = await ask(`/traffic/top?${range}&by=port&limit=50&filter=src_addr << ::/0`)
  expect(raw.source).toBe('raw')
  expect(bytesOf(raw.rows)).toEqual(bytesOf(rows))
  expect(raw.total.bytes).toBe(total.bytes)
})

const rawDimensions: [by: string, keyOf: (flow: PutFlow) => string][] = [
  ['src_addr', ({ src }) => addressOf(src)],
  ['dst_addr', ({ dst }) => addressOf(dst)],
  ['src_net', ({ src }) => (src.length === 8 ? '192.0.2.0/24' : '2001:db8::/48')],
  ['dst_port', ({ dst_port }) => `${dst_port}`],
  ['src_as,dst_as', ({ src_as, dst_as }) => `${src_as},${dst_as}`],
  ['exporter,proto', (flow) => `${exporterText(flow)},${flow.proto}`],
]

test.each(rawDimensions)('%s, which no rollup has, is read from the flows', async (by, keyOf) => {
  const { rows, source, total } = await ask(`/traffic/top?${range}&by=${by}&limit=50`)
  expect(source).toBe('raw')
  expect(bytesOf(rows)).toEqual(sumsOf(flows, keyOf))
  expect(total.bytes).toBe(sums(() => '')[0]?.[1])
})

/** From the table in docs/traffic.md: what each question reads. */
const documented = new Map(
  readFileSync(path.join(packageRoot, 'docs', 'traffic.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\|.*\| (?:10 s|1 min)/.test(line))
    .flatMap((line) => {
      const [asked = '', tables = ''] = line.split('|').slice(1, 3)
      const names = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
      const by = asked.includes(' with ') ? [names(asked).join()] : names(asked)
      return by.map((each): [string, string[]] => [each, names(tables)])
    }),
)

test('every dimension is read from the tables that docs/traffic.md says, by the statement that is told', async () => {
  // What no table is named for is read from the flows, each in the same way.
  const asked = [...documented.keys(), 'src_net', 'proto,src_as']
  expect(documented.size).toBe(12)
  for (const by of asked) {
    const { sql } = await ask(`/traffic/timeseries?${range}&by=${by}`)
    const plan = await (
      await database.client.query({ query: `EXPLAIN ${sql}`, format: 'TabSeparated' })
    ).text()
    const tables = [...plan.matchAll(/ReadFrom\w+ \(flows\.(\w+)\)/g)].map(([, table]) => table!)
    const expected = documented.get(by) ?? ['raw']
    // What the tables hold nothing of, yet, is not read.
    if (!plan.includes('ReadNothing') && !plan.includes('NullSource')) {
      expect(tables.length, by).toBeGreaterThan(0)
    }
    for (const table of tables) expect(expected, by).toContain(table)
  }
})

test('the store selects by a filter the flows that it says', async () => {
  const routers = { 'edge-1': '198.51.100.1', core_1: '198.51.100.2' }
  const addresses = Object.entries(routers).map(([name, text], index) => ({
    name,
    address: 0xffff_c633_6401n + BigInt(index),
    text,
  }))
  const names =
    'exporter,src_addr,dst_addr,proto,src_port,dst_port,port,src_as,dst_as,in_if,out_if,tcp_flags,family,bytes,packets,sampling_rate,etype'
  const filters = fc.sample(randomFilter(names.split(',')), { numRuns: 200, seed: 20_261_122 })
  const few = flows.slice(0, 300)
  let chosen = 0
  // Parameters go into the request's URL.
  for (let first = 0; first < filters.length; first += 50) {
    const some = filters.slice(first, first + 50)
    const parameters = createParameters()
    const columns = some.map((filter) => {
      const own = filterSql(filter, rawExpression, parameters, addresses)
      const condition = [own, rawCondition(fieldsOf(filter)) ?? '1'].join(' AND ')
      return `tuple(toUInt32(countIf(${condition})), toString(sumIf(toUnixTimestamp(time_received), ${condition})))`
    })
    const answer = await database.client.query({
      query: `SELECT [${columns.join(', ')}] AS counts FROM raw WHERE time_received < ${few.at(-1)!.second + 1}`,
      query_params: parameters.values,
      format: 'JSONEachRow',
    })
    const [{ counts } = { counts: [] }] = await answer.json<{ counts: [number, string][] }>()
    some.forEach((filter, index) => {
      const passing = few.filter(
        (flow) =>
          (!fieldsOf(filter).has('port') || hasPorts(flow)) && matches(filter, flow, routers),
      )
      const seconds = passing.reduce((sum, { second }) => sum + second, 0)
      expect(counts[index], printFilter(filter)).toEqual([passing.length, `${seconds}`])
      if (passing.length > 0 && passing.length < few.length) chosen++
    })
  }
  // Filters that let all or nothing through would prove little.
  expect(chosen).toBeGreaterThan(70)
})

test('a filter on what a rollup has is read from it, and chooses the same as from the flows', async () => {
  const filter = 'proto IN (tcp, udp) AND NOT port = https'
  const rollup = await ask(`/traffic/top?${range}&by=port&filter=${filter}`)
  expect(rollup.source).toBe('port_1h')
  const passing = flows.filter(
    (flow) => hasPorts(flow) && Math.min(flow.src_port, flow.dst_port) !== 443,
  )
  expect(rollup.total.bytes).toBe(sumsOf(passing, () => '').get(''))
  const raw = await ask(`/traffic/top?${range}&by=port&filter=${filter} AND bytes >= 0`)
  expect([raw.source, raw.rows]).toEqual(['raw', rollup.rows])
})

test.each([
  ...dimensions,
  ['exporter,in_if', (flow: PutFlow) => `${exporterText(flow)},${flow.in_if}`] as const,
])(
  'by %s, the others are what the tables of 5 minutes have besides the greatest',
  async (by, keyOf) => {
    const coarse = await ask(`/traffic/timeseries?${range}&by=${by}&limit=1&points=12`)
    expect(coarse.source).toMatch(/_5m$/)
    const [greatest, ...others] = sums(keyOf)
    expect(coarse.rows.map(({ key, total }) => [key.join(), total])).toEqual([greatest])
    const rest = others.reduce((sum, [, amount]) => sum + amount, 0)
    expect(coarse.other?.total).toBe(rest)
    // By minutes, each of whose rows is read.
    const fine = await ask(`/traffic/timeseries?${range}&by=${by}&limit=1&points=360`)
    expect(fine.source).not.toMatch(/_5m$/)
    const perStep = coarse.step_seconds / fine.step_seconds
    for (const [index, rate] of (coarse.other?.values ?? []).entries()) {
      const steps = fine.other!.values.slice(index * perStep, (index + 1) * perStep)
      const mean = steps.reduce((sum: number, value) => sum + (value ?? 0), 0) / perStep
      expect(rate).toBeCloseTo(mean, 1)
    }
  },
)

const time = (second: number) => new Date(second * 1000).toISOString()

test('a rate is the same at every zoom, from whichever table', async () => {
  const five = `from=${time(from)}&to=${time(from + 5 * hour)}`
  const inside = flows.filter(({ second }) => second < from + 5 * hour)
  const bytes = sumsOf(inside, () => '').get('')!
  const answers = await Promise.all(
    [10, 60, 300, 2000].map((points) =>
      ask(`/traffic/timeseries?${five}&by=exporter&points=${points}`),
    ),
  )
  expect(answers.map(({ step_seconds }) => step_seconds)).toEqual([1800, 300, 60, 10])
  expect(answers.map(({ source }) => source)).toEqual([
    'interface_5m',
    'interface_5m',
    'interface_10s',
    'interface_10s',
  ])
  for (const { total, times, step_seconds, rows } of answers) {
    expect(total.total).toBe(bytes)
    expect(total.avg).toBeCloseTo((bytes * 8) / (5 * hour), 2)
    expect(times).toEqual(times.map((_, index) => from + index * step_seconds))
    // Each step by itself.
    const step = 3
    const [start, end] = [from + step * step_seconds, from + (step + 1) * step_seconds]
    for (const row of rows) {
      const own = inside.filter(
        (flow) => exporterText(flow) === row.key[0] && flow.second >= start && flow.second < end,
      )
      expect(row.values[step]).toBeCloseTo(
        ((sumsOf(own, () => '').get('') ?? 0) * 8) / step_seconds,
        2,
      )
    }
    // Of the greatest minute at every zoom that has whole minutes: the rows are those of the table's own key.
    if (step_seconds < 60) continue
    const minutes = sumsOf(
      inside,
      (flow) => `${exporterText(flow)} ${Math.floor(flow.second / 60)}`,
    )
    const own = [...minutes].filter(([key]) => key.startsWith(`${rows[0]?.key[0]} `))
    const greatest = Math.max(...own.map(([, amount]) => amount))
    expect(rows[0]?.max).toBeCloseTo((greatest * 8) / 60, 2)
  }
})

test('what nobody saw is not known, and what was silent is 0', async () => {
  const { total, times, coverage, rows } = await ask(
    `/traffic/timeseries?from=${time(from - hour)}&to=${time(now)}&by=proto&points=50`,
  )
  times.forEach((start, index) => {
    const values = [total, ...rows].map(({ values }) => values[index])
    if (start < from) expect([coverage[index], ...values]).toEqual([0, ...values.map(() => null)])
    else expect(coverage[index]).toBe(1)
    if (start >= from + 5.5 * hour) expect(values).toEqual(values.map(() => 0))
    else if (start >= from) expect(values[0]).toBeGreaterThan(0)
  })
  // The last step that is over: the one in which now lies is not told.
  expect(times.at(-1)).toBeLessThan(now)
})

test('the other direction exchanges source and destination, in dimensions and filter', async () => {
  const answer = await ask(
    `/traffic/timeseries?${range}&by=src_as&filter=src_as < 65000&bidirectional=true`,
  )
  const amount = (key: (flow: PutFlow) => number) =>
    sumsOf(
      flows.filter((flow) => key(flow) < 65_000),
      (flow) => `${key(flow)}`,
    )
  expect(new Map(answer.rows.map(({ key, total }) => [key[0], total]))).toEqual(
    amount(({ src_as }) => src_as),
  )
  // There are no destinations below.
  expect([answer.reverse?.rows, answer.reverse?.total.total]).toEqual([[], 0])
  const all = await ask(`/traffic/timeseries?${range}&by=in_if,exporter&bidirectional=true`)
  expect(new Map(all.reverse?.rows.map(({ key, total }) => [key.join(), total]))).toEqual(
    sumsOf(flows, (flow) => `${flow.out_if},${exporterText(flow)}`),
  )
})

test('the previous hour is the total of as many steps, an hour before', async () => {
  const asked = `from=${time(from + hour)}&to=${time(from + 2 * hour)}`
  const before = flows.filter(({ second }) => second < from + hour)
  for (const by of ['', 'port']) {
    const { previous, times, step_seconds } = await ask(
      `/traffic/timeseries?${asked}&by=${by}&previous=hour&points=60`,
    )
    const counted = by === 'port' ? before.filter(hasPorts) : before
    expect(step_seconds).toBe(60)
    expect(previous?.values).toHaveLength(times.length)
    expect(previous?.total).toBe(sumsOf(counted, () => '').get(''))
  }
  // No step of two hours is an hour before another one.
  const none = await ask(`/traffic/timeseries?${range}&previous=hour&points=3`)
  expect([none.step_seconds, none.previous]).toEqual([7200, null])
})

describe('the summary', () => {
  interface Amounts {
    now: object
    avg: { bits: number }
    peak: { bits: { value: number; at: string } }
    total: object
  }
  const summary = async () => {
    const answer = await send('GET', '/traffic/summary')
    expect(answer.status, answer.text).toBe(200)
    return answer.body.result as unknown as Record<'all' | 'in' | 'out', Amounts> & {
      top: Record<string, Row[]>
      from: string
      to: string
    }
  }
  /** Of what was put in, by minute. */
  const bitsByMinute = new Map<number, number>()
  for (const { second, bytes, sampling_rate } of flows) {
    const minute = Math.floor(second / 60) * 60
    bitsByMinute.set(minute, (bitsByMinute.get(minute) ?? 0) + bytes * sampling_rate * 8)
  }
  const [peakMinute, peakBits] = [...bitsByMinute].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]!
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

  test('tells now, the mean, the greatest minute and the sums of 24 hours', async () => {
    const { all, in: inwards, out, from: first, to } = await summary()
    // The newest minute that is over by the grace ended a minute ago.
    expect([first, to]).toEqual([time(now - 60 - 24 * hour), time(now - 60)])
    const sum = (of: (flow: PutFlow) => number) => flows.reduce((all, flow) => all + of(flow), 0)
    const bytes = sum((flow) => flow.bytes * flow.sampling_rate)
    const packets = sum((flow) => flow.packets * flow.sampling_rate)
    expect(all.total).toEqual({ bytes, packets, flows: flows.length })
    // A collector ran, and there were no flows.
    expect(all.now).toEqual({ bits: 0, packets: 0, flows: 0 })
    const knownMinutes = (now - 60 - from) / 60
    expect(all.avg.bits).toBeCloseTo((bytes * 8) / 60 / knownMinutes, 2)
    expect(all.peak.bits).toEqual({ value: expect.closeTo(peakBits / 60, 2), at: time(peakMinute) })
    expect([inwards, out]).toEqual([null, null])
  })

  test('adds up what goes to and from the prefixes of rules, each flow once', async () => {
    const { client } = database
    const chains = { '203.0.113.0/24': [], '203.0.113.0/25': ['203.0.113.0/24'] }
    // Ten minutes ago.
    const active = new Date((now - 660) * 1000).toISOString().slice(0, 19).replace('T', ' ')
    await client.insert({
      table: 'prefixes',
      format: 'JSONEachRow',
      values: Object.entries(chains).map(([prefix, around]) => ({
        prefix,
        family: 4,
        chain: [prefix, ...around],
        chain_active_from: [prefix, ...around].map(() => active),
        active_from: active,
        version: 1,
        deleted: 0,
      })),
    })
    later = 31
    const minute = now - 60
    const row = { minute, packets: 2, flows: 1, samples: 1 }
    await client.insert({
      table: 'prefix_minutes',
      format: 'JSONEachRow',
      values: [
        { ...row, prefix: '203.0.113.0/24', direction: 'in', bytes: 600 },
        { ...row, prefix: '203.0.113.0/25', direction: 'in', bytes: 600 },
        { ...row, prefix: '203.0.113.0/24', direction: 'out', bytes: 75 },
      ],
    })
    const told = await summary()
    expect(told.in.total).toEqual({ bytes: 600, packets: 2, flows: 1 })
    expect(told.in.now).toEqual({ bits: 80, packets: 0.033, flows: 0.017 })
    expect(told.in.peak.bits).toEqual({ value: 80, at: time(minute) })
    // Over the minutes that they have been counted in, not over those of the collector.
    expect(told.in.avg.bits).toBeCloseTo((600 * 8) / 60 / 11, 3)
    expect(told.out.now).toMatchObject({ bits: 10 })
    later = 0
  })

  test('lists the greatest of 24 hours, by what rollups tell apart', async () => {
    const { top } = await summary()
    for (const [dimension, keyOf] of dimensions) {
      const rows = top[dimension]
      if (rows === undefined) continue
      const greatest = sums(keyOf).slice(0, 5)
      expect(rows.map(({ key, bytes }) => [key.join(), bytes])).toEqual(greatest)
    }
    expect(Object.keys(top).sort()).toEqual(
      ['dst_as', 'exporter', 'host', 'port', 'prefix', 'proto', 'src_as'].sort(),
    )
    expect(top['exporter']?.map(({ name }) => name)).toContainEqual(['edge-1'])
  })
})

test('totals above 2^53 keep all their digits', async () => {
  const second = from - 5 * hour
  await database.client.command({
    query: `INSERT INTO ingest (time_received_ns, src_addr, dst_addr, bytes, packets, sampling_rate, src_as)
      VALUES (${second} * 1000000000, unhex('c0000201'), unhex('c0000202'), 18446744073709551615, 1, 4294967295, 42)`,
  })
  const bytes = 18446744073709551615n * 4294967295n
  const asked = `from=${time(second - 60)}&to=${time(second + 60)}&by=src_as`
  const top = await send('GET', `/traffic/top?${asked}`)
  expect(top.text).toContain(`"bytes":${bytes},`)
  expect((await send('GET', `/traffic/timeseries?${asked}`)).text).toContain(`"total":${bytes},`)
  const csv = await (await request(`/traffic/top?${asked}&format=csv`)).text()
  expect(csv).toBe(
    `row,src_as,src_as_name,bytes,packets,flows,share\r\ntop,42,,${bytes},4294967295,1,1\r\ntotal,,,${bytes},4294967295,1,1\r\n`,
  )
})

test('what cannot be answered is told: what needs flows, for how long, what is no parameter', async () => {
  const errors = async (path: string) => {
    const { status, body } = await send('GET', path)
    return [status, body.errors[0]?.message]
  }
  const days = `from=${time(now - 3 * 86_400)}&to=${time(now)}`
  expect(await errors(`/traffic/top?${days}&by=src_addr`)).toEqual([
    422,
    'no rollup has src_addr: flows themselves are read, for at most 24 hours, and this is 72 hours',
  ])
  expect(await errors(`/traffic/timeseries?${days}&by=proto&filter=src_as = 1`)).toEqual([
    422,
    'no rollup has proto and src_as together: flows themselves are read, for at most 24 hours, and this is 72 hours',
  ])
  expect(await errors('/traffic/top?by=prefix,proto')).toEqual([
    422,
    'prefix cannot be combined with proto: name networks by src_addr << or dst_addr << to combine them with anything that flows have',
  ])
  expect(await errors('/traffic/top?by=colour')).toEqual([
    400,
    'by: there is no dimension "colour", /traffic/fields has them all',
  ])
  expect(await errors('/traffic/top?by=proto,port,src_as')).toEqual([
    400,
    'by: one or two dimensions, separated by a comma',
  ])
  expect(await errors("/traffic/top?filter=type = 'x'")).toEqual([
    400,
    'filter: expected one of FLOWUNKNOWN, SFLOW_5, NETFLOW_V5, NETFLOW_V9, IPFIX, not "x", at character 8',
  ])
  expect(await errors(`/traffic/top?from=${time(now)}&to=${time(now - 60)}`)).toEqual([
    422,
    'from must be before to',
  ])
})

test('exporters have the names of their routers, and interfaces those that exporters told', async () => {
  await database.client.insert({
    table: 'metadata',
    values: [
      ['198.51.100.1', '1', 'ge-0/0/1'],
      ['198.51.100.2', '1', 'eth1'],
      ['198.51.100.2', '2', '=cmd|calc'],
    ].map(([exporter, id, name]) => ({
      time: time(now).slice(0, -1).replace('T', ' '),
      kind: 'interface',
      exporter,
      id,
      name,
    })),
    format: 'JSONEachRow',
  })
  const names = async (by: string) =>
    new Map(
      (await ask(`/traffic/top?${range}&by=${by}`)).rows.map(({ key, name }) => [`${key}`, name]),
    )
  expect(await names('exporter,in_if')).toEqual(
    new Map([
      ['198.51.100.1,1', ['edge-1', 'ge-0/0/1']],
      ['198.51.100.1,2', ['edge-1', null]],
      ['198.51.100.1,3', ['edge-1', null]],
      ['198.51.100.2,1', [null, 'eth1']],
      ['198.51.100.2,2', [null, '=cmd|calc']],
      ['198.51.100.2,3', [null, null]],
    ]),
  )
  // Two exporters have an interface 1.
  expect((await names('in_if')).get('1')).toEqual([null])
  const csv = await (await request(`/traffic/top?${range}&by=exporter,in_if&format=csv`)).text()
  expect(csv).toContain(",'=cmd|calc,")
  const named = await ask(`/traffic/top?${range}&filter=exporter LIKE "EDGE%"`)
  const own = flows.filter(({ sampler }) => sampler === 'c6336401')
  expect(named.total.bytes).toBe(sumsOf(own, () => '').get(''))
})

test('a packet counts once, at the edge, unless exporters or interfaces are asked for', async () => {
  const earlier = from - 3 * hour
  const atEdge: PutFlow[] = flows
    .slice(0, 400)
    .map((flow) => ({ ...flow, second: flow.second - 3 * hour, sampler: 'c6336401' }))
  const atCore = atEdge.map((flow): PutFlow => {
    return { ...flow, sampler: 'c6336409', in_if: flow.in_if + 100, router_role: 1 }
  })
  await putFlows(database.client, [...atEdge, ...atCore])
  await refreshCoarseRollups(database.client, now * 1000, 12 * hour * 1000)
  const once = sumsOf(atEdge, () => '').get('')!
  const then = `from=${time(earlier)}&to=${time(earlier + 2 * hour)}`
  const total = async (question: string) => {
    const [top, series] = await Promise.all([
      ask(`/traffic/top?${then}&${question}`),
      ask(`/traffic/timeseries?${then}&${question}`),
    ])
    expect(series.total.total, question).toBe(top.total.bytes)
    return [top.source, top.total.bytes]
  }
  expect(await total('')).toEqual(['protocol_1h', once])
  expect(await total('by=src_as')).toEqual(['source_as_1h', once])
  for (const question of ['by=src_addr', 'by=proto,dst_as', 'filter=bytes > 0', 'by=vector']) {
    expect(await total(question)).toEqual(['raw', once])
  }
  expect(await total('by=exporter')).toEqual(['interface_1h', 2 * once])
  expect(await total('by=in_if')).toEqual(['interface_1h', 2 * once])
  expect(await total('by=router_role')).toEqual(['raw', 2 * once])
  expect(await total('by=exporter,proto')).toEqual(['raw', 2 * once])
  // Whoever asks for a core router gets what it exported, whatever else is asked.
  const ofCore = 'filter=exporter = 198.51.100.9'
  expect(await total(ofCore)).toEqual(['interface_1h', once])
  expect(await total(`by=src_addr&${ofCore}`)).toEqual(['raw', once])
  expect(await total('by=src_as&filter=router_role = core')).toEqual(['raw', once])
  const { rows } = await ask(`/traffic/top?${then}&by=router_role`)
  expect(rows.map(({ key }) => key).sort()).toEqual([['core'], ['edge']])
})

test('the pipeline tells its state, its collectors and the newest datagram', async () => {
  const answer = await send('GET', '/pipeline')
  expect(answer.status, answer.text).toBe(200)
  // The run that was put in counted nothing.
  expect(answer.body.result).toMatchObject({
    state: 'no_datagrams',
    last_heard: null,
    collectors: [{ name: 'edge', live: true, datagrams: 0 }],
    storage: null,
    kafka: null,
    versions: { node: process.versions.node, store: expect.stringMatching(/^26\.7\./) },
  })
})
