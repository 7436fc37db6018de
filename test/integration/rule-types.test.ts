// Each type of rule the whole way: the generator's datagrams over UDP into the collector, its segments into the store and its rollups, verdicts, and what netmon
// alert tells of them. The clock is the test's; the sockets, the store and the command are real.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { alertRoutes } from '../../api/routes/alerts.ts'
import { createClickHouseSink } from '../../collector/sink/clickhouse.ts'
import { statusSegment } from '../../collector/telemetry/status.ts'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { evaluate } from '../../rules/evaluate.ts'
import { readEvidence } from '../../rules/evidence/evidence.ts'
import { collectorRow, runAlert } from '../build/alert-run.ts'
import { sceneTables } from '../build/alert-scene.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'
import { type Played, play } from '../build/play.ts'
import { rows } from '../build/program.ts'
import { type PutFlow, putFlows } from '../build/put-flows.ts'
import { listedRouters } from '../build/routers.ts'

const minuteMs = 60_000
/** Half an hour ago: what is older than retention would not be kept. */
const firstMinuteMs = Math.floor(Date.now() / minuteMs) * minuteMs - 30 * minuteMs
const startOf = (minute: number) => firstMinuteMs + minute * minuteMs
/** When a minute has been closed. */
const closedMs = (minute: number) => startOf(minute) + 80_000
const minuteText = (minute: number) => new Date(startOf(minute)).toISOString().replace('.000Z', 'Z')

/** Of the collector, which runs all the time, and of the rules. */
const hours = 6
const startedMs = startOf(-60 * hours)

let database: TestDatabase
let sink: ReturnType<typeof createClickHouseSink>
let directory: string
const { signal } = new AbortController()

beforeAll(async () => {
  database = await startTestDatabase()
  sink = createClickHouseSink(database.client)
}, 60_000)
afterAll(() => database?.remove())

beforeEach(async () => {
  await database.empty(...sceneTables)
  directory = await mkdtemp(path.join(tmpdir(), 'netmon-alert-'))
  return () => rm(directory, { recursive: true, force: true })
})

/** What goes on at all times. */
const usualFlow: Omit<PutFlow, 'second' | 'src' | 'dst' | 'bytes'> = {
  sampler: '7f010001',
  packets: 60_000,
  sampling_rate: 1,
  proto: 17,
  src_port: 443,
  dst_port: 50_000,
  src_as: 0,
  dst_as: 0,
  in_if: 1,
  out_if: 2,
  tcp_flags: 0,
}

/** Long before the attacks, so that prefixes are counted from the first minute on, and their silence known. */
async function addRules(rules: readonly { name: string; prefixes: string[] }[]): Promise<void> {
  const configuration = createConfiguration(database.client, () => startedMs)
  await configuration.rules.rewrite(() =>
    rules.map((rule) => ({ input: ruleInputSchema.parse(rule) })),
  )
  const loaded = new Set(rules.flatMap(({ prefixes }) => prefixes)).size
  await vi.waitFor(
    async () => {
      const query =
        "SELECT sum(element_count) AS loaded FROM system.dictionaries WHERE name LIKE 'prefixes_'"
      expect(await rows(database.client, query)).toEqual([{ loaded }])
    },
    { timeout: 15_000, interval: 100 },
  )
}

async function receive(name: string, runs: readonly Played[]): Promise<void> {
  for (const segment of await play(name, runs)) await sink.send(segment, signal)
}

/** The clock moves: the collector has stored everything until then. */
async function moveTo(nowMs: number): Promise<void> {
  const status = [collectorRow(startedMs, nowMs)]
  await sink.send(statusSegment(`test/status/${crypto.randomUUID()}`, status, nowMs), signal)
}

/** What `netmon alert` prints then. */
async function openAlerts<Alert>(nowMs: number): Promise<Alert[]> {
  await moveTo(nowMs)
  const { printed, exitCode } = await runAlert(database, directory, nowMs)
  expect(exitCode).toBe(0)
  return printed === '' ? [] : (JSON.parse(printed) as Alert[])
}

