// npm run prove:grafana-client: everything that the dashboards ask, asked of the embedded store by clickhouse-go over HTTP, as Grafana's data source asks, and
// compared with what @clickhouse/client is told. Needs Go, which fetches the client's modules; so it is no part of `npm test`.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { countPrefixes } from '../rules/configuration/counted-prefixes.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { modelOf, models, questionsOf, sqlOf, variablesOf } from './build/dashboard-models.ts'
import { rowsOf, startTestDatabase } from './build/database.ts'
import { expand } from './build/expand-panel.ts'
import { putStatus, type Run } from './grafana/status.ts'
import { load, loadingTables } from './grafana/traffic.ts'

interface Question {
  name: string
  sql: string
}

interface Answer {
  name: string
  rows: number
  sums: Record<string, number>
  error?: string
}

type Row = Record<string, unknown>

const hour = 3_600
const end = Math.floor((Date.now() / 1000 - 1_800) / hour) * hour
const prefixes = ['198.18.0.0/15', '2001:2::/48']
const flows = 3_000

const rule = {
  id: 'of-the-proof',
  name: 'Of the proof',
  type: 'threshold',
  direction: 'in',
  prefixes,
  counted_prefixes: prefixes,
  bandwidth_threshold: 1_000,
}
const grown = (at: number) => ({
  flows: at - (end - hour),
  datagrams: at - (end - hour),
})
const run: Run = {
  collector: 'edge',
  boot: 'a',
  started: end - hour,
  from: end - hour,
  to: end,
  columns: (at) => ({ ...grown(at), flows_dropped: { rejected: at - (end - hour) } }),
  exporters: [
    {
      exporter: '192.0.2.1',
      firstSeen: end - hour,
      lastSeen: end,
      columns: (at) => ({ ...grown(at), lost: { IPFIX: 3 } }),
    },
  ],
}

/** What the data source and its editor ask by themselves, and errors that must arrive as such. */
const besides: Question[] = [
  { name: 'time zone', sql: 'SELECT timezone()' },
  { name: 'databases', sql: 'SHOW DATABASES' },
  { name: 'tables', sql: 'SHOW TABLES FROM flows' },
  { name: 'no rows', sql: 'SELECT proto, bytes FROM raw WHERE 0' },
  { name: 'blocks', sql: 'SELECT number, toString(number) AS text FROM numbers(300000)' },
]
const refused: Question[] = [
  { name: 'a table that is not there', sql: 'SELECT 1 FROM nowhere' },
  { name: 'a file', sql: "SELECT * FROM file('/etc/passwd', 'LineAsString')" },
]

const amountOf = (value: unknown): number => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return Array.isArray(value) ? value.length : 0
  const isTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/.test(value)
  return isTime ? Date.parse(`${value}Z`) / 1000 : Buffer.byteLength(value)
}

function sumsOf(rows: readonly Row[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) {
    for (const [column, value] of Object.entries(row))
      sums[column] = (sums[column] ?? 0) + amountOf(value)
  }
  return sums
}

/** Equal but for the order in which floating point numbers were added. */
const isSame = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a))

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what)
}

const directory = mkdtempSync(path.join(tmpdir(), 'netmon-'))
const binary = path.join(directory, 'client')
const source = path.join(packageRoot, 'test', 'grafana', 'client')
execFileSync('go', ['build', '-o', binary, '.'], { cwd: source, stdio: 'inherit' })

