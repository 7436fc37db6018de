import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ApiService, startApi } from '../../api/service.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { UserError } from '../../runtime/errors.ts'
import { createLog } from '../../runtime/log.ts'
import { readSettings, type SettingName } from '../../runtime/settings.ts'
import type { StoreAddress } from '../../schema/client.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

const log = createLog('test', 'silent')

const services: ApiService[] = []
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()))
})

/** An address where nothing listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** On a port of its own, with a store that is away unless one is given. */
async function start(
  flags: Partial<Record<SettingName, string>> = {},
  store: Partial<StoreAddress> = {},
) {
  const url = `http://127.0.0.1:${await closedPort()}`
  const service = await startApi({
    settings: readSettings({}, { apiPort: '0', ...flags }),
    store: {
      url,
      user: 'netmon',
      password: 'a password of the tests',
      database: 'flows',
      ...store,
    },
    log,
  })
  services.push(service)
  return service
}

interface Answer {
  status: number | undefined
  headers: Record<string, unknown>
  text: string
}

/** As `curl -d` sends: a form type, whatever the body is. */
function send(
  port: number,
  method: string,
  path: string,
  body = '',
  headers = {},
  agent = new Agent(),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      },
      async (incoming) =>
        resolve({
          status: incoming.statusCode,
          headers: incoming.headers,
          text: await text(incoming),
        }),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('where it binds', () => {
  test('a port in use is one line that names the address and the setting', async () => {
    const { port } = await start()
    await expect(start({ apiPort: String(port) })).rejects.toThrow(
      new UserError(
        `the API cannot bind 127.0.0.1:${port}, the port is in use: give another with --api-port or NETMON_API_PORT`,
      ),
    )
  })

  test('an address that is not of this machine is one line', async () => {
    await expect(start({ apiHost: '192.0.2.1', anonymous: 'true' })).rejects.toThrow(
      /^the API cannot bind 192\.0\.2\.1:0 \(.*\): give an address of this machine with --api-host or NETMON_API_HOST$/,
    )
  })

  test('beyond loopback it wants a token, or to be told that none is meant', async () => {
    await expect(start({ apiHost: '0.0.0.0' })).rejects.toThrow(
      'the API on 0.0.0.0 would be open to everybody who reaches it: set NETMON_API_TOKEN, or NETMON_ANONYMOUS=true if that is meant',
    )
    const anonymous = await start({ apiHost: '0.0.0.0', anonymous: 'true' })
    expect((await send(anonymous.port, 'GET', '/openapi.json')).status).toBe(200)
    const guarded = await start({ apiHost: '0.0.0.0', apiToken: 'a-token-of-some-length' })
    expect((await send(guarded.port, 'GET', '/nowhere')).status).toBe(401)
    const headers = { Authorization: 'Bearer a-token-of-some-length', Host: 'api.example' }
    expect((await send(guarded.port, 'GET', '/openapi.json', '', headers)).status).toBe(200)
  })

  test('who is asked for no token must ask by a name that is known, since any page can make one lead here', async () => {
    const asked = async (port: number, host: string) =>
      (await send(port, 'GET', '/openapi.json', '', { Host: host })).status
    const named = await start({
      apiHost: '0.0.0.0',
      anonymous: 'true',
      apiHosts: 'api, Netmon.example',
    })
    for (const host of [
      'api:8090',
      'netmon.example',
      'localhost',
      '192.0.2.1:8090',
      '[2001:db8::1]',
    ]) {
      expect([host, await asked(named.port, host)]).toEqual([host, 200])
    }
    for (const host of ['evil.example', 'api.evil.example', '192.0.2.1.evil.example']) {
      expect([host, await asked(named.port, host)]).toEqual([host, 403])
    }
    const unnamed = await start({ apiHost: '0.0.0.0', anonymous: 'true' })
    expect(await asked(unnamed.port, 'api.example')).toBe(403)
    const proxied = await start({ apiHosts: 'netmon.example' })
    expect(await asked(proxied.port, 'netmon.example')).toBe(200)
    expect(await asked(proxied.port, '192.0.2.1')).toBe(403)
  })

  test('on loopback it answers to the names of this machine only', async () => {
    const { port } = await start()
    expect((await send(port, 'GET', '/openapi.json')).status).toBe(200)
    expect((await send(port, 'GET', '/openapi.json', '', { Host: 'evil.example' })).status).toBe(
      403,
    )
  })
})

