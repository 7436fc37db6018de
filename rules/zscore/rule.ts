// What a zscore rule is judged by.

import type { Rule } from '../configuration/rule.ts'

export interface ZscoreRule {
  /** So many deviations above the mean are too many. */
  level: number
  /** Bits or packets per second: what exceeds the mean by no more than this never counts. */
  minTraffic: number
}

export const zscoreLevels = { low: 5, medium: 4, high: 3 } as const
/** Per second. */
export const leastTraffic = { bits: 1_000_000, packets: 1_000 } as const

export function zscoreRuleOf(
  rule: Pick<Rule, 'zscore_sensitivity' | 'zscore_target' | 'min_traffic'>,
): ZscoreRule {
  return {
    level: zscoreLevels[rule.zscore_sensitivity ?? 'medium'],
    minTraffic: rule.min_traffic ?? leastTraffic[rule.zscore_target ?? 'bits'],
  }
}

/** By so much may anything exceed what is normal, however little it varied: a deviation is at least a tenth. */
export function leastExcess({ level, minTraffic }: ZscoreRule, normal: number): number {
  return Math.max(minTraffic, (level * normal) / 10)
}
