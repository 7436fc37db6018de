// Verdicts of advanced_ddos rules as conditions.

import { type DdosVerdict, type RateName, type Rates, rateNames } from '../ddos/ddos.ts'
import { isOfPackets } from '../ddos/vectors.ts'
import type { Metric } from '../threshold/verdict.ts'
import type { Amount, Condition, Level } from './condition.ts'

/** To this share of all its limits, or below, a vector must fall before its alert can end. */
const clearRatio = 0.9
const clearMinutes = 2

/** `traffic` holds the minutes since it is crossed. */
export function ddosCondition(
  verdict: DdosVerdict,
  traffic: ReadonlyMap<number, Rates>,
): Condition {
  const { closedMinute: minute, reason, rates, metrics } = verdict
  const since = verdict.since ?? minute
  const peaks = { peakBps: verdict.peakBps, peakPps: verdict.peakPps, peakFps: verdict.peakFps }
  const peakOf: Record<RateName, number> = {
    bps: peaks.peakBps,
    pps: peaks.peakPps,
    fps: peaks.peakFps,
  }
  const ratioOf = (rate: RateName) => peakOf[rate] / (metrics[rate]?.limit ?? Infinity)
  const usual: RateName = isOfPackets(verdict.vector) ? 'pps' : 'bps'
  const told = rateNames.reduce(
    (most, rate) => (ratioOf(rate) > ratioOf(most) ? rate : most),
    usual,
  )
  const isNothing = reason === 'unknown' || reason === 'learning'
  return {
    level: levelOf(verdict),
    metric: metricOf[told],
    value: isNothing ? null : rates[told],
    limit: metrics[told]?.limit ?? null,
    ratio: ratioOf(told),
    peaks,
    total: amountOf(traffic, minute, minute),
    since,
    totalSince: amountOf(traffic, since, minute),
    errorPercent: verdict.errorPercent,
    clearMinutes,
  }
}

const metricOf = { bps: 'bandwidth', pps: 'packets', fps: 'flows' } as const satisfies Record<
  RateName,
  Metric
>

function levelOf({ reason, metrics }: DdosVerdict): Level {
  switch (reason) {
    case 'crossed':
      return 'met'
    case 'few_samples':
      return 'over'
    // Over its limit, and no reason to begin an alert; one that is open goes on.
    case 'contributing':
    case 'few_sources':
      return 'between'
    case 'unknown':
    case 'learning':
      return reason
    case 'below':
      return rateNames.every((rate) => {
        const metric = metrics[rate]
        return metric === undefined || metric.value <= clearRatio * metric.limit
      })
        ? 'below'
        : 'between'
  }
}

function amountOf(traffic: ReadonlyMap<number, Rates>, first: number, last: number): Amount {
  const amount = { bytes: 0, packets: 0 }
  for (let minute = first; minute <= last; minute += 60) {
    const rates = traffic.get(minute)
    amount.bytes += Math.round(((rates?.bps ?? 0) * 60) / 8)
    amount.packets += Math.round((rates?.pps ?? 0) * 60)
  }
  return amount
}
