import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { writeDocument } from '../../rules/configuration/documents.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { createLog } from '../../runtime/log.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'
import { putRun } from '../build/put-flows.ts'

// Whatever it is sent, it is answered in the envelope and below 500.

/** The clock stands still: a rule that is made by the first request is as old for the last one, however slow the machine is. */
const nowMs = Date.now()
const now = () => nowMs

let database: TestDatabase
let send: Send
beforeAll(async () => {
  database = await startTestDatabase()
  const { client: store, migrations } = database
  await putRun(store, nowMs / 1000 - 3600, nowMs / 1000)
  const configuration = createConfiguration(store, now)
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
      now,
    }),
  )
})
afterAll(() => database.remove())

/** Documents with the id that paths have here, so that what changes them gets past finding them. */
async function addDocuments() {
  for (const [table, doc] of [
    ['routers', router],
    ['rules', { ...ruleInputSchema.parse(rule), counted_prefixes: rule.prefixes }],
  ] as const) {
    await database.empty(table)
    await writeDocument(database.client, table, { id, version: 1, doc: { ...doc, id } })
  }
}
beforeAll(addDocuments)

async function answersWell(method: string, path: string, body: string | Uint8Array) {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const answer = await send(method, path, hasBody ? body : undefined)
  expect(answer, `${method} ${path}: ${answer.status} ${answer.text}`).toSatisfy(
    () => answer.status < 500,
  )
  const isEmpty = answer.status === 204 || method === 'HEAD'
  expect(Object.keys(answer.body ?? {})).toEqual(
    isEmpty ? [] : ['success', 'result', 'errors', 'messages'],
  )
  return answer
}

const router = { name: 'my-router', router_ip: '127.0.0.1', default_sampling: 1000 }
const rule = { name: 'r', prefixes: ['10.0.0.0/8'], type: 'threshold', packet_threshold: 1 }

const id = '0123456789abcdef0123456789abcdef'
const collections = ['/routers', '/rules/', '/rules/preview']
const documents = [`/routers/${id}/`, `/rules/${id}`]
/** With the parameters that each takes. */
const questions = [
  ['GET', `/rules/${id}/explain`, 'minutes', 'prefix'],
  ['GET', `/rules/${id}/suggest/`, 'days'],
  ['POST', '/rules/preview/', 'from', 'to'],
  ['GET', '/alerts/thresholds', 'from'],
  ['GET', '/exporters', 'hours'],
] as const
const asked = questions.map(([, path]) => path)
const paths = [...collections, ...documents, ...asked, '/health', '/']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']

