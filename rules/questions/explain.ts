// Why a rule is crossed, or not: the values, limits and verdicts of past minutes.

import { z } from 'zod'
import { type DdosVerdict, rateNames } from '../ddos/ddos.ts'
import { vectors } from '../ddos/vectors.ts'
import { type MetricVerdict, metrics, type Verdict } from '../threshold/verdict.ts'
import { minuteText } from '../time.ts'
import { toThousandth } from '../to-thousandth.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import type { ZscoreVerdict } from '../zscore/zscore.ts'
import type { JudgedSeries } from './judged-series.ts'

const verdictSchema = z.object({
  metric: z.enum(metrics),
  /** Per second. Of a threshold rule the minute's average, of a zscore rule the mean of the five newest minutes; null: not known. */
  value: z.number().nullable(),
  /** What it must exceed; null while learning. */
  limit: z.number().nullable(),
  crossed: z.boolean(),
  /**
   * crossed; below; learning: the rule is too young, or a zscore rule has too few known minutes before these; unknown: too few of
   * these minutes are known; few_samples: it would be crossed, but on fewer sampled packets than min_samples; usual: of a zscore rule, it is over
   * the limit of four hours, but not over what is usual at this time of the day, or was accepted.
   */
  reason: z.enum([
    'crossed',
    'below',
    'learning',
    'unknown',
    'few_samples',
    'usual',
    'contributing',
    'few_sources',
  ]),
  /** Of what is over the limit: how far its packets may be off for being estimated from samples, at 95 %, in percent. */
  error_percent: z.number().nullable(),
  /** Of a threshold rule: minutes over the limit up to this one. */
  streak: z.number().optional(),
  /** Of an advanced_ddos rule: what is usual, and what that rests on. */
  base: z.number().nullable().optional(),
  basis: z.enum(['weeks', 'day', 'half_day', 'floor']).optional(),
  /** Of a zscore rule: what the limit rests on, and how many known minutes that rests on. */
  mean: z.number().nullable().optional(),
  deviation: z.number().nullable().optional(),
  z: z.number().nullable().optional(),
  /** What is usual at this time of the day, or was accepted, when the limit rests on that; null: it does not, or other days were not asked. */
  usual: z.number().nullable().optional(),
  baseline_minutes: z.number().optional(),
})

export const explanationSchema = z.object({
  /** One prefix of the rule; null: all of them together. */
  prefix: z.string().nullable(),
  direction: z.enum(['in', 'out']),
  /** Of an advanced_ddos rule; only vectors that come near their floors are told. Null for others. */
  vector: z.enum(vectors).nullable(),
  /** The oldest first. */
  minutes: z.array(
    z.object({
      /** Its start. RFC 3339, UTC. */
      minute: z.string(),
      /** unknown: no collector received all of it, or not all of it is stored yet; not_counted: the rule's prefixes were not counted yet. */
      state: z.enum(['known', 'unknown', 'not_counted']),
      /** Averages of the minute: bits, packets and flows per second. Of what is stored, when it is not known. */
      bps: z.number().nullable(),
      pps: z.number().nullable(),
      fps: z.number().nullable(),
      verdicts: z.array(verdictSchema),
    }),
  ),
})

export type Explanation = z.infer<typeof explanationSchema>
type ExplainedVerdict = z.infer<typeof verdictSchema>

export function explain(judged: JudgedSeries, target: 'bits' | 'packets' | null): Explanation {
  const { series, traffic, isKnown, verdicts } = judged
  return {
    prefix: series.prefix ?? null,
    direction: series.direction,
    vector: judged.vector ?? null,
    minutes: verdicts.map((verdict) => {
      const minute = verdict.closedMinute
      const isCounted = minute >= series.countedFrom
      const state = !isCounted ? 'not_counted' : isKnown(minute) ? 'known' : 'unknown'
      const averages = averagesOf(traffic.get(minute), state === 'known')
      return {
        minute: minuteText(minute),
        state,
        bps: averages.bandwidth,
        pps: averages.packets,
        fps: averages.flows,
        verdicts:
          verdict.kind === 'threshold'
            ? explainThreshold(verdict, averages)
            : verdict.kind === 'zscore'
              ? [explainZscore(verdict, target)]
              : explainDdos(verdict),
      }
    }),
  }
}

type Averages = Record<(typeof metrics)[number], number | null>

function averagesOf(traffic: Traffic | undefined, isKnown: boolean): Averages {
  if (traffic === undefined) {
    const none = isKnown ? 0 : null
    return { bandwidth: none, packets: none, flows: none }
  }
  const average = (amount: bigint) => toThousandth(Number(amount) / 60)
  return {
    bandwidth: average(traffic.bytes * 8n),
    packets: average(traffic.packets),
    flows: average(traffic.flows),
  }
}

function explainThreshold(verdict: Verdict, averages: Averages): ExplainedVerdict[] {
  return metrics.flatMap((metric) => {
    const of: MetricVerdict | undefined = verdict[metric]
    if (of === undefined) return []
    const { limit, crossed, reason, streak } = of
    const error_percent = of.errorPercent ?? null
    return [{ metric, value: averages[metric], limit, crossed, reason, error_percent, streak }]
  })
}

function explainZscore(
  verdict: ZscoreVerdict,
  target: 'bits' | 'packets' | null,
): ExplainedVerdict {
  return {
    metric: target === 'packets' ? 'packets' : 'bandwidth',
    value: toThousandth(verdict.value),
    limit: toThousandth(verdict.limit),
    crossed: verdict.crossed,
    reason: verdict.reason,
    error_percent: verdict.errorPercent ?? null,
    mean: toThousandth(verdict.mean),
    deviation: toThousandth(verdict.deviation),
    z: toThousandth(verdict.z),
    usual: toThousandth(verdict.usual),
    baseline_minutes: verdict.baselineMinutes,
  }
}

const metricOf = { bps: 'bandwidth', pps: 'packets', fps: 'flows' } as const

/** The reason is the vector's: each of its metrics tells by `crossed` whether it is over its limit. */
function explainDdos({ metrics: byRate, reason, errorPercent }: DdosVerdict): ExplainedVerdict[] {
  return rateNames.flatMap((rate) => {
    const of = byRate[rate]
    if (of === undefined) return []
    const { value, limit, over, base, basis } = of
    return [
      {
        metric: metricOf[rate],
        value: toThousandth(value),
        limit: toThousandth(limit),
        crossed: over && reason === 'crossed',
        reason: over ? reason : reason === 'crossed' ? 'below' : reason,
        error_percent: over ? errorPercent : null,
        base: toThousandth(base),
        basis,
      },
    ]
  })
}
