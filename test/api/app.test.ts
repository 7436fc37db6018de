import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

const log = createLog('test', 'silent')
let database: TestDatabase
let store: StoreClient
let app: ReturnType<typeof createApp>
let send: Send

beforeAll(async () => {
  database = await startTestDatabase()
  store = database.client
  const configuration = createConfiguration(store, Date.now)
  const { migrations } = database
  const access = { token: undefined, hosts: undefined }
  app = createApp({
    configuration,
    store,
    migrations,
    access,
    log,
    storage: () => undefined,
    now: Date.now,
  })
  send = sender(app)
})
afterAll(() => database.remove())

/** Without routers and rules. */
const startEmpty = () => beforeEach(() => database.empty('routers', 'rules'))

const router = { name: 'my-router', router_ip: '127.0.0.1', default_sampling: 1000 }
const bandwidthRule = {
  name: 'Production Network - High Bandwidth',
  prefixes: ['10.0.0.0/8'],
  type: 'threshold',
  bandwidth_threshold: 1_000_000_000,
  duration: 5,
}
const packetRule = {
  name: 'DDoS Detection - Packet Flood',
  prefixes: ['203.0.113.0/24'],
  type: 'threshold',
  packet_threshold: 1_000_000,
  duration: 3,
}
const zscoreRule = {
  name: 'Web Servers - Bandwidth Anomaly',
  prefixes: ['10.20.30.0/24'],
  type: 'zscore',
  zscore_sensitivity: 'medium',
  zscore_target: 'bits',
}

describe('routers', () => {
  startEmpty()

  test('are created, listed, read, replaced and deleted', async () => {
    const created = await send('POST', '/routers', router)
    expect(created.status).toBe(201)
    expect(created.body).toEqual({
      success: true,
      result: { id: expect.stringMatching(/^[0-9a-f]{32}$/), ...router },
      errors: [],
      messages: [],
    })
    const { id } = created.body.result
    expect((await send('GET', '/routers')).body.result).toEqual([{ id, ...router }])
    expect((await send('GET', `/routers/${id}`)).body.result).toEqual({ id, ...router })

    const changed = { name: 'edge', router_ip: '2001:db8::1', default_sampling: 1 }
    const replaced = await send('PUT', `/routers/${id}`, changed)
    expect([replaced.status, replaced.body.result]).toEqual([200, { id, ...changed }])
    expect((await send('GET', `/routers/${id}`)).body.result).toEqual({ id, ...changed })

    const deleted = await send('DELETE', `/routers/${id}`)
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    expect((await send('GET', `/routers/${id}`)).status).toBe(404)
    expect((await send('DELETE', `/routers/${id}`)).status).toBe(404)
    expect((await send('PUT', `/routers/${id}`, changed)).status).toBe(404)
    expect((await send('GET', '/routers')).body.result).toEqual([])
  })

  test('keep what is said of their sampling and role, and show only what was said', async () => {
    const said = { sampling_override: 512, sampling_byte_order: 'little', role: 'core' }
    const created = await send('POST', '/routers', { ...router, ...said })
    const { id } = created.body.result
    expect(created.body.result).toEqual({ id, ...router, ...said })
    expect((await send('GET', `/routers/${id}`)).body.result).toEqual({ id, ...router, ...said })
    const none = { ...router, sampling_override: null }
    expect((await send('PUT', `/routers/${id}`, none)).body.result).toEqual({ id, ...none })
    expect((await send('PUT', `/routers/${id}`, router)).body.result).toEqual({ id, ...router })
    const bad = { ...router, sampling_override: 0, sampling_byte_order: 'middle', role: 'spine' }
    const refused = await send('POST', '/routers', bad)
    expect([refused.status, refused.errors]).toEqual([
      422,
      [
        [1105, '/sampling_override'],
        [1106, '/sampling_byte_order'],
        [1107, '/role'],
      ],
    ])
  })

  test('no two have the same address, however it is written', async () => {
    const { body } = await send('POST', '/routers', { ...router, router_ip: '192.0.2.1' })
    const other = { ...router, name: 'other', router_ip: '::ffff:192.0.2.1' }
    const duplicate = await send('POST', '/routers', other)
    expect([duplicate.status, duplicate.errors]).toEqual([409, [[1103, '/router_ip']]])
    expect(duplicate.body.errors[0]?.message).toContain('my-router')

    const second = await send('POST', '/routers', { ...other, router_ip: '192.0.2.2' })
    expect((await send('PUT', `/routers/${second.body.result.id}`, other)).status).toBe(409)
    expect((await send('PUT', `/routers/${body.result.id}`, router)).status).toBe(200)
  })

  test('of many that come at once with one address, one is kept', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => send('POST', '/routers', router)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
    expect((await send('GET', '/routers')).body.result).toHaveLength(1)
  })

  test('the list has a tag that changes with it, and an unchanged list is not sent again', async () => {
    const empty = await send('GET', '/routers')
    const tag = empty.headers.get('ETag')!
    expect(tag).toMatch(/^"[^"]+"$/)
    const unchanged = await send('GET', '/routers/', undefined, { 'If-None-Match': tag })
    expect([unchanged.status, unchanged.text]).toEqual([304, ''])
    await send('POST', '/routers', router)
    const changed = await send('GET', '/routers', undefined, { 'If-None-Match': tag })
    expect([changed.status, changed.body.result.length]).toEqual([200, 1])
    expect(changed.headers.get('ETag')).not.toBe(tag)
  })
})

