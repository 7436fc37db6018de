// An advanced_ddos rule over a stretch of past minutes: each vector that came near a limit by itself.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { JudgedSeries } from '../questions/judged-series.ts'
import type { Traffic } from '../traffic/minute-traffic.ts'
import { knownMinutes } from '../traffic/minutes.ts'
import { readCollectorRuns } from '../traffic/query.ts'
import type { Series } from '../traffic/series.ts'
import type { PrefixSource } from '../traffic/traffic.ts'
import type { DdosRule, Rates } from './ddos.ts'
import { judgeDdos } from './judge.ts'
import { readPrefixVectors } from './traffic.ts'

/** @throws StoreError */
export async function judgeDdosRange(
  client: StoreClient,
  rule: DdosRule & Pick<Rule, 'scope'>,
  series: readonly Series[],
  source: PrefixSource,
  first: number,
  last: number,
): Promise<JudgedSeries[]> {
  const isKnown = knownMinutes(await readCollectorRuns(client, first * 1000), first, last)
  const judged = await judgeDdos(client, {
    subjects: series.map((one) => ({ rule, series: one, source })),
    readVectors: async (subjects, ranges) => {
      const read = await readPrefixVectors(client, source, rule.scope, ranges)
      return subjects.map(({ series: { prefix } }) => read.get(prefix ?? '') ?? new Map())
    },
    isKnown,
    first,
    last,
    isTracked: () => false,
  })
  return judged.map(({ subject, vector, verdicts, traffic }) => ({
    series: subject.series,
    vector,
    traffic: new Map([...traffic].map(([minute, rates]) => [minute, trafficOf(rates)])),
    isKnown,
    verdicts,
  }))
}

function trafficOf({ bps, fps, sampled }: Rates): Traffic {
  return {
    bytes: BigInt(Math.round((bps * 60) / 8)),
    packets: sampled.packets,
    flows: BigInt(Math.round(fps * 60)),
    samples: sampled.samples,
  }
}
