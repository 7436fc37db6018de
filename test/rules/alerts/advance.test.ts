// The life of alerts on the real engine, on a clock that the test moves.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEvaluator } from '../../../rules/alerts/advance.ts'
import { appendEvaluation, readEvaluation } from '../../../rules/alerts/journal.ts'
import { createSilences } from '../../../rules/alerts/silences.ts'
import { createSourceWatch } from '../../../rules/alerts/watch-sources.ts'
import { ruleInputSchema } from '../../../rules/configuration/rule.ts'
import {
  closedMs,
  createScene,
  minuteAt,
  type Scene,
  sceneTables,
} from '../../build/alert-scene.ts'
import { rowsOf, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
let scene: Scene
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(...sceneTables)
  scene = createScene(database)
})

/** Ten minutes: an attack from the third to the sixth. */
const attack = [0, 0, 0, 3000, 3000, 3000, 3000, 0, 0, 0]
const forgetAlerts = () => database.empty('alert_evaluations', 'alert_events', 'alerts')

describe('an attack of four minutes', () => {
  beforeEach(async () => {
    await scene.addRule()
    await scene.traffic(0, attack)
    await scene.collector(-1440, 20)
  })

  test('fires once and ends once; skipped runs, and two in one minute, change nothing', async () => {
    for (let index = 0; index < 10; index++) await scene.at(index)
    const each = await scene.events()
    expect(await scene.told()).toEqual(['3:firing', '8:resolved'])

    await forgetAlerts()
    await scene.at(0)
    await scene.at(9)
    expect(await scene.events()).toEqual(each)

    await forgetAlerts()
    for (const index of [0, 4, 4, 4, 9, 9]) await scene.at(index)
    expect(await scene.events()).toEqual(each)
  })

  test('runs that overlap decide it once', async () => {
    await scene.at(0)
    const evaluators = [0, 1, 2].map(() => createEvaluator(database.client))
    for (const index of [3, 8, 9]) {
      await Promise.all(evaluators.map((evaluate) => evaluate(closedMs(index))))
    }
    expect(await scene.told()).toEqual(['3:firing', '8:resolved'])
    expect(await countOf('alerts')).toBe(1)
    // One evaluation for each of the four moments.
    expect((await readEvaluation(database.client))?.number).toBe(4)
  })

  test('what a run that was cut off had decided is written by the next one', async () => {
    await scene.at(0)
    await scene.at(4)
    const decided = await scene.events()
    await database.empty('alert_events', 'alerts')
    // Another process: this one knows that it has written everything.
    await createEvaluator(database.client)(closedMs(4))
    expect(await scene.events()).toEqual(decided)
    expect(await countOf('alerts')).toBe(1)
  })
})

const countOf = async (table: string) => {
  const [row] = await rowsOf<{ rows: number }>(
    database.client,
    `SELECT toUInt32(count()) AS rows FROM ${table} FINAL`,
  )
  return row?.rows
}

test('of two evaluations with one number the first is kept, whatever the other one holds', async () => {
  const evaluation = (minute: number) => ({
    number: 1,
    minute: minuteAt(minute),
    run: randomUUID(),
    decidedAtMs: closedMs(minute),
    states: [],
    events: [],
  })
  const [first, ...others] = [1, 2, 3, 4].map(evaluation)
  await appendEvaluation(database.client, first!)
  const kept = await Promise.all(others.map((one) => appendEvaluation(database.client, one)))
  expect(kept).toEqual([first, first, first])
})

test('a minute that comes late completes a streak', async () => {
  await scene.addRule({ duration: 3 })
  await scene.traffic(0, [3000])
  await scene.traffic(2, [3000, 3000, 0])
  await scene.collector(-1440, 20)
  await scene.at(0)
  await scene.at(2)
  expect(await scene.told()).toEqual([])
  await scene.traffic(1, [3000])
  const { evaluation } = await scene.at(3)
  expect(await scene.told()).toEqual(['3:firing'])
  expect(evaluation?.states[0]?.incident).toMatchObject({
    startedMinute: minuteAt(0),
    total: { bytes: (4 * 3000 * 60) / 8, packets: 4 * 600 },
  })
})

describe('while nothing is known', () => {
  beforeEach(async () => {
    await scene.addRule()
    await scene.traffic(0, [0, 0, 3000, 3000])
    await scene.traffic(10, [3000, 0, 0, 0])
    // From the fifth to the tenth minute no collector runs.
    await scene.collector(-1440, 3)
  })
  const expected = ['2:firing', '8:no_data', '10:data_back', '12:resolved']

  test('an alert stays as it is, which is told after five minutes; silence of the network would have ended it', async () => {
    await scene.at(0)
    await scene.at(3)
    await scene.collector(10, 20)
    await scene.at(13)
    expect(await scene.told()).toEqual(expected)
  })

  test('so it is told also while no collector is live, and once', async () => {
    await scene.at(0)
    await scene.at(3)
    for (const index of [7, 8, 9, 9]) {
      expect((await scene.at(index)).blind).toMatch(/^no collector has reported since/)
    }
    expect(await scene.told()).toEqual(expected.slice(0, 2))
    await scene.collector(10, 20)
    await scene.at(13)
    expect(await scene.told()).toEqual(expected)
  })
})

