// Is a threshold rule crossed? A pure function of the rule and its closed minutes, so that a run that comes late, twice or not at all
// judges the same. A minute is named by its start, in seconds since 1970.

import type { Rule } from './rule.ts'

/** What a rule's prefixes received in one minute, multiplied by the sampling rate. */
export interface Traffic {
  bytes: bigint
  packets: bigint
}

export interface ThresholdInput {
  rule: Pick<Rule, 'bandwidth_threshold' | 'packet_threshold' | 'duration'>
  /** By minute; a minute without flows is absent. */
  traffic: ReadonlyMap<number, Traffic>
  /** The newest closed minute. */
  closedMinute: number
  /** Was all that the collectors received in this minute stored? */
  isKnown: (minute: number) => boolean
  /** From this minute on all prefixes of the rule are counted. */
  countedFrom: number
}

type Metric = 'bandwidth' | 'packets'

/**
 * Where the way back from the closed minute ended: `crossed`, it did not before the duration was full; `below`, at a known minute that is not
 * over the limit; `learning`, at a minute before the rule's prefixes were counted; `unknown`, at the bound, with too few known minutes on the way.
 */
export type Reason = 'crossed' | 'below' | 'learning' | 'unknown'

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
}

export interface Verdict {
  closedMinute: number
  /** Undefined for a metric that the rule has no limit for. */
  bandwidth: MetricVerdict | undefined
  packets: MetricVerdict | undefined
  /** Greatest one-minute averages, bits and packets per second, of the streak, or of the rule's duration when that is longer. */
  peakBps: number
  peakPps: number
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
  const first = Math.min(
    closedMinute - 60 * (rule.duration - 1),
    bandwidth?.since ?? closedMinute,
    packets?.since ?? closedMinute,
  )
  const peak = peakOf(input.traffic, first, closedMinute)
  return {
    closedMinute,
    bandwidth,
    packets,
    peakBps: perSecond(peak.bytes * 8n),
    peakPps: perSecond(peak.packets),
  }
}

function judgeMetric(
  input: ThresholdInput,
  metric: Metric,
  limit: number | null,
): MetricVerdict | undefined {
  if (limit === null) return undefined
  const { closedMinute, countedFrom, isKnown, rule, traffic } = input
  let streak = 0
  let since: number | undefined
  let reason: Reason = 'unknown'
  for (
    let minute = closedMinute;
    minute >= oldestMinute(closedMinute, rule.duration);
    minute -= 60
  ) {
    // What was stored of an unknown minute is the least that there was, so over the limit is over the limit. Not over says nothing
    // of such a minute: it neither adds to the streak nor breaks it. No rows in a known minute are no traffic.
    if (isOver(metric, traffic.get(minute), limit)) {
      streak++
      since = minute
    } else if (minute < countedFrom) {
      reason = 'learning'
      break
    } else if (isKnown(minute)) {
      reason = 'below'
      break
    }
  }
  const crossed = streak >= rule.duration
  return { limit, crossed, streak, since, reason: crossed ? 'crossed' : reason }
}

/** Is the minute's average greater than the limit per second? Exact: a value equal to the limit is not. */
function isOver(metric: Metric, traffic: Traffic | undefined, limit: number): boolean {
  if (traffic === undefined) return false
  const perMinute = metric === 'bandwidth' ? traffic.bytes * 8n : traffic.packets
  return perMinute > BigInt(limit) * 60n
}

function peakOf(traffic: ReadonlyMap<number, Traffic>, first: number, last: number): Traffic {
  const peak = { bytes: 0n, packets: 0n }
  for (let minute = first; minute <= last; minute += 60) {
    const { bytes = 0n, packets = 0n } = traffic.get(minute) ?? {}
    if (bytes > peak.bytes) peak.bytes = bytes
    if (packets > peak.packets) peak.packets = packets
  }
  return peak
}

/** To a thousandth, which tells a value that is one byte a minute over the limit from the limit. */
function perSecond(perMinute: bigint): number {
  return Math.round((Number(perMinute) / 60) * 1000) / 1000
}
