import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRest } from '../../collector/receive/rest.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Reads `datagrams` in one batch, and lets the loop go on. Answers how long the thread rested behind it. */
function read(noteDatagram: () => void, rests: number[], datagrams: number): number {
  const before = rests.length
  for (let i = 0; i < datagrams; i++) noteDatagram()
  vi.advanceTimersToNextTimer()
  return rests.slice(before).reduce((sum, ms) => sum + ms, 0)
}

function create() {
  const rests: number[] = []
  const noteDatagram = createRest((ms) => {
    rests.push(ms)
    vi.advanceTimersByTime(ms)
  })
  return { rests, noteDatagram }
}

test('batches that come at once are followed by one rest each', () => {
  const { rests, noteDatagram } = create()
  read(noteDatagram, rests, 1)
  expect(read(noteDatagram, rests, 5)).toBe(1)
  expect(read(noteDatagram, rests, 31)).toBe(1)
  expect(rests).toHaveLength(2)
})

test('where datagrams come seldom nothing rests', () => {
  const { rests, noteDatagram } = create()
  for (let i = 0; i < 5; i++) {
    read(noteDatagram, rests, 1)
    vi.advanceTimersByTime(2)
  }
  expect(rests).toEqual([])
})

test('behind a batch that may have left something in the queue there is no rest', () => {
  const { rests, noteDatagram } = create()
  read(noteDatagram, rests, 1)
  expect(read(noteDatagram, rests, 32)).toBe(0)
  expect(read(noteDatagram, rests, 8)).toBe(1)
})