/** What a command is told of then by `netmon alert --new --exec`. */
async function tellNew(nowMs: number): Promise<string[]> {
  await moveTo(nowMs)
  const file = path.join(directory, 'told')
  await rm(file, { force: true })
  const ran = await runAlert(database, directory, nowMs, {
    channel: 'pager',
    exec: `dd "of=${file}" status=none`,
  })
  expect(ran).toEqual({ printed: '', exitCode: 0 })
  const text = await readFile(file, 'utf8').catch(() => '[]')
  const events = JSON.parse(text) as { event: string; alert: { rule_name: string } }[]
  return events.map(({ event, alert }) => `${event} ${alert.rule_name}`).sort()
}

test('threshold: 3 of 3 closed minutes over the limit alert; equal to it does not, 2 of 3 do not; IPv6 likewise', async () => {
  /** 60,000,000 bytes a minute at 1 in 1,000: 60,000 exported. */
  const bitsPerSecond = 8_000_000
  const floods = [
    ['three4', '203.0.113.9/32', 'v9', 0, 3],
    ['first two4', '198.51.100.9/32', 'ipfix', 0, 2],
    ['last two4', '192.0.2.9/32', 'v5', 1, 2],
    ['three6', '2001:db8:a::9/128', 'ipfix', 0, 3],
    ['first two6', '2001:db8:b::9/128', 'v9', 0, 2],
    ['last two6', '2001:db8:c::9/128', 'ipfix', 1, 2],
  ] as const
  const rule = (name: string, prefix: string, limit: number) => ({
    name,
    prefixes: [prefix],
    type: 'threshold',
    bandwidth_threshold: limit,
    duration: 3,
  })
  await addRules(
    floods.flatMap(([name, victim]) => [
      rule(`${name} below`, victim, bitsPerSecond - 1),
      rule(`${name} equal`, victim, bitsPerSecond),
    ]),
  )
  await receive(
    'threshold',
    floods.map(([, victim, protocol, minute, minutes]) => ({
      startMs: startOf(minute),
      options: {
        protocols: [protocol],
        samplingRate: 1000,
        rate: 50,
        flood: { victim, bitsPerSecond, minutes },
      },
    })),
  )

  expect(await openAlerts(closedMs(1))).toEqual([])
  await moveTo(closedMs(2))
  const evaluation = await evaluate(database.client, closedMs(2))
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  expect(evaluation.closedMinute * 1000).toBe(startOf(2))
  const verdicts = evaluation.verdicts.map(({ rule, verdict }) => {
    if (verdict.kind !== 'threshold') throw new Error(rule.name)
    return [rule.name, [verdict.bandwidth?.crossed, verdict.bandwidth?.streak]]
  })
  expect(Object.fromEntries(verdicts)).toEqual({
    'three4 below': [true, 3],
    'three4 equal': [false, 0],
    'first two4 below': [false, 0],
    'first two4 equal': [false, 0],
    'last two4 below': [false, 2],
    'last two4 equal': [false, 0],
    'three6 below': [true, 3],
    'three6 equal': [false, 0],
    'first two6 below': [false, 0],
    'first two6 equal': [false, 0],
    'last two6 below': [false, 2],
    'last two6 equal': [false, 0],
  })

  const open = await openAlerts<{ rule_name: string }>(closedMs(2))
  open.sort((a, b) => (a.rule_name < b.rule_name ? -1 : 1))
  expect(open).toEqual(
    ['three4 below', 'three6 below'].map((rule_name) =>
      expect.objectContaining({
        rule_name,
        state: 'firing',
        metric: 'bandwidth',
        value: bitsPerSecond,
        limit: bitsPerSecond - 1,
        started_at: minuteText(0),
        fired_at: minuteText(3),
        total_bytes: (3 * 60 * bitsPerSecond) / 8,
      }),
    ),
  )
  expect(await tellNew(closedMs(2))).toEqual(['firing three4 below', 'firing three6 below'])
  expect(await tellNew(closedMs(2))).toEqual([])
  // Three minutes at or below nine tenths of the limit end an alert.
  expect(await tellNew(closedMs(4))).toEqual([])
  expect(await tellNew(closedMs(5))).toEqual(['resolved three4 below', 'resolved three6 below'])
  expect(await openAlerts(closedMs(5))).toEqual([])
}, 60_000)

