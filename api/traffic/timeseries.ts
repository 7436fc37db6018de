// Traffic over time: the greatest keys, all others together, and the total, in steps of equal length.

import { toThousandth } from '../../rules/to-thousandth.ts'
import type { CollectorRun } from '../../rules/traffic/minutes.ts'
import { coverage } from './coverage.ts'
import { keyText } from './key.ts'
import type { Plan } from './plan.ts'
import { rateFactor, type Unit } from './unit.ts'

/** A row of `seriesStatement`. */
export interface SeriesRow {
  /** Empty for all others together. */
  key: string[]
  buckets: number[]
  amounts: number[]
  total: string
  peak: number
}

export interface Series {
  key: string[]
  /** Per second; null where it is not known. */
  values: (number | null)[]
  min: number | null
  avg: number | null
  p95: number | null
  /** Of the greatest minute where that is known, else of the greatest step. */
  max: number | null
  last: number | null
  total: bigint
}

export interface Timeseries {
  times: number[]
  /** Of each step, the share in which a collector ran. */
  coverage: number[]
  rows: Series[]
  other: Series | null
  total: Series
}

/**
 * A step without flows is 0 where a collector ran, and not known (null) where none did and nothing is stored.
 */
export function timeseriesOf(
  rows: readonly SeriesRow[],
  runs: readonly CollectorRun[],
  dimensions: readonly string[],
  plan: Plan,
  unit: Unit,
): Timeseries {
  const { from, to, stepSeconds } = plan
  const count = (to - from) / stepSeconds
  const times = Array.from({ length: count }, (_, index) => from + index * stepSeconds)
  const dense = (row: SeriesRow) => {
    const amounts = new Float64Array(count)
    row.buckets.forEach((bucket, index) => {
      amounts[(bucket - from) / stepSeconds] = row.amounts[index]!
    })
    return amounts
  }
  const greatest = rows
    .filter(({ key }) => key.length > 0)
    .map((row) => ({ row, amounts: dense(row), total: BigInt(row.total) }))
    .sort((a, b) =>
      a.total === b.total ? compareKeys(a.row.key, b.row.key) : a.total < b.total ? 1 : -1,
    )
  const rest = rows.find(({ key }) => key.length === 0)

  const sum = new Float64Array(count)
  let total = 0n
  for (const row of rows) {
    total += BigInt(row.total)
    row.buckets.forEach((bucket, index) => {
      sum[(bucket - from) / stepSeconds]! += row.amounts[index]!
    })
  }
  const covered = coverage(runs, from, stepSeconds, count)
  const isKnown = (index: number) => covered[index]! > 0 || sum[index]! > 0
  const factor = rateFactor(unit)
  const series = (key: string[], amounts: Float64Array, all: bigint, peak: number): Series => {
    const values = Array.from(amounts, (amount, index) =>
      isKnown(index) ? toThousandth((amount * factor) / stepSeconds) : null,
    )
    return { key, values, ...summarize(values, toThousandth(peak * factor)), total: all }
  }
  // Peaks of what is added up here are not known: each row's own may be of another minute.
  const isTotal = dimensions.length === 0
  return {
    times,
    coverage: covered.map((share) => toThousandth(share)),
    rows: greatest.map(({ row, amounts, total: all }) =>
      series(
        row.key.map((stored, index) => keyText(dimensions[index]!, stored)),
        amounts,
        all,
        row.peak,
      ),
    ),
    other: isTotal || rest === undefined ? null : series([], dense(rest), BigInt(rest.total), 0),
    total: series([], sum, total, isTotal ? (rest?.peak ?? 0) : 0),
  }
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  return a.join(' ') < b.join(' ') ? -1 : 1
}

function summarize(values: readonly (number | null)[], peak: number) {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return { min: null, avg: null, p95: null, max: null, last: null }
  const sorted = known.toSorted((a, b) => a - b)
  return {
    min: sorted[0]!,
    avg: toThousandth(known.reduce((sum, value) => sum + value, 0) / known.length),
    // The nearest rank: a value that there was.
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1]!,
    max: Math.max(sorted.at(-1)!, peak),
    last: known.at(-1)!,
  }
}
