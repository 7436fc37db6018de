// The stored advanced_ddos rules against the newest closed minute.

import type { StoreClient } from '../schema/client.ts'
import { type DdosSubject, judgeDdos, type ReadVectors } from './ddos-judge.ts'
import { readRuleVectors } from './ddos-traffic.ts'
import type { Judgement } from './judgement.ts'
import type { Minutes } from './minutes.ts'
import type { CountedRule } from './query.ts'
import type { Rule } from './rule.ts'

/** A series of a stored rule. */
export interface StoredSubject extends DdosSubject {
  rule: Rule
  version: number
}

export function storedSubjects(rules: readonly CountedRule[]): StoredSubject[] {
  return rules.flatMap(({ rule, version, series }) =>
    series.map((one) => ({ rule, version, series: one, source: { ruleId: rule.id } })),
  )
}

/** `onChanged` is told of rules that were edited since they were read: what is read of them is of other prefixes, and left out. */
export function storedVectors(
  client: StoreClient,
  onChanged: (rule: Rule) => void,
): ReadVectors<StoredSubject> {
  return async (subjects, ranges) => {
    const traffic = await readRuleVectors(client, subjects, ranges)
    return subjects.map(({ rule, version, series }) => {
      const seen = traffic.get(rule.id)
      if (seen === undefined) return new Map()
      if (seen.version === version) return seen.series.get(series.prefix ?? '') ?? new Map()
      onChanged(rule)
      return new Map()
    })
  }
}

/**
 * One judgement for each vector that is near or over its floor; what has none is far below it.
 * @throws StoreError
 */
export async function judgeDdosRules(
  client: StoreClient,
  rules: readonly CountedRule[],
  { closed, isKnown }: Minutes,
): Promise<Judgement[]> {
  if (rules.length === 0) return []
  const changed = new Set<Rule>()
  const judged = await judgeDdos(client, {
    subjects: storedSubjects(rules),
    readVectors: storedVectors(client, (rule) => changed.add(rule)),
    isKnown,
    first: closed,
    last: closed,
    isTracked: () => false,
  })
  return judged
    .filter(({ subject }) => !changed.has(subject.rule))
    .flatMap(({ subject: { rule, series }, verdicts }) =>
      verdicts.map((verdict) => {
        return { rule, series, verdict, peaks: verdict.crossed ? verdict : undefined }
      }),
    )
}
