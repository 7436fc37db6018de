import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiService, startApi } from '../../api/service.ts'
import { createLog } from '../../runtime/log.ts'
import { readSettings } from '../../runtime/settings.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

// What programs written for github.com/meirdev/network-monitoring rely on, as `curl -d` asks it: over a socket, with a form's Content-Type.

let database: TestDatabase
let service: ApiService
beforeAll(async () => {
  database = await startTestDatabase()
  service = await startApi({
    settings: readSettings({}, { apiPort: '0' }),
    store: database.address,
    log: createLog('test', 'silent'),
  })
})
afterAll(async () => {
  await service.close()
  await database.remove()
})
beforeEach(() => database.empty('routers', 'rules'))

function curl(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: string; json: Json }> {
  const headers = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: service.port, method, path, headers }
    const outgoing = request(options, async (answer) => {
      const body = await text(answer)
      const json = body === '' ? {} : JSON.parse(body)
      resolve({ status: answer.statusCode ?? 0, body, json })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
interface Json {
  success?: boolean
  result?: Record<string, unknown> & { id: string }
  errors?: { message: string }[]
}

const router = { name: 'Test Router', router_ip: '192.168.1.1', default_sampling: 1000 }
const threshold = {
  name: 'Threshold Rule 1',
  prefixes: ['192.168.1.0/24'],
  type: 'threshold',
  bandwidth_threshold: 1_000_000,
  packet_threshold: 1_000,
}
const zscore = {
  name: 'Z-Score Rule',
  prefixes: ['192.168.2.0/24'],
  type: 'zscore',
  zscore_sensitivity: 'medium',
  zscore_target: 'bits',
}

describe.each([
  ['with a slash at the end', '/'],
  ['without', ''],
])('%s', (_, slash) => {
  test('a router is created, listed, read, replaced and deleted', async () => {
    const created = await curl('POST', `/routers${slash}`, router)
    expect([created.status, created.json]).toMatchObject([
      201,
      { success: true, result: router, errors: [] },
    ])
    const id = created.json.result?.id
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect((await curl('GET', `/routers${slash}`)).json.result).toMatchObject([{ id, ...router }])
    expect((await curl('GET', `/routers/${id}${slash}`)).json.result).toMatchObject({
      id,
      ...router,
    })
    const changed = { ...router, name: 'Updated Router' }
    const replaced = await curl('PUT', `/routers/${id}${slash}`, changed)
    expect([replaced.status, replaced.json.result]).toMatchObject([200, changed])
    const deleted = await curl('DELETE', `/routers/${id}${slash}`)
    expect([deleted.status, deleted.body]).toEqual([204, ''])
    const gone = await curl('GET', `/routers/${id}${slash}`)
    expect([gone.status, gone.json.success]).toEqual([404, false])
  })

  test('a second router of an address is a conflict', async () => {
    await curl('POST', `/routers${slash}`, router)
    const second = await curl('POST', `/routers${slash}`, { ...router, name: 'Another' })
    expect([second.status, second.json.success, second.json.errors?.length]).toEqual([
      409,
      false,
      1,
    ])
  })

  test('a threshold rule without a duration is created, with a name that holds spaces', async () => {
    const created = await curl('POST', `/rules${slash}`, threshold)
    expect([created.status, created.json.result]).toMatchObject([201, threshold])
  })

  test('a threshold rule is replaced by a zscore rule', async () => {
    const id = (await curl('POST', `/rules${slash}`, threshold)).json.result?.id
    const replaced = await curl('PUT', `/rules/${id}${slash}`, zscore)
    expect([replaced.status, replaced.json.result]).toMatchObject([200, { id, ...zscore }])
    expect((await curl('GET', `/rules/${id}${slash}`)).json.result).toMatchObject({ id, ...zscore })
  })

  test('a rule is deleted with 204, and is 404 afterwards', async () => {
    const id = (await curl('POST', `/rules${slash}`, zscore)).json.result?.id
    expect((await curl('DELETE', `/rules/${id}${slash}`)).status).toBe(204)
    expect((await curl('GET', `/rules/${id}${slash}`)).status).toBe(404)
  })

  test.each([
    ['no prefixes', '/rules', { ...threshold, prefixes: [] }],
    ['a type that is none', '/rules', { ...threshold, type: 'invalid' }],
    ['a prefix that is none', '/rules', { ...threshold, prefixes: ['bad'] }],
    ['an address that is none', '/routers', { ...router, router_ip: 'bad' }],
    ['a negative sampling', '/routers', { ...router, default_sampling: -1 }],
    ['no name', '/routers', { router_ip: '192.0.2.1', default_sampling: 1 }],
  ])('%s is 422, and no success', async (_, path, body) => {
    const { status, json } = await curl('POST', path + slash, body)
    expect([status, json.success, json.result]).toEqual([422, false, null])
    expect(json.errors?.[0]?.message).toEqual(expect.any(String))
  })

  test('host bits in a prefix are accepted', async () => {
    const body = { ...threshold, prefixes: ['160.168.0.1/24'] }
    expect((await curl('POST', `/rules${slash}`, body)).json.result?.['prefixes']).toEqual([
      '160.168.0.0/24',
    ])
  })
})
