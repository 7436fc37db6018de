import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createLog } from '../../runtime/log.ts'
import {
  closedMs,
  createScene,
  minuteAt,
  noon,
  type Scene,
  sceneTables,
} from '../build/alert-scene.ts'
import { type Send, sender } from '../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
let scene: Scene
let send: Send
let nowMs: number

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(...sceneTables)
  scene = createScene(database)
  nowMs = closedMs(0)
  const { client: store, migrations } = database
  send = sender(
    createApp({
      configuration: scene.configuration,
      store,
      migrations,
      access: { token: undefined, hosts: undefined },
      log: createLog('test', 'silent'),
      storage: () => undefined,
      now: () => nowMs,
    }),
  )
})

interface AlertResult {
  id: string
  state: string
  rule_id: string
  silenced: boolean
  acknowledged: { at: string; by: string; comment: string } | null
  classification: { at: string; by: string; comment: string; class: string } | null
  accepted: { at: string; by: string; comment: string } | null
  timeline: { event: string; text: string }[]
  evidence: unknown
}
const alertsOf = (answer: Awaited<ReturnType<Send>>) =>
  answer.body.result as unknown as AlertResult[]
const alertOf = (answer: Awaited<ReturnType<Send>>) => answer.body.result as unknown as AlertResult
const timeText = (index: number) => new Date(minuteAt(index) * 1000).toISOString()

/** Two rules: one fires and ends, one fires at the end. */
async function play() {
  const web = await scene.addRule()
  const mail = await scene.addRule({ name: 'Mail', prefixes: ['2001:db8::/32'] })
  await scene.traffic(0, [0, 3000, 0, 0, 0, 0])
  await scene.traffic(0, [0, 0, 0, 0, 0, 9000], '2001:db8::/32')
  await scene.collector(-1440, 20)
  await scene.at(0)
  await scene.at(5)
  nowMs = closedMs(5)
  return { web, mail }
}

describe('GET /alerts', () => {
  test('tells those that are open, those that are over, or all, the newest first', async () => {
    const { web, mail } = await play()
    const ids = async (query: string) =>
      alertsOf(await send('GET', `/alerts${query}`)).map(({ rule_id, state }) => [rule_id, state])
    expect(await ids('')).toEqual([[mail.id, 'firing']])
    expect(await ids('?state=resolved')).toEqual([[web.id, 'resolved']])
    const all = [
      [mail.id, 'firing'],
      [web.id, 'resolved'],
    ]
    expect(await ids('?state=all')).toEqual(all)
    expect(await ids(`/?state=all&rule=${web.id}`)).toEqual([all[1]])
    expect(await ids('?state=all&prefix=2001:DB8::/32')).toEqual([all[0]])
    // It was open from the end of the second minute to that of the fourth.
    expect(await ids(`?state=all&to=${timeText(3)}`)).toEqual([all[1]])
    expect(await ids(`?state=all&from=${timeText(5)}`)).toEqual([all[0]])
  })

  test('tells them page by page', async () => {
    const { web, mail } = await play()
    const first = await send('GET', '/alerts?state=all&limit=1')
    const { result_info } = first.body as unknown as {
      result_info: { count: number; cursor: string }
    }
    expect([alertsOf(first)[0]?.rule_id, result_info.count]).toEqual([mail.id, 1])
    const second = await send('GET', `/alerts?state=all&limit=1&cursor=${result_info.cursor}`)
    expect(alertsOf(second).map(({ rule_id }) => rule_id)).toEqual([web.id])
    expect((second.body as unknown as { result_info: object }).result_info).toEqual({
      count: 1,
      cursor: null,
    })
  })

  test.each([
    'state=closed',
    'limit=0',
    'limit=201',
    'cursor=1',
    `cursor=9999999999-${'a'.repeat(32)}`,
    'prefix=home',
    'from=yesterday',
    `rule=${'a'.repeat(65)}`,
  ])('refuses ?%s', async (query) => {
    const { status, errors } = await send('GET', `/alerts?${query}`)
    expect([status, errors]).toEqual([400, [[1006, '']]])
  })
})

