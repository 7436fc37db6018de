// A small line chart as SVG text, the same for the same figures: to be kept beside the results that it shows.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  /** Of the axis from left to right, on which ten times as much is always as far. */
  readonly xName: string
  /** Of the axis upwards, from 0 on. */
  readonly yName: string
  readonly series: readonly Series[]
}

const width = 584
const height = 300
const left = 56
const right = 120
const top = 36
const bottom = 48
/** From one name of a series to the next. */
const lineHeight = 13
const colours = ['#0b6e99', '#b4500b', '#3a7d34', '#7b3fa0', '#9a7d0a', '#555555']

/** Written to docs/images/NAME.svg. */
export function writePlot(name: string, plot: Plot): void {
  const directory = path.join(packageRoot, 'docs', 'images')
  mkdirSync(directory, { recursive: true })
  writeFileSync(path.join(directory, `${name}.svg`), drawPlot(plot))
}

export function drawPlot({ title, xName, yName, series }: Plot): string {
  const points = series.flatMap(({ points }) => points)
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const decades = xs.map(Math.log10)
  const least = decades[0] ?? 0
  const span = (decades.at(-1) ?? 0) - least || 1
  const highest = ceiling(Math.max(...points.map(([, y]) => y)))
  const x = (value: number) => left + ((Math.log10(value) - least) / span) * (width - left - right)
  const y = (value: number) => height - bottom - (value / highest) * (height - top - bottom)
  const text = (at: string, value: string, rest = '') =>
    `<text ${at}${rest}>${escapeXml(value)}</text>`
  const names = apart(series.map(({ points }) => y(points.at(-1)?.[1] ?? 0) + 4))
  const levels = [0, 0.25, 0.5, 0.75, 1].map((share) => share * highest)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(`x="${left}" y="20"`, title, ' font-size="13"'),
    ...levels.flatMap((level) => [
      `<path d="M${left} ${short(y(level))}H${width - right}" stroke="#dddddd"/>`,
      text(`x="${left - 6}" y="${short(y(level) + 4)}"`, short(level), ' text-anchor="end"'),
    ]),
    ...xs.map((value) =>
      text(
        `x="${short(x(value))}" y="${height - bottom + 16}"`,
        value.toLocaleString('en'),
        ' text-anchor="middle"',
      ),
    ),
    text(`x="${(left + width - right) / 2}" y="${height - 10}"`, xName, ' text-anchor="middle"'),
    text(`transform="translate(14 ${height / 2}) rotate(-90)"`, yName, ' text-anchor="middle"'),
    ...series.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length]
      const line = points.map(([px, py]) => `${short(x(px))},${short(y(py))}`).join(' ')
      return [
        `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.map(
          ([px, py]) =>
            `<circle cx="${short(x(px))}" cy="${short(y(py))}" r="3" fill="${colour}"/>`,
        ),
        text(`x="${width - right + 8}" y="${short(names[index] ?? 0)}"`, name, ` fill="${colour}"`),
      ]
    }),
    '</svg>',
    '',
  ].join('\n')
}

/** The same places, those that are too near to the one below moved up. */
function apart(places: readonly number[]): number[] {
  const moved = [...places]
  const fromBelow = [...places.keys()].sort((a, b) => (places[b] ?? 0) - (places[a] ?? 0))
  let below = Number.POSITIVE_INFINITY
  for (const index of fromBelow) {
    below = Math.min(places[index] ?? 0, below - lineHeight)
    moved[index] = below
  }
  return moved
}

/** The next of 1, 2, 4, 5, 8 times a power of ten. */
function ceiling(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value || 1))
  return unit * ([1, 2, 4, 5, 8, 10].find((step) => step * unit >= value) ?? 10)
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
