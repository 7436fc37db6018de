import Cloudflare from 'cloudflare'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCloudflareAccount } from '../../../api/cloudflare/account.ts'
import { type ApiService, startApi } from '../../../api/service.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { routerInputSchema } from '../../../rules/configuration/router.ts'
import { createLog } from '../../../runtime/log.ts'
import { readSettings } from '../../../runtime/settings.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

// Cloudflare's own client, pointed at this API over a socket.

const token = 'a-token-of-some-length'
const account_id = '6f91088a406011ed95aed352566e8d4c'
let database: TestDatabase
let service: ApiService
let client: Cloudflare
let url: string
beforeAll(async () => {
  database = await startTestDatabase()
  service = await startApi({
    settings: readSettings({ NETMON_API_TOKEN: token }, { apiPort: '0' }),
    store: database.address,
    log: createLog('test', 'silent'),
  })
  url = `http://127.0.0.1:${service.port}`
  client = new Cloudflare({ apiToken: token, baseURL: `${url}/client/v4`, maxRetries: 0 })
})
afterAll(async () => {
  await service.close()
  await database.remove()
})
beforeEach(() => database.empty('routers', 'rules', 'account'))

/** As everybody else asks. */
async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
const mnm = `/client/v4/accounts/${account_id}/mnm`

async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of pages) all.push(one)
  return all
}

describe('rules', () => {
  const rule = {
    account_id,
    name: 'my_rule_1',
    type: 'threshold' as const,
    prefixes: ['160.168.0.1/24', '2001:db8::/32'],
    automatic_advertisement: true,
    bandwidth_threshold: 1_000_000,
    duration: '5m' as const,
  }

  test("are created, listed, read, edited, updated and deleted by Cloudflare's client", async () => {
    const { rules } = client.magicNetworkMonitoring
    const created = await rules.create(rule)
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'my_rule_1',
      type: 'threshold',
      prefixes: ['160.168.0.0/24', '2001:db8::/32'],
      automatic_advertisement: true,
      bandwidth_threshold: 1_000_000,
      duration: '5m',
      prefix_match: null,
      zscore_sensitivity: null,
      zscore_target: null,
    })
    const id = created!.id
    expect(await collect(rules.list({ account_id }))).toEqual([created])
    expect(await rules.get(id, { account_id })).toEqual(created)

    const edited = await rules.edit(id, { ...rule, duration: '60m', packet_threshold: 7 })
    expect(edited).toEqual({ ...created, duration: '60m', packet_threshold: 7 })
    // It has no id to send: the name, which is unique, tells which rule.
    const updated = await rules.update({
      account_id,
      name: 'my_rule_1',
      type: 'zscore',
      prefixes: ['203.0.113.1/32'],
      automatic_advertisement: null,
      zscore_sensitivity: 'high',
      zscore_target: 'packets',
    })
    expect(updated).toMatchObject({
      id,
      type: 'zscore',
      zscore_sensitivity: 'high',
      duration: '1m',
    })
    expect(updated).not.toHaveProperty('bandwidth_threshold')

    const body = { automatic_advertisement: true }
    expect(await rules.advertisements.edit(id, { account_id, body })).toEqual(body)
    expect(await rules.get(id, { account_id })).toMatchObject(body)

    expect(await rules.delete(id, { account_id })).toMatchObject({ id, name: 'my_rule_1' })
    expect(await collect(rules.list({ account_id }))).toEqual([])
    await expect(rules.get(id, { account_id })).rejects.toThrow(Cloudflare.NotFoundError)
    await expect(rules.delete(id, { account_id })).rejects.toThrow(Cloudflare.NotFoundError)
  })

  test('are the rules that everybody else sees, with durations as numbers there', async () => {
    const created = await client.magicNetworkMonitoring.rules.create(rule)
    const { body } = await ask('GET', `/rules/${created?.id}`)
    expect(body.result).toMatchObject({ name: 'my_rule_1', duration: 5, scope: 'rule' })
  })

  test('keep, when they are replaced here, what only the other routes can say', async () => {
    const own = {
      ...rule,
      account_id: undefined,
      name: 'with space',
      direction: 'out',
      scope: 'per_prefix',
      flow_threshold: 9,
    }
    const { id } = (await ask('POST', '/rules', own)).body.result
    const replaced = await ask('PUT', `${mnm}/rules`, {
      ...rule,
      id,
      name: 'with space',
      duration: '1m0s',
    })
    expect([replaced.status, replaced.body.result.duration]).toEqual([200, '1m'])
    expect((await ask('GET', `/rules/${id}`)).body.result).toMatchObject({
      name: 'with space',
      direction: 'out',
      scope: 'per_prefix',
      flow_threshold: 9,
    })
  })

  test.each([
    [{ name: 'with space' }, 1201, '/name'],
    [{ name: 'x'.repeat(257) }, 1201, '/name'],
    [{ duration: '90s' }, 1210, '/duration'],
    [{ duration: '61m' }, 1210, '/duration'],
    [{ prefixes: ['bad'] }, 1205, '/prefixes/0'],
    [{ automatic_advertisement: 'yes' }, 1222, '/automatic_advertisement'],
    [{ bandwidth_threshold: 0 }, 1208, '/bandwidth_threshold'],
  ])('with %j are refused in the envelope that the client reads', async (wrong, code, pointer) => {
    const create = client.magicNetworkMonitoring.rules.create({ ...rule, ...(wrong as object) })
    const error = await create.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Cloudflare.UnprocessableEntityError)
    expect((error as InstanceType<typeof Cloudflare.APIError>).errors).toMatchObject([{ code }])
    const { body } = await ask('POST', `${mnm}/rules`, { ...rule, ...wrong })
    expect(body.errors[0].source.pointer).toBe(pointer)
  })

  test('a taken name is a conflict', async () => {
    await client.magicNetworkMonitoring.rules.create(rule)
    const again = client.magicNetworkMonitoring.rules.create(rule)
    await expect(again).rejects.toThrow(Cloudflare.ConflictError)
  })

  test('many are created and replaced in one request', async () => {
    const many = ['a', 'b'].map((name) => ({ ...rule, account_id: undefined, name }))
    const created = await ask('POST', `${mnm}/rules/bulk`, many)
    expect([created.status, created.body.result]).toMatchObject([
      200,
      [{ name: 'a' }, { name: 'b' }],
    ])
    const changed = created.body.result.map((one: object) => ({ ...one, duration: '10m' }))
    const replaced = await ask('PUT', `${mnm}/rules/bulk`, changed)
    expect(replaced.body.result).toEqual(changed)
    const refused = await ask('POST', `${mnm}/rules/bulk`, [many[0], 7, { name: 'x y' }])
    expect(refused.body.errors[0].source.pointer).toMatch(/^\/1/)
  })
})

