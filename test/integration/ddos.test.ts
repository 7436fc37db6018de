// The way of advanced_ddos rules: the generator's attacks through the collector's pipeline into the store, judged there at a moment that the test chooses.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { alertRoutes } from '../../api/routes/alerts.ts'
import { createClickHouseSink } from '../../collector/sink/clickhouse.ts'
import { statusSegment } from '../../collector/status.ts'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createConfiguration } from '../../rules/configuration.ts'
import { ruleInputSchema } from '../../rules/rule.ts'
import { collectorRow, runAlert } from '../build/alert-run.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'
import { play } from '../build/play.ts'
import { rows } from '../build/program.ts'

const minuteMs = 60_000
/** Ten minutes ago: what is older than retention would not be kept. */
const firstMinuteMs = Math.floor(Date.now() / minuteMs) * minuteMs - 10 * minuteMs
const judgedMs = firstMinuteMs + minuteMs + 20_000
const startedMs = firstMinuteMs - 60 * minuteMs

let database: TestDatabase
let directory: string
beforeAll(async () => {
  database = await startTestDatabase()
  directory = await mkdtemp(path.join(tmpdir(), 'netmon-alert-'))
}, 60_000)
afterAll(async () => {
  await database?.remove()
  await rm(directory, { recursive: true, force: true })
})

type Attack = Required<Pick<GenerateOptions, 'flood' | 'protocols'>>

/** By the rule's name: its prefix, and one minute of what comes towards it. */
const attacks: Record<string, { prefix: string } & Attack> = {
  syn: {
    prefix: '203.0.113.0/24',
    protocols: ['v9'],
    flood: { attack: 'syn', victim: '203.0.113.9', packetsPerSecond: 20_000, minutes: 1 },
  },
  equal: {
    prefix: '203.0.114.0/24',
    protocols: ['v9'],
    flood: { attack: 'syn', victim: '203.0.114.9', packetsPerSecond: 10_000, minutes: 1 },
  },
  ntp: {
    prefix: '198.51.100.0/24',
    protocols: ['ipfix'],
    flood: { attack: 'ntp', victim: '198.51.100.9', bitsPerSecond: 400_000_000, minutes: 1 },
  },
  carpet: {
    prefix: '192.0.2.0/24',
    protocols: ['v5'],
    flood: { victim: '192.0.2.0/24', bitsPerSecond: 320_000_000, minutes: 1 },
  },
  dns6: {
    prefix: '2001:db8:a::/48',
    protocols: ['ipfix'],
    flood: { attack: 'dns', victim: '2001:db8:a::9', bitsPerSecond: 160_000_000, minutes: 1 },
  },
}

test('attacks are told by their vector and their victims, each once', async () => {
  const configuration = createConfiguration(database.client, () => startedMs)
  for (const [name, { prefix }] of Object.entries(attacks)) {
    const rule = { name, type: 'advanced_ddos', prefixes: [prefix] }
    await configuration.rules.create(ruleInputSchema.parse(rule))
  }
  await vi.waitFor(
    async () => {
      const query =
        "SELECT sum(element_count) AS loaded FROM system.dictionaries WHERE name LIKE 'prefixes_'"
      const loaded = Object.keys(attacks).length
      expect(await rows(database.client, query)).toEqual([{ loaded }])
    },
    { timeout: 15_000, interval: 100 },
  )
  const sink = createClickHouseSink(database.client)
  const { signal } = new AbortController()
  for (const [name, { prefix: _, ...attack }] of Object.entries(attacks)) {
    const options = { ...attack, rate: 10, samplingRate: 100 }
    for (const segment of play(name, options, firstMinuteMs)) await sink.send(segment, signal)
  }
  const status = [collectorRow(startedMs, judgedMs)]
  await sink.send(statusSegment('test/status/1', status, judgedMs), signal)

  const { printed, exitCode } = await runAlert(database, directory, judgedMs)
  expect(exitCode).toBe(0)
  const open = JSON.parse(printed) as { rule_name: string; vector: string; value: number }[]
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
      victims: [{ host: '2001:db8:a::9', bytes: (160_000_000 * 60) / 8, share: 1 }],
    },
    {
      name: 'ntp',
      proto: 'udp_ntp',
      // 50,000 bytes are 36 packets, of 600 flows at 1 in 100: 36,000 a second, over the floor of everything.
      contributing: ['udp', 'total'],
      victims: [{ host: '198.51.100.9' }],
    },
    {
      name: 'syn',
      proto: 'tcp_syn',
      current_pps: 20_000,
      recommend_pps: 10_000,
      pps_alert: true,
      bps_alert: false,
      basis: 'floor',
      victims: [{ host: '203.0.113.9', packets: 20_000 * 60 }],
    },
  ])
}, 60_000)