describe('GET /alerts/{alert_id}', () => {
  test('tells all that happened to it', async () => {
    await play()
    const [alert] = alertsOf(await send('GET', '/alerts?state=resolved'))
    const { status, ...answer } = await send('GET', `/alerts/${alert?.id}`)
    expect(status).toBe(200)
    expect(alertOf({ status, ...answer })).toMatchObject({ ...alert, evidence: null })
    expect(alertOf({ status, ...answer }).timeline.map(({ event }) => event)).toEqual([
      'firing',
      'resolved',
    ])
  })

  test('is 404 for one that is not, and leaves the seed’s paths as they are', async () => {
    expect((await send('GET', '/alerts/x')).errors).toEqual([[1404, '']])
    expect((await send('POST', '/alerts/x/ack', {})).status).toBe(404)
    // Nothing need be said with it.
    expect((await send('POST', '/alerts/x/ack')).status).toBe(404)
    expect((await send('POST', '/alerts/x/comment')).status).toBe(400)
    await play()
    nowMs = closedMs(5)
    expect((await send('GET', '/alerts/thresholds')).body.result).toHaveLength(1)
  })
})

describe('what people say', () => {
  test('is kept, and an evaluation does not take it away', async () => {
    await play()
    const [alert] = alertsOf(await send('GET', '/alerts'))
    const path = `/alerts/${alert?.id}`
    const acknowledged = await send('POST', `${path}/ack`, { comment: 'on it' })
    expect(acknowledged.status).toBe(200)
    nowMs += 1000
    await send('POST', `${path}/comment`, { text: 'a customer’s backup' })
    await scene.at(6)
    const told = alertOf(await send('GET', path))
    expect(told.acknowledged).toEqual({
      at: new Date(closedMs(5)).toISOString().replace('.000Z', 'Z'),
      by: 'anonymous',
      comment: 'on it',
    })
    expect(told.timeline.map(({ event, text }) => `${event} ${text}`).slice(1)).toEqual([
      'acknowledged acknowledged by anonymous: on it',
      'commented commented by anonymous: a customer’s backup',
    ])
    expect(alertsOf(await send('GET', '/alerts'))[0]).toMatchObject({
      state: 'recovering',
      acknowledged: { by: 'anonymous' },
    })
  })

  test('an alert is what it was classified as last, also when it is over', async () => {
    await play()
    const [alert] = alertsOf(await send('GET', '/alerts'))
    const path = `/alerts/${alert?.id}`
    expect(alert?.classification).toBeNull()
    await send('POST', `${path}/classify`, { class: 'verified' })
    nowMs += 1000
    const answer = await send('POST', `${path}/classify`, {
      class: 'false_positive',
      comment: 'a backup',
    })
    expect(answer.status).toBe(200)
    const classification = {
      class: 'false_positive',
      at: new Date(closedMs(5) + 1000).toISOString().replace('.000Z', 'Z'),
      by: 'anonymous',
      comment: 'a backup',
    }
    expect(alertOf(answer)).toMatchObject({ classification, acknowledged: null })
    expect(
      alertOf(answer)
        .timeline.map(({ text }) => text)
        .slice(-2),
    ).toEqual([
      'classified as verified by anonymous',
      'classified as false_positive by anonymous: a backup',
    ])
    await scene.at(8)
    const [over] = alertsOf(await send('GET', '/alerts?state=resolved'))
    expect(over).toMatchObject({ id: alert?.id, classification })
  })

  test('the traffic of a zscore alert is accepted as normal, by whoever did first; of other rules none is', async () => {
    await play()
    const zscore = await scene.addRule({
      name: 'Backup',
      prefixes: ['198.51.100.0/24'],
      type: 'zscore',
      bandwidth_threshold: undefined,
      zscore_sensitivity: 'high',
      zscore_target: 'bits',
    })
    await scene.collector(-1440, 30)
    await scene.traffic(7, [50e6, 50e6], '198.51.100.0/24')
    await scene.at(8)
    nowMs = closedMs(8)
    const alerts = alertsOf(await send('GET', '/alerts?state=all'))
    const idOf = (ruleId: string) => alerts.find(({ rule_id }) => rule_id === ruleId)?.id
    const path = `/alerts/${idOf(zscore.id)}`
    const accepted = await send('POST', `${path}/accept-baseline`, { comment: 'the new backup' })
    expect(accepted.status).toBe(200)
    nowMs += 1000
    const again = alertOf(await send('POST', `${path}/accept-baseline`, {}))
    expect(again).toMatchObject({
      accepted: { by: 'anonymous', comment: 'the new backup' },
      acknowledged: null,
    })
    expect(again.timeline.map(({ text }) => text).slice(-2)).toEqual([
      'accepted as normal by anonymous: the new backup',
      'accepted as normal by anonymous',
    ])
    const other = alerts.find(({ rule_id }) => rule_id !== zscore.id)
    const refused = await send('POST', `/alerts/${other?.id}/accept-baseline`, {})
    expect([refused.status, refused.errors]).toEqual([422, [[1312, '']]])
  })

  test.each([
    ['ack', { comment: '' }, 422],
    ['accept-baseline', { comment: '' }, 422],
    ['classify', {}, 422],
    ['classify', { class: 'harmless' }, 422],
    ['classify', { class: 'verified', comment: '' }, 422],
    ['ack', [], 400],
    ['comment', {}, 422],
    ['comment', { text: 'x'.repeat(1025) }, 422],
  ])('%s refuses %j', async (action, body, status) => {
    expect((await send('POST', `/alerts/x/${action}`, body)).status).toBe(status)
  })
})

