// Verdicts of threshold and zscore rules as conditions.

import {
  isOver,
  type Metric,
  type MetricVerdict,
  metrics,
  type Peaks,
  peaksOf,
  type Verdict,
} from '../threshold/verdict.ts'
import type { TrafficAt } from '../traffic/minute-traffic.ts'
import type { ZscoreVerdict } from '../zscore/zscore.ts'
import type { Amount, Condition, Level } from './condition.ts'

/** Of a threshold, and of the excess that a zscore rule allows, the value must fall to this share, or below, before an alert can end. */
const clearRatios = { threshold: 0.9, zscore: 0.8 } as const

/** `traffic` holds the minutes of the streak; `isKnown` and `isCounted` are about the verdict's minute. */
export function thresholdCondition(
  verdict: Verdict,
  durationMinutes: number,
  traffic: TrafficAt,
  isKnown: boolean,
  isCounted: boolean,
): Condition {
  const minute = verdict.closedMinute
  const limited = limitsOf(verdict)
  const crossed = limited.filter(({ of }) => of.crossed)
  const since = Math.min(minute, ...crossed.map(({ of }) => of.since ?? minute))
  const here = peaksOf(traffic, minute, minute)
  const seen = traffic.get(minute)
  const isExceeded =
    seen !== undefined && limited.some(({ metric, of }) => isOver(metric, seen, of.limit))
  const isClear = limited.every(
    (one) => rateOf(one.metric, here) <= clearRatios.threshold * one.of.limit,
  )
  let level: Level = isClear ? 'below' : 'between'
  if (crossed.length > 0) level = 'met'
  else if (isExceeded) level = 'over'
  else if (!isCounted) level = 'learning'
  else if (!isKnown) level = 'unknown'

  const peaks = crossed.length > 0 ? verdict : here
  const told = greatest(crossed.length > 0 ? crossed : limited, peaks)
  const isValue = isExceeded || (isKnown && isCounted)
  return {
    level,
    metric: told.metric,
    value: isValue ? rateOf(told.metric, here) : null,
    limit: told.of.limit,
    ratio: rateOf(told.metric, peaks) / told.of.limit,
    peaks: peaksAlone(peaks),
    total: amountOf(traffic, minute, minute),
    since,
    totalSince: amountOf(traffic, since, minute),
    errorPercent: told.of.errorPercent ?? null,
    clearMinutes: durationMinutes === 1 ? 2 : 3,
  }
}

/** `traffic` holds the minutes since it is crossed. */
export function zscoreCondition(
  verdict: ZscoreVerdict,
  target: 'bits' | 'packets',
  traffic: TrafficAt,
): Condition {
  const { closedMinute: minute, reason, value, mean, limit } = verdict
  const since = reason === 'crossed' ? (verdict.since ?? minute) : minute
  const total = amountOf(traffic, minute, minute)
  return {
    level: zscoreLevel(verdict),
    metric: target === 'bits' ? 'bandwidth' : 'packets',
    value: reason === 'unknown' || mean === undefined ? null : (value ?? null),
    limit: limit ?? null,
    ratio: value === undefined || limit === undefined ? 0 : value / limit,
    peaks: peaksOf(traffic, since, minute),
    total,
    since,
    totalSince: amountOf(traffic, since, minute),
    errorPercent: verdict.errorPercent ?? null,
    clearMinutes: 3,
  }
}

function zscoreLevel({ reason, value, mean, limit, usual }: ZscoreVerdict): Level {
  switch (reason) {
    case 'crossed':
      return 'met'
    // Over the limit, and not surely so.
    case 'few_samples':
      return 'over'
    case 'learning':
    case 'unknown':
      return reason
    case 'below':
    case 'usual': {
      const normal = usual ?? mean
      if (value === undefined || normal === undefined || limit === undefined) return 'unknown'
      return value <= normal + clearRatios.zscore * (limit - normal) ? 'below' : 'between'
    }
  }
}

interface Limited {
  metric: Metric
  of: MetricVerdict
}

function limitsOf(verdict: Verdict): Limited[] {
  return metrics.flatMap((metric) => {
    const of = verdict[metric]
    return of === undefined ? [] : [{ metric, of }]
  })
}

/** The limit that is exceeded most. */
function greatest(limited: readonly Limited[], peaks: Peaks): Limited {
  const ratio = (one: Limited) => rateOf(one.metric, peaks) / one.of.limit
  const [first, ...others] = limited
  if (first === undefined) throw new Error('a threshold rule has a limit')
  return others.reduce((most, one) => (ratio(one) > ratio(most) ? one : most), first)
}

function rateOf(metric: Metric, { peakBps, peakPps, peakFps }: Peaks): number {
  return { bandwidth: peakBps, packets: peakPps, flows: peakFps }[metric]
}

function peaksAlone({ peakBps, peakPps, peakFps }: Peaks): Peaks {
  return { peakBps, peakPps, peakFps }
}

function amountOf(traffic: TrafficAt, first: number, last: number): Amount {
  const amount = { bytes: 0, packets: 0 }
  for (let minute = first; minute <= last; minute += 60) {
    const seen = traffic.get(minute)
    amount.bytes += Number(seen?.bytes ?? 0n)
    amount.packets += Number(seen?.packets ?? 0n)
  }
  return amount
}
