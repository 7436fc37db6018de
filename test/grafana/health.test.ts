// What the dashboards make of collectors' status, alerts and rules: each expected number is arithmetic on the rows that were put in.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rule } from '../../rules/configuration/rule.ts'
import { createScene, noon } from '../build/alert-scene.ts'
import { modelOf, sqlOf, variablesOf } from '../build/dashboard-models.ts'
import { rowsOf, startTestDatabase, type TestDatabase } from '../build/database.ts'
import { expand } from '../build/expand-panel.ts'
import { putStatus, type Run } from './status.ts'

const [from, to, minute] = [noon - 1_800, noon + 1_800, 60]

/** It ran before the range began, and ended at noon + 600. */
const before: Run = {
  collector: 'edge',
  boot: 'a',
  started: noon - 7_200,
  from: from - 30,
  to: noon + 600,
  lagMs: (at) => (at === noon ? 40_000 : 2_500),
  columns(at) {
    const seconds = at - (noon - 7_200)
    return {
      datagrams: 10 * seconds,
      flows: 240 * seconds,
      flows_acknowledged: 240 * (seconds - 2),
      flows_spooled: at === noon + 10 ? 9_000 : 0,
      spool_bytes: at === noon + 10 ? 4_096 : 0,
      kernel_drops: 3 * Math.floor(seconds / minute),
      flows_dropped: { 'spool-full': at < noon ? 0 : (at - noon) / 2 },
      undecodable_sets: { 'unknown-template': seconds / 10 },
      // Before the range.
      datagrams_refused: { 'unknown-version': 1_000 },
    }
  },
  exporters: [
    {
      exporter: '192.0.2.1',
      firstSeen: noon - 7_000,
      lastSeen: noon + 600,
      columns: (at) => ({
        flows: 200 * (at - (noon - 7_000)),
        datagrams: 8 * (at - (noon - 7_000)),
        lost: { NETFLOW_V9: Math.floor((at - (noon - 7_200)) / 600) },
        sequence_resets: 1,
        clock_skew_ms: -30,
        sampling_rate: 1_000,
        sampling_source: 'exporter',
      }),
    },
    {
      exporter: '2001:db8::1',
      firstSeen: noon - 900,
      lastSeen: noon - 300,
      columns: (at) => ({
        flows: 10 * (at - (noon - 900)),
        datagrams: at - (noon - 900),
        lost: { IPFIX: 30, SFLOW_5: 20 },
        sampling_rate: 1,
        sampling_source: 'assumed',
      }),
    },
  ],
}

/** The same collector, started again. */
const after: Run = {
  collector: 'edge',
  boot: 'b',
  started: noon + 620,
  from: noon + 630,
  to,
  lagMs: () => 2_500,
  columns(at) {
    const seconds = at - (noon + 620)
    return {
      datagrams: 10 * seconds,
      flows: 240 * seconds,
      flows_acknowledged: 240 * (seconds - 2),
      kernel_drops: 3 * Math.floor(seconds / minute),
      flows_dropped: { 'spool-full': 7 },
      undecodable_sets: { 'unknown-template': seconds / 10 },
    }
  },
  exporters: [
    {
      exporter: '192.0.2.1',
      firstSeen: noon + 620,
      lastSeen: to,
      columns: (at) => ({
        flows: 200 * (at - (noon + 620)),
        datagrams: 8 * (at - (noon + 620)),
        lost: { NETFLOW_V9: 4 },
        sequence_resets: 2,
        clock_skew_ms: 15,
        sampling_rate: 2_000,
        sampling_source: 'override',
      }),
    },
  ],
}
/** Seconds between the first row of the range, or the one before it, and the last one of each run. */
const betweenRows = 2_410 + 1_170

let database: TestDatabase
const rules: Rule[] = []

