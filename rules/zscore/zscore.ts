// Is a zscore rule crossed? The mean of the five newest minutes is held against mean and deviation of the four hours before them. Minutes in
// which it exceeded their limit are left out of those four hours, or an attack would become normal to itself: with a share p of attack minutes in
// the baseline no z-score exceeds sqrt((1-p)/p), however large the attack is.
//
// Which minutes were left out is not stored but judged again, minute after minute, from a moment that depends on the judged minute alone: so
// a verdict is a pure function of the rule, its minutes and what people accepted, whoever asks for it and whenever. What four hours cannot know, the
// traffic of the same time on other days, is weighed afterwards (usual.ts). A minute is named by its start, in seconds since 1970.

import type { Reason } from '../threshold/verdict.ts'
import {
  type Baseline,
  baselineMinutes,
  createBaseline,
  leastBaselineMinutes,
  recentMean,
  recentMinutes,
} from './baseline.ts'
import { calmUntil } from './calm.ts'
import { leastExcess, type ZscoreRule } from './rule.ts'

/** Bits or packets per second, minute after minute; NaN for a minute that is not known. */
export interface MinuteValues {
  firstMinute: number
  values: Float64Array
}

/** Somebody said that the traffic of an alert is normal. */
export interface Acceptance {
  /** First and last minute of the alert, as far as it had come. */
  from: number
  until: number
  /** Verdicts of this minute and later ones know of it: a minute that was still running when it was said. */
  at: number
}

export interface ZscoreVerdict {
  kind: 'zscore'
  /** The newest of the minutes it is about. */
  closedMinute: number
  /** Undecidable minutes leave it as it was. */
  crossed: boolean
  /** `learning`: the baseline has too few known minutes; `unknown`: the newest five have. */
  reason: Reason
  /** Mean of the known ones of the five newest minutes. */
  value: number | undefined
  /** Of the baseline; undefined while learning. */
  mean: number | undefined
  /** That of the baseline, but at least a tenth of the mean, and what makes its limit exceed the mean by the least traffic that counts. */
  deviation: number | undefined
  /** mean + level x deviation, or what `usual` allows if that is more: crossed by what is greater. */
  limit: number | undefined
  /**
   * What was accepted, or comes at this time on other days, per second, when it allows more than the baseline does; undefined, too, when other days
   * need not be asked.
   */
  usual: number | undefined
  /** So many deviations is the value above the mean. */
  z: number | undefined
  /** Known minutes in the baseline, of which `leastBaselineMinutes` are needed. */
  baselineMinutes: number
  /** First minute since which it has been crossed without a break. */
  since: number | undefined
  /** Of the value, at 95 %; undefined unless it is over the limit, or before that was asked. */
  errorPercent: number | undefined
}

/** When so many minutes are left out of a baseline, none is any more: what lasts is learned. */
const relearnMinutes = 360
/** So long counts what was accepted: until the baseline is made of minutes after it. */
const acceptedMinutes = baselineMinutes + recentMinutes
/**
 * So far before the hour of the judged minute the judgement begins, with nothing left out. A rule that is still crossed became so
 * within `relearnMinutes`, and every minute of the baseline it had then has been judged itself.
 */
const replayedMinutes = relearnMinutes + baselineMinutes + recentMinutes

/** The first minute that the verdict of this one can depend on: at most 15 h 8 min before it. */
export function oldestZscoreMinute(minute: number): number {
  return replayStart(minute) - 60 * (baselineMinutes + recentMinutes - 1)
}

function replayStart(minute: number): number {
  return startOfHour(minute) - 60 * replayedMinutes
}

function startOfHour(minute: number): number {
  return minute - (minute % 3600)
}

/** The verdicts of all minutes from `first` to `last`; minutes that `series` does not have are not known. */
export function judgeZscore(
  rule: ZscoreRule,
  series: MinuteValues,
  first: number,
  last: number,
  accepted: readonly Acceptance[] = [],
): ZscoreVerdict[] {
  const verdicts: ZscoreVerdict[] = []
  for (let hour = startOfHour(first); hour <= last; hour += 3600) {
    replay(rule, series, accepted, Math.max(first, hour), Math.min(last, hour + 3540), verdicts)
  }
  return verdicts
}

