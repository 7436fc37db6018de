// One evaluation: every rule against the newest closed minute, whatever came of it before.

import type { StoreClient } from '../schema/client.ts'
import type { Rule } from './configuration/rule.ts'
import { judgeStored } from './judge-stored.ts'
import { crossedSince, type Judgement } from './judgement.ts'
import { type Peaks, peaksOf } from './threshold/verdict.ts'
import { closedMinutes, newestMinute, runsReadMs } from './traffic/minutes.ts'
import { type CountedRule, readCollectorRuns, readCountedRules } from './traffic/query.ts'
import type { Series } from './traffic/series.ts'
import { createSeriesReader, type ReadSeries } from './zscore/series-values.ts'

export interface Evaluation {
  /** Start of the newest closed minute, in seconds since 1970. */
  closedMinute: number
  verdicts: Judgement[]
  /** Hosts that are over the limit of a rule beyond the first `mostHosts`, and not judged, by the rule's name. */
  hostsLeftOut: ReadonlyMap<string, number>
}

/**
 * Reads and judges; `blind` says why nothing can be judged now. `readSeries` may be that of evaluations before, which spares most of the reading.
 * @throws StoreError
 */
export async function evaluate(
  client: StoreClient,
  nowMs: number,
  readSeries: ReadSeries = createSeriesReader(client),
): Promise<Evaluation | { blind: string }> {
  const [runs, rules] = await Promise.all([
    readCollectorRuns(client, nowMs - runsReadMs),
    readCountedRules(client),
  ])
  const minutes = closedMinutes(runs, nowMs)
  if ('blind' in minutes) {
    // When every rule is younger than the newest minute, as after the very first start, there is nothing to be blind to.
    const newest = newestMinute(nowMs)
    const isOld = ({ series }: CountedRule) =>
      series.some(({ countedFrom }) => countedFrom <= newest)
    return rules.some(isOld)
      ? minutes
      : { closedMinute: newest, verdicts: [], hostsLeftOut: new Map() }
  }
  const changed = new Set<Rule>()
  const { closed, isKnown } = minutes
  const answer = await judgeStored(client, {
    rules,
    isKnown,
    first: closed,
    last: closed,
    // Of attacks, those that come near a floor.
    isAsked: ({ type }) => type !== 'advanced_ddos',
    isOpen: () => false,
    trackedHosts: new Map(),
    readSeries,
    // The next evaluation knows the rule as it is now.
    onChanged: (rule) => changed.add(rule),
  })
  const verdicts = [
    ...answer.thresholds.flatMap(({ rule, series, verdicts }) =>
      verdicts.map((verdict) => judgementOf(rule, series, verdict, () => verdict)),
    ),
    ...answer.zscores.flatMap(({ rule, series, verdicts, traffic }) =>
      verdicts.map((verdict) =>
        judgementOf(rule, series, verdict, (since) => peaksOf(traffic, since, closed)),
      ),
    ),
    ...answer.ddos.flatMap(({ subject: { rule, series }, verdicts }) =>
      verdicts.map((verdict) => judgementOf(rule, series, verdict, () => verdict)),
    ),
  ].filter(({ rule }) => !changed.has(rule))
  const hostsLeftOut = new Map([...answer.hostsLeftOut].map(([{ name }, count]) => [name, count]))
  return { closedMinute: closed, verdicts, hostsLeftOut }
}

function judgementOf(
  rule: Rule,
  series: Series,
  verdict: Judgement['verdict'],
  peaksSince: (since: number) => Peaks,
): Judgement {
  const since = crossedSince(verdict)
  return { rule, series, verdict, peaks: since === undefined ? undefined : peaksSince(since) }
}
