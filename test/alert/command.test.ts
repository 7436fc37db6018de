import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { alertCommand } from '../../alert/command.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { lockDirectory } from '../../runtime/lock.ts'
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

const configuration = () => createConfiguration(database.client, () => (NOON - 86_400) * 1000)

/** For 10.0.0.0/8: 1000 bit/s and 100 packets/s for 3 minutes. */
function ruleOf(change: object) {
  return ruleInputSchema.parse({
    name: 'Production $(touch x)',
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    bandwidth_threshold: 1000,
    packet_threshold: 100,
    duration: 3,
    ...change,
  })
}

/** A rule of yesterday. */
function addRule(change: object = {}) {
  return configuration().rules.create(ruleOf(change))
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
  channel,
  format = 'json',
  nowMs = NOW_MS,
  stdout = new Collected(),
}: {
  url?: string
  exec?: string
  channel?: string
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
    ...(channel === undefined ? {} : { channel }),
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
        classification: null,
        accepted: null,
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

  test('a name that a shell would run, or take for an option, runs nothing and is no argument', async () => {
    const hit = path.join(directory, 'hit')
    const hostile = [
      `$(touch ${hit})`,
      `\`touch ${hit}\``,
      `;touch ${hit}`,
      `| touch ${hit}`,
      `&& touch ${hit} #`,
      `> ${hit}`,
      `'; touch ${hit}; '`,
      `"; touch ${hit}; "`,
      `\${IFS}touch\${IFS}${hit}`,
      `--exec=touch ${hit}`,
      '-rf',
      '-e process.exit(1)',
      ';id',
      '%s%n %x',
      '~ * ? [a-z] {a,b} !!',
    ]
    await configuration().rules.rewrite(() => hostile.map((name) => ({ input: ruleOf({ name }) })))
    for (const lineBreak of ['\n', '\r', '\u2028', '\0']) {
      expect(() => ruleOf({ name: `a${lineBreak}touch ${hit}` })).toThrow('control characters')
    }
    const told = path.join(directory, 'told')
    const script = path.join(directory, 'tell.mjs')
    await writeFile(
      script,
      `import fs from 'node:fs'
      const names = JSON.parse(fs.readFileSync(0, 'utf8')).map((alert) => alert.rule_name)
      fs.writeFileSync(process.argv[2], JSON.stringify({ names, argv: process.argv.slice(2), environment: process.env }))`,
    )
    const exec = `"${process.execPath}" "${script}" "${told}"`
    for (const format of ['json', 'text'] as const) {
      expect(await run({ exec, format })).toEqual({ code: 0, out: '', err: '' })
      const { names, argv, environment } = JSON.parse(await readFile(told, 'utf8'))
      expect(names.sort()).toEqual([...hostile, 'Production $(touch x)'].sort())
      expect(argv).toEqual([told])
      for (const name of hostile) expect(JSON.stringify(environment)).not.toContain(name)
    }
    expect((await readdir(directory)).sort()).toEqual(['tell.mjs', 'told'])
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

describe('a channel', () => {
  beforeEach(async () => {
    await addRule()
    await traffic(7501)
  })
  const told = ({ out }: { out: string }) =>
    (JSON.parse(out || '[]') as { id: string; event: string }[]).map(({ id, event }) => [event, id])
  const firing = [['firing', expect.stringMatching(/^[0-9a-f]{32}$/)]]
  /** 12:05 to 12:07 are silent: three minutes end the alert. */
  const laterMs = NOW_MS + 180_000

  test('is told what has changed, each once, and nothing when nothing has', async () => {
    expect(told(await run({ channel: 'a' }))).toEqual(firing)
    expect(await run({ channel: 'a' })).toEqual({ code: 0, out: '', err: '' })
    await report(NOON + 499)
    const later = await run({ channel: 'a', nowMs: laterMs, format: 'text' })
    expect(later.out).toMatch(
      /^resolved: Production \$\(touch x\) \(10\.0\.0\.0\/8\): over after 8 min, peak 1 kbit\/s over 1 kbit\/s, in all 37\.5 kB and 3 kpackets\n$/,
    )
    expect(await run({ channel: 'a', nowMs: laterMs })).toEqual({ code: 0, out: '', err: '' })
  })

  test('that is new is told why alerts are open, by the same events as others', async () => {
    const first = told(await run({ channel: 'a' }))
    expect(told(await run({ channel: 'b' }))).toEqual(first)
    await report(NOON + 499)
    await run({ nowMs: laterMs })
    expect(await run({ channel: 'c', nowMs: laterMs })).toEqual({ code: 0, out: '', err: '' })
    expect(told(await run({ channel: 'b', nowMs: laterMs })).map(([event]) => event)).toEqual([
      'resolved',
    ])
  })

  test('is told again what its command did not take, with the same ids', async () => {
    const file = path.join(directory, 'told')
    const failing = { channel: 'a', exec: `sh -c 'cat > "${file}"; exit 3'` }
    expect(await run(failing)).toEqual({
      code: 1,
      out: '',
      err: 'netmon alert: sh exited with 3\n',
    })
    const first = told({ out: await readFile(file, 'utf8') })
    expect(first).toEqual(firing)
    await run(failing)
    expect(told({ out: await readFile(file, 'utf8') })).toEqual(first)
    const gone = new Collected()
    gone._write = (_chunk, _encoding, done) => done(new Error('write EPIPE'))
    expect((await run({ channel: 'a', stdout: gone })).code).toBe(1)
    expect(told(await run({ channel: 'a' }))).toEqual(first)
    expect(told(await run({ channel: 'a' }))).toEqual([])
  })

  test('is told by one run at a time: the second one leaves it alone', async () => {
    const release = lockDirectory(await channelDirectory('a'))
    expect(await run({ channel: 'a' })).toEqual({ code: 0, out: '', err: '' })
    release()
    expect(told(await run({ channel: 'a' }))).toEqual(firing)
  })

  test('of a store that began anew is told what is open there', async () => {
    await run({ channel: 'a' })
    await writeFile(
      path.join(await channelDirectory('a'), 'cursor.json'),
      JSON.stringify({ number: 1_000, minute: 0, id: '' }),
    )
    expect(told(await run({ channel: 'a' }))).toEqual(firing)
  })

  test('needs a name that is a file’s, and a cursor that can be read', async () => {
    expect(await run({ channel: '../a' })).toEqual({
      code: 2,
      out: '',
      err: 'netmon alert: --channel expects 1 to 64 letters, digits, _, . or -, not "../a"\n',
    })
    const file = path.join(await channelDirectory('a'), 'cursor.json')
    await writeFile(file, '{"number":"1"}')
    expect(await run({ channel: 'a' })).toEqual({
      code: 1,
      out: '',
      err: `netmon alert: ${file} is not what was written: remove it, and what is open is told again\n`,
    })
  })

  test('is told that nothing is known, while the command is blind', async () => {
    await run({ channel: 'a' })
    // Five minutes after 12:04, and no collector has reported.
    const { code, out, err } = await run({ channel: 'a', nowMs: NOW_MS + 300_000 })
    expect(told({ out }).map(([event]) => event)).toEqual(['no_data'])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^netmon alert: nothing can be judged: /),
    ])
    const open = await run({ nowMs: NOW_MS + 300_000 })
    expect(open.code).toBe(1)
    expect(JSON.parse(open.out)).toMatchObject([{ state: 'firing', health: 'no_data' }])
  })
})

async function channelDirectory(name: string): Promise<string> {
  const made = path.join(directory, 'channels', name)
  await mkdir(made, { recursive: true })
  return made
}

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