/** Appends the verdicts of these minutes, all of one hour. */
function replay(
  rule: ZscoreRule,
  { firstMinute, values }: MinuteValues,
  accepted: readonly Acceptance[],
  first: number,
  last: number,
  verdicts: ZscoreVerdict[],
): void {
  const start = replayStart(first)
  const oldest = oldestZscoreMinute(first)
  // From here on a minute is its place after `oldest`.
  const count = (last - oldest) / 60 + 1
  const offset = (oldest - firstMinute) / 60
  const valueAt = (place: number) => values[offset + place] ?? Number.NaN
  const isLeftOut = new Uint8Array(count)
  const baseline = createBaseline(valueAt)
  const toldFrom = (first - oldest) / 60
  const startPlace = (start - oldest) / 60
  // What was accepted before has nothing left out to bring back, and counts no more.
  const acceptances = accepted
    .filter(({ at }) => at >= start)
    .map(({ from, until, at }) => ({
      from: Math.max(0, (from - oldest) / 60 - recentMinutes + 1),
      until: (until - oldest) / 60,
      at: (at - oldest) / 60,
    }))
  const acceptedAt = greatestAccepted(acceptances, valueAt)
  // Most traffic is calm: as long as it was, nothing is left out, and what was before need not be judged once more.
  const firstPlace = calmUntil(rule, valueAt, startPlace, toldFrom)
  baseline.restart(firstPlace - recentMinutes - 1, isLeftOut)

  let since: number | undefined
  for (let place = firstPlace; place < count; place++) {
    // Verdicts leave out the minutes that they are about, so that of this one nothing will change any more.
    const entering = place - recentMinutes
    if (isLeftOut[entering] === 0) baseline.add(entering)
    else if (entering - baseline.oldest() >= baselineMinutes + relearnMinutes - 1) {
      isLeftOut.fill(0)
      baseline.restart(entering, isLeftOut)
    }
    for (const { from, until, at } of acceptances) {
      if (at !== place) continue
      isLeftOut.fill(0, from, until + 1)
      baseline.restart(entering, isLeftOut)
    }
    const isTold = place >= toldFrom
    const verdict = judge(rule, valueAt, baseline, acceptedAt(place), place, isTold)
    const crossed =
      verdict.reason === 'unknown' ? since !== undefined : verdict.reason === 'crossed'
    since = crossed ? (since ?? place) : undefined
    if (crossed) {
      // All five: what is not far over the limit takes some minutes to lift their mean over it, and those are part of it.
      const firstOut = verdict.reason === 'unknown' ? place : place - recentMinutes + 1
      isLeftOut.fill(1, firstOut, place + 1)
    }
    if (!isTold) continue
    verdicts.push({
      kind: 'zscore',
      closedMinute: oldest + 60 * place,
      crossed,
      ...verdict,
      since: since === undefined ? undefined : oldest + 60 * since,
      errorPercent: undefined,
    })
  }
}

/** The greatest mean of five in what was accepted, while that counts. */
function greatestAccepted(
  acceptances: readonly { from: number; until: number; at: number }[],
  valueAt: (place: number) => number,
): (place: number) => number | undefined {
  const levels = acceptances.map(({ from, until, at }) => {
    let level = 0
    for (let place = from; place <= Math.min(until, at - 1); place++) {
      level = Math.max(level, recentMean(valueAt, place) ?? 0)
    }
    return { level, at }
  })
  return (place) => {
    let greatest: number | undefined
    for (const { level, at } of levels) {
      if (place < at || place >= at + acceptedMinutes) continue
      greatest = Math.max(greatest ?? 0, level)
    }
    return greatest
  }
}

type Judgement = Pick<
  ZscoreVerdict,
  'reason' | 'value' | 'mean' | 'deviation' | 'limit' | 'usual' | 'z' | 'baselineMinutes'
>

/** One minute by what was not left out before it. What is not to be told is worked out only as far as needed. */
function judge(
  rule: ZscoreRule,
  valueAt: (place: number) => number,
  baseline: Baseline,
  accepted: number | undefined,
  place: number,
  isTold: boolean,
): Judgement {
  const { level, minTraffic } = rule
  const value = recentMean(valueAt, place)
  const none = {
    mean: undefined,
    deviation: undefined,
    limit: undefined,
    usual: undefined,
    z: undefined,
  }
  if (!isTold && (value === undefined || value <= minTraffic)) {
    return { reason: value === undefined ? 'unknown' : 'below', value, ...none, baselineMinutes: 0 }
  }
  const { known, mean } = baseline.mean()
  if (known < leastBaselineMinutes) {
    const reason = value === undefined ? 'unknown' : 'learning'
    return { reason, value, ...none, baselineMinutes: known }
  }
  const least = leastExcess(rule, mean)
  if (!isTold && (value === undefined || value <= mean + least)) {
    return { reason: 'below', value, ...none, baselineMinutes: known }
  }
  const excess = Math.max(least, level * baseline.deviation(known, mean))
  const deviation = excess / level
  const own = mean + excess
  const allowed = accepted === undefined ? own : accepted + leastExcess(rule, accepted)
  const limit = Math.max(own, allowed)
  return {
    reason: value === undefined ? 'unknown' : reasonOf(value, own, limit),
    value,
    mean,
    deviation,
    limit,
    usual: allowed > own ? accepted : undefined,
    z: value === undefined ? undefined : (value - mean) / deviation,
    baselineMinutes: known,
  }
}

/** `own` is the limit of the baseline, `limit` at least that. */
export function reasonOf(value: number, own: number, limit: number): Reason {
  if (value > limit) return 'crossed'
  return value > own ? 'usual' : 'below'
}