beforeAll(async () => {
  database = await startTestDatabase()
  const { client } = database
  const scene = createScene(database)
  rules.push(
    await scene.addRule({ name: 'Web', bandwidth_threshold: 1_000 }),
    await scene.addRule({
      name: 'Mail',
      prefixes: ['198.51.100.0/24', '203.0.113.0/24'],
      bandwidth_threshold: 2_000,
      packet_threshold: 50,
    }),
  )
  await scene.collector(-60, 30)
  const quiet = Array.from({ length: 20 }, () => 400)
  await scene.traffic(0, [400, 2_400, 6_000, ...quiet])
  await scene.traffic(0, [400, 400, 400, 400, 2_500, ...quiet.map(() => 2_500)], '203.0.113.0/24')
  for (const index of [0, 20]) await scene.at(index)

  await putStatus(client, [before, after])
  await client.insert({
    table: 'segments',
    values: [
      { name: 'edge/a/1', flows: 600, time: noon },
      { name: 'edge/a/2', flows: 600, time: noon + 50 },
      { name: 'edge/a/3', flows: 300, time: noon + 60 },
    ],
    format: 'JSONEachRow',
  })
  await client.command({
    query: `INSERT INTO ingest (time_received_ns, sampling_rate, sampling_source, bytes, packets, etype, src_addr, dst_addr, segment)
      SELECT {from:UInt64} * 1000000000, 1, multiIf(number < 5, 0, number < 12, 1, 2), 100, 1, 2048, unhex('C0000201'), unhex('0A000001'), 'edge/a/4' FROM numbers(30)`,
    query_params: { from: noon },
  })
})
afterAll(() => database.remove())

type Row = Record<string, string | number | null | string[]>

/** `chosen` are values of variables. */
async function ask(
  file: string,
  title: string,
  chosen: Record<string, string> = {},
  range = { from, to },
): Promise<Row[]> {
  const model = modelOf(file)
  const variables = await variablesOf(model, { rule: '', prefix: '', ...chosen }, (sql) =>
    rowsOf(database.client, sql),
  )
  const sql = expand(sqlOf(model, title), { ...range, intervalSeconds: minute, variables })
  return rowsOf<Row>(database.client, sql)
}

interface Series {
  /** Value of the bucket that begins so many seconds after noon. */
  at(second: number): number | undefined
  /** Of all buckets, by their minute. */
  growth: number
}

async function seriesOf(file: string, title: string, chosen?: Record<string, string>) {
  const series = new Map<string, Series & { values: Map<string, number> }>()
  for (const row of await ask(file, title, chosen)) {
    const name = String(row['series'] ?? '')
    const value = Number(row['value'] ?? row['Flows stored'])
    const known = series.get(name) ?? {
      values: new Map<string, number>(),
      at: (second) => series.get(name)?.values.get(timeText(noon + second)),
      growth: 0,
    }
    known.values.set(String(row['time']), value)
    known.growth += value * minute
    series.set(name, known)
  }
  return series
}

const timeText = (seconds: number) =>
  new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')

describe('exporters', () => {
  it('tell when they were last heard, what was lost and how they sample, over a restart', async () => {
    const rows = await ask('exporters.json', 'Exporters heard in the range')
    expect(rows).toMatchObject([
      {
        Exporter: '192.0.2.1',
        'Last seen': `${timeText(to)}.000`,
        Flows: 200 * (2_400 + 1_180),
        Datagrams: 8 * (2_400 + 1_180),
        // Of the first run 13 - 9, of the second all.
        Lost: 4 + 4,
        'Sampling rate': 2_000,
        'Sampling source': 'override',
        'Clock skew': 15,
        Restarts: 2,
      },
      {
        Exporter: '2001:db8::1',
        'Last seen': `${timeText(noon - 300)}.000`,
        Flows: 10 * 600,
        Datagrams: 600,
        Lost: 50,
        'Sampling rate': 1,
        'Sampling source': 'assumed',
        Restarts: 0,
      },
    ])
    const silent = Number(rows[0]?.['Silent'])
    expect(Math.abs(silent - (Date.now() / 1000 - to))).toBeLessThan(60)
  })

  it('have rates that add up to what their counters grew by', async () => {
    const flows = await seriesOf('exporters.json', 'Flows per second of each exporter')
    expect(flows.get('192.0.2.1 flows')?.at(-600)).toBe(200)
    expect(flows.get('192.0.2.1 flows')?.growth).toBeCloseTo(200 * betweenRows, 6)
    expect(flows.get('2001:db8::1 flows')?.growth).toBeCloseTo(10 * 600, 6)
    const lost = await seriesOf(
      'exporters.json',
      'Lost per second of each exporter, by its sequence numbers',
    )
    expect(lost.get('192.0.2.1 lost')?.growth).toBeCloseTo(13 - 8, 6)
  })

  it('are told by where the rates of flows come from', async () => {
    expect(
      await ask('exporters.json', 'Where sampling rates come from: flows of the newest hour'),
    ).toEqual([
      { 'Sampling source': 'router_default', Flows: 18 },
      { 'Sampling source': 'exporter', Flows: 7 },
      { 'Sampling source': 'assumed', Flows: 5 },
    ])
  })
})

