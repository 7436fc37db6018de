// A verdict and what it is about.

import type { Rule } from './configuration/rule.ts'
import type { DdosVerdict } from './ddos/ddos.ts'
import type { MetricVerdict, Peaks, Verdict } from './threshold/verdict.ts'
import type { Series } from './traffic/series.ts'
import type { ZscoreVerdict } from './zscore/zscore.ts'

export interface Judgement {
  rule: Rule
  series: Series
  verdict: Verdict | ZscoreVerdict | DdosVerdict
  /** Of what is crossed, since it is. */
  peaks: Peaks | undefined
}

/** The first minute since which it has been crossed without a break; undefined when it is not crossed. */
export function crossedSince(verdict: Judgement['verdict']): number | undefined {
  if (verdict.kind !== 'threshold') return verdict.since
  const crossed = [verdict.bandwidth, verdict.packets, verdict.flows].filter(isMetricCrossed)
  return crossed.length === 0 ? undefined : Math.min(...crossed.map(({ since }) => since))
}

export function isMetricCrossed(
  metric: MetricVerdict | undefined,
): metric is MetricVerdict & { since: number } {
  return metric?.crossed === true
}
