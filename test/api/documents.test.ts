import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
let send: Send
beforeAll(async () => {
  database = await startTestDatabase()
  const { client: store, migrations } = database
  send = sender(
    createApp({
      configuration: createConfiguration(store, Date.now),
      store,
      migrations,
      access: { token: undefined, hosts: undefined },
      log: createLog('test', 'silent'),
      storage: () => undefined,
      now: Date.now,
    }),
  )
})
afterAll(() => database.remove())
beforeEach(() => database.empty('routers', 'rules', 'channels', 'channel_progress', 'audit'))

const router = (n: number) => ({ name: `r${n}`, router_ip: `192.0.2.${n}`, default_sampling: n })
const rule = (n: number) => ({
  name: `Rule ${n}`,
  type: 'threshold',
  prefixes: [`10.${n}.0.0/16`],
  packet_threshold: 1,
})
const kinds = [
  ['/routers', router, '/router_ip', 1103],
  ['/rules', rule, '/name', 1202],
] as const

const channel = (n: number) => ({
  name: `c${n}`,
  type: 'webhook',
  url: `https://example.com/${n}`,
})

describe.each([
  ...kinds.map(([path, make]) => [path, make] as const),
  ['/channels', channel] as const,
])('a version of %s', (path, make) => {
  test('is the ETag of its document, and grows with each change', async () => {
    const created = await send('POST', path, make(1))
    const one = `${path}/${created.body.result.id}`
    const tags = [created, await send('GET', one), await send('PUT', one, make(2))]
    tags.push(await send('PATCH', one, { name: 'x' }), await send('GET', `${one}/`))
    expect(tags.map(({ headers }) => headers.get('ETag'))).toEqual([
      '"1"',
      '"1"',
      '"2"',
      '"3"',
      '"3"',
    ])
    const unchanged = await send('GET', one, undefined, { 'If-None-Match': '"3"' })
    expect([unchanged.status, unchanged.text]).toEqual([304, ''])
  })

  test('that is not the one in If-Match keeps the document as it is', async () => {
    const { id } = (await send('POST', path, make(1))).body.result
    const one = `${path}/${id}`
    for (const stale of ['"2"', 'W/"1"', '1', '"x", "y"', '']) {
      for (const [method, body] of [
        ['PUT', make(2)],
        ['PATCH', { name: 'x' }],
        ['DELETE', undefined],
      ] as const) {
        const refused = await send(method, one, body, { 'If-Match': stale })
        expect([method, stale, refused.status, refused.errors]).toEqual([
          method,
          stale,
          412,
          [[1903, '']],
        ])
      }
    }
    expect((await send('GET', one)).body.result).toMatchObject(make(1))
    for (const [body, condition] of [
      [make(2), '"7", "1"'],
      [make(3), '*'],
    ] as const) {
      expect((await send('PUT', one, body, { 'If-Match': condition })).status).toBe(200)
    }
    expect((await send('DELETE', one, undefined, { 'If-Match': '"3"' })).status).toBe(204)
  })

  test('lets one of two win who both saw the same', async () => {
    const { id } = (await send('POST', path, make(1))).body.result
    const answers = await Promise.all(
      [2, 3].map((n) => send('PUT', `${path}/${id}`, make(n), { 'If-Match': '"1"' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
  })

  test('is of all changes that came at once, whatever each was of', async () => {
    const { id } = (await send('POST', path, make(1))).body.result
    const [a, b] = Object.entries(make(2)).filter(([field]) => field !== 'type')
    const answers = await Promise.all(
      [a!, b!].map(([field, value]) => send('PATCH', `${path}/${id}`, { [field]: value })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const both = await send('GET', `${path}/${id}`)
    expect([both.headers.get('ETag'), both.body.result]).toMatchObject([
      '"3"',
      Object.fromEntries([a!, b!]),
    ])
  })
})

describe.each(kinds)('many of %s', (path, make, unique, duplicate) => {
  const list = async () => [...(await send('GET', path)).body.result]

  test('are created in one request, and replaced in one, in the order of the body', async () => {
    const created = await send('POST', `${path}/bulk`, [make(2), make(1), make(3)])
    expect([created.status, created.body.result]).toMatchObject([201, [make(2), make(1), make(3)]])
    const [two, one] = [...created.body.result]
    // Each takes what the other had: they are unique when all is done.
    const swapped = [
      { ...make(1), id: two?.id },
      { ...make(2), id: one?.id },
    ]
    const replaced = await send('PUT', `${path}/bulk/`, swapped)
    expect([replaced.status, replaced.body.result]).toMatchObject([200, swapped])
    expect(await list()).toMatchObject([{ id: two?.id }, { id: one?.id }, make(3)])
  })

  test.each([
    ['with problems', [make(1), { ...make(2), name: '' }, { name: 7 }], 422, '/1/name'],
    ['twice the same', [make(1), make(2), make(1)], 409, `/2${unique}`],
    ['that are none', 'x', 400, ''],
    ['of which there are none', [], 422, ''],
    ['of which there are too many', Array(5_001).fill(0), 422, ''],
    ['that are lists', [[]], 422, '/0'],
    ['null', [null], 422, '/0'],
  ])(
    '%s: none is created, and the first problem is told by its place',
    async (_, body, status, pointer) => {
      const refused = await send('POST', `${path}/bulk`, body)
      expect([refused.status, refused.errors[0]?.[1]]).toEqual([status, pointer])
      expect(await list()).toEqual([])
    },
  )

  test('keep away from what is there', async () => {
    await send('POST', path, make(2))
    const refused = await send('POST', `${path}/bulk`, [make(1), make(2)])
    expect([refused.status, refused.errors]).toEqual([409, [[duplicate, `/1${unique}`]]])
    expect(await list()).toHaveLength(1)
  })

  test('are replaced by ids that are there, each once', async () => {
    const [a] = [...(await send('POST', `${path}/bulk`, [make(1)])).body.result]
    for (const [second, status, error] of [
      [{ ...make(2) }, 422, [1009, '/1/id']],
      [{ ...make(2), id: a?.id }, 422, [1009, '/1/id']],
      [{ ...make(2), id: 'none' }, 404, [1404, '/1/id']],
    ] as const) {
      const refused = await send('PUT', `${path}/bulk`, [{ ...make(3), id: a?.id }, second])
      expect([refused.status, refused.errors]).toEqual([status, [error]])
    }
    expect(await list()).toMatchObject([make(1)])
  })
})

test('a bulk body of rules names prefixes by their place', async () => {
  const rules = [rule(1), { ...rule(2), prefixes: ['10.0.0.0/8', 'bad'] }]
  const refused = await send('POST', '/rules/bulk', rules)
  expect(refused.errors).toEqual([[1205, '/1/prefixes/1']])
})

test('a bulk body may hold 16 MiB, and 100,000 prefixes', async () => {
  const padded = (length: number) => JSON.stringify([router(1)]).padEnd(length)
  expect((await send('POST', '/routers/bulk', padded(16 * 2 ** 20))).status).toBe(201)
  expect((await send('POST', '/routers/bulk', padded(16 * 2 ** 20 + 1))).errors).toEqual([
    [1002, ''],
  ])
  const prefixes = Array(5_000).fill('x')
  const many = await send('POST', '/rules/bulk', Array(21).fill({ ...rule(1), prefixes }))
  expect([many.status, many.errors]).toEqual([422, [[1008, '']]])
})

test('5,000 rules are created by one request', async () => {
  const rules = Array.from({ length: 5_000 }, (_, n) => ({
    ...rule(1),
    name: `Rule ${n}`,
    prefixes: [`10.${n >> 8}.${n & 255}.0/24`],
  }))
  const created = await send('POST', '/rules/bulk', rules)
  expect([created.status, created.body.result.length]).toEqual([201, 5_000])
  expect(
    await database.client
      .query({
        query: 'SELECT count() AS n FROM prefixes FINAL WHERE NOT deleted',
        format: 'JSONEachRow',
      })
      .then((result) => result.json()),
  ).toEqual([{ n: 5000 }])
})