const database = await startTestDatabase()
try {
  const { client, store } = database
  await countPrefixes(client, { rules: prefixes, local: [] }, 0)
  await client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  for (const query of loadingTables) await client.command({ query })
  const loaded = await load(client, { from: end - hour, to: end, flows, seed: 1 })
  await putStatus(client, [run])
  const alert = { version: 1, fingerprint: '', rule_id: rule.id, prefixes, fired_at: end - 900 }
  await client.insert({
    table: 'alerts',
    values: ['firing', 'resolved'].map((state) => ({
      ...alert,
      id: state,
      state,
      updated_at: end - 300,
      doc: JSON.stringify({
        rule_name: rule.name,
        severity: 'high',
        metric: 'bandwidth',
        value: 2_000.5,
        limit: 1_000,
        resolved_at: state === 'resolved' ? new Date((end - 300) * 1000).toISOString() : null,
      }),
    })),
    format: 'JSONEachRow',
  })
  await client.insert({
    table: 'rules',
    values: [{ id: rule.id, version: 1, deleted: 0, doc: JSON.stringify(rule) }],
    format: 'JSONEachRow',
  })
  await refreshCoarseRollups(client, Date.now(), 2 * hour * 1000)

  const read = (sql: string) => rowsOf<Row>(client, sql)
  const panels: Question[] = []
  for (const [file, model] of models) {
    const variables = await variablesOf(model, { prefix: prefixes[0] ?? '', rule: rule.id }, read)
    for (const [seconds, intervalSeconds] of [
      [hour, 60],
      [24 * hour, 300],
    ] as const) {
      const view = { from: end - seconds, to: end, intervalSeconds, variables }
      for (const { title, rawSql } of questionsOf(model)) {
        const sql = expand(rawSql, view)
        panels.push({ name: `${file}, ${seconds / hour} h: ${title}`, sql })
      }
    }
  }
  const runClient = (questions: readonly Question[], password = store.password): Answer[] =>
    execFileSync(binary, {
      input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 64 * 1024 ** 2,
      env: {
        ...process.env,
        STORE_ADDRESS: new URL(store.url).host,
        STORE_USER: store.user,
        STORE_PASSWORD: password,
      },
    })
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer)

  const questions = [...panels, ...besides]
  const answers = runClient(questions)
  check(answers.length === questions.length, 'not every question was answered')
  let withRows = 0
  for (const [index, { name, sql }] of questions.entries()) {
    const { rows, sums, error } = answers[index] as Answer
    check(error === undefined, `${name}: ${error}\n${sql}`)
    const expected = await rowsOf<Row>(client, sql)
    check(rows === expected.length, `${name}: ${rows} rows, not ${expected.length}`)
    if (rows > 0) withRows += 1
    // Parts are merged meanwhile.
    if (name.endsWith(', now')) continue
    for (const [column, sum] of Object.entries(sumsOf(expected))) {
      // It is told as of now.
      if (column === 'Silent') continue
      const told = sums[column] ?? Number.NaN
      check(isSame(told, sum), `${name}: ${column} comes to ${told}, not ${sum}`)
    }
  }

  const traffic = modelOf('traffic-mbps.json')
  const view = {
    from: end - hour,
    to: end,
    intervalSeconds: 60,
    variables: await variablesOf(traffic, {}, read),
  }
  const ask = (title: string) =>
    runClient([{ name: title, sql: expand(sqlOf(traffic, title), view) }])[0]
  const { estimatedBytes } = loaded.totals
  const total = ask('All traffic: rates of the points, and total')?.sums['Total']
  check(total === Number(estimatedBytes), `all traffic is ${total} bytes, not ${estimatedBytes}`)
  const byRouter = ask('Routers')
  check(byRouter?.rows === loaded.by.router.size, 'not every router has a row')
  check(byRouter?.sums['Total'] === Number(estimatedBytes), 'the routers do not add up')

  for (const { name, error } of runClient(refused)) {
    check(/Code: \d+\. DB::Exception/.test(error ?? ''), `${name} was answered: ${error}`)
  }
  let wrongPassword = ''
  try {
    runClient([{ name: 'with a wrong password', sql: 'SELECT 1' }], 'wrong')
  } catch (error) {
    wrongPassword = String((error as { stderr?: unknown }).stderr ?? error)
  }
  check(/AUTHENTICATION_FAILED/.test(wrongPassword), `a wrong password: ${wrongPassword}`)

  process.stdout.write(
    `${questions.length} questions, ${withRows} of them with rows: clickhouse-go reads what @clickhouse/client reads; totals are the generator's (${flows} flows, ${estimatedBytes} bytes)\n`,
  )
} finally {
  await database.remove()
  rmSync(directory, { recursive: true })
}
