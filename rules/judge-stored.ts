// The one way in which stored rules are read and judged: all of them, of every type, over some closed minutes.

import type { StoreClient } from '../schema/client.ts'
import type { Rule } from './configuration/rule.ts'
import { judgeDdosRules, type StoredSubject } from './ddos/evaluate.ts'
import type { DdosJudged } from './ddos/judge.ts'
import type { JudgedStored, StoredQuestion } from './stored-question.ts'
import { isPerHost } from './threshold/hosts.ts'
import { judgeThresholdRules } from './threshold/judge.ts'
import { judgeHostRules } from './threshold/judge-hosts.ts'
import type { Verdict } from './threshold/verdict.ts'
import { judgeZscoreRules } from './zscore/judge.ts'
import type { ZscoreVerdict } from './zscore/zscore.ts'

export interface StoredAnswer {
  /** Of sums, prefixes and hosts. */
  thresholds: JudgedStored<Verdict>[]
  zscores: JudgedStored<ZscoreVerdict>[]
  ddos: DdosJudged<StoredSubject>[]
  /** Hosts that are over the limit of a rule beyond the first `mostHosts`, and not judged. */
  hostsLeftOut: Map<Rule, number>
}

/** @throws StoreError, and what `onChanged` throws */
export async function judgeStored(
  client: StoreClient,
  question: StoredQuestion,
): Promise<StoredAnswer> {
  const ofType = (type: Rule['type']) => question.rules.filter(({ rule }) => rule.type === type)
  const thresholds = ofType('threshold')
  const hosts = await judgeHostRules(client, { ...question, rules: thresholds.filter(isPerHost) })
  const sums = thresholds.filter((counted) => !isPerHost(counted))
  return {
    thresholds: [
      ...(await judgeThresholdRules(client, { ...question, rules: sums })),
      ...hosts.judged,
    ],
    zscores: await judgeZscoreRules(client, { ...question, rules: ofType('zscore') }),
    ddos: await judgeDdosRules(client, { ...question, rules: ofType('advanced_ddos') }),
    hostsLeftOut: hosts.leftOut,
  }
}
