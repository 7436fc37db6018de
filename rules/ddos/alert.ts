// What is told of attacks that go on now: who is attacked with what, and how much more that is than usual.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { patterns, readVictims, type Victims } from '../evidence/victims.ts'
import type { Judgement } from '../judgement.ts'
import { minuteText } from '../time.ts'
import { toThousandth } from '../to-thousandth.ts'
import type { DdosVerdict } from './ddos.ts'
import { sensitivities } from './fields.ts'
import { vectors } from './vectors.ts'

const perSecond = z.number()

export const ddosAlertSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** What was judged: one prefix, or all of the rule together, separated by commas. */
  prefix: z.string(),
  /** The vector. */
  proto: z.enum(vectors),
  /** Averages of the newest closed minute: bits, packets and flows per second. */
  current_bps: perSecond,
  current_pps: perSecond,
  current_fps: perSecond,
  /** The limits; null: it has none. */
  recommend_bps: perSecond.nullable(),
  recommend_pps: perSecond.nullable(),
  recommend_fps: perSecond.nullable(),
  /** Which limits are exceeded. */
  bps_alert: z.boolean(),
  pps_alert: z.boolean(),
  fps_alert: z.boolean(),
  /** As `proto`, and those that are over their limits by it, too. */
  vector: z.enum(vectors),
  contributing: z.array(z.enum(vectors)),
  sensitivity: z.enum(sensitivities),
  /** What the limits rest on: the weeks or the day before, what lasted for half a day, or nothing but the floor. */
  basis: z.enum(['weeks', 'day', 'half_day', 'floor']),
  /** Start of the first minute over these limits, at most an hour back, and of the newest one. RFC 3339, UTC. */
  since: z.string(),
  minute: z.string(),
  /** Of the number of packets, to either side at 95 %. */
  error_percent: z.number(),
  /** single: one host has most of it; carpet: none has more than a fifth; spread: between these. Null: too many attacks at once to look at each. */
  pattern: z.enum(patterns).nullable(),
  /** How many hosts get it, and the ten that get most. */
  hosts: z.number().nullable(),
  victims: z.array(
    z.object({ host: z.string(), bytes: z.number(), packets: z.number(), share: z.number() }),
  ),
})

export type DdosAlert = z.infer<typeof ddosAlertSchema>

/** Each costs a statement. */
const mostLookedAt = 20

/** Those of the judgements that are attacks, the greatest excess first. @throws StoreError */
export async function toDdosAlerts(
  client: StoreClient,
  judgements: readonly Judgement[],
): Promise<DdosAlert[]> {
  const attacks = judgements.flatMap((judgement) => {
    const { verdict } = judgement
    if (verdict.kind !== 'advanced_ddos' || !verdict.crossed) return []
    return [{ ...judgement, verdict, excess: excessOf(verdict) }]
  })
  attacks.sort((a, b) => b.excess - a.excess)
  const alerts: DdosAlert[] = []
  for (const [index, { rule, series, verdict }] of attacks.entries()) {
    const victims =
      index < mostLookedAt
        ? await readVictims(
            client,
            {
              source:
                series.prefix === undefined ? { ruleId: rule.id } : { prefixes: [series.prefix] },
              direction: series.direction,
              vector: verdict.vector,
              first: verdict.closedMinute,
              last: verdict.closedMinute,
            },
            verdict.metrics.bps?.over === true ? 'bytes' : 'packets',
          )
        : undefined
    alerts.push(toDdosAlert({ rule, series }, verdict, victims))
  }
  return alerts
}

function toDdosAlert(
  { rule, series }: Pick<Judgement, 'rule' | 'series'>,
  verdict: DdosVerdict,
  victims: Victims | undefined,
): DdosAlert {
  const { bps, pps, fps } = verdict.metrics
  return {
    id: rule.id,
    name: rule.name,
    prefix: series.prefix ?? rule.prefixes.join(', '),
    proto: verdict.vector,
    current_bps: toThousandth(verdict.rates.bps),
    current_pps: toThousandth(verdict.rates.pps),
    current_fps: toThousandth(verdict.rates.fps),
    recommend_bps: toThousandth(bps?.limit),
    recommend_pps: toThousandth(pps?.limit),
    recommend_fps: toThousandth(fps?.limit),
    bps_alert: bps?.over === true,
    pps_alert: pps?.over === true,
    fps_alert: fps?.over === true,
    vector: verdict.vector,
    contributing: verdict.contributing,
    sensitivity: rule.sensitivity ?? 'medium',
    basis: mostExceeded(verdict)?.basis ?? 'floor',
    since: minuteText(verdict.since ?? verdict.closedMinute),
    minute: minuteText(verdict.closedMinute),
    error_percent: verdict.errorPercent,
    pattern: victims?.pattern ?? null,
    hosts: victims?.hosts ?? null,
    victims: victims?.top ?? [],
  }
}

function mostExceeded({ metrics: { bps, pps, fps } }: DdosVerdict) {
  const over = [bps, pps, fps].filter((metric) => metric?.over === true)
  return over.sort((a, b) => ratioOf(b) - ratioOf(a))[0]
}

function excessOf(verdict: DdosVerdict): number {
  return ratioOf(mostExceeded(verdict))
}

function ratioOf(metric: DdosVerdict['metrics']['bps']): number {
  return metric === undefined ? 0 : metric.value / metric.limit
}
