// Is a threshold rule crossed? A pure function of the rule and its closed minutes, so that a run that comes late, twice or not at all
// judges the same. A minute is named by its start, in seconds since 1970.

import type { Rule } from '../configuration/rule.ts'
import { toThousandth } from '../to-thousandth.ts'
import type { Traffic, TrafficAt } from '../traffic/minute-traffic.ts'
import { addSamples, areEnough, errorPercent } from '../traffic/samples.ts'

export interface ThresholdInput {
  rule: Pick<
    Rule,
    'bandwidth_threshold' | 'packet_threshold' | 'flow_threshold' | 'duration' | 'min_samples'
  >
  traffic: TrafficAt
  /** The newest closed minute. */
  closedMinute: number
  /** Was all that the collectors received in this minute stored? */
  isKnown: (minute: number) => boolean
  /** From this minute on all prefixes of the rule are counted. */
  countedFrom: number
}

export const metrics = ['bandwidth', 'packets', 'flows'] as const
export type Metric = (typeof metrics)[number]

/**
 * Where the way back from the closed minute ended: `crossed`, it did not before the duration was full; `below`, at a known minute that is not
 * over the limit; `learning`, at a minute before the rule's prefixes were counted; `unknown`, at the bound, with too few known minutes on the way;
 * `few_samples`, it would be crossed, but that rests on fewer sampled packets than the rule asks for; `usual`, of zscore rules alone: it would be
 * crossed, but so much is usual at this time of the day, or was accepted.
 */
export type Reason = 'crossed' | 'below' | 'learning' | 'unknown' | 'few_samples' | 'usual'

export interface MetricVerdict {
  /** Bits or packets per second. */
  limit: number
  /** True when the streak is as long as the rule's duration. */
  crossed: boolean
  /** Minutes over the limit. */
  streak: number
  /** First minute of the streak, at most lookbackMinutes beyond the duration back. */
  since: number | undefined
  reason: Reason
  /** Of the value, at 95 %, over the newest minutes of the streak, as many as the duration; undefined without a streak. Flows have none. */
  errorPercent: number | undefined
}

/** Greatest one-minute averages: bits, packets and flows per second. */
export interface Peaks {
  peakBps: number
  peakPps: number
  peakFps: number
}

/** The peaks are of the streak, or of the rule's duration when that is longer. */
export interface Verdict extends Peaks {
  kind: 'threshold'
  closedMinute: number
  /** Undefined for a metric that the rule has no limit for. */
  bandwidth: MetricVerdict | undefined
  packets: MetricVerdict | undefined
  flows: MetricVerdict | undefined
}

/** How far beyond a rule's duration its minutes are read: over unknown ones, and for the start of a streak. */
export const lookbackMinutes = 60

/** The first minute that a verdict of this duration can depend on. */
export function oldestMinute(closedMinute: number, durationMinutes: number): number {
  return closedMinute - 60 * (durationMinutes - 1 + lookbackMinutes)
}

/** Each metric needs a streak of its own: three minutes of bits and two of packets are not five. */
export function judgeThreshold(input: ThresholdInput): Verdict {
  const { rule, closedMinute } = input
  const bandwidth = judgeMetric(input, 'bandwidth', rule.bandwidth_threshold)
  const packets = judgeMetric(input, 'packets', rule.packet_threshold)
  const flows = judgeMetric(input, 'flows', rule.flow_threshold)
  const first = Math.min(
    closedMinute - 60 * (rule.duration - 1),
    ...[bandwidth, packets, flows].map((metric) => metric?.since ?? closedMinute),
  )
  const peaks = peaksOf(input.traffic, first, closedMinute)
  return { kind: 'threshold', closedMinute, bandwidth, packets, flows, ...peaks }
}

function judgeMetric(
  input: ThresholdInput,
  metric: Metric,
  limit: number | null,
): MetricVerdict | undefined {
  if (limit === null) return undefined
  const { closedMinute, countedFrom, isKnown, rule, traffic } = input
  let streak = 0
  const deciding: Traffic[] = []
  let since: number | undefined
  let reason: Reason = 'unknown'
  for (
    let minute = closedMinute;
    minute >= oldestMinute(closedMinute, rule.duration);
    minute -= 60
  ) {
    // What was stored of an unknown minute is the least that there was, so over the limit is over the limit. Not over says nothing
    // of such a minute: it neither adds to the streak nor breaks it. No rows in a known minute are no traffic.
    const seen = traffic.get(minute)
    if (seen !== undefined && isOver(metric, seen, limit)) {
      streak++
      if (deciding.length < rule.duration) deciding.push(seen)
      since = minute
    } else if (minute < countedFrom) {
      reason = 'learning'
      break
    } else if (isKnown(minute)) {
      reason = 'below'
      break
    }
  }
  const sampled = addSamples(deciding)
  // Flows are counted, not estimated.
  const isCertain = metric === 'flows' || areEnough(sampled, rule.min_samples)
  const isFull = streak >= rule.duration
  if (isFull) reason = isCertain ? 'crossed' : 'few_samples'
  const error = metric === 'flows' ? 0 : errorPercent(sampled)
  return {
    limit,
    crossed: isFull && isCertain,
    streak,
    since,
    reason,
    errorPercent: streak === 0 ? undefined : error,
  }
}

/** Is the minute's average greater than the limit per second? Exact: a value equal to the limit is not. */
export function isOver(metric: Metric, traffic: Traffic, limit: number): boolean {
  return amountOf(metric, traffic) > BigInt(limit) * 60n
}

function amountOf(metric: Metric, { bytes, packets, flows }: Traffic): bigint {
  switch (metric) {
    case 'bandwidth':
      return bytes * 8n
    case 'packets':
      return packets
    case 'flows':
      return flows
  }
}

/** Of the minutes from `first` to `last`. */
export function peaksOf(traffic: TrafficAt, first: number, last: number): Peaks {
  const greatest = { bandwidth: 0n, packets: 0n, flows: 0n }
  for (let minute = first; minute <= last; minute += 60) {
    const seen = traffic.get(minute)
    if (seen === undefined) continue
    for (const metric of metrics) {
      const amount = amountOf(metric, seen)
      if (amount > greatest[metric]) greatest[metric] = amount
    }
  }
  return {
    peakBps: perSecond(greatest.bandwidth),
    peakPps: perSecond(greatest.packets),
    peakFps: perSecond(greatest.flows),
  }
}

/** To a thousandth, which tells a value that is one byte a minute over the limit from the limit. */
function perSecond(perMinute: bigint): number {
  return toThousandth(Number(perMinute) / 60)
}
