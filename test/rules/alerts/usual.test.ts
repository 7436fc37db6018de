// What is usual and what was accepted, on the real engine: the life cycle, the newest minute, explain and preview are asked, and must not disagree.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readAlerts } from '../../../rules/alerts/archive.ts'
import { addRemark, type Remark } from '../../../rules/alerts/people.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../../rules/configuration/rule.ts'
import { evaluate } from '../../../rules/evaluate.ts'
import { askExplanation, askPreview } from '../../../rules/questions/ask.ts'
import { readPastAlerts } from '../../../rules/zscore/past-alerts.ts'
import {
  closedMs,
  createScene,
  minuteAt,
  noon,
  type Scene,
  sceneTables,
} from '../../build/alert-scene.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

const M = 1_000_000
const dayMinutes = 1_440
const input = ruleInputSchema.parse({
  name: 'Web',
  type: 'zscore',
  prefixes: ['192.0.2.0/24'],
  zscore_sensitivity: 'medium',
  zscore_target: 'bits',
})

let database: TestDatabase
let scene: Scene
let ruleId: string
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())
beforeEach(async () => {
  await database.empty(...sceneTables)
  scene = createScene(database)
  const lastWeek = createConfiguration(database.client, () => (noon - 8 * 86_400) * 1000)
  ruleId = (await lastWeek.rules.create(input)).id
  await scene.collector(-8 * dayMinutes, 400)
  // 10 Mbit/s all of the time.
  await scene.traffic(-3 * dayMinutes - 60, Array(3 * dayMinutes + 460).fill(10 * M))
})

/** On top of what comes anyway. */
const add = (first: number, minutes: number, bitsPerSecond: number) =>
  scene.traffic(first, Array(minutes).fill(bitsPerSecond))

async function say(said: Pick<Remark, 'event' | 'class'>, nowMs: number) {
  const filter = { ruleId, prefix: undefined, fromMs: undefined, toMs: undefined }
  const found = await readAlerts(database.client, { ...filter, state: 'all' }, 1, undefined, nowMs)
  await addRemark(database.client, found.alerts[0]!, { ...said, by: 'me', comment: '' }, nowMs)
}

/** Which of the minutes are crossed, as explain and preview say; the newest one as whoever asks about now is told. */
async function crossedMinutes(first: number, last: number): Promise<number[]> {
  const nowMs = closedMs(last)
  const minutes = last - first + 1
  const asked = { minutes, prefix: undefined }
  const { series } = await askExplanation(database.client, ruleId, asked, nowMs)
  const explained = series[0]!.minutes.flatMap(({ minute, verdicts }) =>
    verdicts[0]!.crossed ? [(Date.parse(minute) / 1000 - noon) / 60] : [],
  )
  const now = await evaluate(database.client, nowMs)
  if ('blind' in now) throw new Error(now.blind)
  expect(now.verdicts.map(({ verdict }) => verdict.kind === 'zscore' && verdict.crossed)).toEqual([
    explained.includes(last),
  ])
  return explained
}

async function previewed(first: number, last: number): Promise<[number, number][]> {
  const range = { fromMs: minuteAt(first) * 1000, toMs: minuteAt(last + 1) * 1000, points: 10 }
  const { preview } = await askPreview(database.client, input, range, closedMs(last))
  const index = (text: string) => (Date.parse(text) / 1000 - noon) / 60
  return preview.intervals.map((one) => [index(one.first), index(one.last)])
}

const backup = (day: number) => add(-day * dayMinutes, 40, 80 * M)

describe('a backup that was there on two nights', () => {
  beforeEach(async () => {
    await backup(2)
    await backup(1)
    await backup(0)
    await scene.at(-1)
  })

  test('is not told; as much at another hour is, and so is more than it', async () => {
    // On top of the backup: 90 + 60 are more than 1.4 times 90.
    await add(20, 10, 60 * M)
    await add(120, 10, 80 * M)
    for (const index of [40, 99, 140]) await scene.at(index)
    const told = await scene.told()
    expect(told.filter((event) => !event.includes('escalated'))).toEqual([
      '23:firing',
      '34:resolved',
      '120:firing',
      '136:resolved',
    ])
    const crossed = await crossedMinutes(0, 140)
    const expected = [[23, 30] as const, [120, 133] as const]
    expect(crossed).toEqual(
      expected.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      ),
    )
    expect(await previewed(0, 140)).toEqual(expected)
  })

  test('is explained by what is usual', async () => {
    const asked = { minutes: 1, prefix: undefined }
    const { series } = await askExplanation(database.client, ruleId, asked, closedMs(10))
    expect(series[0]!.minutes[0]!.verdicts[0]).toMatchObject({
      value: 90 * M,
      mean: 10 * M,
      usual: 90 * M,
      limit: 126 * M,
      crossed: false,
      reason: 'usual',
    })
  })
})

describe('a backup that was told on the nights before', () => {
  /** From the minute before until it is over. */
  const night = async (day: number) => {
    await backup(day)
    for (const index of [-1, 50]) await scene.at(index - day * dayMinutes)
  }
  const firings = async () =>
    (await scene.told()).filter((event) => event.endsWith(':firing')).map(Number.parseFloat)

  test('is told again, night after night', async () => {
    for (const day of [2, 1, 0]) await night(day)
    expect(await firings()).toEqual([-2 * dayMinutes, -dayMinutes, 0])
  })

  test.each([
    [{ event: 'accepted' }, [-2 * dayMinutes]],
    [{ event: 'classified', class: 'false_positive' }, [-2 * dayMinutes]],
    [{ event: 'classified', class: 'verified' }, [-2 * dayMinutes, 0]],
  ] as const)('until one of them is %j', async (said, expected) => {
    await night(2)
    await say(said, closedMs(60 - 2 * dayMinutes))
    // When very many are crossed their alerts are not asked for by name.
    const past = (others: number) => {
      const ids = Array.from({ length: others }, (_, index) => `${index}`)
      return readPastAlerts(database.client, [ruleId, ...ids], minuteAt(-3 * dayMinutes))
    }
    expect((await past(0)).size).toBe(1)
    expect(await past(100)).toEqual(await past(0))
    await night(0)
    expect(await firings()).toEqual(expected)
  })
})

test('a rise that is accepted is over, for whoever asks', async () => {
  await add(0, 100, 20 * M)
  for (const index of [-1, 20]) await scene.at(index)
  await say({ event: 'accepted' }, closedMs(20))
  for (const index of [60, 99]) await scene.at(index)
  // Accepted while minute 21 was running.
  expect(await scene.told()).toEqual(['1:firing', '4:escalated', '23:resolved'])
  expect(await crossedMinutes(0, 99)).toEqual(Array.from({ length: 20 }, (_, index) => 1 + index))
})