describe('rules', () => {
  startEmpty()

  test('of all three examples are created, listed by name, read, replaced and deleted', async () => {
    for (const rule of [bandwidthRule, packetRule, zscoreRule]) {
      const created = await send('POST', '/rules', rule)
      expect([created.status, created.body.result]).toMatchObject([201, rule])
    }
    const { result } = (await send('GET', '/rules')).body
    expect(result).toMatchObject([packetRule, bandwidthRule, zscoreRule])

    const id = [...result][0]?.id
    const renamed = { ...packetRule, name: 'Renamed', packet_threshold: 5 }
    expect((await send('PUT', `/rules/${id}`, renamed)).body.result).toMatchObject({
      id,
      ...renamed,
    })
    expect((await send('GET', `/rules/${id}`)).body.result).toMatchObject({ id, ...renamed })
    expect((await send('DELETE', `/rules/${id}`)).status).toBe(204)
    expect((await send('GET', `/rules/${id}`)).errors).toEqual([[1404, '']])
    expect((await send('DELETE', `/rules/${id}`)).errors).toEqual([[1404, '']])
    expect((await send('PUT', `/rules/${id}`, renamed)).errors).toEqual([[1404, '']])
  })

  test('a threshold rule without a duration has one of a minute', async () => {
    const { body } = await send('POST', '/rules', { ...bandwidthRule, duration: undefined })
    expect(body.result.duration).toBe(1)
  })

  test('a threshold rule becomes a zscore rule', async () => {
    const { id } = (await send('POST', '/rules', bandwidthRule)).body.result
    const replaced = await send('PUT', `/rules/${id}`, { ...zscoreRule, name: bandwidthRule.name })
    expect(replaced.body.result).toMatchObject({ id, type: 'zscore', bandwidth_threshold: null })
  })

  test('what was fetched can be sent back as it is', async () => {
    const { result } = (await send('POST', '/rules', bandwidthRule)).body
    const back = await send('PUT', `/rules/${result.id}`, result)
    expect([back.status, back.body.result, back.body.messages]).toEqual([200, result, []])
  })

  test('host bits are cleared, which a message says', async () => {
    const { status, body } = await send('POST', '/rules', {
      ...bandwidthRule,
      prefixes: ['160.168.0.1/24'],
    })
    expect([status, body.result.prefixes]).toEqual([201, ['160.168.0.0/24']])
    expect(body.messages).toEqual([
      {
        code: 2201,
        message: 'host bits were cleared, the network is what counts: "160.168.0.1/24"',
      },
    ])
  })

  test('no two have the same name', async () => {
    await send('POST', '/rules', bandwidthRule)
    const duplicate = await send('POST', '/rules', {
      ...packetRule,
      name: ` ${bandwidthRule.name} `,
    })
    expect([duplicate.status, duplicate.errors]).toEqual([409, [[1202, '/name']]])
  })
})

