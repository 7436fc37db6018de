// What a crossed zscore rule is held against before anybody is told: other days at the same time, and the samples that it rests on. Neither decides which
// minutes are left out of baselines: a backup that is usual every night would else hide an attack in the hours after it, and what is too uncertain to be
// told is too uncertain to be learned from as well.

import type { Traffic, TrafficAt } from '../traffic/minute-traffic.ts'
import { addSamples, areEnough, errorPercent } from '../traffic/samples.ts'
import { recentMinutes } from './baseline.ts'
import type { ZscoreRule } from './rule.ts'
import { usualLimit } from './usual.ts'
import { reasonOf, type ZscoreVerdict } from './zscore.ts'

/** How far before the minute it is crossed since the traffic of a verdict is asked for, in seconds. */
export const weighedReachSeconds = 60 * (recentMinutes - 1)

/** How far back the minute is looked for since which a rule has been crossed, while so much is usual that it was not before. */
const usualLookbackSeconds = 3600

/** The first minute of which `weighUsual` asks what is usual. */
export function firstWeighed({ closedMinute, since = closedMinute }: ZscoreVerdict): number {
  return Math.max(since, closedMinute - usualLookbackSeconds)
}

/** The first minute whose value is asked for when verdicts from this minute on are weighed. */
export function oldestWeighed(first: number): number {
  return first - usualLookbackSeconds - weighedReachSeconds
}

/** A crossed verdict, held to what is usual. `meanAt` tells the mean of five minutes, undefined while it is not known; `usualAt` is that of `createUsual`. */
export function weighUsual(
  rule: ZscoreRule,
  verdict: ZscoreVerdict,
  meanAt: (minute: number) => number | undefined,
  usualAt: (minute: number) => number | undefined,
): ZscoreVerdict {
  const { closedMinute, since: overSince, limit: own, value } = verdict
  if (overSince === undefined) return verdict
  const first = firstWeighed(verdict)
  let since = first === overSince ? undefined : overSince
  for (let minute = first; minute <= closedMinute; minute += 60) {
    const mean = minute === closedMinute ? value : meanAt(minute)
    if (mean === undefined) continue
    const usual = usualAt(minute)
    if (usual === undefined || mean > usualLimit(rule, usual)) since ??= minute
    else since = undefined
  }
  const crossed = since !== undefined
  const usual = usualAt(closedMinute)
  if (usual === undefined || own === undefined || usualLimit(rule, usual) <= own) {
    return { ...verdict, crossed, since }
  }
  const limit = usualLimit(rule, usual)
  const reason = value === undefined ? 'unknown' : reasonOf(value, own, limit)
  return { ...verdict, crossed, since, reason, limit, usual }
}

/** A crossed verdict, held to the samples that it rests on. */
export function weighSamples(
  verdict: ZscoreVerdict,
  traffic: TrafficAt,
  minSamples: number,
): ZscoreVerdict {
  const { closedMinute, reason, since } = verdict
  if (since === undefined) return verdict
  // While its value is not known, a rule is crossed for what it was before.
  const newest = reason === 'unknown' ? since : closedMinute
  const minutes: (Traffic | undefined)[] = []
  for (let minute = newest - 60 * (recentMinutes - 1); minute <= closedMinute; minute += 60) {
    minutes.push(traffic.get(minute))
  }
  const sampled = addSamples(minutes)
  const weighed = { ...verdict, errorPercent: errorPercent(sampled) }
  if (areEnough(sampled, minSamples)) return weighed
  return { ...weighed, crossed: false, reason: 'few_samples', since: undefined }
}