describe('collectors and the pipeline', () => {
  const file = 'pipeline.json'

  it('have rates that add up to what their counters grew by, restarts left out', async () => {
    const rates = await seriesOf(file, 'Per second: datagrams, flows decoded and acknowledged')
    for (const [name, rate] of Object.entries({ datagrams: 10, flows: 240, acknowledged: 240 })) {
      const series = rates.get(`edge ${name}`)
      expect([name, series?.at(-600), series?.at(1_200)]).toEqual([name, rate, rate])
      expect([name, series?.growth]).toEqual([name, expect.closeTo(rate * betweenRows, 6)])
    }
    const drops = await seriesOf(file, 'Kernel drops per second')
    expect(drops.get('edge drops')?.at(-600)).toBe(3 / minute)
  })

  it('tell what was lost in the range by reason, with what a run lost before its first row', async () => {
    expect(await ask(file, 'Lost in the range, by reason')).toEqual([
      { Collector: 'edge', Reason: 'sets not decoded: unknown-template', Lost: 240 + 118 },
      { Collector: 'edge', Reason: 'flows: spool-full', Lost: 300 + 7 },
      { Collector: 'edge', Reason: 'datagrams: kernel drops', Lost: 3 * (130 - 90) + 3 * 19 },
    ])
  })

  it('show the worst moment of each bucket of lag and spool', async () => {
    const lag = await seriesOf(file, 'Lag: how far what is stored is behind what was received')
    expect([-60, 0, 60].map((second) => lag.get('edge')?.at(second))).toEqual([2.5, 40, 2.5])
    const flows = await seriesOf(file, 'Flows that wait in the spool')
    expect([-60, 0, 60].map((second) => flows.get('edge')?.at(second))).toEqual([0, 9_000, 0])
    const bytes = await seriesOf(file, 'Bytes in the spool')
    expect([-60, 0, 60].map((second) => bytes.get('edge')?.at(second))).toEqual([0, 4_096, 0])
  })

  it('tell what was stored, when it was, and the room that it takes', async () => {
    const stored = (await seriesOf(file, 'Flows stored per second')).get('')
    expect([0, 60].map((second) => stored?.at(second))).toEqual([1_200 / minute, 300 / minute])
    const tables = await ask(file, 'Tables, now')
    const rows = new Map(tables.map((row) => [row['Table'], row['Rows']]))
    expect([rows.get('raw'), rows.get('segments')]).toEqual([30, 4])
    const [room = {}] = await ask(file, 'Room on disk, now')
    const number = (name: string) => Number(room[name])
    expect(number('Flows')).toBeLessThan(number('All tables'))
    expect(number('Days of flows')).toBeCloseTo((Date.now() / 1000 - noon) / 86_400, 1)
    expect(number('A day of flows') * number('Days of flows')).toBeCloseTo(number('Flows'), 3)
    expect(number('Days left on disk') * number('A day of flows')).toBeCloseTo(
      number('Free on disk'),
      -3,
    )
  })
})