test('traffic that swings around the limit is one alert', async () => {
  await scene.addRule()
  // Equal to the limit, or just below it, is neither over it nor clear of it.
  await scene.traffic(0, [0, 1001, 1000, 1001, 950, 901, 1001, 1000, 900, 900])
  await scene.collector(-1440, 20)
  for (const index of [0, 1, 5, 9]) await scene.at(index)
  expect(await scene.told()).toEqual(['1:firing', '9:resolved'])
})

test('an alert that still fires when its silence ends is told once', async () => {
  const rule = await scene.addRule()
  await scene.traffic(0, [0, ...new Array<number>(9).fill(3000)])
  await scene.collector(-1440, 20)
  await scene.at(0)
  const silences = createSilences(database.client, () => closedMs(0))
  const ends_at = new Date(minuteAt(5) * 1000).toISOString()
  const about = { rule_id: rule.id, prefix: null, vector: null, severity: null }
  await silences.create({ ...about, ends_at, reason: 'works' }, 'someone')
  for (const index of [2, 3, 9]) await scene.at(index)
  expect(await scene.told()).toEqual(['1:(firing)', '4:still_firing'])
})

describe('when its rule is changed while an alert is open', () => {
  const input = {
    name: 'Web',
    type: 'threshold',
    prefixes: ['192.0.2.0/24'],
    bandwidth_threshold: 1000,
  }
  let id: string
  beforeEach(async () => {
    id = (await scene.addRule()).id
    await scene.traffic(0, [0, 3000, 3000, 3000, 3000, 3000, 3000])
    await scene.collector(-1440, 20)
    await scene.at(0)
    await scene.at(1)
  })
  const replace = (change: object) =>
    scene.configuration.rules.replace(id, ruleInputSchema.parse({ ...input, ...change }))

  test('in its limit, it goes on and is judged by the new one', async () => {
    await replace({ bandwidth_threshold: 5000 })
    await scene.at(3)
    expect(await scene.told()).toEqual(['1:firing', '3:resolved'])
  })

  test('in its prefixes, it is closed', async () => {
    await replace({ prefixes: ['192.0.2.0/24', '198.51.100.0/24'] })
    const { evaluation } = await scene.at(2)
    const events = await scene.events()
    expect(events.map(({ minute, event }) => `${minute}:${event}`)).toContain('2:resolved')
    const closed = evaluation?.events.find(({ event }) => event === 'resolved')
    expect(closed?.alert.resolve_reason).toBe('rule_changed')
  })

  test('and deleted, it is closed and said why', async () => {
    await scene.configuration.rules.remove(id)
    const { evaluation } = await scene.at(2)
    expect(evaluation?.events.map(({ event, alert }) => [event, alert.resolve_reason])).toEqual([
      ['resolved', 'rule_deleted'],
    ])
    expect((await scene.at(3)).evaluation?.states).toEqual([])
  })
})

test('collectors and routers that are silent are told without a rule, also while no minute can be judged', async () => {
  const { client } = database
  await database.empty('routers')
  const router = { name: 'edge-1', router_ip: '198.51.100.1', default_sampling: 1 }
  await scene.configuration.routers.create(router)
  await scene.addRule()
  await scene.collector(-1440, 12)
  const heard = (collector: string, seconds: number) =>
    client.insert({
      table: 'status',
      columns: ['collector', 'boot', 'kind', 'exporter', 'udp_source', 'last_seen', 'time'],
      values: [
        {
          collector,
          boot: '1',
          kind: 'exporter',
          exporter: '::ffff:198.51.100.1',
          udp_source: '::ffff:203.0.113.9',
          last_seen: seconds.toFixed(3),
          time: seconds.toFixed(3),
        },
      ],
      format: 'JSONEachRow',
    })
  await heard('c', minuteAt(1))
  const evaluate = createEvaluator(client, undefined, createSourceWatch(client))
  // Two moments of one minute, too. From the 14th minute on the collector is silent.
  for (const index of [0, 10, 10, 11, 15, 16]) await evaluate(closedMs(index))
  const rows = () =>
    rowsOf<{ told: string }>(
      client,
      'SELECT text AS told FROM alert_events FINAL WHERE number > 0 ORDER BY number, minute',
    )
  const iso = (index: number) => new Date(minuteAt(index) * 1000).toISOString().slice(0, -5)
  expect((await rows()).map(({ told }) => told)).toEqual([
    `Exporter edge-1 silent (198.51.100.1): high, nothing was heard since ${iso(1)}Z`,
    `Collector c silent (c): critical, nothing was heard since ${iso(13)}Z`,
  ])

  await scene.collector(17, 19)
  await heard('c', minuteAt(18))
  // Who runs only now and then leaves them alone.
  await scene.at(18)
  expect(await rows()).toHaveLength(2)
  await evaluate(closedMs(19))
  expect((await rows()).slice(2).map(({ told }) => told.replace(/^.*: /, ''))).toEqual(
    expect.arrayContaining(['heard again after 19 min', 'heard again after 7 min']),
  )
})
