// Stored threshold rules that judge hosts: each host that may be crossed, and each that is tracked.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { JudgedStored, StoredQuestion } from '../stored-question.ts'
import { seriesKey } from '../traffic/series.ts'
import { findHosts } from './hosts.ts'
import { decidingMinutes, judgeMinutes } from './judge.ts'
import type { Verdict } from './verdict.ts'

export interface JudgedHosts {
  judged: JudgedStored<Verdict>[]
  /** Hosts over the limit that there was no room for. */
  leftOut: Map<Rule, number>
}

/** @throws StoreError, and what `onChanged` throws */
export async function judgeHostRules(
  client: StoreClient,
  question: StoredQuestion,
): Promise<JudgedHosts> {
  const { rules, last, trackedHosts, onChanged } = question
  if (rules.length === 0) return { judged: [], leftOut: new Map() }
  const range = { ...decidingMinutes(question), last }
  const found = await findHosts(client, rules, range, trackedHosts)
  for (const { rule, version } of rules) {
    const seen = found.traffic.get(rule.id)
    if (seen !== undefined && seen.version !== version) onChanged(rule)
  }
  const judged = found.rules.flatMap(({ rule, series: hosts }) =>
    hosts.map((series) => {
      const traffic = found.traffic.get(rule.id)?.series.get(seriesKey(series)) ?? new Map()
      return judgeMinutes(question, rule, series, traffic)
    }),
  )
  return { judged, leftOut: found.leftOut }
}
