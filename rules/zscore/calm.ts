// Most traffic is calm: a zscore rule that none of its minutes crossed has left nothing out, and need not be judged minute by minute.

import {
  baselineMinutes,
  leastBaselineMinutes,
  leastRecentMinutes,
  recentMinutes,
} from './baseline.ts'
import type { ZscoreRule } from './rule.ts'

// Of one call, kept for the next: thousands of series a minute would leave as many to the garbage collector.
let values = new Float64Array(0)
let isKnown = new Uint8Array(0)

/**
 * The first of these minutes that may be crossed when nothing was left out before them; `to`, which is not one of them, when surely none is. Sums move along
 * with the minutes, which is quick, and drifts by less than `slack`: what is nearer to the limit than that is judged minute by minute.
 */
export function calmUntil(
  { level, minTraffic }: ZscoreRule,
  valueAt: (place: number) => number,
  from: number,
  to: number,
): number {
  const first = from - recentMinutes - baselineMinutes + 1
  const length = Math.max(0, to - first)
  if (length > values.length) {
    values = new Float64Array(length)
    isKnown = new Uint8Array(length)
  }
  let greatest = 0
  for (let index = 0; index < length; index++) {
    const value = valueAt(first + index)
    // An unknown minute adds nothing to any sum.
    const isNone = Number.isNaN(value)
    values[index] = isNone ? 0 : value
    isKnown[index] = isNone ? 0 : 1
    if (value > greatest) greatest = value
  }
  const slack = greatest * 1e-9
  let recent = 0
  let recentKnown = 0
  let sum = 0
  let squares = 0
  let known = 0
  for (let index = 0; index < length; index++) {
    const entered = index - recentMinutes
    const left = entered - baselineMinutes
    recent += values[index]!
    recentKnown += isKnown[index]!
    if (entered >= 0) {
      const value = values[entered]!
      recent -= value
      recentKnown -= isKnown[entered]!
      sum += value
      squares += value * value
      known += isKnown[entered]!
    }
    if (left >= 0) {
      const value = values[left]!
      sum -= value
      squares -= value * value
      known -= isKnown[left]!
    }
    if (first + index < from || recentKnown < leastRecentMinutes) continue
    if (known < leastBaselineMinutes) continue
    const value = recent / recentKnown + slack
    if (value <= minTraffic) continue
    const mean = sum / known - slack
    const least = mean + Math.max(minTraffic, (level * mean) / 10)
    if (value <= least) continue
    // Where the values are much smaller than the greatest one, squares tell nothing of how they differ: then `spread` is 0 or less.
    const spread = squares / known - (sum / known) ** 2 - slack * greatest
    if (!(spread > 0 && value <= mean + level * Math.sqrt(spread))) return first + index
  }
  return to
}