test('zscore: what is more than three deviations above four hours alerts, as many do not; what was silent alerts at once', async () => {
  const rule = (name: string, prefix: string, more: object = {}) => ({
    name,
    prefixes: [prefix],
    type: 'zscore',
    zscore_sensitivity: 'high',
    zscore_target: 'bits',
    ...more,
  })
  const silentBps = 10_000_000
  await addRules([
    rule('two minutes', '2001:db8:d::/48'),
    rule('one minute', '203.0.113.0/24'),
    rule('was silent', '198.51.100.0/24', { min_traffic: silentBps / 5 - 1 }),
    rule('was as silent', '192.0.2.0/24', { min_traffic: silentBps / 5 }),
  ])
  // One minute 8 Mbit/s, the next one 12: a mean of 10 and a deviation of 2, so that a mean of five minutes over 16 is too much.
  const history = Array.from({ length: 60 * hours }, (_, index) => index - 60 * hours)
  await putFlows(
    database.client,
    history.flatMap((minute) => {
      const bytes = ((minute % 2 === 0 ? 8_000_000 : 12_000_000) * 60) / 8
      const flow = { ...usualFlow, second: startOf(minute) / 1000 + 30, bytes }
      return [
        { ...flow, src: 'c0a80001', dst: 'cb007109' },
        {
          ...flow,
          src: 'fd000000000000000000000000000001',
          dst: '20010db8000d00000000000000000009',
        },
      ]
    }),
  )
  const flood = (
    victim: string,
    bitsPerSecond: number,
    minutes: number,
    protocol: 'v5' | 'ipfix',
  ) => ({
    startMs: startOf(0),
    options: {
      protocols: [protocol],
      samplingRate: 1000,
      rate: 50,
      flood: { victim, bitsPerSecond, minutes },
    },
  })
  await receive('zscore', [
    flood('2001:db8:d::9', 40_000_000, 2, 'ipfix'),
    flood('203.0.113.9', 40_000_000, 1, 'v5'),
    flood('198.51.100.9', silentBps, 1, 'v5'),
    flood('192.0.2.9', silentBps, 1, 'v5'),
  ])

  // 8, 12, 8, 12 and 40 have a mean of exactly 16.
  expect(await tellNew(closedMs(0))).toEqual(['firing was silent'])
  expect(await tellNew(closedMs(1))).toEqual(['firing two minutes'])
  const open = await openAlerts<{ rule_name: string }>(closedMs(1))
  expect(open.find(({ rule_name }) => rule_name === 'two minutes')).toMatchObject({
    state: 'firing',
    type: 'zscore',
    metric: 'bandwidth',
    // Of 12, 8, 12, 40 and 40.
    value: 22_400_000,
    limit: 16_000_000,
    peak_bps: 40_000_000,
    total_bytes: (40_000_000 * 60) / 8,
    started_at: minuteText(1),
    fired_at: minuteText(2),
  })
  // In the minutes 5 to 7 the mean of five is within eight tenths of the way to the limit: for what was silent, of nothing.
  expect(await tellNew(closedMs(6))).toEqual([])
  expect(await tellNew(closedMs(7))).toEqual(['resolved two minutes', 'resolved was silent'])
  expect(await openAlerts(closedMs(7))).toEqual([])
}, 60_000)

