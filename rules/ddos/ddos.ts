// Is an advanced_ddos rule crossed, and by which vectors? A pure function of one closed minute and of what came before it.
//
// Every vector has its own limit (base.ts). Of those over theirs, the most specific is told; `tcp`, `udp` and `total` are told only for what
// the others leave unexplained.

import type { Rule } from '../configuration/rule.ts'
import type { Peaks } from '../threshold/verdict.ts'
import { areEnough, type Sampled } from '../traffic/samples.ts'
import { type History, type Limit, limitOf, sensitivityFactors } from './base.ts'
import {
  type Floor,
  floorOf,
  isAmplifier,
  isPartOf,
  leastAmplifierSources,
  type Vector,
  vectors,
} from './vectors.ts'

export type DdosRule = Pick<Rule, 'sensitivity' | 'vectors' | 'min_samples'>

/** Averages of one minute: bits, packets and flows per second. */
export interface Rates {
  bps: number
  pps: number
  fps: number
  sampled: Sampled
}

export const rateNames = ['bps', 'pps', 'fps'] as const
export type RateName = (typeof rateNames)[number]

export interface DdosMetric extends Limit {
  value: number
  over: boolean
}

/** What is asked of the minutes before; undefined: nothing is known of them. */
export type Histories = (vector: Vector, rate: RateName) => History

export interface Over {
  vector: Vector
  /** Undefined: it has no floor, so no limit. */
  metrics: Record<RateName, DdosMetric | undefined>
  isOver: boolean
}

/**
 * `crossed`: over the limit; `contributing`: over it too, but a more specific vector tells it; `few_sources`: over it, but from too few for an
 * amplification; `few_samples`: over it, but on fewer sampled packets than the rule asks for; `unknown`: not over it in a minute that is not known, so that there may have been more; `learning`: nor in one
 * before the rule's prefixes were counted.
 */
export type DdosReason =
  | 'crossed'
  | 'contributing'
  | 'few_sources'
  | 'few_samples'
  | 'below'
  | 'unknown'
  | 'learning'

export interface DdosVerdict extends Peaks {
  kind: 'advanced_ddos'
  closedMinute: number
  vector: Vector
  crossed: boolean
  reason: DdosReason
  /** Of the minute. */
  rates: Rates
  metrics: Record<RateName, DdosMetric | undefined>
  /** Vectors that are over their limits and told by this one. */
  contributing: Vector[]
  /** First minute since which it has been over these limits without a break, at most an hour back. */
  since: number | undefined
  /** Of the value, at 95 %. */
  errorPercent: number
}

/** What is at most so much of its floor is far below any limit: no verdict is made of it. */
const worthJudging = 0.9

/** The vectors that a rule does not leave out. */
export function judgedVectors({ vectors: settings }: DdosRule): Vector[] {
  return vectors.filter((vector) => floorOf(vector, settings?.[vector]) !== undefined)
}

/** Those of them that can be over their limits in one of the minutes, since they are near or over their floors. */
export function candidatesOf(
  rule: DdosRule,
  traffic: ReadonlyMap<Vector, ReadonlyMap<number, Rates>>,
): Vector[] {
  return judgedVectors(rule).filter((vector) => {
    const floor = floorOf(vector, rule.vectors?.[vector])
    return [...(traffic.get(vector)?.values() ?? [])].some((rates) =>
      rateNames.some((rate) => rates[rate] > worthJudging * (floor?.[rate] ?? Infinity)),
    )
  })
}

/** Holds a vector against its limits. A value equal to a limit is not over it. */
export function judgeVector(
  rule: DdosRule,
  vector: Vector,
  rates: Rates,
  histories: Histories,
): Over {
  const floor = floorOf(vector, rule.vectors?.[vector])
  const metrics = {
    bps: judgeRate(rule, floor, vector, 'bps', rates, histories),
    pps: judgeRate(rule, floor, vector, 'pps', rates, histories),
    fps: judgeRate(rule, floor, vector, 'fps', rates, histories),
  }
  return { vector, metrics, isOver: rateNames.some((rate) => metrics[rate]?.over === true) }
}

/** So near to a limit, or over it, that the last day has its say, too. */
export function isNear({ metrics }: Over): boolean {
  return rateNames.some((rate) => {
    const metric = metrics[rate]
    return metric !== undefined && metric.value > worthJudging * metric.limit
  })
}

function judgeRate(
  rule: DdosRule,
  floors: Floor | undefined,
  vector: Vector,
  rate: RateName,
  rates: Rates,
  histories: Histories,
): DdosMetric | undefined {
  const floor = floors?.[rate]
  if (floor === undefined) return undefined
  const factor = sensitivityFactors[rule.sensitivity ?? 'medium']
  const limit = limitOf(floor, factor, histories(vector, rate))
  return { ...limit, value: rates[rate], over: rates[rate] > limit.limit }
}

export interface Told {
  vector: Vector
  reason: DdosReason
  contributing: Vector[]
}

/**
 * Which of the judged vectors are told. `sourcesOf` counts the sources of an amplifier; more than `leastAmplifierSources` may be any greater number.
 */
export function tellMostSpecific(
  rule: DdosRule,
  judged: readonly Over[],
  ratesOf: (vector: Vector) => Rates,
  sourcesOf: (vector: Vector) => number,
): Told[] {
  const told: Told[] = []
  for (const vector of vectors) {
    const over = judged.find((one) => one.vector === vector)
    if (over === undefined) continue
    const parts = told.filter((one) => one.reason === 'crossed' && isPartOf(one.vector, vector))
    const reason = reasonOf(rule, over, parts, ratesOf, sourcesOf)
    if (reason === 'contributing') for (const part of parts) part.contributing.push(vector)
    told.push({ vector, reason, contributing: [] })
  }
  return told
}

function reasonOf(
  { min_samples }: DdosRule,
  { vector, isOver, metrics }: Over,
  crossedParts: readonly Told[],
  ratesOf: (vector: Vector) => Rates,
  sourcesOf: (vector: Vector) => number,
): DdosReason {
  if (!isOver) return 'below'
  if (isAmplifier(vector) && sourcesOf(vector) <= leastAmplifierSources) return 'few_sources'
  // Flows are counted, not estimated.
  if (metrics.fps?.over !== true && !areEnough(ratesOf(vector).sampled, min_samples))
    return 'few_samples'
  // What is part of a sum that is told itself is in that sum.
  const explaining = crossedParts.filter(
    (part) => !crossedParts.some((other) => isPartOf(part.vector, other.vector)),
  )
  const isOverWithoutThem = rateNames.some((rate) => {
    const metric = metrics[rate]
    if (metric?.over !== true) return false
    const explained = explaining.reduce((sum, part) => sum + ratesOf(part.vector)[rate], 0)
    return metric.value - explained > metric.limit
  })
  return isOverWithoutThem ? 'crossed' : 'contributing'
}
