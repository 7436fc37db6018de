// What is told of a rule that is crossed, by the alert command and the API alike.

import { z } from 'zod'
import { ruleTypes, zscoreSensitivities, zscoreTargets } from './configuration/rule.ts'
import type { DdosVerdict } from './ddos/ddos.ts'
import { sensitivities } from './ddos/fields.ts'
import { vectors } from './ddos/vectors.ts'
import { crossedSince, isMetricCrossed, type Judgement } from './judgement.ts'
import { minuteText } from './time.ts'
import { toThousandth } from './to-thousandth.ts'
import type { ZscoreVerdict } from './zscore/zscore.ts'

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
  /** Bits, packets and flows per second; null: no such limit. Of an advanced_ddos rule those of its vector at this minute. */
  bandwidth_threshold: perSecond.nullable(),
  packet_threshold: perSecond.nullable(),
  flow_threshold: perSecond.nullable(),
  /** Minutes that a limit must be exceeded; 1 for zscore and advanced_ddos rules. */
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
  /** Of an advanced_ddos rule, null for others. */
  ddos: z
    .object({
      /** The kind of packets. */
      vector: z.enum(vectors),
      /** Those that are over their limits by it, too: sums that it is part of. */
      contributing: z.array(z.enum(vectors)),
      sensitivity: z.enum(sensitivities),
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
  return {
    id: rule.id,
    type: rule.type,
    name: rule.name,
    prefix: series.prefix ?? rule.prefixes.join(', '),
    direction: series.direction,
    prefixes: rule.prefixes,
    ...crossedLimits(rule, verdict),
    duration: verdict.kind === 'threshold' ? rule.duration : 1,
    zscore: verdict.kind === 'zscore' ? zscoreOf(rule, verdict) : null,
    ddos: verdict.kind === 'advanced_ddos' ? ddosOf(rule, verdict) : null,
    peak_bps: peaks.peakBps,
    peak_pps: peaks.peakPps,
    peak_fps: peaks.peakFps,
    error_percent: errorOf(verdict),
    since: minuteText(since),
    minute: minuteText(verdict.closedMinute),
  }
}

function errorOf(verdict: Judgement['verdict']): number {
  if (verdict.kind !== 'threshold') return verdict.errorPercent ?? 0
  const crossed = [verdict.bandwidth, verdict.packets, verdict.flows].filter(isMetricCrossed)
  return Math.max(...crossed.map((metric) => metric.errorPercent ?? 0))
}

type Limits = Pick<
  Alert,
  | 'bandwidth_alert'
  | 'packet_alert'
  | 'flow_alert'
  | 'bandwidth_threshold'
  | 'packet_threshold'
  | 'flow_threshold'
>

function crossedLimits(rule: Judgement['rule'], verdict: Judgement['verdict']): Limits {
  switch (verdict.kind) {
    case 'threshold':
      return {
        bandwidth_alert: isMetricCrossed(verdict.bandwidth),
        packet_alert: isMetricCrossed(verdict.packets),
        flow_alert: isMetricCrossed(verdict.flows),
        bandwidth_threshold: rule.bandwidth_threshold,
        packet_threshold: rule.packet_threshold,
        flow_threshold: rule.flow_threshold,
      }
    case 'zscore':
      return {
        bandwidth_alert: rule.zscore_target === 'bits',
        packet_alert: rule.zscore_target === 'packets',
        flow_alert: false,
        bandwidth_threshold: null,
        packet_threshold: null,
        flow_threshold: null,
      }
    case 'advanced_ddos': {
      const { bps, pps, fps } = verdict.metrics
      return {
        bandwidth_alert: bps?.over === true,
        packet_alert: pps?.over === true,
        flow_alert: fps?.over === true,
        bandwidth_threshold: toThousandth(bps?.limit),
        packet_threshold: toThousandth(pps?.limit),
        flow_threshold: toThousandth(fps?.limit),
      }
    }
  }
}

function ddosOf(rule: Judgement['rule'], { vector, contributing }: DdosVerdict): Alert['ddos'] {
  return { vector, contributing, sensitivity: rule.sensitivity ?? 'medium' }
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
