import { expect, test } from 'vitest'
import { shares, stack } from '../../console/chart/stack.ts'

test('each layer lies on those before it, and what is not known stays so', () => {
  expect(
    stack([
      [1, 2, null],
      [10, null, 30],
      [100, 200, 300],
    ]),
  ).toEqual([
    [1, 2, null],
    [11, null, null],
    [111, null, null],
  ])
})

test('shares of a step add up to 100 %, of a step without traffic there are none', () => {
  expect(
    shares([
      [1, 0, null],
      [3, 0, 5],
    ]),
  ).toEqual([
    [25, null, null],
    [75, null, 100],
  ])
})