describe('/silences', () => {
  const silence = {
    prefix: '2001:db8::1/16',
    ends_at: new Date((noon + 3600) * 1000).toISOString(),
    reason: 'works',
  }

  test('are created, listed and deleted', async () => {
    const created = await send('POST', '/silences/', { ...silence, note: 1 })
    expect(created.status).toBe(201)
    expect(created.body.result).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      rule_id: null,
      prefix: '2001::/16',
      vector: null,
      severity: null,
      starts_at: new Date(nowMs).toISOString(),
      ends_at: silence.ends_at.replace('.000Z', 'Z'),
      reason: 'works',
      author: 'anonymous',
      created_at: new Date(nowMs).toISOString(),
    })
    expect(created.body.messages.map(({ code }) => code)).toEqual([2001])
    const path = `/silences/${created.body.result.id}`
    expect((await send('GET', '/silences')).body.result).toEqual([created.body.result])
    expect((await send('DELETE', path)).status).toBe(204)
    expect((await send('DELETE', path)).errors).toEqual([[1404, '']])
    expect((await send('GET', '/silences')).body.result).toEqual([])
  })

  test('show at the alerts that they are about', async () => {
    await play()
    await send('POST', '/silences', silence)
    expect(alertsOf(await send('GET', '/alerts')).map(({ silenced }) => silenced)).toEqual([true])
  })

  test.each([
    [{ prefix: undefined }, [1309, '/rule_id']],
    [{ prefix: 'home' }, [1302, '/prefix']],
    [{ severity: 'bad' }, [1304, '/severity']],
    [{ vector: 7 }, [1303, '/vector']],
    [{ reason: '' }, [1307, '/reason']],
    [{ author: 'a\nb' }, [1308, '/author']],
    [{ ends_at: 'tomorrow' }, [1306, '/ends_at']],
    [{ ends_at: '2020-01-01T00:00:00Z' }, [1306, '/ends_at']],
    [{ starts_at: '2999-01-01T00:00:00Z' }, [1306, '/ends_at']],
    [{ ends_at: '2999-01-01T00:00:00Z' }, [1306, '/ends_at']],
  ])('refuse %j', async (change, error) => {
    const { status, errors } = await send('POST', '/silences', { ...silence, ...change })
    expect([status, errors]).toEqual([422, [error]])
  })
})
