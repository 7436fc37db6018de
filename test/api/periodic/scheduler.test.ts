import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createScheduler } from '../../../api/periodic/scheduler.ts'

function recordLog() {
  const lines: { level: number; msg: string; task: string; error?: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { log, lines }
}

test('a task is due at once, and again when its time has passed since it began', async () => {
  const ran: [string, number][] = []
  const task = (name: string, everyMs: number) => ({
    name,
    everyMs,
    run: async (nowMs: number) => void ran.push([name, nowMs]),
  })
  const scheduler = createScheduler([task('a', 10), task('b', 25)], recordLog().log)
  for (const nowMs of [0, 9, 10, 24, 25, 100]) await scheduler.tick(nowMs)
  expect(ran).toEqual([
    ['a', 0],
    ['b', 0],
    ['a', 10],
    ['a', 24],
    ['b', 25],
    ['a', 100],
    ['b', 100],
  ])
})

test('what fails is told once, does not keep the others from running, and is tried again', async () => {
  let away = true
  let others = 0
  const { log, lines } = recordLog()
  const scheduler = createScheduler(
    [
      {
        name: 'first',
        everyMs: 1,
        run: async () => {
          if (away) throw new Error('no answer')
        },
      },
      { name: 'second', everyMs: 1, run: async () => void others++ },
    ],
    log,
  )
  await scheduler.tick(1)
  await scheduler.tick(2)
  away = false
  await scheduler.tick(3)
  await scheduler.tick(4)
  expect(others).toBe(4)
  expect(lines).toMatchObject([
    { level: 40, msg: 'periodic work failed', task: 'first', error: 'no answer' },
    { level: 30, msg: 'periodic work goes on', task: 'first' },
  ])
})

test('one thing at a time; a stop waits for what runs and starts nothing', async () => {
  let finish = () => {}
  let started = 0
  const slow = {
    name: 'slow',
    everyMs: 1,
    run: () => {
      started++
      return new Promise<void>((resolve) => {
        finish = resolve
      })
    },
  }
  const scheduler = createScheduler([slow, slow], recordLog().log)
  const first = scheduler.tick(1)
  await scheduler.tick(10)
  expect(started).toBe(1)
  let stopped = false
  const stopping = scheduler.stop().then(() => {
    stopped = true
  })
  await Promise.resolve()
  expect(stopped).toBe(false)
  finish()
  await Promise.all([first, stopping])
  await scheduler.tick(100)
  expect(started).toBe(1)
})
