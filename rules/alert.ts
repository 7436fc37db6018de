// What is told of a rule that is crossed, by the alert command and the API alike.

import { z } from 'zod'
import { crossedSince, isMetricCrossed, type Judgement } from './judgement.ts'
import { type Rule, ruleTypes, zscoreSensitivities, zscoreTargets } from './rule.ts'
import { minuteText } from './time.ts'
import { toThousandth } from './to-thousandth.ts'
import type { ZscoreVerdict } from './zscore.ts'

const perSecond = z.number()

export const alertSchema = z.object({
  id: z.string(),
  type: z.enum(ruleTypes),
  name: z.string(),
  /** What was judged: one prefix, or all of the rule together, separated by commas. */
  prefix: z.string(),
  /** Towards the prefix, or from it. */
  direction: z.enum(['in', 'out']),
  /** All of the rule. */
  prefixes: z.array(z.string()),
  /** Which limits are crossed. */
  bandwidth_alert: z.boolean(),
  packet_alert: z.boolean(),
  flow_alert: z.boolean(),
  /** Bits, packets and flows per second; null: no such limit. */
  bandwidth_threshold: perSecond.nullable(),
  packet_threshold: perSecond.nullable(),
  flow_threshold: perSecond.nullable(),
  /** Minutes that a limit must be exceeded; 1 for a zscore rule. */
  duration: z.number(),
  /** Of a zscore rule, null for others. All but z are in bits or packets per second, as the target says. */
  zscore: z
    .object({
      target: z.enum(zscoreTargets),
      sensitivity: z.enum(zscoreSensitivities),
      /** Mean of the five newest minutes; null while fewer than three of them are known. */
      value: perSecond.nullable(),
      /** What it must exceed. */
      limit: perSecond.nullable(),
      /** Of the four hours before. */
      mean: perSecond.nullable(),
      deviation: perSecond.nullable(),
      /** So many deviations is the value above the mean. */
      z: z.number().nullable(),
    })
    .nullable(),
  /** Greatest one-minute averages, bits, packets and flows per second, since `since`. */
  peak_bps: perSecond,
  peak_pps: perSecond,
  peak_fps: perSecond,
  /**
   * How far the number of packets may be off for being an estimate from samples, to either side at 95 %, in percent; the greatest of the limits that are
   * crossed. 0: no packet was left out. Bytes vary more.
   */
  error_percent: z.number(),
  /** Start of the first minute since which it is crossed, as far back as is looked. RFC 3339, UTC. */
  since: z.string(),
  /** Start of the newest minute judged. */
  minute: z.string(),
})

export type Alert = z.infer<typeof alertSchema>

/** Undefined when the rule is not crossed. */
export function toAlert({ rule, series, verdict, peaks }: Judgement): Alert | undefined {
  const since = crossedSince(verdict)
  if (since === undefined || peaks === undefined) return undefined
  const isThreshold = verdict.kind === 'threshold'
  return {
    id: rule.id,
    type: rule.type,
    name: rule.name,
    prefix: series.prefix ?? rule.prefixes.join(', '),
    direction: series.direction,
    prefixes: rule.prefixes,
    bandwidth_alert: isThreshold
      ? isMetricCrossed(verdict.bandwidth)
      : rule.zscore_target === 'bits',
    packet_alert: isThreshold ? isMetricCrossed(verdict.packets) : rule.zscore_target === 'packets',
    flow_alert: isThreshold && isMetricCrossed(verdict.flows),
    bandwidth_threshold: isThreshold ? rule.bandwidth_threshold : null,
    packet_threshold: isThreshold ? rule.packet_threshold : null,
    flow_threshold: isThreshold ? rule.flow_threshold : null,
    duration: isThreshold ? rule.duration : 1,
    zscore: isThreshold ? null : zscoreOf(rule, verdict),
    peak_bps: peaks.peakBps,
    peak_pps: peaks.peakPps,
    peak_fps: peaks.peakFps,
    error_percent: errorOf(verdict),
    since: minuteText(since),
    minute: minuteText(verdict.closedMinute),
  }
}

function errorOf(verdict: Judgement['verdict']): number {
  if (verdict.kind === 'zscore') return verdict.errorPercent ?? 0
  const crossed = [verdict.bandwidth, verdict.packets, verdict.flows].filter(isMetricCrossed)
  return Math.max(...crossed.map((metric) => metric.errorPercent ?? 0))
}

/** Which rules are stored and not looked at; undefined when none is. */
export function unjudgedText(rules: readonly Rule[]): string | undefined {
  if (rules.length === 0) return undefined
  const types = [...new Set(rules.map(({ type }) => type))].sort()
  return `rules of type ${types.join(' and ')} are not judged yet: ${rules.length} of them`
}

function zscoreOf(rule: Judgement['rule'], verdict: ZscoreVerdict): Alert['zscore'] {
  const { zscore_target: target, zscore_sensitivity: sensitivity } = rule
  if (target === null || sensitivity === null) return null
  const { value, limit, mean, deviation, z: score } = verdict
  return {
    target,
    sensitivity,
    value: toThousandth(value),
    limit: toThousandth(limit),
    mean: toThousandth(mean),
    deviation: toThousandth(deviation),
    z: toThousandth(score),
  }
}
