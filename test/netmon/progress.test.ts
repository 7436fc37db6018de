import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createProgress } from '../../netmon/progress.ts'

function watched(terminal: { isTTY?: boolean; columns?: number }, total: number) {
  const out = Object.assign(new PassThrough(), terminal)
  let nowMs = 50_000
  const work = { title: 'decoding', unit: 'bytes', total }
  const progress = createProgress(out, work, () => nowMs)
  return {
    progress,
    at(ms: number, done: number) {
      nowMs = 50_000 + ms
      progress.at(done)
    },
    written: () => String(out.read() ?? ''),
  }
}

test('on a terminal one line is drawn anew after the first second, and taken away at the end', () => {
  const { at, progress, written } = watched({ isTTY: true, columns: 80 }, 4_000_000)
  at(999, 500_000)
  expect(written()).toBe('')
  at(1_000, 1_000_000)
  // A quarter took a second: three quarters take three.
  expect(written()).toBe('\rdecoding: 25 %, 1,000,000 of 4,000,000 bytes, 3 s left\x1b[K')
  at(1_100, 1_100_000)
  expect(written()).toBe('')
  progress.end()
  expect(written()).toBe('\r\x1b[K')
})

test('a narrow terminal gets what fits on a line', () => {
  const { at, written } = watched({ isTTY: true, columns: 20 }, 4_000_000)
  at(1_000, 1_000_000)
  expect(written()).toBe('\rdecoding: 25 %, 1,0\x1b[K')
})

test('elsewhere there is a plain line each ten seconds, and no control character', () => {
  const { at, progress, written } = watched({}, 1_000)
  for (let second = 1; second <= 25; second++) at(second * 1_000, second)
  progress.end()
  expect(written()).toBe(
    'decoding: 1 %, 10 of 1,000 bytes, 17 min left\ndecoding: 2 %, 20 of 1,000 bytes, 17 min left\n',
  )
})

test('work without an end that is known tells what is done', () => {
  const { at, written } = watched({}, Number.POSITIVE_INFINITY)
  at(10_000, 1_234)
  expect(written()).toBe('decoding: 1,234 bytes\n')
})

test('work that ends soon says nothing', () => {
  const { at, progress, written } = watched({ isTTY: true }, 10)
  at(400, 10)
  progress.end()
  expect(written()).toBe('')
})
