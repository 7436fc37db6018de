import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

// What tries to leave the text that it stands in: it is kept letter for letter where a text is taken, refused elsewhere, and finds nothing.

const payloads = [
  "'",
  "''",
  "\\'",
  '"',
  '`',
  "' OR '1'='1",
  "' OR 1=1 --",
  "') OR ('1'='1",
  "'; DROP TABLE rules; --",
  "'); INSERT INTO routers SELECT * FROM routers; --",
  "' UNION ALL SELECT * FROM tokens --",
  "\\' UNION SELECT doc FROM tokens FORMAT JSON --",
  '{id:String}',
  '{table:Identifier}',
  '{all:Bool}',
  "' AND sleep(3) AND '1'='1",
  "' AND url('http://127.0.0.1:9/', 'LineAsString') --",
  "file('/etc/passwd')",
  "1; SYSTEM RELOAD DICTIONARY 'x'",
  "x' INTO OUTFILE '/tmp/x",
  "x' SETTINGS readonly = 0 --",
  '/* */',
  '-- comment',
  '%27%20OR%201=1',
  '＇ OR 1=1',
  '$(touch x)',
  ';id',
  '-rf',
  '<script>alert(1)</script>',
  '=cmd|calc',
]

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

async function rowsOf(query: string): Promise<unknown[]> {
  const result = await database.client.query({ query, format: 'JSONEachRow' })
  return result.json()
}
const tables = () =>
  rowsOf('SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name')
const documents = () =>
  rowsOf(
    'SELECT * FROM (SELECT id, version, doc FROM rules FINAL UNION ALL SELECT id, version, doc FROM routers FINAL) ORDER BY id, version',
  )

test('a name is kept letter for letter', async () => {
  const before = await tables()
  const rules = payloads.map((name) => ({
    name,
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    packet_threshold: 1,
  }))
  const routers = payloads.map((name, n) => ({
    name,
    router_ip: `192.0.2.${n + 1}`,
    default_sampling: 1,
  }))
  expect((await send('POST', '/rules/bulk', rules)).status).toBe(201)
  expect((await send('POST', '/routers/bulk', routers)).status).toBe(201)
  for (const path of ['/rules', '/routers']) {
    const names = [...(await send('GET', path)).body.result].map(
      (one) => (one as unknown as { name: string }).name,
    )
    expect(names.sort()).toEqual([...payloads].sort())
  }
  const made = await send('POST', '/tokens', { name: payloads[8], role: 'read' })
  expect(made.status).toBe(201)
  expect(await tables()).toEqual(before)
})

test('in ids, parameters, filters and cursors they find nothing and change nothing', async () => {
  const before = await documents()
  const log = () => rowsOf('SELECT count() AS writes FROM audit FINAL')
  const written = await log()
  for (const payload of payloads.slice(0, 14)) {
    const text = encodeURIComponent(payload)
    for (const path of [`/rules/${text}`, `/routers/${text}`]) {
      const { status } = await send('GET', path)
      expect([payload, path, status]).toEqual([payload, path, 404])
    }
    for (const path of [
      `/audit?caller=${text}`,
      `/audit?cursor=${text}`,
      `/traffic/top?by=${text}`,
      `/flows?filter=${text}`,
    ]) {
      const { status, body } = await send('GET', path)
      expect([payload, path, status < 500]).toEqual([payload, path, true])
      if (status === 200) expect([payload, path, body.result]).toEqual([payload, path, []])
    }
  }
  expect(await documents()).toEqual(before)
  expect(await log()).toEqual(written)
})

test('no filter of /alerts finds an alert that it does not name, and what people say of one is kept letter for letter', async () => {
  const id = 'a'.repeat(32)
  const time = new Date(Date.now() - 60_000).toISOString()
  const doc = { id, state: 'firing', rule_id: 'r', rule_name: payloads[0], vector: null }
  await database.client.insert({
    table: 'alerts',
    values: [
      {
        id,
        version: 1,
        state: 'firing',
        rule_id: 'r',
        prefixes: ['192.0.2.0/24'],
        fired_at: Math.floor(Date.parse(time) / 1000),
        updated_at: Math.floor(Date.parse(time) / 1000),
        doc: JSON.stringify({ ...doc, key: 'rule', prefixes: ['192.0.2.0/24'], severity: 'high' }),
      },
    ],
    format: 'JSONEachRow',
  })
  expect((await send('GET', '/alerts?rule=r&prefix=192.0.2.0/24')).body.result).toHaveLength(1)
  const before = await tables()
  for (const payload of payloads) {
    const text = encodeURIComponent(payload)
    const byRule = await send('GET', `/alerts?state=all&rule=${text}`)
    expect([payload, byRule.status, byRule.body.result]).toEqual([payload, 200, []])
    for (const name of ['state', 'prefix', 'from', 'to', 'limit', 'cursor']) {
      const { status, errors } = await send('GET', `/alerts?${name}=${text}`)
      expect([payload, name, status, errors]).toEqual([payload, name, 400, [[1006, '']]])
    }
    if (payload.length > 12) continue
    expect([payload, (await send('GET', `/alerts/${text}`)).status]).toEqual([payload, 404])
    expect([payload, (await send('DELETE', `/silences/${text}`)).status]).toEqual([payload, 404])
  }
  const text = payloads.join(' ')
  const said = await send('POST', `/alerts/${id}/comment`, { text })
  expect((said.body.result as unknown as { timeline: object[] }).timeline).toMatchObject([
    { event: 'commented', text: `commented by anonymous: ${text}` },
  ])
  expect(await tables()).toEqual(before)
})

test('in prefixes, addresses and choices they are refused', async () => {
  const before = await documents()
  const prefixes = await send('POST', '/rules', {
    name: 'r',
    type: 'threshold',
    prefixes: payloads,
    packet_threshold: 1,
  })
  expect([prefixes.status, prefixes.errors.length]).toEqual([422, payloads.length])
  const routers = payloads.map((router_ip) => ({ name: 'r', router_ip, default_sampling: 1 }))
  const addresses = await send('POST', '/routers/bulk', routers)
  expect([addresses.status, addresses.errors.length]).toEqual([422, payloads.length])
  for (const payload of payloads.slice(0, 14)) {
    const choice = {
      name: 'r',
      type: payload,
      prefixes: ['10.0.0.0/8'],
      scope: payload,
      direction: payload,
    }
    expect((await send('POST', '/rules', choice)).errors).toEqual([
      [1207, '/type'],
      [1214, '/scope'],
      [1215, '/direction'],
    ])
  }
  expect(await documents()).toEqual(before)
})
