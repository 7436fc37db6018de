import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Access, isLoopback } from '../../api/access.ts'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

const log = createLog('test', 'silent')
const token = 'a-token-of-some-length'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

function appOf(access: Access) {
  const { client: store, migrations } = database
  const configuration = createConfiguration(store, Date.now)
  return createApp({
    configuration,
    store,
    migrations,
    access,
    log,
    storage: () => undefined,
    now: Date.now,
  })
}

test('with a token set, every route but /health asks for it', async () => {
  const guarded = appOf({ token, hosts: undefined })
  for (const { path, method } of guarded.routes.filter((route) => route.method !== 'ALL')) {
    const url = path.replace(/:\w+/, 'x')
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Basic ${token}`,
      token,
      `Bearer ${token}x`,
    ]) {
      const headers = authorization === undefined ? {} : { Authorization: authorization }
      const response = await guarded.request(url, { method, headers })
      expect([path, response.status]).toEqual([path, path === '/health' ? 200 : 401])
    }
    const headers = { Authorization: `bearer ${token}` }
    expect((await guarded.request(url, { method, headers })).status).not.toBe(401)
  }
  const refused = await sender(guarded)('GET', '/rules')
  expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(refused.errors).toEqual([[1900, '']])
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