describe('the configuration', () => {
  const config = {
    account_id,
    name: "cloudflare user's account",
    default_sampling: 1000,
    router_ips: ['203.0.113.1', '2001:db8::1'],
  }
  const routersByAddress = async () =>
    Object.fromEntries(
      (await ask('GET', '/routers')).body.result.map(
        (router: { router_ip: string; name: string; default_sampling: number }) => [
          router.router_ip,
          [router.name, router.default_sampling],
        ],
      ),
    )

  test("is created, read, edited, updated and deleted by Cloudflare's client", async () => {
    const { configs } = client.magicNetworkMonitoring
    await expect(configs.get({ account_id })).rejects.toThrow(Cloudflare.NotFoundError)
    const { account_id: _, ...shown } = { ...config, warp_devices: [] }
    const sorted = { ...shown, router_ips: ['2001:db8::1', '203.0.113.1'] }
    expect(await configs.create(config)).toEqual(sorted)
    await expect(configs.create(config)).rejects.toThrow(Cloudflare.ConflictError)
    expect(await configs.get({ account_id })).toEqual(sorted)

    expect(await configs.edit({ account_id, name: 'renamed' })).toEqual({
      ...sorted,
      name: 'renamed',
    })
    const updated = await configs.update({ ...config, router_ips: ['203.0.113.2'] })
    expect(updated).toEqual({ ...shown, router_ips: ['203.0.113.2'] })
    const full = await configs.full.get({ account_id })
    expect(full).toMatchObject({ ...updated, rules: [] })

    expect(await configs.delete({ account_id })).toEqual(updated)
    await expect(configs.delete({ account_id })).rejects.toThrow(Cloudflare.NotFoundError)
    expect(await routersByAddress()).toEqual({})
    expect(await configs.create(config)).toEqual(sorted)
  })

  test('has the addresses of all routers, and makes and removes routers by them', async () => {
    await ask('POST', '/routers', { name: 'edge', router_ip: '192.0.2.1', default_sampling: 7 })
    const { configs } = client.magicNetworkMonitoring
    await configs.create({ account_id, name: 'a', default_sampling: 100 })
    expect(await routersByAddress()).toEqual({ '192.0.2.1': ['edge', 7] })
    await configs.edit({ account_id, router_ips: ['192.0.2.1', '::ffff:192.0.2.2'] })
    expect(await routersByAddress()).toEqual({
      '192.0.2.1': ['edge', 7],
      '192.0.2.2': ['192.0.2.2', 100],
    })
    // What follows the account's rate is told the new one; what has its own keeps it.
    await configs.edit({ account_id, default_sampling: 200 })
    expect(await routersByAddress()).toEqual({
      '192.0.2.1': ['edge', 7],
      '192.0.2.2': ['192.0.2.2', 200],
    })
    await configs.edit({ account_id, router_ips: ['192.0.2.1'] })
    expect(await routersByAddress()).toEqual({ '192.0.2.1': ['edge', 7] })
  })

  test('leaves a router alone that somebody makes while it is changed', async () => {
    const { client: store } = database
    const { routers } = createConfiguration(store, Date.now)
    const account = createCloudflareAccount(store, routers)
    await account.create({ name: 'a', default_sampling: 1, router_ips: ['192.0.2.1'] })
    let made: Promise<unknown> | undefined
    await account.change((present) => {
      made = routers.create(
        routerInputSchema.parse({ name: 'b', router_ip: '192.0.2.2', default_sampling: 1 }),
      )
      return { ...present, name: 'c' }
    })
    await made
    expect((await account.get()).router_ips).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test.each([
    [{ default_sampling: 0 }, [1603, '/default_sampling']],
    [{ router_ips: ['192.0.2.1', '10.0.0.0/8'] }, [1605, '/router_ips/1']],
    [{ name: '' }, [1601, '/name']],
    [{ warp_devices: [7] }, [1606, '/warp_devices/0']],
  ])('with %j is refused', async (wrong, [code, pointer]) => {
    const { status, body } = await ask('POST', `${mnm}/config`, { ...config, ...wrong })
    expect([status, body.errors[0].code, body.errors[0].source.pointer]).toEqual([
      422,
      code,
      pointer,
    ])
    expect(await routersByAddress()).toEqual({})
  })

  test('flow logs of VPCs are not supported, which is said', async () => {
    const create = client.magicNetworkMonitoring.vpcFlows.tokens.create({ account_id })
    await expect(create).rejects.toThrow(/VPC flow logs are not received here/)
  })
})