describe('PATCH', () => {
  startEmpty()

  test('changes the fields it names, and keeps the others', async () => {
    const rule = (await send('POST', '/rules', bandwidthRule)).body.result
    const renamed = await send('PATCH', `/rules/${rule.id}`, { name: 'Renamed', duration: '10m' })
    expect([renamed.status, renamed.body.result]).toEqual([
      200,
      { ...rule, name: 'Renamed', duration: 10 },
    ])
    expect((await send('GET', `/rules/${rule.id}/`)).body.result).toEqual(renamed.body.result)
    expect((await send('PATCH', `/rules/${rule.id}/`, {})).body.result).toEqual(renamed.body.result)

    const { id } = (await send('POST', '/routers', router)).body.result
    const changed = await send('PATCH', `/routers/${id}`, { default_sampling: 1 })
    expect([changed.status, changed.body.result]).toEqual([
      200,
      { id, ...router, default_sampling: 1 },
    ])
    const core = { id, ...router, default_sampling: 1, role: 'core' }
    expect((await send('PATCH', `/routers/${id}`, { role: 'core' })).body.result).toEqual(core)
    expect((await send('PATCH', `/routers/${id}`, { name: 'my-router' })).body.result).toEqual(core)
  })

  test('counts the prefixes that a rule has after it', async () => {
    const { id } = (await send('POST', '/rules', bandwidthRule)).body.result
    const prefixes = ['192.0.2.7/24', '2001:db8::/32']
    const { body } = await send('PATCH', `/rules/${id}`, { prefixes })
    expect(body.result.prefixes).toEqual(['192.0.2.0/24', '2001:db8::/32'])
    expect(body.messages.map(({ code }) => code)).toEqual([2201])
    const counted = await store.query({
      query: 'SELECT prefix FROM prefixes FINAL WHERE NOT deleted ORDER BY prefix',
      format: 'JSONEachRow',
    })
    expect(await counted.json()).toEqual([{ prefix: '192.0.2.0/24' }, { prefix: '2001:db8::/32' }])
  })

  test('is held to all that a whole rule is held to', async () => {
    const { id } = (await send('POST', '/rules', bandwidthRule)).body.result
    await send('POST', '/rules', packetRule)
    const problemsOf = async (changes: unknown) => {
      const { status, errors } = await send('PATCH', `/rules/${id}`, changes)
      return [status, ...errors]
    }
    expect(await problemsOf({ bandwidth_threshold: null })).toEqual([
      422,
      [1209, '/bandwidth_threshold'],
    ])
    expect(await problemsOf({ type: 'zscore', zscore_target: 'bits' })).toEqual([
      422,
      [1211, '/zscore_sensitivity'],
    ])
    expect(await problemsOf({ name: packetRule.name })).toEqual([409, [1202, '/name']])
    expect(await problemsOf([])).toEqual([400, [1001, '']])
    expect(await problemsOf('x')).toEqual([400, [1001, '']])
    expect((await send('GET', `/rules/${id}`)).body.result).toMatchObject(bandwidthRule)
    expect((await send('PATCH', '/rules/0', {})).errors).toEqual([[1404, '']])
    expect((await send('PATCH', '/routers/0', {})).errors).toEqual([[1404, '']])
  })

  test('of many that come at once none is lost', async () => {
    const { id } = (await send('POST', '/rules', bandwidthRule)).body.result
    const changes = [{ name: 'a' }, { duration: 7 }, { packet_threshold: 9 }, { direction: 'out' }]
    await Promise.all(changes.map((change) => send('PATCH', `/rules/${id}`, change)))
    expect((await send('GET', `/rules/${id}`)).body.result).toMatchObject(
      Object.assign({}, ...changes),
    )
  })
})

