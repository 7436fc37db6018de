// The way of threshold and zscore rules: the generator's floods through the collector's pipeline into the store, judged there at moments that the test chooses.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createClickHouseSink } from '../../collector/sink/clickhouse.ts'
import { statusSegment } from '../../collector/status.ts'
import { createConfiguration } from '../../rules/configuration.ts'
import { evaluate } from '../../rules/evaluate.ts'
import { ruleInputSchema } from '../../rules/rule.ts'
import { collectorRow, runAlert } from '../build/alert-run.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'
import { play } from '../build/play.ts'
import { rows } from '../build/program.ts'

const minuteMs = 60_000
/** Ten minutes ago: what is older than retention would not be kept. */
const firstMinuteMs = Math.floor(Date.now() / minuteMs) * minuteMs - 10 * minuteMs
const judgedMs = firstMinuteMs + 3 * minuteMs + 20_000
/** Of the collector, which runs all the time. */
const startedMs = firstMinuteMs - 60 * minuteMs

/** 60,000,000 bytes a minute at 1 in 1,000: 60,000 exported. */
const bitsPerSecond = 8_000_000

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

/** Long before the flood, so that its prefix is counted from the first minute on, and its silence known. */
async function addRule(rule: object): Promise<void> {
  const configuration = createConfiguration(database.client, () => firstMinuteMs - 60 * minuteMs)
  await configuration.rules.create(ruleInputSchema.parse(rule))
}

const thresholdRule = (name: string, prefix: string, limit: number) => ({
  name,
  prefixes: [prefix],
  type: 'threshold',
  bandwidth_threshold: limit,
  duration: 3,
})
/** Crossed when the mean of five minutes is over `minTraffic`, on a prefix that was silent. */
const zscoreRule = (name: string, prefix: string, minTraffic: number) => ({
  name,
  prefixes: [prefix],
  type: 'zscore',
  zscore_sensitivity: 'high',
  zscore_target: 'bits',
  min_traffic: minTraffic,
})

test('3 of 3 closed minutes over the limit alert; equal to it does not, 2 of 3 do not; IPv6 and zscore likewise', async () => {
  const floods = [
    ['three4', '203.0.113.9', 'v9', 0, 3],
    ['first two4', '198.51.100.9', 'ipfix', 0, 2],
    ['last two4', '192.0.2.9', 'v9', 1, 2],
    ['three6', '2001:db8:a::9', 'ipfix', 0, 3],
    ['first two6', '2001:db8:b::9', 'v9', 0, 2],
    ['last two6', '2001:db8:c::9', 'ipfix', 1, 2],
  ] as const
  for (const [name, victim] of floods) {
    await addRule(thresholdRule(`${name} below`, victim, bitsPerSecond - 1))
    await addRule(thresholdRule(`${name} equal`, victim, bitsPerSecond))
  }
  // Three minutes of the flood and two of silence have a mean of three fifths of it.
  await addRule(zscoreRule('anomaly below', '2001:db8:a::9', 0.6 * bitsPerSecond - 1))
  await addRule(zscoreRule('anomaly equal', '2001:db8:a::9', 0.6 * bitsPerSecond))
  await vi.waitFor(
    async () => {
      const query =
        "SELECT sum(element_count) AS loaded FROM system.dictionaries WHERE name LIKE 'prefixes_'"
      expect(await rows(database.client, query)).toEqual([{ loaded: floods.length }])
    },
    { timeout: 15_000, interval: 100 },
  )
  const sink = createClickHouseSink(database.client)
  const { signal } = new AbortController()
  for (const [, victim, protocol, minute, minutes] of floods) {
    const options = {
      protocols: [protocol],
      samplingRate: 1000,
      flood: { victim, bitsPerSecond, minutes },
    }
    for (const segment of play(victim, options, firstMinuteMs + minute * minuteMs)) {
      await sink.send(segment, signal)
    }
  }
  await sink.send(
    statusSegment('test/status/1', [collectorRow(startedMs, judgedMs)], judgedMs),
    signal,
  )

  const evaluation = await evaluate(database.client, judgedMs)
  if ('blind' in evaluation) throw new Error(evaluation.blind)
  expect(evaluation.closedMinute * 1000).toBe(firstMinuteMs + 2 * minuteMs)
  const verdicts = evaluation.verdicts.map(({ rule, verdict }) => {
    if (verdict.kind === 'advanced_ddos') throw new Error(rule.name)
    return verdict.kind === 'threshold'
      ? [rule.name, verdict.bandwidth?.crossed, verdict.bandwidth?.streak]
      : [rule.name, verdict.crossed, verdict.value]
  })
  expect(Object.fromEntries(verdicts.map(([name, ...rest]) => [name, rest]))).toEqual({
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
    'anomaly below': [true, 0.6 * bitsPerSecond],
    'anomaly equal': [false, 0.6 * bitsPerSecond],
  })

  const { printed, exitCode } = await runAlert(database, directory, judgedMs)
  expect(exitCode).toBe(0)
  const alerts = JSON.parse(printed) as { rule_name: string }[]
  alerts.sort((a, b) => (a.rule_name < b.rule_name ? -1 : 1))
  expect(alerts).toEqual([
    expect.objectContaining({
      rule_name: 'anomaly below',
      state: 'firing',
      type: 'zscore',
      peak_bps: bitsPerSecond,
      started_at: minuteText(2),
    }),
    ...['three4 below', 'three6 below'].map((rule_name) =>
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
  ])
  expect(await tellNew(judgedMs)).toEqual([
    'firing anomaly below',
    'firing three4 below',
    'firing three6 below',
  ])
  expect(await tellNew(judgedMs)).toEqual([])

  // Three minutes at or below nine tenths of the limit end an alert, those of the five-minute mean come two minutes later.
  const calmMs = judgedMs + 5 * minuteMs
  await sink.send(statusSegment('test/status/2', [collectorRow(startedMs, calmMs)], calmMs), signal)
  expect(await tellNew(calmMs)).toEqual([
    'resolved anomaly below',
    'resolved three4 below',
    'resolved three6 below',
  ])
  expect(await runAlert(database, directory, calmMs)).toEqual({ printed: '', exitCode: 0 })
}, 60_000)

const minuteText = (minute: number) =>
  new Date(firstMinuteMs + minute * minuteMs).toISOString().replace('.000Z', 'Z')

/** What a command is told of by `--new --exec`. */
async function tellNew(nowMs: number): Promise<string[]> {
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