describe('rules', () => {
  it('stand with their limits', async () => {
    expect(await ask('prefixes.json', 'Rules and their limits')).toMatchObject([
      {
        Rule: 'Mail',
        Type: 'threshold',
        Prefixes: '198.51.100.0/24, 203.0.113.0/24',
        Limit: 2_000,
        'Packet limit': 50,
        'Flow limit': null,
        Minutes: 1,
      },
      { Rule: 'Web', Prefixes: '192.0.2.0/24', Limit: 1_000, 'Packet limit': null },
    ])
  })

  it('have their traffic beside their limit line, where there is a limit', async () => {
    const [web, mail] = rules.map(({ id }) => id)
    const ofWeb = await seriesOf('prefixes.json', 'Traffic of rule $rule, and its limit', {
      rule: web ?? '',
    })
    expect([0, 60, 120].map((second) => ofWeb.get('in')?.at(second))).toEqual([400, 2_400, 6_000])
    expect([0, 60, 120].map((second) => ofWeb.get('limit')?.at(second))).toEqual([
      1_000, 1_000, 1_000,
    ])
    const packets = 'Packets of rule $rule, and its limit'
    const ofMail = await seriesOf('prefixes.json', packets, { rule: mail ?? '' })
    expect([ofMail.get('in')?.at(0), ofMail.get('limit')?.at(0)]).toEqual([600 / minute, 50])
    expect([...(await seriesOf('prefixes.json', packets, { rule: web ?? '' })).keys()]).toEqual([
      'in',
    ])
  })
})

describe('alerts', () => {
  const [firedWeb, overWeb, firedMail] = [noon + 120, noon + 300, noon + 300].map(timeText)

  it('are counted and listed, the open ones first', async () => {
    expect(await ask('alerts.json', 'Alerts')).toEqual([
      { Open: 1, 'Open and critical': 0, 'Fired in the range': 2 },
    ])
    expect(await ask('alerts.json', 'Open alerts, and those of the range')).toEqual([
      {
        Fired: firedMail,
        Resolved: null,
        Rule: 'Mail',
        Prefixes: '198.51.100.0/24, 203.0.113.0/24',
        State: 'firing',
        Severity: 'warning',
        'Limit of': 'bandwidth',
        Value: 2_500,
        Limit: 2_000,
        Peak: 2_500,
        'Packet peak': 600 / minute,
      },
      {
        Fired: firedWeb,
        Resolved: overWeb,
        Rule: 'Web',
        Prefixes: '192.0.2.0/24',
        State: 'resolved',
        Severity: 'critical',
        'Limit of': 'bandwidth',
        Value: 400,
        Limit: 1_000,
        Peak: 6_000,
        'Packet peak': 600 / minute,
      },
    ])
  })

  it('of the past are not in a range that begins after their end', async () => {
    const later = { from: noon + 600, to }
    const listed = await ask('alerts.json', 'Open alerts, and those of the range', {}, later)
    expect(listed.map((row) => row['Rule'])).toEqual(['Mail'])
    expect(await ask('alerts.json', 'Alerts', {}, later)).toMatchObject([
      { Open: 1, 'Fired in the range': 0 },
    ])
    const marked = await ask('traffic-mbps.json', 'Alerts', {}, later)
    expect(marked.map((row) => row['time'])).toEqual([firedMail])
  })

  it('are marked on graphs from firing to their end, or to the end of the range', async () => {
    for (const file of ['traffic-mbps.json', 'prefixes.json', 'exporters.json']) {
      expect(await ask(file, 'Alerts')).toEqual([
        {
          time: firedMail,
          timeEnd: timeText(to),
          text: 'Mail: 198.51.100.0/24, 203.0.113.0/24',
          tags: ['firing', 'warning'],
        },
        {
          time: firedWeb,
          timeEnd: overWeb,
          text: 'Web: 192.0.2.0/24',
          tags: ['resolved', 'critical'],
        },
      ])
    }
  })

  it('have told of each change', async () => {
    const happened = await ask('alerts.json', 'What happened')
    const told = happened.map(({ Event, What }) => `${String(What).split(' ')[0]} ${Event}`)
    expect(told.sort()).toEqual(['Mail firing', 'Web escalated', 'Web firing', 'Web resolved'])
  })
})
