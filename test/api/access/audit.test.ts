import { Writable } from 'node:stream'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withoutSecrets } from '../../../api/access/audited.ts'
import { createApp } from '../../../api/app.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { createLog } from '../../../runtime/log.ts'
import type { StoreClient } from '../../../schema/client.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(() => database.empty('routers', 'rules', 'tokens', 'audit'))

const silent = createLog('test', 'silent')
const token = 'a-token-of-some-length'
let nowMs = Date.now()
const now = () => nowMs++

function appOf(store: StoreClient = database.client, log = silent) {
  return createApp({
    configuration: createConfiguration(database.client, now),
    store,
    migrations: database.migrations,
    access: { token, hosts: undefined },
    log,
    storage: () => undefined,
    now,
  })
}

async function ask(
  app: ReturnType<typeof appOf>,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
) {
  const response = await app.request(
    path,
    {
      method,
      headers: { Authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    { incoming: { socket: { remoteAddress: '::ffff:203.0.113.5' } } },
  )
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? undefined : JSON.parse(text),
  }
}

const router = { name: 'edge', router_ip: '192.0.2.1', default_sampling: 1 }

describe('the audit log', () => {
  test('has who wrote what, from where, before and after, newest first', async () => {
    const app = appOf()
    const { id } = (await ask(app, 'POST', '/routers', router)).json.result
    const headers = { 'X-Request-Id': 'my-change-7' }
    await ask(app, 'PATCH', `/routers/${id}`, { name: 'core' }, headers)
    await ask(app, 'DELETE', `/routers/${id}/`)
    await ask(app, 'DELETE', `/routers/${id}`)
    await ask(app, 'GET', '/routers')
    await ask(app, 'POST', '/rules/preview', { name: 'x' })

    const { status, json } = await ask(app, 'GET', '/audit')
    expect([status, json.result_info]).toEqual([200, { count: 4, cursor: null }])
    const common = { caller: 'NETMON_API_TOKEN', role: 'admin', address: '203.0.113.5' }
    const whole = { id, ...router }
    expect(json.result).toMatchObject([
      { ...common, method: 'DELETE', status: 404, document_id: id, before: null },
      {
        ...common,
        method: 'DELETE',
        path: `/routers/${id}`,
        status: 204,
        before: { ...whole, name: 'core' },
        after: null,
      },
      {
        ...common,
        method: 'PATCH',
        status: 200,
        request_id: 'my-change-7',
        before: whole,
        after: { ...whole, name: 'core' },
      },
      {
        ...common,
        method: 'POST',
        path: '/routers',
        status: 201,
        document_id: id,
        before: null,
        after: whole,
      },
    ])
  })

  test('is read page by page, and by who wrote', async () => {
    const app = appOf()
    for (let n = 1; n <= 5; n++)
      await ask(app, 'POST', '/routers', { ...router, router_ip: `192.0.2.${n}` })
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { json } = await ask(app, 'GET', `/audit?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(
        ...json.result.map((entry: { after: { router_ip: string } }) => entry.after.router_ip),
      )
      cursor = json.result_info.cursor
    }
    expect(seen).toEqual([5, 4, 3, 2, 1].map((n) => `192.0.2.${n}`))
    expect((await ask(app, 'GET', '/audit?caller=nobody')).json.result).toEqual([])
    expect((await ask(app, 'GET', '/audit?cursor=1;DROP')).status).toBe(400)
  })

  test('holds no secret of a token', async () => {
    const app = appOf()
    const made = await ask(app, 'POST', '/tokens', { name: 'ci', role: 'write' })
    const { text } = await ask(app, 'GET', '/audit')
    expect(text).toContain('"name":"ci"')
    expect(text).not.toContain(made.json.result.token.slice(7))
  })

  test('keeps a document that is very long by its length and digest', async () => {
    const app = appOf()
    const many = Array.from({ length: 3_000 }, (_, n) => ({
      ...router,
      name: `router ${n} ${'x'.repeat(60)}`,
      router_ip: `10.0.${n >> 8}.${n & 255}`,
    }))
    expect((await ask(app, 'POST', '/routers/bulk', many)).status).toBe(201)
    const { json } = await ask(app, 'GET', '/audit')
    expect(json.result[0].after).toEqual({
      omitted_characters: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  /** A store whose inserts into the audit log fail from the nth on. */
  function failingFrom(first: number): StoreClient {
    let inserts = 0
    return new Proxy(database.client, {
      get(target, name) {
        if (name !== 'insert') return Reflect.get(target, name)
        return (parameters: { table: string }) => {
          if (parameters.table === 'audit' && ++inserts >= first) throw new Error('disk full')
          return target.insert(parameters as Parameters<StoreClient['insert']>[0])
        }
      },
    })
  }

  test('that cannot be written keeps anything from being written', async () => {
    const refused = await ask(appOf(failingFrom(1)), 'POST', '/routers', router)
    expect([refused.status, refused.json.errors[0].code]).toEqual([503, 1904])
    expect((await ask(appOf(), 'GET', '/routers')).json.result).toEqual([])
  })

  test('tells of a write whose end was not stored that its end is not known, and the log tells the rest', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const log = pino({ level: 'error' }, stream) as typeof silent
    const created = await ask(appOf(failingFrom(2), log), 'POST', '/routers', router)
    expect(created.status).toBe(201)
    const { json } = await ask(appOf(), 'GET', '/audit')
    expect(json.result).toMatchObject([
      { method: 'POST', path: '/routers', status: null, after: null },
    ])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      caller: 'NETMON_API_TOKEN',
      status: 201,
      after: router,
      error: 'disk full',
    })
  })
})

test('what is secret by its name is not kept, wherever it stands', () => {
  const document = {
    name: 'pager',
    settings: {
      routing_key: 'a',
      url: 'https://chat.example',
      smtp: [{ Password: 'b', port: 25 }],
    },
    webhook_secret: 'c',
    apiKey: 'd',
    token: null,
  }
  expect(withoutSecrets(document)).toEqual({
    name: 'pager',
    settings: {
      routing_key: '[not kept]',
      url: 'https://chat.example',
      smtp: [{ Password: '[not kept]', port: 25 }],
    },
    webhook_secret: '[not kept]',
    apiKey: '[not kept]',
    token: null,
  })
  expect(withoutSecrets(undefined)).toBeUndefined()
})

describe('every answer', () => {
  test.each([
    ['GET', '/routers', 200],
    ['GET', '/health', 200],
    ['GET', '/nowhere', 404],
    ['PUT', '/routers', 405],
    ['POST', '/routers', 400],
    ['DELETE', '/routers/x', 404],
  ])('to %s %s, %i, has an id and headers for browsers', async (method, path, status) => {
    const answer = await ask(appOf(), method, path)
    expect(answer.status).toBe(status)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
  })

  test.each([
    ['abc-1.2_3', true],
    ['x'.repeat(65), false],
    ['a b', false],
    ['<script>', false],
  ])('repeats the id %j when it is a plain one', async (id, isKept) => {
    const answer = await ask(appOf(), 'GET', '/routers', undefined, { 'X-Request-Id': id })
    expect(answer.headers.get('X-Request-Id') === id).toBe(isKept)
  })

  test('is one line of the log at level debug, without the token', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const app = appOf(database.client, pino({ level: 'debug' }, stream) as typeof silent)
    await ask(app, 'GET', '/routers?x=1', undefined, { 'X-Request-Id': 'one' })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        requestId: 'one',
        method: 'GET',
        path: '/routers',
        status: 200,
        caller: 'NETMON_API_TOKEN',
        address: '203.0.113.5',
      },
    ])
    expect(lines.join()).not.toContain(token)
  })
})
