// Channels over the real store, and real servers on this machine that take what is sent.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../api/app.ts'
import { createChannels } from '../../../api/notify/channels.ts'
import { createDelivery } from '../../../api/notify/deliver.ts'
import { createNotificationLog } from '../../../api/notify/log.ts'
import { testNotice } from '../../../api/notify/notice.ts'
import { createSend, type SendNotice } from '../../../api/notify/send.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { parsePrefix } from '../../../rules/configuration/prefix.ts'
import { createLog } from '../../../runtime/log.ts'
import { sender } from '../../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

const loopback = [parsePrefix('127.0.0.0/8')!]
const log = createLog('test', 'silent')
let nowMs = Date.now()
const now = () => nowMs

let database: TestDatabase
let server: Server
let url: string
let taken: {
  path: string
  key: string | undefined
  body: { event: { id: string; event: string } }
}[]
let status: number
beforeAll(async () => {
  database = await startTestDatabase()
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const key = request.headers['idempotency-key'] as string | undefined
      taken.push({ path: request.url ?? '', key, body: JSON.parse(body) })
      response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {}).end('body')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterAll(async () => {
  server.close()
  await database.remove()
})
beforeEach(async () => {
  nowMs = Date.now()
  taken = []
  status = 200
  await database.empty('channels', 'channel_progress', 'notifications', 'alert_events', 'audit')
})

const deliveries: ReturnType<typeof createDelivery>[] = []
afterEach(async () => {
  for (const delivery of deliveries.splice(0)) await delivery.stop()
})

function deliver(send: SendNotice = createSend(loopback, now)) {
  const { client } = database
  const channels = createChannels(client)
  const notificationLog = createNotificationLog(client)
  const delivery = createDelivery({ client, channels, notificationLog, send, now, log })
  deliveries.push(delivery)
  return delivery
}

function api() {
  const { client, migrations } = database
  return sender(
    createApp({
      configuration: createConfiguration(client, now),
      store: client,
      migrations,
      access: { token: undefined, hosts: undefined },
      notifyNetworks: loopback,
      log,
      storage: () => undefined,
      now,
    }),
  )
}

interface Happened {
  number: number
  id: string
  event?: string
  severity?: 'warning' | 'high' | 'critical'
  silenced?: boolean
  minute?: number
  atMs?: number
}

/** As whoever evaluates writes them. */
async function happen(...events: Happened[]): Promise<void> {
  const { alert } = testNotice('x', nowMs)
  await database.client.insert({
    table: 'alert_events',
    format: 'JSONEachRow',
    values: events.map(
      ({ number, id, event = 'firing', severity = 'warning', silenced, minute, atMs }) => ({
        id,
        number,
        alert_id: 'alert',
        fingerprint: 'f',
        rule_id: 'r',
        minute: minute ?? Math.floor(nowMs / 60_000) * 60,
        at: ((atMs ?? nowMs) / 1000).toFixed(3),
        event,
        silenced: silenced ? 1 : 0,
        text: `${id} happened`,
        doc: JSON.stringify({ ...alert, severity }),
      }),
    ),
  })
}

const thisMinute = Math.floor(Date.now() / 60_000) * 60
const told = () => taken.map(({ body }) => body.event.id)

test('a channel is told in order of what happens after it was made, once', async () => {
  await happen({ number: 1, id: 'before' })
  const send = api()
  const made = await send('POST', '/channels', {
    name: 'NOC',
    type: 'webhook',
    url,
    secret: 's3cret',
  })
  expect(made.status).toBe(201)
  expect(made.text).not.toContain('s3cret')
  await happen(
    { number: 2, id: 'b', minute: thisMinute - 60 },
    { number: 2, id: 'a', minute: thisMinute },
  )
  await happen({ number: 3, id: 'c' }, { number: 0, id: 'acknowledged', event: 'acknowledged' })
  const delivery = deliver()
  await delivery.round()
  await delivery.round()
  expect(told()).toEqual(['b', 'a', 'c'])
  // Another process goes on where this one was.
  await happen({ number: 4, id: 'd' })
  await deliver().round()
  expect(told()).toEqual(['b', 'a', 'c', 'd'])
  expect(taken[0]).toMatchObject({ path: '/hook', key: 'b' })

  const list = await send('GET', '/notifications?limit=3')
  expect(list.body.result).toHaveLength(3)
  const { cursor } = (list.body as unknown as { result_info: { cursor: string } }).result_info
  const rest = await send('GET', `/notifications?limit=3&cursor=${cursor}`)
  expect(rest.body.result).toHaveLength(1)
})

test('silenced events, events that it does not want and small ones pass by', async () => {
  await api()('POST', '/channels', {
    name: 'NOC',
    type: 'webhook',
    url,
    events: ['firing', 'resolved'],
    min_severity: 'high',
  })
  await happen(
    { number: 1, id: 'silenced', severity: 'high', silenced: true },
    { number: 2, id: 'small' },
    { number: 3, id: 'other', severity: 'high', event: 'still_firing' },
    { number: 4, id: 'wanted', severity: 'critical', event: 'resolved' },
  )
  await deliver().round()
  expect(told()).toEqual(['wanted'])
})

test('what is not taken is sent again with the same id, later and later, and given up after a day', async () => {
  await api()('POST', '/channels', { name: 'NOC', type: 'webhook', url })
  await happen({ number: 1, id: 'first' }, { number: 1, id: 'second' })
  const delivery = deliver()
  status = 500
  await delivery.round()
  await delivery.round()
  // The second round came too early, and the second event has to wait for the first.
  expect(told()).toEqual(['first'])
  nowMs += 5_000
  await delivery.round()
  expect(told()).toEqual(['first', 'first'])
  nowMs += 5_000
  await delivery.round()
  expect(told()).toHaveLength(2)
  nowMs += 5_000
  status = 204
  await delivery.round()
  expect(told()).toEqual(['first', 'first', 'first', 'second'])

  await happen({ number: 2, id: 'lost', atMs: nowMs }, { number: 3, id: 'next', atMs: nowMs })
  status = 404
  await delivery.round()
  nowMs += 25 * 3_600_000
  await delivery.round()
  nowMs += 3_600_000
  status = 200
  await happen({ number: 4, id: 'fresh', atMs: nowMs })
  await delivery.round()
  expect(told().slice(4)).toEqual(['lost', 'lost', 'next', 'fresh'])
  const outcomes = await api()('GET', '/notifications?limit=1000')
  expect(outcomes.text).toContain('given_up')
})

test('a process that ends between telling and moving on leads to the same event once more', async () => {
  await api()('POST', '/channels', { name: 'NOC', type: 'webhook', url })
  await happen({ number: 1, id: 'once' })
  const { client } = database
  const channels = createChannels(client)
  const broken = { ...channels, move: () => Promise.reject(new Error('the process is gone')) }
  const notificationLog = createNotificationLog(client)
  const send = createSend(loopback, now)
  const first = createDelivery({ client, channels: broken, notificationLog, send, now, log })
  await expect(first.round()).rejects.toThrow('the process is gone')
  await deliver(send).round()
  expect(taken.map(({ key }) => key)).toEqual(['once', 'once'])
})

test('a channel that is turned off is not told later of what happened meanwhile', async () => {
  const send = api()
  const made = await send('POST', '/channels', { name: 'NOC', type: 'webhook', url })
  const path = `/channels/${made.body.result.id}`
  await send('PATCH', path, { enabled: false })
  await happen({ number: 1, id: 'meanwhile' })
  await deliver().round()
  await send('PATCH', path, { enabled: true })
  await happen({ number: 2, id: 'then' })
  await deliver().round()
  expect(told()).toEqual(['then'])
})

test('redirects are not followed, and private networks not reached, nor spoken to in the clear', async () => {
  const send = api()
  const made = await send('POST', '/channels', { name: 'NOC', type: 'slack', url })
  const path = `/channels/${made.body.result.id}`
  status = 302
  const redirected = await send('POST', `${path}/test`)
  expect(redirected.body.result).toMatchObject({ delivered: false })
  expect(redirected.text).toContain('redirects are not followed')
  expect(taken).toHaveLength(1)
  const strict = createSend([], now)
  const { doc: channel } = await createChannels(database.client).read(made.body.result.id)
  const notice = testNotice('x', nowMs)
  const { signal } = new AbortController()
  await expect(strict(channel, notice, signal)).rejects.toThrow('NETMON_NOTIFY_NETWORKS')
  await expect(
    strict({ ...channel, url: 'http://198.41.0.4/' } as typeof channel, notice, signal),
  ).rejects.toThrow('only https')
  expect(taken).toHaveLength(1)
})

test('secrets are hidden, stay when sent back hidden, and cannot be made of nothing', async () => {
  const send = api()
  const made = await send('POST', '/channels', {
    name: 'PD',
    type: 'pagerduty',
    routing_key: 'R0UTING',
    url,
  })
  const path = `/channels/${made.body.result.id}`
  const shown = await send('GET', path)
  expect(shown.text).not.toContain('R0UTING')
  const back = await send('PUT', path, { ...shown.body.result, name: 'PagerDuty' })
  expect(back.status).toBe(200)
  await send('POST', `${path}/test`)
  expect(taken[0]?.body).toMatchObject({ routing_key: 'R0UTING', event_action: 'trigger' })
  const nothing = await send('POST', '/channels', { name: 'B', type: 'slack', url: '********' })
  expect(nothing.status).toBe(422)
  expect((await send('POST', '/channels', { name: 'PagerDuty', type: 'slack', url })).status).toBe(
    409,
  )
  expect((await send('GET', '/audit')).text).not.toContain('R0UTING')
})

test.each([
  [{ name: 'x', type: 'carrier-pigeon' }, 1503, '/type'],
  [{ name: 'x', type: 'webhook' }, 1504, '/url'],
  [{ name: 'x', type: 'webhook', url: 'file:///etc/passwd' }, 1504, '/url'],
  [{ name: 'x', type: 'webhook', url: 'https://user:pass@h.example/' }, 1504, '/url'],
  [{ name: 'x', type: 'slack', url: 'https://h.example/', events: [] }, 1515, '/events'],
  [{ name: 'x', type: 'email', host: 'm', from: 'a@b', to: ['c@d, e@f'] }, 1512, '/to/0'],
  [{ name: 'x', type: 'email', host: 'm', from: 'a@b\nBcc: x@y', to: ['c@d'] }, 1511, '/from'],
] as const)('%j is refused at its field', async (channel, code, pointer) => {
  const { status, errors } = await api()('POST', '/channels', channel)
  expect([status, errors[0]]).toEqual([422, [code, pointer]])
})

test('mail goes to a server that speaks SMTP', async () => {
  const lines: string[] = []
  const smtp = createTcpServer((socket) => {
    let isData = false
    socket.write('220 test\r\n')
    socket.on('data', (part) => {
      for (const line of part.toString().split('\r\n').slice(0, -1)) {
        lines.push(line)
        if (isData) {
          if (line !== '.') continue
          isData = false
          socket.write('250 kept\r\n')
        } else if (line === 'DATA') {
          isData = true
          socket.write('354 go on\r\n')
        } else if (line === 'STARTTLS') socket.write('454 no TLS here\r\n')
        else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve))
  const { port } = smtp.address() as AddressInfo
  const send = api()
  const made = await send('POST', '/channels', {
    name: 'Mail',
    type: 'email',
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'Monitoring <netmon@example.com>',
    to: ['noc@example.com', 'boss@example.com'],
  })
  const answer = await send('POST', `/channels/${made.body.result.id}/test`)
  expect(answer.body.result).toMatchObject({ delivered: true, detail: 'accepted for 2 of 2' })
  expect(lines).toContain('MAIL FROM:<netmon@example.com>')
  expect(lines).toContain('RCPT TO:<boss@example.com>')
  expect(lines.some((line) => /^Subject: \[test\] Test of a channel/.test(line))).toBe(true)
  // Without TLS, where TLS was asked for, nothing is said.
  await send('PATCH', `/channels/${made.body.result.id}`, { security: 'starttls' })
  lines.length = 0
  const refused = await send('POST', `/channels/${made.body.result.id}/test`)
  expect(refused.body.result).toMatchObject({ delivered: false })
  expect(lines).toContain('STARTTLS')
  expect(lines.filter((line) => line.startsWith('MAIL'))).toEqual([])
  smtp.close()
})
