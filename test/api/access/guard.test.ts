import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Access, isLoopback } from '../../../api/access/guard.ts'
import { createApp } from '../../../api/app.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { createLog } from '../../../runtime/log.ts'
import type { StoreClient } from '../../../schema/client.ts'
import { sender } from '../../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

const log = createLog('test', 'silent')
const token = 'a-token-of-some-length'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

function appOf(access: Access, now = Date.now, store: StoreClient = database.client) {
  const { migrations } = database
  const configuration = createConfiguration(store, now)
  return createApp({
    configuration,
    store,
    migrations,
    access,
    log,
    storage: () => undefined,
    now,
  })
}
type App = ReturnType<typeof appOf>

let host = 0
/** One request with this token, from an address of its own when none is given. */
async function ask(
  app: App,
  method: string,
  path: string,
  authorization?: string,
  address = `198.51.100.${++host}`,
  body?: unknown,
) {
  const response = await app.request(
    path,
    {
      method,
      headers: authorization === undefined ? {} : { Authorization: authorization },
      ...(body === undefined || method === 'GET' ? {} : { body: JSON.stringify(body) }),
    },
    { incoming: { socket: { remoteAddress: address } } },
  )
  const text = await response.text()
  const json = text.startsWith('{') ? JSON.parse(text) : undefined
  return { status: response.status, headers: response.headers, text, json }
}

async function makeToken(app: App, name: string, role: string) {
  const made = await ask(app, 'POST', '/tokens', `Bearer ${token}`, undefined, { name, role })
  expect([made.status, made.json.result]).toMatchObject([201, { name, role }])
  return made.json.result as { id: string; token: string }
}

/** Reviewed by hand: all other routes need read for GET and write for the rest. */
const exceptions: readonly [path: RegExp, method: RegExp, role: string][] = [
  [/^\/(health|ready|openapi\.json|docs)$/, /GET/, 'public'],
  [/^\/tokens/, /./, 'admin'],
  [/^\/audit/, /./, 'admin'],
  [/^\/channels/, /./, 'admin'],
  [/^\/rules\/preview$/, /POST/, 'read'],
]

function expectedRole(method: string, path: string): string {
  const exception = exceptions.find(([paths, methods]) => paths.test(path) && methods.test(method))
  return exception?.[2] ?? (method === 'GET' ? 'read' : 'write')
}

