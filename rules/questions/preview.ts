// When a rule would have been crossed.

import { z } from 'zod'
import { vectors } from '../ddos/vectors.ts'
import { crossedSince } from '../judgement.ts'
import { peaksOf } from '../threshold/verdict.ts'
import { minuteText } from '../time.ts'
import { type Explanation, explain, explanationSchema } from './explain.ts'
import type { JudgedSeries } from './judged-series.ts'

const intervalSchema = z.object({
  /** One prefix of the rule; null: all of them together. */
  prefix: z.string().nullable(),
  direction: z.enum(['in', 'out']),
  /** Of an advanced_ddos rule, each by itself. Null for others. */
  vector: z.enum(vectors).nullable(),
  /** First minute over the limit, as far back as a verdict looks. RFC 3339, UTC, as all times here. */
  since: z.string(),
  /** First minute that it would have been told of, and the last one. */
  first: z.string(),
  last: z.string(),
  /** From the first to the last. */
  minutes: z.number(),
  /** Greatest one-minute averages, bits, packets and flows per second, from `since` to `last`. */
  peak_bps: z.number(),
  peak_pps: z.number(),
  peak_fps: z.number(),
})

export const previewSchema = z.object({
  /** First and last minute that were judged. */
  from: z.string(),
  to: z.string(),
  /** How many minutes that are, all directions, prefixes and vectors that are judged by themselves counted, and what is known of them. */
  minutes: z.number(),
  unknown_minutes: z.number(),
  not_counted_minutes: z.number(),
  /** Minutes that a zscore rule could not judge yet. */
  learning_minutes: z.number(),
  /** In order of time. */
  intervals: z.array(intervalSchema),
  /** How many minutes each point of `series` stands for. */
  step_minutes: z.number(),
  /**
   * What it would have seen, as explain tells it: of each step the minute that came nearest to its limit, or exceeded it most. Of an advanced_ddos rule only
   * vectors that came near their floors.
   */
  series: z.array(explanationSchema),
})

export type Preview = z.infer<typeof previewSchema>

/** Of all series of an answer. */
const mostPreviewPoints = 10_000

export interface PreviewRange {
  /** Of a zscore rule. */
  target: 'bits' | 'packets' | null
  /** First and last minute. */
  from: number
  to: number
  mostPoints: number
}
type Interval = z.infer<typeof intervalSchema>

/** @param mostPoints of each series; together they have `mostPreviewPoints` at most */
export function preview(
  judged: readonly JudgedSeries[],
  { target, from, to, mostPoints }: PreviewRange,
): Preview {
  const counts = { minutes: 0, unknown_minutes: 0, not_counted_minutes: 0, learning_minutes: 0 }
  for (const { series, isKnown, verdicts } of judged) {
    for (const verdict of verdicts) {
      counts.minutes++
      if (verdict.closedMinute < series.countedFrom) counts.not_counted_minutes++
      else if (!isKnown(verdict.closedMinute)) counts.unknown_minutes++
      if (verdict.kind === 'zscore' && verdict.reason === 'learning') counts.learning_minutes++
    }
  }
  const intervals = judged.flatMap(intervalsOf)
  intervals.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const minutes = (to - from) / 60 + 1
  const points = Math.max(1, Math.min(mostPoints, Math.floor(mostPreviewPoints / judged.length)))
  const stepMinutes = Math.ceil(minutes / points)
  return {
    from: minuteText(from),
    to: minuteText(to),
    ...counts,
    intervals,
    step_minutes: stepMinutes,
    series: judged.map((one) => thinned(explain(one, target), stepMinutes)),
  }
}

/** Each point stays a minute that there was: a mean of several would hide what crossed a limit. */
function thinned({ minutes, ...series }: Explanation, stepMinutes: number): Explanation {
  const steps = Array.from({ length: Math.ceil(minutes.length / stepMinutes) }, (_, step) =>
    minutes.slice(step * stepMinutes, (step + 1) * stepMinutes),
  )
  return {
    ...series,
    minutes: steps.map((step) => step.reduce((a, b) => (nearness(b) > nearness(a) ? b : a))),
  }
}

/** Of the value to its limit, 1 where it is equal; a crossed minute is nearer than all that are not. */
function nearness({ verdicts }: Explanation['minutes'][number]): number {
  const each = verdicts.map(({ value, limit, crossed }) =>
    value === null ? -1 : (limit === null ? 0 : value / limit) + (crossed ? 1e6 : 0),
  )
  return Math.max(-1, ...each)
}

function intervalsOf({ series, vector, traffic, verdicts }: JudgedSeries): Interval[] {
  const intervals: Interval[] = []
  let open: { since: number; first: number } | undefined
  const close = (last: number) => {
    if (open === undefined) return
    const peaks = peaksOf(traffic, open.since, last)
    intervals.push({
      prefix: series.prefix ?? null,
      direction: series.direction,
      vector: vector ?? null,
      since: minuteText(open.since),
      first: minuteText(open.first),
      last: minuteText(last),
      minutes: (last - open.first) / 60 + 1,
      peak_bps: peaks.peakBps,
      peak_pps: peaks.peakPps,
      peak_fps: peaks.peakFps,
    })
    open = undefined
  }
  for (const verdict of verdicts) {
    const since = crossedSince(verdict)
    if (since === undefined) close(verdict.closedMinute - 60)
    else open ??= { since, first: verdict.closedMinute }
  }
  const last = verdicts.at(-1)
  if (last !== undefined) close(last.closedMinute)
  return intervals
}
