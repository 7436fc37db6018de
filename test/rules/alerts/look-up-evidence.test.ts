// What alerts are about, looked up beside their evaluation.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readAlert } from '../../../rules/alerts/archive.ts'
import { readEventsAfter } from '../../../rules/alerts/history.ts'
import { lookUpEvidence } from '../../../rules/alerts/look-up-evidence.ts'
import type { StoreClient } from '../../../schema/client.ts'
import {
  closedMs,
  createScene,
  minuteAt,
  type Scene,
  sceneTables,
} from '../../build/alert-scene.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'
import { type PutFlow, putFlows } from '../../build/put-flows.ts'

let database: TestDatabase
let scene: Scene
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(...sceneTables, 'raw')
  scene = createScene(database)
  await scene.addRule()
  await scene.traffic(0, [0, 3000, 9000, 0, 0])
  await scene.collector(-1440, 20)
  await scene.at(0)
  await scene.at(1)
})

/** A flow to 192.0.2.9 in the middle of a minute. */
const flowIn = (minute: number, source: string, bytes: number): PutFlow => ({
  second: minuteAt(minute) + 30,
  src: source,
  dst: 'c0000209',
  sampler: 'c6336401',
  bytes,
  packets: 10,
  sampling_rate: 1,
  proto: 17,
  src_port: 123,
  dst_port: 80,
  src_as: 64_500,
  dst_as: 65_000,
  in_if: 1,
  out_if: 2,
  tcp_flags: 0,
})

async function story() {
  const { events } = await readEventsAfter(database.client, { number: 0, minute: 0, id: '' }, 100)
  const [first] = events
  const alert = await readAlert(database.client, first?.alert.id ?? '', closedMs(4))
  return { told: events.map(({ event }) => event), ...alert }
}

test('evidence is of the flows since the alert began, and again of all of them when it grows', async () => {
  await putFlows(database.client, [flowIn(1, 'cb007101', 1500), flowIn(2, 'cb007102', 4500)])
  expect(await story()).toMatchObject({ evidence: null, evidence_problem: null })
  await lookUpEvidence(database.client, closedMs(1))
  const first = await story()
  expect(first.evidence).toMatchObject({ bytes: 1500, sources: 1, pattern: 'single' })
  expect(first.evidence?.top.src_addr.map(({ key }) => key)).toEqual(['203.0.113.1'])

  await scene.at(2)
  await lookUpEvidence(database.client, closedMs(2))
  const grown = await story()
  expect(grown).toMatchObject({ told: ['firing', 'escalated'], evidence_problem: null })
  expect(grown.evidence?.top.src_addr.map(({ key, share }) => [key, share])).toEqual([
    ['203.0.113.2', 0.75],
    ['203.0.113.1', 0.25],
  ])
})

test('an alert whose flows cannot be read is told all the same; it says why, and is looked up again when there is more to say', async () => {
  await putFlows(database.client, [flowIn(1, 'cb007101', 1500)])
  let asked = 0
  const failing = new Proxy(database.client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name)
      return (question: { query: string }) => {
        if (!question.query.includes('seen_bytes')) {
          return target.query(question as Parameters<StoreClient['query']>[0])
        }
        asked++
        return Promise.reject(new Error('memory limit exceeded'))
      }
    },
  })
  await lookUpEvidence(failing, closedMs(1))
  expect(await story()).toMatchObject({
    told: ['firing'],
    evidence: null,
    evidence_problem: expect.stringContaining('memory limit exceeded'),
  })
  // What was too much is not asked for every few seconds.
  const before = asked
  await lookUpEvidence(failing, closedMs(1))
  expect([before > 0, asked]).toEqual([true, before])

  await scene.at(2)
  await lookUpEvidence(database.client, closedMs(2))
  expect(await story()).toMatchObject({ evidence: { bytes: 1500 }, evidence_problem: null })
})

test('an alert without flows says so', async () => {
  await lookUpEvidence(database.client, closedMs(1))
  expect(await story()).toMatchObject({
    evidence: null,
    evidence_problem: 'none of its flows are stored',
  })
})