describe('with a store', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await startTestDatabase()
  })
  afterAll(() => database.remove())

  test('what was configured is there after a restart', async () => {
    const first = await start({}, database.address)
    // As in the README, where curl says that they are forms.
    const bodies = [
      ['/routers', '{ "name": "my-router", "router_ip": "127.0.0.1", "default_sampling": 1000 }'],
      [
        '/rules',
        `{
          "name": "Production Network - High Bandwidth",
          "prefixes": ["10.0.0.0/8"],
          "type": "threshold",
          "bandwidth_threshold": 1000000000,
          "duration": 5
        }`,
      ],
    ] as const
    for (const [path, body] of bodies) {
      expect((await send(first.port, 'POST', path, body)).status).toBe(201)
    }
    const before = await Promise.all(bodies.map(([path]) => send(first.port, 'GET', path)))
    await services.splice(0)[0]?.close()

    const second = await start({}, database.address)
    const after = await Promise.all(bodies.map(([path]) => send(second.port, 'GET', path)))
    expect(after.map((answer) => JSON.parse(answer.text).result)).toMatchObject([
      [{ name: 'my-router', default_sampling: 1000 }],
      [{ name: 'Production Network - High Bandwidth', duration: 5 }],
    ])
    expect(after.map((answer) => answer.text)).toEqual(before.map((answer) => answer.text))
    expect((await send(second.port, 'GET', '/health')).status).toBe(200)
  })

  test('prefixes of rules that are not counted, as after a crash, are from its start on', async () => {
    const prefixes = ['198.51.100.0/24']
    const rule = ruleInputSchema.parse({
      name: 'r',
      type: 'threshold',
      packet_threshold: 1,
      prefixes,
    })
    const doc = JSON.stringify({ id: 'r', ...rule, counted_prefixes: prefixes })
    await database.client.insert({
      table: 'rules',
      columns: ['id', 'version', 'deleted', 'doc'],
      values: [{ id: 'r', version: 1, deleted: 0, doc }],
      format: 'JSONEachRow',
    })
    await start({}, database.address)
    await vi.waitFor(async () => {
      const result = await database.client.query({
        query: "SELECT prefix FROM prefixes FINAL WHERE NOT deleted AND prefix = '198.51.100.0/24'",
        format: 'JSONEachRow',
      })
      expect(await result.json()).toHaveLength(1)
    }, 20_000)
  })

  test('a database without tables is told by /health', async () => {
    await database.client.command({ query: 'CREATE DATABASE IF NOT EXISTS older' })
    const query =
      'CREATE TABLE IF NOT EXISTS older.migrations (number UInt32) ENGINE = MergeTree ORDER BY number'
    await database.client.command({ query })
    const { port } = await start({}, { ...database.address, database: 'older' })
    const { status, text } = await send(port, 'GET', '/health')
    expect(status).toBe(503)
    expect(JSON.parse(text).errors).toMatchObject([
      {
        code: 1905,
        message: `the database has 0 of ${database.migrations} migrations: run \`netmon migrate\``,
      },
    ])
  })
})

describe('without a store', () => {
  test('it starts, and answers 503 to what needs one', async () => {
    const { port } = await start()
    const router = JSON.stringify({ name: 'a', router_ip: '192.0.2.1', default_sampling: 1 })
    for (const [method, path, body] of [
      ['GET', '/routers', ''],
      ['POST', '/routers', router],
      ['PUT', '/routers/x', router],
      ['DELETE', '/rules/x', ''],
      ['GET', '/health', ''],
    ] as const) {
      const answer = await send(port, method, path, body)
      expect([path, answer.status]).toEqual([path, 503])
      expect(JSON.parse(answer.text)).toMatchObject({ success: false, errors: [{ code: 1904 }] })
    }
    expect((await send(port, 'POST', '/routers', '{')).status).toBe(400)
  })

  test('a store that refuses is 503 as well', async () => {
    const store = createServer((_, response) =>
      response.writeHead(500).end('Code: 60. DB::Exception: no\nsuch table. (UNKNOWN_TABLE)'),
    )
    store.listen(0, '127.0.0.1')
    await once(store, 'listening')
    try {
      const { port: storePort } = store.address() as AddressInfo
      const { port } = await start({}, { url: `http://127.0.0.1:${storePort}` })
      const answer = await send(port, 'GET', '/rules')
      expect(answer.status).toBe(503)
      expect(JSON.parse(answer.text).errors[0].message).toMatch(
        /^the store cannot be used: no such table/,
      )
    } finally {
      store.closeAllConnections()
      store.close()
    }
  })
})

describe('over a socket', () => {
  /** All that comes back for these bytes, until the connection is closed. */
  async function exchange(port: number, bytes: string): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    socket.end(bytes)
    return text(socket)
  }

  test.each([
    ['with a length', { 'Content-Length': 2 * 1024 * 1024 }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('a body of 2 MiB %s is answered 413, and the connection stays', async (_, headers) => {
    const { port } = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const answer = await send(port, 'POST', '/routers', ' '.repeat(2 * 1024 * 1024), headers, agent)
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ success: false, errors: [{ code: 1002 }] })
    expect((await send(port, 'GET', '/openapi.json', '', {}, agent)).status).toBe(200)
    agent.destroy()
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['no Host', 'GET /routers HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /routers HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n'],
    ['a Host that is none', 'GET /routers HTTP/1.1\r\nHost: a b/c\\@[\r\n\r\n'],
    [
      'an absolute target elsewhere',
      'GET http://evil.example/routers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ],
    ['a target that is no path', 'GET routers HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a backslash', 'GET /\\..\\x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    [
      'bad escapes',
      'GET /rules/%00%ff%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ],
    ['a very long path', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ['many headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(5_000)}\r\n`],
    [
      'two lengths',
      'POST /rules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /rules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /rules HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
    [
      'less than its length',
      'POST /rules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{}',
    ],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    ['CONNECT', 'CONNECT evil:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'an upgrade',
      'GET /rules HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
  ])('%s is no reason for a 500, nor to stop', async (_, bytes) => {
    const { port } = await start()
    expect(await exchange(port, bytes)).not.toMatch(/^HTTP\/1\.1 500/)
    expect((await send(port, 'GET', '/openapi.json')).status).toBe(200)
  })

  test('it closes while a connection is kept open', async () => {
    const service = await start()
    const socket = connect(service.port, '127.0.0.1')
    await once(socket, 'connect')
    await services.splice(0)[0]!.close()
    socket.destroy()
  })
})
