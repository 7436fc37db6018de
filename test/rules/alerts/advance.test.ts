import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createScene, type Scene, sceneTables } from '../../build/alert-scene.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

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

describe('an attack of four minutes', () => {
  beforeEach(async () => {
    await scene.addRule()
    await scene.traffic(0, attack)
    await scene.collector(-1440, 20)
  })

  test('fires once and ends once, minute by minute', async () => {
    for (let index = 0; index < 12; index++) await scene.at(index)
    expect(await scene.told()).toEqual(['3:firing', '8:resolved'])
  })

  test('is the same to runs that were skipped', async () => {
    for (let index = 0; index < 10; index++) await scene.at(index)
    const each = await scene.events()
    await database.empty('alert_evaluations', 'alert_events', 'alerts')
    await scene.at(0)
    await scene.at(9)
    expect(await scene.events()).toEqual(each)
    expect(each).toHaveLength(2)
  })
})
