// Is a zscore rule crossed? The mean of the five newest minutes is held against mean and deviation of the four hours before them. Minutes in
// which the rule was crossed are left out of those four hours, or an attack would become normal to itself: with a share p of attack minutes in
// the baseline no z-score exceeds sqrt((1-p)/p), however large the attack is.
//
// Which minutes were crossed is not stored but judged again, minute after minute, from a moment that depends on the judged minute alone: so
// a verdict is a pure function of the rule and its minutes, whoever asks for it and whenever. A minute is named by its start, in seconds since 1970.

import type { Rule } from './rule.ts'
import { addSamples, areEnough, errorPercent } from './samples.ts'
import type { Reason, Traffic } from './verdict.ts'

export interface ZscoreRule {
  /** So many deviations above the mean are too many. */
  level: number
  /** Bits or packets per second: what exceeds the mean by no more than this never counts. */
  minTraffic: number
}

/** Bits or packets per second, minute after minute; NaN for a minute that is not known. */
export interface MinuteValues {
  firstMinute: number
  values: Float64Array
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
  /** That of the baseline, but at least a tenth of the mean, and what makes the limit exceed the mean by the least traffic that counts. */
  deviation: number | undefined
  /** mean + level x deviation: crossed by what is greater. */
  limit: number | undefined
  /** So many deviations is the value above the mean. */
  z: number | undefined
  /** Known minutes in the baseline, of which `leastBaselineMinutes` are needed. */
  baselineMinutes: number
  /** First minute since which it has been crossed without a break. */
  since: number | undefined
  /** Of the value, at 95 %; undefined unless it is over the limit, or before that was asked. */
  errorPercent: number | undefined
}

export const zscoreLevels = { low: 5, medium: 4, high: 3 } as const
/** Per second. */
export const leastTraffic = { bits: 1_000_000, packets: 1_000 } as const

const recentMinutes = 5
const leastRecentMinutes = 3
const baselineMinutes = 240
const blockMinutes = 15
export const leastBaselineMinutes = 30
/** When so many minutes are left out of a baseline, none is any more: what lasts is learned. */
const relearnMinutes = 360
/**
 * So far before the hour of the judged minute the judgement begins, with nothing left out. A rule that is still crossed became so
 * within `relearnMinutes`, and every minute of the baseline it had then has been judged itself.
 */
const replayedMinutes = relearnMinutes + baselineMinutes + recentMinutes

/** What a rule of this type is judged by. */
export function zscoreRuleOf(
  rule: Pick<Rule, 'zscore_sensitivity' | 'zscore_target' | 'min_traffic'>,
): ZscoreRule {
  return {
    level: zscoreLevels[rule.zscore_sensitivity ?? 'medium'],
    minTraffic: rule.min_traffic ?? leastTraffic[rule.zscore_target ?? 'bits'],
  }
}

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

/**
 * A crossed verdict, held to the samples that it rests on. They do not decide which minutes are left out of baselines: what is too uncertain to
 * be told is too uncertain to be learned from as well.
 */