test.each([
  [
    'numbers beyond all',
    '{"name":1e400,"default_sampling":1e400,"bandwidth_threshold":-1e400,"duration":1e999}',
  ],
  [
    'a name that is a prototype',
    '{"__proto__":{"name":"x","type":"threshold"},"constructor":{"prototype":{"polluted":1}}}',
  ],
  [
    'fields of Object',
    '{"name":"x","hasOwnProperty":1,"toString":null,"valueOf":[],"prefixes":["::/0"],"type":"threshold","bandwidth_threshold":1}',
  ],
  ['nested deeply', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  [
    'prefixes nested deeply',
    `{"prefixes":[${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}],"duration":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ],
  [
    'lists for texts',
    '{"name":["a"],"router_ip":["127.0.0.1"],"default_sampling":[1],"prefixes":[["10.0.0.0/8"]],"type":["threshold"]}',
  ],
  ['lone surrogates', '{"name":"\\ud800","router_ip":"\\udc00","prefixes":["\\ud800/8"]}'],
  ['NUL', '{"name":"a\\u0000b","prefixes":["10.0.0.0/8\\u0000"],"type":"threshold\\u0000"}'],
  ['5,001 prefixes', JSON.stringify({ prefixes: Array(5_001).fill('10.0.0.0/8') })],
  ['100,000 short ones', JSON.stringify({ prefixes: Array(100_000).fill('x') })],
  [
    'SQL',
    `{"name":"'); DROP TABLE rules; --","prefixes":["10.0.0.0/8' OR 1=1"],"type":"threshold"}`,
  ],
  ['2 MiB', ' '.repeat(2 * 1024 * 1024)],
  [
    'many unknown fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, n]))),
  ],
  ['a BOM', `\ufeff${JSON.stringify(router)}`],
])('%s', async (_, body) => {
  for (const path of collections) await answersWell('POST', path, body)
  for (const path of documents) {
    await answersWell('PUT', path, body)
    await answersWell('PATCH', path, body)
  }
})

test.each([
  '%00',
  '%ff',
  '%',
  '%2e%2e%2f%2e%2e',
  '..',
  '.',
  '%F0%9F%98%80',
  "' OR 1=1 --",
  '{id:String}',
  '__proto__',
  'constructor',
  '0',
  '-1',
  'null',
  'x'.repeat(300),
  '%0d%0aX-Injected:%201',
  '?id=1',
  '#',
  '//',
  'a/b/c',
  ':rule_id',
  '*',
])('the id %j', async (weird) => {
  for (const collection of ['/routers/', '/rules/']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await answersWell(method, collection + weird, JSON.stringify(rule))
      expect(answer.headers.get('X-Injected')).toBeNull()
    }
  }
})

test.each([
  '',
  '0',
  '-1',
  '1e999',
  'NaN',
  '1.5',
  '99999999999999999999',
  '0x10',
  '%00',
  "' OR 1=1 --",
  '{first:UInt32}',
  '1&minutes=2&days=2&from=2&to=2&prefix=2&hours=2',
  '2026-11-22T12:00:00Z',
  '2026-11-22T12:00:00%2B99:99',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '::/0',
  '10.0.0.0%2F8',
])('the parameter %j', async (weird) => {
  for (const [method, path, ...names] of questions) {
    for (const name of names)
      await answersWell(method, `${path}?${name}=${weird}`, JSON.stringify(rule))
  }
})

// Values of every kind where the fields are, mostly right ones, so that the deeper checks are reached too.
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
  fc.bigInt().map(Number),
  fc.string({ unit: 'binary' }),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: -1, max: 130 }))
    .map(([ip, length]) => `${ip}/${length}`),
)
const mostly = (...right: unknown[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: anything })
const routers = fc.record({
  name: mostly('a', 'b'),
  router_ip: mostly('192.0.2.1', '2001:db8::1'),
  default_sampling: mostly(0, 1000),
})
const rules = fc.record(
  {
    name: mostly('a', 'b'),
    type: mostly('threshold', 'zscore', 'advanced_ddos'),
    prefixes: fc.array(mostly('10.0.0.0/8', '::/0', '10.1.2.3/16'), { maxLength: 3 }),
    bandwidth_threshold: mostly(1, null),
    packet_threshold: mostly(1, null),
    duration: mostly(1, '5m', null),
    zscore_sensitivity: mostly('low', null),
    zscore_target: mostly('bits', null),
    flow_threshold: mostly(1, null),
    min_traffic: mostly(1, null),
    scope: mostly('rule', 'per_prefix', null),
    direction: mostly('in', 'out', 'both', null),
    prefix_match: mostly(null),
  },
  { requiredKeys: ['name', 'type', 'prefixes'] },
)

test('random bodies on every route', async () => {
  const taken: ['POST', string, object] = [
    'POST',
    '/routers',
    { name: 'taken', router_ip: '192.0.2.9', default_sampling: 0 },
  ]
  await addDocuments()
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods, 'POST', 'PUT'),
      fc.constantFrom(...paths, '/routers', '/rules', '/routers', '/rules'),
      fc.oneof(routers, rules, fc.jsonValue()),
      async (method, path, body) => {
        statuses.add((await answersWell(method, path, JSON.stringify(body))).status)
      },
    ),
    // The one case that chance seldom makes: a name that is taken.
    { numRuns: 400, examples: [taken, taken] },
  )
  // It went deep enough to create something, and to be refused for reasons of every kind.
  expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 400, 404, 405, 409, 422]))
  // Each write is three in the store, two of them the audit log's.
}, 180_000)

test('random bytes as bodies', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/routers', '/rules'),
      fc.uint8Array({ maxLength: 200 }),
      async (path, bytes) => {
        await answersWell('POST', path, bytes)
      },
    ),
    { numRuns: 50 },
  )
})

test('random paths', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'PUT', 'DELETE'),
      fc.webPath(),
      async (method, path) => {
        await answersWell(method, `/${path}`, JSON.stringify(router))
      },
    ),
    { numRuns: 50 },
  )
})
