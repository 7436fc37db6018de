// `npm run fuzz:api`: 20,000 requests made of the API's own OpenAPI document, against the API on the real embedded store. No answer may be a fault of the
// server, and each is in the envelope. What is found is told with the seed that repeats it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { createApp } from '../../api/app.ts'
import type { OpenApiDocument } from '../../api/openapi.ts'
import { startStore } from '../../bench/store.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { createStoreClient } from '../../schema/client.ts'
import { migrate, readMigrations } from '../../schema/migrate.ts'
import { createRequests, type FuzzRequest } from './api-requests.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** Number of the last request, and of the first. */
    requests: { type: 'string', default: '20000' },
    first: { type: 'string', default: '1' },
    /** Only the request of this number. */
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
const requests = Number(values.requests)
/** At once: they meet each other in the store, as those of several people do. */
const clients = 8
const mostShown = 10
/** What is told while there is none: nothing can be judged, and /ready. */
const withoutCollector = /"code":190[67]/

interface Slow {
  ms: number
  number: number
  request: FuzzRequest
}

const directory = await mkdtemp(path.join(tmpdir(), 'netmon-fuzz-'))
const store = await startStore(directory)
const migrations = await readMigrations()
await migrate(store.address, migrations)
const client = createStoreClient(store.address, 30_000)
const app = createApp({
  configuration: createConfiguration(client, Date.now),
  store: client,
  migrations: migrations.length,
  access: { token: undefined, hosts: undefined },
  log: createLog('fuzz', 'error'),
  storage: () => undefined,
  now: Date.now,
})

const document = (await (await app.request('/openapi.json')).json()) as OpenApiDocument
const ids: string[] = []
const requestOf = createRequests(document, seed, ids)
const statuses = new Map<string, number>()
const operations = new Set<string>()
const problems: string[] = []
const slowest: Slow[] = []

let next = values.only === undefined ? Number(values.first) : Number(values.only)
const last = values.only === undefined ? requests : next
// What was sent so far is reported all the same.
process.once('SIGINT', () => {
  next = Number.POSITIVE_INFINITY
})
const pauses = monitorEventLoopDelay()
pauses.enable()
const startedMs = performance.now()
await Promise.all(
  Array.from({ length: clients }, async () => {
    while (next <= last) await sendOne(next++)
  }),
)
report((performance.now() - startedMs) / 1000)
await client.close()
await store.stop()
await rm(directory, { recursive: true, force: true })
process.exitCode = problems.length === 0 ? 0 : 1

async function sendOne(number: number): Promise<void> {
  const request = requestOf(number)
  const { method, path, headers, body } = request
  const beganMs = performance.now()
  const init = { method, headers, ...(body === undefined ? {} : { body }) }
  const response = await app.request(path, init)
  const text = await response.text()
  const ms = performance.now() - beganMs

  operations.add(request.operation)
  const problem = problemOf(response, text)
  if (problem !== undefined) {
    problems.push(`${number}: ${method} ${path.slice(0, 200)}: ${problem}`)
    if (values.only !== undefined) console.error(request)
  }
  const isBlind = response.status === 503 && withoutCollector.test(text)
  const status = isBlind ? '503 without a collector' : String(response.status)
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  slowest.push({ ms, number, request })
  slowest.sort((a, b) => b.ms - a.ms).splice(mostShown)
  const id = /"id":"([0-9a-f]{32})"/.exec(text)?.[1]
  if (id !== undefined && response.status < 300) ids.push(id)
}

/** Undefined when it is an answer as it must be. */
function problemOf(response: Response, text: string): string | undefined {
  const { status, headers } = response
  // There is none here, so that this is the right answer.
  const isBlind = status === 503 && withoutCollector.test(text)
  if (status >= 500 && !isBlind) return `${status} ${text.slice(0, 500)}`
  if (!headers.has('X-Request-Id')) return 'no X-Request-Id'
  if (headers.has('X-Injected')) return 'a header was injected'
  if (status === 204 || status === 304 || text === '') return undefined
  const type = headers.get('Content-Type') ?? ''
  if (/^text\/(?:html|csv|plain)/.test(type)) return undefined
  try {
    const answer = JSON.parse(text)
    const isEnvelope = typeof answer.success === 'boolean' && Array.isArray(answer.errors)
    return isEnvelope || 'openapi' in answer ? undefined : 'no envelope'
  } catch {
    return `no JSON: ${text.slice(0, 200)}`
  }
}

function report(seconds: number): void {
  const sent = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  const all = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length
  console.log(
    `seed ${seed}, ${sent} of ${requests} requests in ${seconds.toFixed(0)} s, ${clients} at once`,
  )
  console.log(`operations of the document: ${operations.size} of ${all}`)
  for (const [status, count] of [...statuses].sort()) console.log(`  ${status.padEnd(28)} ${count}`)
  console.log(`longest pause of the event loop: ${(pauses.max / 1e6).toFixed(0)} ms`)
  console.log('slowest:')
  for (const { ms, number, request } of slowest) {
    console.log(
      `  ${ms.toFixed(0).padStart(6)} ms  ${number}: ${request.method} ${request.path.slice(0, 100)}`,
    )
  }
  console.log(`problems: ${problems.length}`)
  for (const problem of problems.slice(0, mostShown * 3)) console.error(`FAILED ${problem}`)
  if (problems.length > 0) {
    console.error(`one again: npm run fuzz:api -- --seed ${seed} --only NUMBER`)
  }
}