export function weighSamples(
  verdict: ZscoreVerdict,
  traffic: ReadonlyMap<number, Traffic>,
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

/** How far before the minute it is crossed since the samples of a verdict are asked for, in seconds. */
export const samplesReachSeconds = 60 * (recentMinutes - 1)

/** The verdicts of all minutes from `first` to `last`; minutes that `series` does not have are not known. */
export function judgeZscore(
  rule: ZscoreRule,
  series: MinuteValues,
  first: number,
  last: number,
): ZscoreVerdict[] {
  const verdicts: ZscoreVerdict[] = []
  for (let hour = startOfHour(first); hour <= last; hour += 3600) {
    replay(rule, series, Math.max(first, hour), Math.min(last, hour + 3540), verdicts)
  }
  return verdicts
}

/** Appends the verdicts of these minutes, all of one hour. */
function replay(
  rule: ZscoreRule,
  { firstMinute, values }: MinuteValues,
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
  // Most traffic is calm: then nothing is left out, and what was before the first told minute need not be judged once more.
  const firstPlace = isCalm(rule, valueAt, startPlace, toldFrom) ? toldFrom : startPlace
  baseline.restart(firstPlace - recentMinutes - 1)

  let since: number | undefined
  for (let place = firstPlace; place < count; place++) {
    // Verdicts leave out the minutes that they are about, so that of this one nothing will change any more.
    const entering = place - recentMinutes
    if (isLeftOut[entering] === 0) baseline.add(entering)
    else if (entering - baseline.oldest() >= baselineMinutes + relearnMinutes - 1) {
      baseline.restart(entering)
      isLeftOut.fill(0)
    }
    const isTold = place >= toldFrom
    const verdict = judge(rule, valueAt, baseline, place, isTold)
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

/**
 * Is surely none of these minutes crossed, the last one excluded, when nothing was left out before them? Sums move along with the minutes, which is quick,
 * and drifts by less than `slack`: what is nearer to the limit than that is judged minute by minute.
 */
function isCalm(
  { level, minTraffic }: ZscoreRule,
  valueAt: (place: number) => number,
  from: number,
  to: number,
): boolean {
  const first = from - recentMinutes - baselineMinutes + 1
  const values = new Float64Array(Math.max(0, to - first))
  const isKnown = new Uint8Array(values.length)
  let greatest = 0
  for (let index = 0; index < values.length; index++) {
    const value = valueAt(first + index)
    // An unknown minute adds nothing to any sum.
    if (Number.isNaN(value)) continue
    values[index] = value
    isKnown[index] = 1
    if (value > greatest) greatest = value
  }
  const slack = greatest * 1e-9
  let recent = 0
  let recentKnown = 0
  let sum = 0
  let squares = 0
  let known = 0
  for (let index = 0; index < values.length; index++) {
    const entered = index - recentMinutes
    const left = entered - baselineMinutes
    recent += values[index]!
    recentKnown += isKnown[index]!
    if (entered >= 0) {
      const value = values[entered]!
      recent -= value
      recentKnown -= isKnown[entered]!
      sum += value
      squares += value * value
      known += isKnown[entered]!
    }
    if (left >= 0) {
      const value = values[left]!
      sum -= value
      squares -= value * value
      known -= isKnown[left]!
    }
    if (first + index < from || recentKnown < leastRecentMinutes) continue
    if (known < leastBaselineMinutes) continue
    const value = recent / recentKnown + slack
    if (value <= minTraffic) continue
    const mean = sum / known - slack
    const least = mean + Math.max(minTraffic, (level * mean) / 10)
    if (value <= least) continue
    // Where the values are much smaller than the greatest one, squares tell nothing of how they differ: then `spread` is 0 or less.
    const spread = squares / known - (sum / known) ** 2 - slack * greatest
    if (!(spread > 0 && value <= mean + level * Math.sqrt(spread))) return false
  }
  return true
}

type Judgement = Pick<
  ZscoreVerdict,
  'reason' | 'value' | 'mean' | 'deviation' | 'limit' | 'z' | 'baselineMinutes'
>

/** One minute by what was not left out before it. What is not to be told is worked out only as far as needed. */
function judge(
  { level, minTraffic }: ZscoreRule,
  valueAt: (place: number) => number,
  baseline: Baseline,
  place: number,
  isTold: boolean,
): Judgement {
  const value = recentMean(valueAt, place)
  const none = { mean: undefined, deviation: undefined, limit: undefined, z: undefined }
  if (!isTold && (value === undefined || value <= minTraffic)) {
    return { reason: value === undefined ? 'unknown' : 'below', value, ...none, baselineMinutes: 0 }
  }
  const { known, mean } = baseline.mean()
  if (known < leastBaselineMinutes) {
    const reason = value === undefined ? 'unknown' : 'learning'
    return { reason, value, ...none, baselineMinutes: known }
  }
  const leastExcess = Math.max(minTraffic, (level * mean) / 10)
  if (!isTold && (value === undefined || value <= mean + leastExcess)) {
    return { reason: 'below', value, ...none, baselineMinutes: known }
  }
  const excess = Math.max(leastExcess, level * baseline.deviation(known, mean))
  const limit = mean + excess
  const reason = value === undefined ? 'unknown' : value > limit ? 'crossed' : 'below'
  const deviation = excess / level
  const z = value === undefined ? undefined : (value - mean) / deviation
  return { reason, value, mean, deviation, limit, z, baselineMinutes: known }
}

/** Of the five minutes up to this one; undefined when fewer than three are known. */
function recentMean(valueAt: (place: number) => number, place: number): number | undefined {
  let sum = 0
  let known = 0
  for (let back = 0; back < recentMinutes; back++) {
    const value = valueAt(place - back)
    if (Number.isNaN(value)) continue
    sum += value
    known++
  }
  return known < leastRecentMinutes ? undefined : sum / known
}

type Baseline = ReturnType<typeof createBaseline>

/** The newest 240 minutes that were not left out, those that are not known among them. */
function createBaseline(valueAt: (place: number) => number) {
  const values = new Float64Array(baselineMinutes)
  const places = new Int32Array(baselineMinutes)
  // The mean is asked for every minute. Sums of blocks, made anew when one of their values changes, are quick and do not drift.
  const sums = new Float64Array(baselineMinutes / blockMinutes)
  const knowns = new Int32Array(baselineMinutes / blockMinutes)
  let next = 0
  const put = (place: number) => {
    values[next] = valueAt(place)
    places[next] = place
    next = (next + 1) % baselineMinutes
  }
  const addUp = (block: number) => {
    let sum = 0
    let known = 0
    for (let slot = block * blockMinutes; slot < (block + 1) * blockMinutes; slot++) {
      const value = values[slot]!
      if (Number.isNaN(value)) continue
      sum += value
      known++
    }
    sums[block] = sum
    knowns[block] = known
  }
  return {
    add(place: number) {
      const block = Math.floor(next / blockMinutes)
      put(place)
      addUp(block)
    },
    oldest: () => places[next]!,
    /** The 240 minutes up to this one, whatever was left out. Each is where it would be had they been added one by one, so that sums are the same to the bit. */
    restart(last: number) {
      next = (last + 1) % baselineMinutes
      for (let place = last - baselineMinutes + 1; place <= last; place++) put(place)
      for (let block = 0; block < sums.length; block++) addUp(block)
    },
    /** Mean of the known minutes, and how many they are. */
    mean() {
      let known = 0
      let sum = 0
      for (let block = 0; block < sums.length; block++) {
        sum += sums[block]!
        known += knowns[block]!
      }
      return { known, mean: known === 0 ? 0 : sum / known }
    },
    /** Standard deviation of the whole, not of a sample. */
    deviation(known: number, mean: number) {
      let squares = 0
      for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2
      return Math.sqrt(squares / known)
    },
  }
}
