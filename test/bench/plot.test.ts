import { expect, test } from 'vitest'
import { drawPlot } from '../../bench/plot.ts'

test('ten times as many is the same step to the right, and the greatest value is at the top', () => {
  const points = [
    [10, 4],
    [100, 2],
    [1_000, 0],
  ] as const
  const svg = drawPlot({ title: 'a < b', xName: 'x', yName: 'y', series: [{ name: 's', points }] })
  const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)]
  // 560 by 300, less margins of 56, 96, 36 and 48.
  expect(circles.map(([, x, y]) => [Number(x), Number(y)])).toEqual([
    [56, 36],
    [260, 144],
    [464, 252],
  ])
  expect(svg).toContain('<title>a &lt; b</title>')
})
