// Exporters, from status rows as collectors write them: every expected value is worked out from the rows beside it.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

/** In whole seconds, so that rows can be a round number of seconds apart. */
const now = Math.floor(Date.now() / 1000) * 1000
const second = 1_000
const minute = 60 * second
const hour = 60 * minute

let database: TestDatabase
let send: Send

beforeAll(async () => {
  database = await startTestDatabase()
  send = startApi()
})

/** How long flows go on is kept for a minute: an API that has not asked yet. */
function startApi(clock = () => now): Send {
  const { client: store, migrations } = database
  const configuration = createConfiguration(store, Date.now)
  const access = { token: undefined, hosts: undefined }
  const log = createLog('test', 'silent')
  const storage = () => undefined
  return sender(createApp({ configuration, store, migrations, access, log, storage, now: clock }))
}
afterAll(() => database.remove())
beforeEach(() => database.empty('status', 'routers', 'raw'))

const time = (ms: number) => new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
const iso = (ms: number) => new Date(ms).toISOString()

interface Run {
  collector: string
  boot: string
  startedMs: number
}
const edge: Run = { collector: 'edge', boot: 'b1', startedMs: now - 2 * hour }
const core: Run = { collector: 'core', boot: 'c1', startedMs: now - 2 * hour }

/** What all rows of a run have. */
const rowOf = ({ collector, boot, startedMs }: Run, agoMs: number) => ({
  collector,
  boot,
  started: time(startedMs),
  time: time(now - agoMs),
  watermark: time(now - agoMs),
})

/** The collector's own row, this long ago. */
const tick = (run: Run, agoMs: number) => ({ ...rowOf(run, agoMs), kind: 'collector' })

/** A row of an exporter, told this long ago and heard a second before. */
const heard = (run: Run, agoMs: number, columns: Record<string, unknown> = {}) => ({
  ...rowOf(run, agoMs),
  kind: 'exporter',
  exporter: '192.0.2.1',
  udp_source: '192.0.2.1',
  first_seen: time(run.startedMs),
  last_seen: time(now - agoMs - second),
  ...columns,
})

async function tell(...rows: object[]): Promise<void> {
  await database.client.insert({ table: 'status', values: rows, format: 'JSONEachRow' })
}

interface Told {
  address: string
  state: string
  rates: unknown
}
async function ask(path: string) {
  const answer = await send('GET', path)
  expect(answer.status, answer.text).toBe(200)
  return answer.body.result as unknown as Told[]
}

test('an exporter that was heard from the start of its collector on has its counters, rates and facts', async () => {
  await tell(
    tick(edge, 5 * minute),
    tick(edge, 0),
    heard(edge, 5 * minute, {
      first_seen: time(now - hour),
      datagrams: 1_000,
      datagram_bytes: 1_000_000,
      flows: 20_000,
    }),
    heard(edge, 0, {
      first_seen: time(now - hour),
      datagrams: 1_600,
      datagram_bytes: 1_900_000,
      datagrams_by_protocol: { NETFLOW_V9: 1_500, IPFIX: 100 },
      flows: 32_000,
      flows_by_protocol: { NETFLOW_V9: 30_000, IPFIX: 2_000 },
      lost: { NETFLOW_V9: 7, IPFIX: 40 },
      late_datagrams: 3,
      sequence_resets: 1,
      samples_dropped: 9,
      clock_skew_ms: -1_500,
      flows_by_sampling_source: { exporter: 31_000, router_default: 1_000 },
      sampling_rate: 512,
      sampling_source: 'exporter',
      sampling_rate_lowest: 256,
      sampling_rate_highest: 1_024,
      templates: 6,
      parked_sets: 2,
    }),
  )
  expect(await ask('/exporters')).toEqual([
    {
      address: '192.0.2.1',
      udp_source: '192.0.2.1',
      router: null,
      state: 'active',
      first_seen: iso(now - hour),
      last_seen: iso(now - second),
      collectors: ['edge'],
      protocols: [
        {
          protocol: 'NETFLOW_V9',
          datagrams: 1_500,
          flows: 30_000,
          lost: 7,
          lost_unit: 'datagrams',
        },
        { protocol: 'IPFIX', datagrams: 100, flows: 2_000, lost: 40, lost_unit: 'data_records' },
      ],
      datagrams: 1_600,
      flows: 32_000,
      late_datagrams: 3,
      sequence_resets: 1,
      samples_dropped: 9,
      // Between the two rows lie 300 s, 600 datagrams, 900,000 bytes and 12,000 flows.
      rates: { datagrams_per_second: 2, export_bits_per_second: 24_000, flows_per_second: 40 },
      sampling: {
        rate: 512,
        source: 'exporter',
        lowest_rate: 256,
        highest_rate: 1_024,
        flows_by_source: { exporter: 31_000, router_default: 1_000 },
      },
      longest_flow_seconds: null,
      clock_skew_ms: -1_500,
      templates: 6,
      parked_sets: 2,
    },
  ])
})