test('advanced_ddos: attacks are told by their vector and their victims, each once', async () => {
  type Attack = Required<Pick<GenerateOptions, 'flood' | 'protocols'>>
  /** By the rule's name: its prefix, and one minute of what comes towards it. */
  const attacks: Record<string, { prefix: string } & Attack> = {
    syn: {
      prefix: '203.0.113.0/24',
      protocols: ['v9'],
      flood: { attack: 'syn', victim: '203.0.113.19', packetsPerSecond: 20_000, minutes: 1 },
    },
    equal: {
      prefix: '203.0.114.0/24',
      protocols: ['v9'],
      flood: { attack: 'syn', victim: '203.0.114.19', packetsPerSecond: 10_000, minutes: 1 },
    },
    ntp: {
      prefix: '198.51.100.0/24',
      protocols: ['ipfix'],
      flood: { attack: 'ntp', victim: '198.51.100.19', bitsPerSecond: 400_000_000, minutes: 1 },
    },
    carpet: {
      prefix: '192.0.2.0/24',
      protocols: ['v5'],
      flood: { victim: '192.0.2.0/24', bitsPerSecond: 320_000_000, minutes: 1 },
    },
    dns6: {
      prefix: '2001:db8:a::/48',
      protocols: ['ipfix'],
      flood: { attack: 'dns', victim: '2001:db8:a::19', bitsPerSecond: 160_000_000, minutes: 1 },
    },
  }
  await addRules(
    Object.entries(attacks).map(([name, { prefix }]) => ({
      name,
      type: 'advanced_ddos',
      prefixes: [prefix],
    })),
  )
  const attackMinute = 12
  await receive(
    'advanced_ddos',
    Object.values(attacks).map(({ prefix: _, ...attack }) => ({
      startMs: startOf(attackMinute),
      options: { ...attack, rate: 10, samplingRate: 100 },
    })),
  )

  const judgedMs = closedMs(attackMinute)
  const open = await openAlerts<{ rule_name: string; vector: string; value: number }>(judgedMs)
  expect(open.map(({ rule_name, vector, value }) => [rule_name, vector, value]).sort()).toEqual([
    ['carpet', 'udp', 320_000_000],
    ['dns6', 'udp_dns', 160_000_000],
    ['ntp', 'udp_ntp', 400_000_000],
    ['syn', 'tcp_syn', 20_000],
  ])

  const api = alertRoutes({ store: database.client, now: () => judgedMs })
  const response = await api.request('/alerts/ddos')
  const { result } = (await response.json()) as { result: { name: string }[] }
  expect(result.sort((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    {
      name: 'carpet',
      prefix: '192.0.2.0/24',
      proto: 'udp',
      current_bps: 320_000_000,
      recommend_bps: 200_000_000,
      bps_alert: true,
      pattern: 'carpet',
    },
    {
      name: 'dns6',
      proto: 'udp_dns',
      recommend_bps: 100_000_000,
      pattern: 'single',
      hosts: 1,
      victims: [{ host: '2001:db8:a::19', bytes: (160_000_000 * 60) / 8, share: 1 }],
    },
    {
      name: 'ntp',
      proto: 'udp_ntp',
      // 50,000 bytes are 36 packets, of 600 flows at 1 in 100: 36,000 a second, over the floor of everything.
      contributing: ['udp', 'total'],
      victims: [{ host: '198.51.100.19' }],
    },
    {
      name: 'syn',
      proto: 'tcp_syn',
      current_pps: 20_000,
      recommend_pps: 10_000,
      pps_alert: true,
      bps_alert: false,
      basis: 'floor',
      victims: [{ host: '203.0.113.19', packets: 20_000 * 60 }],
    },
  ])

  const names = ['carpet', 'dns6', 'ntp', 'syn']
  expect(await tellNew(judgedMs)).toEqual(names.map((name) => `firing ${name}`))
  expect(await tellNew(judgedMs)).toEqual([])
  expect(await tellNew(closedMs(attackMinute + 10))).toEqual(
    names.map((name) => `resolved ${name}`),
  )
}, 60_000)

test('what two routers export counts once while one of them is a core router, and twice from the first flow on behind the change', async () => {
  const tables = ['raw', 'interface_10s', 'protocol_1m', 'prefix_vector_1m', 'host_1m']
  await database.empty(...tables)
  const bitsPerSecond = 8_000_000
  const bytesOfMinute = (60 * bitsPerSecond) / 8
  const victim = '203.0.113.9/32'
  const rule = (name: string, limit: number) => ({
    name,
    prefixes: [victim],
    type: 'threshold',
    bandwidth_threshold: limit,
    duration: 2,
  })
  await addRules([rule('once', bitsPerSecond - 1), rule('twice', 2 * bitsPerSecond - 1)])

  const options: GenerateOptions = {
    protocols: ['v9'],
    routers: 1,
    rate: 10,
    flood: { victim, bitsPerSecond, minutes: 4 },
  }
  const [edge, core] = ['127.1.0.1', '127.1.1.1']
  const routers = listedRouters({ [core]: { role: 'core' } })
  let isChanged = false
  const segments = await play(
    'roles',
    [edge, core].map((source) => ({ startMs: startOf(0), options: { ...options, source } })),
    routers,
    (nowMs) => {
      if (isChanged || nowMs < startOf(2)) return
      isChanged = true
      routers.set({ [core]: { role: 'edge' } })
    },
  )
  for (const segment of segments) await sink.send(segment, signal)

  const exported = await rows<{ exporter: string; roles: string[]; bytes: number; all: string }>(
    database.client,
    `SELECT toString(sampler_address) AS exporter, groupUniqArray(toString(router_role)) AS roles, toUInt32(sum(raw.bytes * sampling_rate)) AS bytes,
      hex(groupBitXor(sipHash64(src_addr, dst_addr, proto, src_port, dst_port, raw.bytes, packets))) AS all
    FROM raw GROUP BY exporter ORDER BY exporter`,
  )
  expect(exported).toMatchObject([
    { exporter: `::ffff:${edge}`, roles: ['edge'], bytes: 4 * bytesOfMinute },
    { exporter: `::ffff:${core}`, roles: ['core', 'edge'], bytes: 4 * bytesOfMinute },
  ])
  expect(exported[1]?.all).toBe(exported[0]?.all)

  const minutes = (table: string, time = 'minute') =>
    rows<{ bytes: number }>(
      database.client,
      `SELECT toUInt32(sum(bytes)) AS bytes FROM ${table} GROUP BY toStartOfMinute(${time}) AS m ORDER BY m`,
    )
  const times = (...factors: number[]) =>
    factors.map((factor) => ({ bytes: factor * bytesOfMinute }))
  expect(await minutes('interface_10s', 'time')).toEqual(times(2, 2, 2, 2))
  for (const table of ['prefix_minutes', 'prefix_vector_1m', 'host_1m', 'protocol_1m']) {
    expect(await minutes(table), table).toEqual(times(1, 1, 2, 2))
  }

  const open = (minute: number) => openAlerts<{ rule_name: string }>(closedMs(minute))
  expect(await open(1)).toMatchObject([{ rule_name: 'once', value: bitsPerSecond }])
  const attack = { source: { prefixes: [victim] }, direction: 'in', vector: null } as const
  const [first, last] = [startOf(0) / 1000, startOf(1) / 1000]
  expect(await readEvidence(database.client, { ...attack, first, last })).toMatchObject({
    bytes: 2 * bytesOfMinute,
    top: { exporter: [{ key: edge }] },
  })
  expect(await open(2)).toMatchObject([{ rule_name: 'once' }])
  const both = await open(3)
  both.sort((a, b) => (a.rule_name < b.rule_name ? -1 : 1))
  expect(both).toMatchObject([
    { rule_name: 'once' },
    { rule_name: 'twice', value: 2 * bitsPerSecond },
  ])
}, 60_000)