describe('what is refused', () => {
  startEmpty()

  test('names every problem of the body with code, message and field', async () => {
    const { status, body } = await send('POST', '/rules', {
      name: '',
      prefixes: ['bad', 7],
      type: 'threshold',
    })
    expect(status).toBe(422)
    expect(body).toEqual({
      success: false,
      result: null,
      errors: [
        { code: 1201, message: expect.any(String), source: { pointer: '/name' } },
        { code: 1205, message: expect.any(String), source: { pointer: '/prefixes/0' } },
        { code: 1206, message: expect.any(String), source: { pointer: '/prefixes/1' } },
        { code: 1209, message: expect.any(String), source: { pointer: '/bandwidth_threshold' } },
      ],
      messages: [],
    })
  })

  test.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['a form', 'name=my-router&router_ip=127.0.0.1'],
    ['half of JSON', '{"name":'],
    ['a number that JSON has not', '{"default_sampling": NaN}'],
    [
      'bytes that are not UTF-8',
      new Uint8Array([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')]),
    ],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"name"'],
    ['deep nesting', '['.repeat(200_000)],
  ])('%s is not a JSON object: 400', async (_, body) => {
    for (const path of ['/routers', '/rules']) {
      const { status, errors } = await send('POST', path, body)
      expect([status, errors]).toEqual([400, [[1001, '']]])
    }
  })

  test('a body of 1 MiB is read, one byte more is not', async () => {
    const padded = (length: number) => JSON.stringify(router).padEnd(length)
    expect((await send('POST', '/routers', padded(1024 * 1024))).status).toBe(201)
    const tooLarge = await send('POST', '/routers', padded(1024 * 1024 + 1))
    expect([tooLarge.status, tooLarge.errors]).toEqual([413, [[1002, '']]])
  })

  test('a path that is none, and a method that a path does not take', async () => {
    const nowhere = await send('GET', '/nowhere')
    expect([nowhere.status, nowhere.errors]).toEqual([404, [[1004, '']]])
    const patch = await send('PATCH', '/rules/')
    expect([patch.status, patch.errors]).toEqual([405, [[1005, '']]])
    expect(patch.headers.get('Allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'POST'])
    expect((await send('POST', '/routers/0', router)).status).toBe(405)
  })
})

test('every path works with and without a slash at its end', async () => {
  const { id } = (await send('POST', '/rules/', zscoreRule)).body.result
  expect((await send('GET', '/rules/')).body.result).toHaveLength(1)
  expect((await send('GET', `/rules/${id}/`)).status).toBe(200)
  expect((await send('PUT', `/rules/${id}/`, packetRule)).status).toBe(200)
  expect((await send('DELETE', `/rules/${id}/`)).status).toBe(204)
  expect((await send('GET', '/health/')).status).toBe(200)
})

test('metrics count requests by their route, whatever stands in the path', async () => {
  for (const id of ['a', 'b']) await app.request(`/routers/${id}`)
  await app.request('/no/such/path')
  const answer = await app.request('/metrics')
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain/),
  ])
  const counts = (await answer.text()).split('\n').filter((line) => line.includes('_seconds_count'))
  const of = (method: string, route: string, status: number) =>
    `netmon_api_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`
  expect(counts).toContainEqual(expect.stringContaining(of('GET', '/routers/:router_id', 404)))
  expect(counts).toContainEqual(expect.stringContaining(of('none', 'none', 404)))
})

test('health tells the collectors that have reported, and without one it is not ready', async () => {
  const unheard = await send('GET', '/ready')
  expect([unheard.status, unheard.errors]).toEqual([503, [[1907, '']]])
  const now = Date.now()
  const status = {
    collector: 'edge',
    boot: 'b',
    kind: 'collector',
    started: now - 60_000,
    watermark: now - 1000,
    time: now,
  }
  await store.insert({
    table: 'status',
    columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
    values: [
      {
        ...status,
        started: seconds(status.started),
        watermark: seconds(status.watermark),
        time: seconds(now),
      },
    ],
    format: 'JSONEachRow',
  })
  const { body } = await send('GET', '/health')
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  expect(body.result).toEqual({
    version,
    migrations: database.migrations,
    collectors: [
      {
        name: 'edge',
        live: true,
        started: new Date(now - 60_000).toISOString(),
        last_status: new Date(now).toISOString(),
        watermark: new Date(now - 1000).toISOString(),
      },
    ],
    storage: null,
    demo: false,
  })
  const ready = await send('GET', '/ready')
  expect([ready.status, ready.body.result]).toEqual([
    200,
    { migrations: database.migrations, collectors: ['edge'] },
  ])
})

const seconds = (ms: number) => (ms / 1000).toFixed(3)
