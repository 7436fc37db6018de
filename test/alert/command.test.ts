import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { alertCommand } from '../../alert/command.ts'
import { createConfiguration } from '../../rules/configuration.ts'
import { ruleInputSchema } from '../../rules/rule.ts'
import { readSettings } from '../../runtime/settings.ts'
import { sceneTables } from '../build/alert-scene.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../build/database.ts'

const NOON = Date.parse(`${recentDay}T12:00:00Z`) / 1000
/** 12:05:20: the minute 12:04 is closed. */
const NOW_MS = (NOON + 320) * 1000

let database: TestDatabase
let directory: string
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'netmon-alert-'))
  await database.empty(...sceneTables)
  await report(NOON + 319)
  return () => rm(directory, { recursive: true, force: true })
})

/** A collector that has run for a day reports at this second that it has stored all. */
async function report(seconds: number) {
  const time = seconds.toFixed(3)
  const started = (NOON - 86_400).toFixed(3)
  await database.client.insert({
    table: 'status',
    columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
    values: [{ collector: 'c', boot: 'b', kind: 'collector', started, watermark: time, time }],
    format: 'JSONEachRow',
  })
}

/** A rule of yesterday for 10.0.0.0/8: 1000 bit/s and 100 packets/s for 3 minutes. */
function addRule(change: object = {}) {
  const rule = {
    name: 'Production $(touch x)',
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    bandwidth_threshold: 1000,
    packet_threshold: 100,
    duration: 3,
  }
  return createConfiguration(database.client, () => (NOON - 86_400) * 1000).rules.create(
    ruleInputSchema.parse({ ...rule, ...change }),
  )
}

/** Each minute from 12:00 to 12:04 carries `bytes` and 600 packets. */
async function traffic(bytes: number) {
  await database.client.insert({
    table: 'prefix_minutes',
    values: [0, 1, 2, 3, 4].map((index) => ({
      minute: NOON + 60 * index,
      prefix: '10.0.0.0/8',
      direction: 'in',
      bytes,
      packets: 600,
      flows: 1,
    })),
    format: 'JSONEachRow',
  })
}

/** Runs the command against the tests' store, or one at another address. */
async function run({
  url = database.address.url,
  exec,
  format = 'json',
  nowMs = NOW_MS,
  stdout = new Collected(),
}: {
  url?: string
  exec?: string
  format?: 'json' | 'text'
  nowMs?: number
  stdout?: Collected
} = {}) {
  const stderr = new Collected()
  const code = await alertCommand({
    settings: readSettings(
      { NETMON_CLICKHOUSE_PASSWORD: database.address.password },
      { dataDir: directory, clickhouseUrl: url, clickhouseUser: database.address.user },
    ),
    ...(exec === undefined ? {} : { exec }),
    format,
    nowMs,
    stdout,
    stderr,
    signal: new AbortController().signal,
  })
  return { code, out: stdout.text, err: stderr.text }
}

class Collected extends Writable {
  text = ''
  override _write(chunk: Buffer, _: string, done: (error?: Error) => void) {
    this.text += chunk.toString()
    done()
  }
}

describe('with a rule that is crossed', () => {
  beforeEach(async () => {
    await addRule()
    // 7501 bytes a minute are one byte more than 1000 bit/s.
    await traffic(7501)
  })

  test('it prints the alerts as a JSON array and succeeds', async () => {
    const { code, out, err } = await run()
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        state: 'firing',
        health: 'ok',
        rule_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        rule_name: 'Production $(touch x)',
        type: 'threshold',
        scope: 'rule',
        key: 'rule',
        prefixes: ['10.0.0.0/8'],
        direction: 'in',
        vector: null,
        severity: 'warning',
        started_at: `${recentDay}T12:00:00Z`,
        fired_at: `${recentDay}T12:05:00Z`,
        resolved_at: null,
        updated_at: `${recentDay}T12:05:00Z`,
        minute: `${recentDay}T12:04:00Z`,
        metric: 'bandwidth',
        value: 1000.133,
        limit: 1000,
        peak_bps: 1000.133,
        peak_pps: 10,
        peak_fps: 0.017,
        total_bytes: 5 * 7501,
        total_packets: 3000,
        error_percent: 0,
        flaps: 0,
        flapping: false,
        acknowledged: null,
        silenced: false,
        resolve_reason: null,
      },
    ])
  })

  test('it says the same whenever it runs for the same minute', async () => {
    const first = await run()
    await report(NOON + 359)
    expect(await run({ nowMs: (NOON + 360) * 1000 })).toEqual(first)
  })

  test('as text it prints a line for each', async () => {
    expect((await run({ format: 'text' })).out).toBe(
      `Production $(touch x) (10.0.0.0/8): warning, firing, peak 1 kbit/s over 1 kbit/s since ${recentDay}T12:00:00Z\n`,
    )
  })

  test('it runs a command with them instead, as JSON on its standard input', async () => {
    const file = path.join(directory, 'told')
    const expected = (await run()).out
    const result = await run({ exec: `dd "of=${file}" status=none`, format: 'text' })
    expect(result).toEqual({ code: 0, out: '', err: '' })
    expect(await readFile(file, 'utf8')).toBe(expected)
  })

  test('a command that fails is a line and an exit code of 1', async () => {
    expect(await run({ exec: 'false' })).toEqual({
      code: 1,
      out: '',
      err: 'netmon alert: false exited with 1\n',
    })
    expect(await run({ exec: './no-such-command' })).toEqual({
      code: 1,
      out: '',
      err: 'netmon alert: ./no-such-command cannot be started: ENOENT\n',
    })
  })

  test('a reader that has gone is a line and an exit code of 1', async () => {
    const stdout = new Collected()
    stdout._write = (_chunk, _encoding, done) => done(new Error('write EPIPE'))
    expect(await run({ stdout })).toEqual({
      code: 1,
      out: '',
      err: 'netmon alert: the alerts could not be written: write EPIPE\n',
    })
  })

  test('it finds the store and its password in the data directory', async () => {
    const { url, user, password } = database.address
    await writeFile(path.join(directory, 'credentials'), JSON.stringify({ url, user, password }))
    const stdout = new Collected()
    const code = await alertCommand({
      settings: readSettings({}, { dataDir: directory }),
      format: 'json',
      nowMs: NOW_MS,
      stdout,
      stderr: new Collected(),
      signal: new AbortController().signal,
    })
    expect([code, JSON.parse(stdout.text).length]).toEqual([0, 1])
  })
})