test('how long its flows go on before they are told is that of the last five minutes, read once a minute', async () => {
  const flow = (sampler_address: string, agoMs: number, flow_duration_ms: number) => ({
    time_received: Math.floor((now - agoMs) / 1000),
    sampler_address,
    flow_duration_ms,
  })
  const put = (...values: object[]) =>
    database.client.insert({ table: 'raw', values, format: 'JSONEachRow' })
  let nowMs = now
  const asking = startApi(() => nowMs)
  const told = async () => {
    const { body } = await asking('GET', '/exporters')
    const exporters = body.result as unknown as { longest_flow_seconds: number | null }[]
    return exporters.map(({ longest_flow_seconds }) => longest_flow_seconds)
  }
  await tell(tick(edge, 0), heard(edge, 0), heard(edge, 0, { exporter: '2001:db8::1' }))
  await put(
    flow('::ffff:192.0.2.1', 10 * minute, 7_200_000),
    flow('::ffff:192.0.2.1', minute, 60_000),
    flow('::ffff:192.0.2.1', minute, 1_800_000),
    flow('2001:db8::1', minute, 0),
  )
  expect(await told()).toEqual([1_800, 0])
  await put(flow('2001:db8::1', minute, 2_000))
  nowMs = now + minute
  expect(await told()).toEqual([1_800, 0])
  nowMs = now + minute + 1
  expect(await told()).toEqual([1_800, 2])
})

test('what was counted before the hours that are asked for is taken off', async () => {
  const since = { first_seen: time(now - 30 * hour) }
  const run = { ...edge, startedMs: now - 48 * hour }
  await tell(
    tick(run, 0),
    heard(run, 25 * hour, { ...since, datagrams: 10, flows: 100, lost: { NETFLOW_V5: 5 } }),
    heard(run, 23 * hour, { ...since, datagrams: 50, flows: 500, lost: { NETFLOW_V5: 8 } }),
    heard(run, 10 * second, { ...since, datagrams: 80, flows: 900, lost: { NETFLOW_V5: 9 } }),
  )
  const day = { datagrams: 30, flows: 400, protocols: [{ lost: 1, lost_unit: 'flows' }] }
  expect(await ask('/exporters')).toMatchObject([day])
  expect(await ask('/exporters?hours=24')).toMatchObject([day])
  // Of the first_seen of the run, and so from 0 on.
  expect(await ask('/exporters?hours=31')).toMatchObject([
    { datagrams: 80, flows: 900, protocols: [{ lost: 9 }] },
  ])
})

test('a restart of the collector begins counters anew, and nothing is counted twice or lost', async () => {
  const again = { ...edge, boot: 'b2', startedMs: now - 2 * minute }
  await tell(
    tick(edge, 5 * minute),
    tick(edge, 3 * minute),
    heard(edge, 3 * minute, { datagrams: 700, flows: 7_000, late_datagrams: 1 }),
    tick(again, 2 * minute),
    tick(again, 0),
    heard(again, 0, { datagrams: 60, datagram_bytes: 6_000, flows: 600, late_datagrams: 2 }),
  )
  expect(await ask('/exporters')).toMatchObject([
    {
      datagrams: 760,
      flows: 7_600,
      late_datagrams: 3,
      collectors: ['edge'],
      // The newest run alone, which is 120 s old.
      rates: { datagrams_per_second: 0.5, export_bits_per_second: 400, flows_per_second: 5 },
    },
  ])
})

