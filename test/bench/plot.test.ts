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
  // 584 by 300, less margins of 56, 120, 36 and 48.
  expect(circles.map(([, x, y]) => [Number(x), Number(y)])).toEqual([
    [56, 36],
    [260, 144],
    [464, 252],
  ])
  expect(svg).toContain('<title>a &lt; b</title>')
})

test('names of lines that end at the same height stand one above the other', () => {
  const seriesAt = (name: string, y: number) => ({ name, points: [[1, y]] as const })
  const svg = drawPlot({
    title: '',
    xName: '',
    yName: '',
    series: [seriesAt('a', 2), seriesAt('b', 4), seriesAt('c', 2)],
  })
  const heightOf = (name: string) =>
    Number(new RegExp(`y="([\\d.]+)" fill="#\\w+">${name}<`).exec(svg)?.[1])
  // Half of 216 above the axis at 252, and at the top; text stands 4 below its place.
  expect([heightOf('a'), heightOf('b'), heightOf('c')]).toEqual([148, 40, 135])
})