describe('roles', () => {
  beforeEach(() => database.empty('tokens', 'routers', 'rules'))

  test('every route of the router refuses no token, wrong ones, and roles below its own', async () => {
    // The tokens are read once, on a clock that stands; then the store is gone, since what a route does with it is not asked here.
    const nowMs = Date.now()
    let isGone = false
    const store = new Proxy(database.client, {
      get(target, name) {
        if (isGone) throw new Error('gone')
        return Reflect.get(target, name)
      },
    })
    const app = appOf({ token, hosts: undefined }, () => nowMs, store)
    const secrets = {
      read: (await makeToken(app, 'reader', 'read')).token,
      write: (await makeToken(app, 'writer', 'write')).token,
      admin: (await makeToken(app, 'owner', 'admin')).token,
    }
    isGone = true
    const routes = app.routes.filter(({ method }) => method !== 'ALL')
    expect(routes.length).toBeGreaterThan(20)
    for (const { method, path } of routes) {
      const role = expectedRole(method, path)
      const url = path.replaceAll(/:\w+/g, 'x').replaceAll('*', 'x')
      const name = `${method} ${path}`
      for (const authorization of [
        undefined,
        '',
        'Bearer',
        'Bearer ',
        'Bearer wrong',
        `Basic ${token}`,
        token,
        `Bearer ${token}x`,
        `Bearer  ${token}`,
        `Bearer ${token} ${token}`,
        `Bearer ${secrets.admin.toLowerCase()}`,
      ]) {
        const { status } = await ask(app, method, url, authorization)
        const isPublic = role === 'public'
        expect([name, authorization, status === 401]).toEqual([name, authorization, !isPublic])
      }
      const order = ['public', 'read', 'write', 'admin']
      for (const [given, secret] of Object.entries({ ...secrets, environment: token })) {
        const { status, json } = await ask(app, method, url, `bearer ${secret}`, undefined, {})
        const may = given === 'environment' || order.indexOf(given) >= order.indexOf(role)
        if (may)
          expect([name, given, [401, 403, 429].includes(status)]).toEqual([name, given, false])
        else expect([name, given, status, json.errors[0].code]).toEqual([name, given, 403, 1901])
      }
    }
  })

  test('what is not there asks for a token as well', async () => {
    const app = appOf({ token, hosts: undefined })
    const refused = await ask(app, 'GET', '/nowhere')
    expect([refused.status, refused.json.errors[0].code]).toEqual([401, 1900])
    expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect((await ask(app, 'GET', '/nowhere', `Bearer ${token}`)).status).toBe(404)
  })

  test('a secret is shown once, listed never, stored never, and worth nothing once revoked', async () => {
    const app = appOf({ token, hosts: undefined })
    const made = await makeToken(app, 'collector', 'read')
    expect(made.token).toMatch(/^netmon_[A-Za-z0-9_-]{43}$/)
    expect((await ask(app, 'GET', '/routers', `Bearer ${made.token}`)).status).toBe(200)
    const listed = await ask(app, 'GET', '/tokens', `Bearer ${token}`)
    expect(listed.json.result).toEqual([
      {
        id: made.id,
        name: 'collector',
        role: 'read',
        created_at: expect.any(String),
        created_by: 'NETMON_API_TOKEN',
      },
    ])
    const stored = await database.client.query({
      query: 'SELECT toString(tuple(*)) AS row FROM tokens',
      format: 'JSONEachRow',
    })
    expect(JSON.stringify(await stored.json())).not.toContain(made.token.slice(-20))

    const revoked = await ask(app, 'DELETE', `/tokens/${made.id}`, `Bearer ${token}`)
    expect(revoked.status).toBe(204)
    expect((await ask(app, 'GET', '/routers', `Bearer ${made.token}`)).status).toBe(401)
    expect((await ask(app, 'DELETE', `/tokens/${made.id}`, `Bearer ${token}`)).status).toBe(404)
  })

  test('another process that knew a token refuses it 2 s after it was revoked', async () => {
    let nowMs = Date.now()
    const one = appOf({ token, hosts: undefined })
    const other = appOf({ token, hosts: undefined }, () => nowMs)
    const made = await makeToken(one, 'a', 'read')
    expect((await ask(other, 'GET', '/routers', `Bearer ${made.token}`)).status).toBe(200)
    await ask(one, 'DELETE', `/tokens/${made.id}`, `Bearer ${token}`)
    nowMs += 2_000
    expect((await ask(other, 'GET', '/routers', `Bearer ${made.token}`)).status).toBe(401)
  })

  test.each([
    [{ name: '', role: 'read' }, 422, [1801, '/name']],
    [{ name: 'anonymous', role: 'read' }, 422, [1801, '/name']],
    [{ name: 'NETMON_API_TOKEN', role: 'read' }, 422, [1801, '/name']],
    [{ name: 'a', role: 'owner' }, 422, [1803, '/role']],
    [{ name: 'taken', role: 'read' }, 409, [1802, '/name']],
    [[], 400, [1001, '']],
  ])('no token is made of %j', async (body, status, error) => {
    const app = appOf({ token, hosts: undefined })
    await makeToken(app, 'taken', 'read')
    const answer = await ask(app, 'POST', '/tokens', `Bearer ${token}`, undefined, body)
    const [first] = answer.json.errors
    expect([answer.status, [first.code, first.source.pointer]]).toEqual([status, error])
  })

  test('who may ask without a token is held to the role of the token that is sent all the same', async () => {
    const app = appOf({ token, anonymous: true, hosts: undefined })
    expect((await ask(app, 'GET', '/tokens')).status).toBe(200)
    const { token: secret } = await makeToken(app, 'reader', 'read')
    expect((await ask(app, 'GET', '/rules', `Bearer ${secret}`)).status).toBe(200)
    expect((await ask(app, 'GET', '/tokens', `Bearer ${secret}`)).status).toBe(403)
    expect((await ask(app, 'GET', '/rules', 'Bearer wrong')).status).toBe(401)
  })
})

