import { describe, expect, test } from 'vitest'
import { type CollectorRun, closedMinutes } from '../../../rules/traffic/minutes.ts'

const NOON_MS = Date.UTC(2026, 10, 22, 12, 0)
/** Minutes and seconds after noon. */
const at = (minutes: number, seconds = 0) => NOON_MS + minutes * 60_000 + seconds * 1000
const minute = (minutes: number) => at(minutes) / 1000

/** A collector that has run since 11:00, told its status at `ms`, and had stored everything until 2 s before. */
function healthy(ms: number, change: Partial<CollectorRun> = {}): CollectorRun {
  return {
    collector: 'a',
    startedMs: at(-60),
    watermarkMs: ms - 2_000,
    lastStatusMs: ms,
    ...change,
  }
}

function closedAt(nowMs: number, ...runs: CollectorRun[]) {
  const minutes = closedMinutes(runs, nowMs)
  return 'blind' in minutes ? 'blind' : minutes.closed
}

describe('the newest closed minute', () => {
  test.each([
    [5, 0, 3],
    [5, 14.999, 3],
    [5, 15, 4],
    [5, 59, 4],
    [6, 14, 4],
    [6, 15, 5],
  ])(
    '12:0%i:%f: the minute 12:0%i, since 15 s must pass after its end',
    (minutes, seconds, closed) => {
      const now = at(minutes, seconds)
      expect(closedAt(now, healthy(now))).toBe(minute(closed))
    },
  )

  test('waits for the watermark of every live collector', () => {
    const slow = healthy(at(5, 28), { collector: 'b', watermarkMs: at(3, 59) })
    expect(closedAt(at(5, 30), healthy(at(5, 29)), slow)).toBe(minute(2))
    expect(closedAt(at(5, 30), healthy(at(5, 29)), { ...slow, watermarkMs: at(4) })).toBe(minute(3))
  })

  test('does not wait for a collector that is silent for over a minute', () => {
    const silent = healthy(at(4, 30), { collector: 'b', watermarkMs: at(3, 10) })
    expect(closedAt(at(5, 30), healthy(at(5, 29)), silent)).toBe(minute(2))
    expect(closedAt(at(5, 30) + 1, healthy(at(5, 29)), silent)).toBe(minute(4))
  })

  test('does not wait for an earlier run of a collector that was started again', () => {
    const before = healthy(at(4, 50), { watermarkMs: at(2, 10) })
    const now = healthy(at(5, 29), { startedMs: at(4, 55) })
    const other = healthy(at(5, 29), { collector: 'b' })
    expect(closedAt(at(5, 30), before, now, other)).toBe(minute(4))
  })

  test('a collector whose clock is ahead is live', () => {
    expect(closedAt(at(5, 30), healthy(at(5, 40)))).toBe(minute(4))
  })
})

describe('a minute is known', () => {
  function known(nowMs: number, ...runs: CollectorRun[]) {
    const minutes = closedMinutes(runs, nowMs)
    if ('blind' in minutes) throw new Error(minutes.blind)
    return [0, 1, 2, 3, 4].filter((index) => minutes.isKnown(minute(index)))
  }

  test('when one run received it from start to end', () => {
    const run = healthy(at(5, 29), { startedMs: at(1, 0) })
    expect(known(at(5, 30), run)).toEqual([1, 2, 3, 4])
    expect(known(at(5, 30), { ...run, startedMs: at(1, 0) + 1 })).toEqual([2, 3, 4])
  })

  test('not when the collector was started again in it', () => {
    const before = healthy(at(2, 20), { watermarkMs: at(2, 20) })
    const after = healthy(at(5, 29), { startedMs: at(2, 25) })
    expect(known(at(5, 30), before, after)).toEqual([0, 1, 3, 4])
  })

  test('when another collector ran through it', () => {
    const before = healthy(at(2, 20), { watermarkMs: at(2, 20) })
    const after = healthy(at(5, 29), { startedMs: at(2, 25) })
    const other = healthy(at(5, 29), { collector: 'b' })
    expect(known(at(5, 30), before, after, other)).toEqual([0, 1, 2, 3, 4])
  })
})

describe('nothing can be judged', () => {
  function blind(nowMs: number, ...runs: CollectorRun[]) {
    const minutes = closedMinutes(runs, nowMs)
    return 'blind' in minutes ? minutes.blind : 'not blind'
  }

  test('without any collector', () => {
    expect(blind(at(5, 30))).toBe('no collector has reported in the last 16 hours')
  })

  test('when the last collector has been silent for over a minute', () => {
    expect(blind(at(5, 30), healthy(at(4, 30)))).toBe('not blind')
    expect(blind(at(5, 31), healthy(at(4, 30)))).toBe(
      'no collector has reported since 2026-11-22T12:04:30.000Z',
    )
  })

  test('before the first whole minute of the first collector is closed', () => {
    const started = { startedMs: at(2, 10) }
    expect(blind(at(4, 14), healthy(at(4, 10), started))).toBe(
      'no minute of the last 5 is stored whole: collector a runs since 2026-11-22T12:02:10.000Z and has stored all until 2026-11-22T12:04:08.000Z',
    )
    expect(blind(at(4, 16), healthy(at(4, 10), started))).toBe('not blind')
  })

  test('when storing is more than five minutes late', () => {
    const late = (watermarkMs: number) => healthy(at(20, 29), { watermarkMs })
    expect(blind(at(20, 30), late(at(16)))).toBe('not blind')
    expect(blind(at(20, 30), late(at(15, 59)))).toMatch(/stored all until 2026-11-22T12:15:59/)
  })
})
