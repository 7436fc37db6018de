// What some closed minutes, one after the other, say of everything that rules judge by themselves: verdicts as conditions.

import { parseAddress } from '../../runtime/ip.ts'
import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import { judgeStored } from '../judge-stored.ts'
import type { JudgedStored } from '../stored-question.ts'
import type { TrackedHost } from '../threshold/hosts.ts'
import { isPerHost } from '../threshold/hosts.ts'
import type { Series } from '../traffic/series.ts'
import type { Condition } from './condition.ts'
import { ddosCondition } from './ddos-condition.ts'
import { fingerprintOf, subjectOf, trackedKey } from './identity.ts'
import { policyOf } from './policy.ts'
import type { Judged, Question } from './question.ts'
import { RuleChanged } from './rule-changed.ts'
import { thresholdCondition, zscoreCondition } from './verdict-condition.ts'

export interface Answer {
  judged: Judged[]
  /** Hosts over the limits of rules that judge hosts, for which there was no room. */
  hostsLeftOut: number
}

/** All that is over a limit in one of the minutes, or tracked. @throws StoreError, RuleChanged */
export async function judgeMinutes(client: StoreClient, question: Question): Promise<Answer> {
  const { isKnown, tracked } = question
  const stateOf = ({ id: ruleId }: Rule, { direction, prefix: key = 'rule' }: Series) =>
    tracked.get(trackedKey({ ruleId, direction, key }))
  const answer = await judgeStored(client, {
    ...question,
    isAsked: (rule, series) => stateOf(rule, series) !== undefined,
    isOpen: (rule, series) => stateOf(rule, series) === true,
    trackedHosts: hostsOf(question),
    onChanged: ({ name }) => {
      throw new RuleChanged(name)
    },
  })
  const thresholds = answer.thresholds.map((one) =>
    toJudged(one, (verdict) =>
      thresholdCondition(
        verdict,
        one.rule.duration,
        one.traffic,
        isKnown(verdict.closedMinute),
        verdict.closedMinute >= one.series.countedFrom,
      ),
    ),
  )
  const zscores = answer.zscores.map((one) =>
    toJudged(one, (verdict) =>
      zscoreCondition(verdict, one.rule.zscore_target ?? 'bits', one.traffic),
    ),
  )
  const ddos = answer.ddos.map(({ subject: { rule, series }, vector, verdicts, traffic }) =>
    toJudged({ rule, series, vector, verdicts }, (verdict) => ddosCondition(verdict, traffic)),
  )
  const hostsLeftOut = [...answer.hostsLeftOut.values()].reduce((sum, count) => sum + count, 0)
  return { judged: [...thresholds, ...zscores, ...ddos], hostsLeftOut }
}

function toJudged<V>(
  { rule, series, vector, verdicts }: Omit<JudgedStored<V>, 'traffic'>,
  conditionOf: (verdict: V) => Condition,
): Judged {
  const subject = { ...subjectOf(rule, series), vector }
  return {
    fingerprint: fingerprintOf(subject),
    subject,
    policy: policyOf(rule),
    conditions: verdicts.map(conditionOf),
  }
}

function hostsOf({ rules, tracked }: Question): Map<string, TrackedHost[]> {
  const hosts = new Map(rules.filter(isPerHost).map(({ rule }) => [rule.id, [] as TrackedHost[]]))
  for (const name of tracked.keys()) {
    const [ruleId = '', direction, host = ''] = name.split(' ')
    // An alert of what the rule judged before its scope was changed is about no host.
    if (parseAddress(host) === undefined) continue
    hosts.get(ruleId)?.push({ host, direction: direction === 'out' ? 'out' : 'in' })
  }
  return hosts
}
