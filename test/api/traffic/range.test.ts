import { expect, test } from 'vitest'
import { rangeOf } from '../../../api/routes/traffic-parameters.ts'

test('a range has the length that was asked for, wherever in a second it begins', () => {
  const nowMs = 1_800_000_000_250
  expect(rangeOf({}, nowMs)).toEqual({
    from: 1_799_913_601,
    to: 1_800_000_001,
    now: 1_800_000_000,
  })
  expect(rangeOf({ from: nowMs - 3_600_000, to: nowMs - 1 }, nowMs)).toMatchObject({
    from: 1_799_996_401,
    to: 1_800_000_001,
  })
  expect(rangeOf({ from: 1_799_999_000_000, to: 1_799_999_060_000 }, nowMs)).toMatchObject({
    from: 1_799_999_000,
    to: 1_799_999_060,
  })
})

test('a range that cannot be is told', () => {
  const nowMs = 1_800_000_000_000
  expect(() => rangeOf({ from: nowMs - 1, to: nowMs - 2 }, nowMs)).toThrow('from must be before to')
  expect(() => rangeOf({ from: nowMs, to: nowMs + 9 }, nowMs)).toThrow('from must be in the past')
})
