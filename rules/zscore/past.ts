// Crossed zscore verdicts held to the days before and to their samples: what is read for it is read for these few only.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { TrafficAt } from '../traffic/minute-traffic.ts'
import { knownMinutes, type MinuteRange } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import type { Series } from '../traffic/series.ts'
import { recentMean } from './baseline.ts'
import { ofSeries, readPastAlerts } from './past-alerts.ts'
import { zscoreRuleOf } from './rule.ts'
import { createUsual, type PastAlerts, type PastValue, type Usual, usualRanges } from './usual.ts'
import { firstWeighed, weighSamples, weighUsual } from './weigh.ts'
import type { ZscoreVerdict } from './zscore.ts'

/** A series with its verdicts, minute after minute, and the traffic that those rest on which are crossed. */
export interface ZscoreJudged {
  rule: Pick<Rule, 'zscore_sensitivity' | 'zscore_target' | 'min_traffic' | 'min_samples'>
  /** Undefined for a rule that is not stored, which has had no alerts. */
  ruleId: string | undefined
  series: Series
  verdicts: ZscoreVerdict[]
  traffic: TrafficAt
  /** What was judged, per second; NaN for a minute that is not known. */
  valueAt: (minute: number) => number
}

/** Reads days before, so many minutes of each: values per second, 0 without flows, that hold until the next one is read. */
export type ReadPast<Judged> = (
  judged: readonly Judged[],
  minutes: number,
) => (range: MinuteRange) => Promise<readonly PastValue[]>

/** More are weighed some at a time, so that their days before are never too much to be held. */
const mostAtOnce = 10_000

/** With the verdicts that are left of those that are crossed. @throws StoreError, and what `readPast` throws */
export async function weighJudged<Judged extends ZscoreJudged>(
  client: StoreClient,
  judged: readonly Judged[],
  readPast: ReadPast<Judged>,
): Promise<Judged[]> {
  const over = judged.flatMap((one) => {
    const span = weighedSpan(one.verdicts)
    return span === undefined ? [] : [{ one, span }]
  })
  const weighed = new Map<Judged, ZscoreVerdict[]>()
  for (let from = 0; from < over.length; from += mostAtOnce) {
    const some = over.slice(from, from + mostAtOnce)
    const usuals = await learnUsual(client, some, readPast)
    for (const [index, { one }] of some.entries()) {
      const { rule, traffic, valueAt, verdicts } = one
      const meanAt = (minute: number) => recentMean((place) => valueAt(minute + 60 * place), 0)
      weighed.set(
        one,
        verdicts.map((verdict) =>
          weighSamples(
            weighUsual(zscoreRuleOf(rule), verdict, meanAt, usuals[index]!.at),
            traffic,
            rule.min_samples,
          ),
        ),
      )
    }
  }
  return judged.map((one) => {
    const verdicts = weighed.get(one)
    return verdicts === undefined ? one : { ...one, verdicts }
  })
}

/** The minutes of which will be asked what is usual; undefined when none of the verdicts is crossed. */
function weighedSpan(verdicts: readonly ZscoreVerdict[]): MinuteRange | undefined {
  const crossed = verdicts.filter(({ since }) => since !== undefined)
  const newest = crossed.at(-1)
  if (newest === undefined) return undefined
  // Since when it is crossed does not move back with time.
  return { first: firstWeighed(crossed[0]!), last: newest.closedMinute }
}

/** What is usual for each of them: a day before is read for all of them at once, one day after the other. */
async function learnUsual<Judged extends ZscoreJudged>(
  client: StoreClient,
  some: readonly { one: Judged; span: MinuteRange }[],
  readPast: ReadPast<Judged>,
): Promise<Usual[]> {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { span } of some) {
    first = Math.min(first, span.first)
    last = Math.max(last, span.last)
  }
  const ranges = usualRanges(first, last)
  const oldest = ranges.at(-1)!.first
  const judged = some.map(({ one }) => one)
  const ids = [...new Set(judged.flatMap(({ ruleId }) => ruleId ?? []))]
  const [runs, alerts] = await Promise.all([
    readCollectorRuns(client, oldest * 1000),
    readPastAlerts(client, ids, oldest),
  ])
  const wasStored = knownMinutes(runs, oldest, last)
  const usuals = some.map(({ one: { ruleId, series }, span }) =>
    createUsual(span.first, span.last, ofSeries(alerts, ruleId, series) ?? noAlerts),
  )
  const readDay = readPast(judged, (ranges[0]!.last - ranges[0]!.first) / 60 + 1)
  for (const { day, ...range } of ranges) {
    const past = await readDay(range)
    for (const [index, usual] of usuals.entries()) {
      const { countedFrom } = judged[index]!.series
      const valueAt = past[index]!
      usual.learn(day, (minute) =>
        minute >= countedFrom && wasStored(minute) ? valueAt(minute) : Number.NaN,
      )
    }
  }
  return usuals
}

const noAlerts: PastAlerts = { told: [], accepted: [] }

/** Per second; no rows in a known minute are no traffic. */
export function valueIn(
  { zscore_target }: Pick<Rule, 'zscore_target'>,
  traffic: TrafficAt,
  minute: number,
): number {
  const seen = traffic.get(minute)
  if (seen === undefined) return 0
  return Number(zscore_target === 'packets' ? seen.packets : seen.bytes * 8n) / 60
}