describe('who guesses tokens', () => {
  /** Minutes that stand still. */
  const standing = () => {
    let nowMs = Date.now()
    const app = appOf({ token, hosts: undefined }, () => nowMs)
    return { app, pass: (ms: number) => (nowMs += ms) }
  }

  test('waits after ten wrong ones, and the right one does not help', async () => {
    const { app, pass } = standing()
    const guess = async (secret: string, address = '203.0.113.9') =>
      (await ask(app, 'GET', '/routers', `Bearer ${secret}`, address)).status
    for (let n = 0; n < 10; n++) expect(await guess(`wrong${n}`)).toBe(401)
    const refused = await ask(app, 'GET', '/routers', 'Bearer no', '203.0.113.9')
    expect([refused.status, refused.json.errors[0].code]).toEqual([429, 1902])
    expect(refused.headers.get('Retry-After')).toBe('6')
    expect(await guess(token)).toBe(429)
    expect(await guess(token, '203.0.113.10')).toBe(200)
    pass(6_000)
    expect([await guess('wrong'), await guess('wrong')]).toEqual([401, 429])
    pass(60_000)
    expect(await guess(token)).toBe(200)
  })

  test('does not lock out whose token was right from there before', async () => {
    const { app } = standing()
    const guess = async (secret: string) =>
      (await ask(app, 'GET', '/routers', `Bearer ${secret}`, '203.0.113.9')).status
    expect(await guess(token)).toBe(200)
    for (let n = 0; n < 10; n++) await guess('wrong')
    expect([await guess('wrong'), await guess(token)]).toEqual([429, 200])
  })

  test('has no more tries by changing inside an IPv6 /64', async () => {
    const { app } = standing()
    const guess = async (address: string) =>
      (await ask(app, 'GET', '/routers', 'Bearer wrong', address)).status
    for (let n = 0; n < 10; n++) expect(await guess(`2001:db8:0:1::${n}`)).toBe(401)
    expect(await guess('2001:db8:0:1:ffff::1')).toBe(429)
    expect(await guess('2001:db8:0:2::1')).toBe(401)
  })
})

test.each([
  ['Sec-Fetch-Site', 'cross-site', 403],
  ['Sec-Fetch-Site', 'same-origin', 200],
  ['Sec-Fetch-Site', 'none', 200],
  ['Origin', 'http://evil.example', 403],
  ['Origin', 'http://localhost:3000', 403],
  ['Origin', 'null', 403],
  ['Origin', 'http://localhost', 200],
])('a request with %s %s is answered with %i', async (header, value, status) => {
  const answer = await sender(appOf({ token: undefined, hosts: undefined }))(
    'GET',
    '/routers',
    undefined,
    { [header]: value },
  )
  expect(answer.status).toBe(status)
})

test.each([
  ['localhost:8090', 200],
  ['LOCALHOST', 200],
  ['console.localhost', 200],
  ['127.0.0.1:8090', 200],
  ['127.8.8.8', 200],
  ['[::1]:8090', 200],
  ['evil.example:8090', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example', 403],
  ['192.0.2.1', 403],
  ['notlocalhost', 403],
])('on loopback a request to %s is answered with %i', async (host, status) => {
  const local = appOf({ token: undefined, hosts: isLoopback })
  expect((await local.request(`http://${host}/routers`)).status).toBe(status)
})
