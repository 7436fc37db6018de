// Traffic over HTTP: what is asked of the rollups is held against sums worked out here from the flows that were put in.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../../api/app.ts'
import { refreshCoarseRollups } from '../../../api/periodic/coarse-rollups.ts'
import { createConfiguration } from '../../../rules/configuration.ts'
import { formatAddress } from '../../../runtime/ip.ts'
import { createLog } from '../../../runtime/log.ts'
import { type Send, sender } from '../../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'
import { type PutFlow, putFlows, putRun } from '../../build/put-flows.ts'

const hour = 3600
/** A whole hour: the last of the hours before it is too new for the coarse tables to be trusted. */
const now = Math.floor(Date.now() / 1000 / hour) * hour
const from = now - 6 * hour

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
  send = sender(
    createApp({
      configuration,
      store,
      migrations,
      access,
      log,
      storage: () => undefined,
      now: () => now * 1000,
    }),
  )
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
const addressOf = (hex: string) =>
  hex.length === 8 ? Buffer.from(hex, 'hex').join('.') : formatAddress(Buffer.from(hex, 'hex'))

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