test('a zscore rule that is crossed is told beside threshold rules', async () => {
  await addRule({ bandwidth_threshold: 10_000_000 })
  const zscore = { type: 'zscore', zscore_sensitivity: 'high', zscore_target: 'bits' }
  await addRule({ ...zscore, name: 'anomaly', bandwidth_threshold: null, packet_threshold: null })
  // Silence, then 20 Mbit/s from 12:00 on: five minutes of 150,000,000 bytes.
  await traffic(150_000_000)
  const { code, out, err } = await run()
  expect([code, err]).toEqual([0, ''])
  const alerts = JSON.parse(out) as { type: string }[]
  expect(alerts.map(({ type }) => type).sort()).toEqual(['threshold', 'zscore'])
  expect(alerts.find(({ type }) => type === 'zscore')).toMatchObject({
    rule_name: 'anomaly',
    severity: 'critical',
    started_at: `${recentDay}T12:00:00Z`,
    value: 20_000_000,
    limit: 1_000_000,
    peak_bps: 20_000_000,
    total_bytes: 5 * 150_000_000,
  })
})

describe('without a rule that is crossed', () => {
  test('it prints nothing and runs nothing', async () => {
    await addRule()
    await traffic(7500)
    const file = path.join(directory, 'told')
    expect(await run()).toEqual({ code: 0, out: '', err: '' })
    expect(await run({ exec: `dd of=${file}` })).toEqual({ code: 0, out: '', err: '' })
    await expect(readFile(file)).rejects.toThrow('ENOENT')
  })
})

describe('it is blind, says why in one line and exits with 1', () => {
  test('when no collector is live', async () => {
    await addRule()
    await traffic(7501)
    expect(await run({ nowMs: NOW_MS + 60_000 })).toEqual({
      code: 1,
      out: '',
      err: `netmon alert: nothing can be judged: no collector has reported since ${recentDay}T12:05:19.000Z\n`,
    })
  })

  test('when the store is away', async () => {
    const server = await listening(createServer())
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const consoleError = vi.spyOn(console, 'error')
    expect(await run({ url: `http://127.0.0.1:${port}` })).toEqual({
      code: 1,
      out: '',
      err: `netmon alert: the store cannot be used: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    })
    expect(consoleError).not.toHaveBeenCalled()
  })

  test('when the store hangs up', async () => {
    const server = await listening(createServer((socket) => socket.destroy()))
    const { port } = server.address() as AddressInfo
    const { code, out, err } = await run({ url: `http://127.0.0.1:${port}` })
    server.close()
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^netmon alert: the store cannot be used: [^\n]+\n$/)
  })

  test('when no store was ever started here', async () => {
    const stderr = new Collected()
    const code = await alertCommand({
      settings: readSettings({}, { dataDir: directory }),
      format: 'json',
      nowMs: NOW_MS,
      stdout: new Collected(),
      stderr,
      signal: new AbortController().signal,
    })
    expect(code).toBe(1)
    expect(stderr.text).toMatch(/^netmon alert: no store is known in [^\n]+\n$/)
  })

  test('when the database has no tables', async () => {
    const { client } = database
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS empty' })
    const stderr = new Collected()
    const code = await alertCommand({
      settings: readSettings(
        { NETMON_CLICKHOUSE_PASSWORD: database.address.password },
        {
          dataDir: directory,
          clickhouseUrl: database.address.url,
          clickhouseUser: 'netmon',
          clickhouseDatabase: 'empty',
        },
      ),
      format: 'json',
      nowMs: NOW_MS,
      stdout: new Collected(),
      stderr,
      signal: new AbortController().signal,
    })
    expect(code).toBe(1)
    expect(stderr.text).toMatch(/^netmon alert: the store cannot be used: [^\n]+\n$/)
  })
})

test('a command line that cannot be read is a usage error', async () => {
  const { code, out, err } = await run({ exec: 'mail "unclosed' })
  expect([code, out]).toEqual([2, ''])
  expect(err).toBe(
    'netmon alert: --exec expects a program and its arguments; a quote or backslash is not closed\n',
  )
})

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