test('collectors that hear the same exporter are summed, each with its own time; facts of the moment are the newest', async () => {
  const lately = { ...core, startedMs: now - 100 * second }
  await tell(
    tick(edge, 5 * minute),
    tick(edge, 10 * second),
    heard(edge, 5 * minute, { datagrams: 100 }),
    heard(edge, 10 * second, { datagrams: 390, templates: 1, clock_skew_ms: 5 }),
    tick(lately, 0),
    heard(lately, 0, { datagrams: 200, templates: 4, clock_skew_ms: 7 }),
  )
  // 290 in 290 s, and 200 in 100 s.
  expect(await ask('/exporters')).toMatchObject([
    {
      collectors: ['core', 'edge'],
      datagrams: 590,
      rates: { datagrams_per_second: 3 },
      templates: 4,
      clock_skew_ms: 7,
    },
  ])
})

test('an exporter that says nothing for five minutes is silent; without a live collector nobody knows', async () => {
  await tell(
    tick(edge, 5 * minute),
    heard(edge, 5 * minute, { datagrams: 100, flows: 10 }),
    tick(edge, 30 * second),
  )
  expect(await ask('/exporters')).toMatchObject([
    { state: 'silent', last_seen: iso(now - 5 * minute - second), rates: { flows_per_second: 0 } },
  ])
  await database.empty('status')
  await tell(tick(edge, 10 * minute), heard(edge, 10 * minute, { datagrams: 100 }))
  expect(await ask('/exporters')).toMatchObject([{ state: 'unknown', rates: null }])
})

test('late datagrams that repay what was lost before the hours asked for make no negative loss', async () => {
  const first = { first_seen: time(now - 3 * hour) }
  await tell(
    heard(edge, 50 * minute, {
      ...first,
      lost: { SFLOW_5: 9 },
      datagrams_by_protocol: { SFLOW_5: 1 },
    }),
    heard(edge, 0, { ...first, datagrams_by_protocol: { SFLOW_5: 3 } }),
  )
  expect(await ask('/exporters?hours=1')).toMatchObject([
    { protocols: [{ protocol: 'SFLOW_5', datagrams: 2, lost: 0 }] },
  ])
})

test('an exporter is the router of its address, else of its UDP source; those that are none are listed apart', async () => {
  const routers = [
    { name: 'agent', router_ip: '2001:db8::7', default_sampling: 1 },
    { name: 'proxy', router_ip: '192.0.2.9', default_sampling: 1, role: 'core' },
    { name: 'quiet', router_ip: '192.0.2.99', default_sampling: 1 },
  ]
  const ids = new Map<string, string>()
  for (const router of routers) {
    ids.set(router.name, (await send('POST', '/routers', router)).body.result.id)
  }
  await tell(
    tick(edge, 0),
    heard(edge, 0, { exporter: '2001:db8::7', udp_source: '192.0.2.9' }),
    heard(edge, 0, { exporter: '198.51.100.1', udp_source: '192.0.2.9' }),
    heard(edge, 0, { exporter: '203.0.113.5', udp_source: '203.0.113.5' }),
  )
  const named = (name: string) => ({
    id: ids.get(name),
    name,
    role: name === 'proxy' ? 'core' : 'edge',
  })
  expect(await ask('/exporters/')).toMatchObject([
    { address: '198.51.100.1', router: named('proxy') },
    { address: '2001:db8::7', router: named('agent') },
    { address: '203.0.113.5', router: null },
  ])
  expect(await ask('/exporters/unknown')).toMatchObject([{ address: '203.0.113.5' }])

  expect(await ask(`/routers/${ids.get('agent')}/status`)).toMatchObject({
    router: routers[0],
    state: 'active',
    exporters: [{ address: '2001:db8::7', udp_source: '192.0.2.9' }],
  })
  expect(await ask(`/routers/${ids.get('quiet')}/status/`)).toMatchObject({
    state: 'not_heard',
    exporters: [],
  })
  expect((await send('GET', '/routers/none/status')).errors).toEqual([[1404, '']])
})

test('nothing is known of routers when no collector is live', async () => {
  const { body } = await send('POST', '/routers', {
    name: 'r',
    router_ip: '192.0.2.1',
    default_sampling: 1,
  })
  expect(await ask(`/routers/${body.result.id}/status`)).toMatchObject({ state: 'unknown' })
})

test.each(['0', '721', '1.5', 'x', '', '-1', "1' OR '1"])('hours=%s is refused', async (hours) => {
  for (const path of ['/exporters', '/exporters/unknown', '/routers/any/status']) {
    const answer = await send('GET', `${path}?hours=${encodeURIComponent(hours)}`)
    expect([answer.status, answer.errors]).toEqual([400, [[1006, '']]])
  }
})
