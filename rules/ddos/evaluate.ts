// Stored advanced_ddos rules over some closed minutes.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import type { StoredQuestion } from '../stored-question.ts'
import type { CountedRule } from '../traffic/query.ts'
import { type DdosJudged, type DdosSubject, judgeDdos, type ReadVectors } from './judge.ts'
import { readRuleVectors } from './traffic.ts'

/** A series of a stored rule. */
export interface StoredSubject extends DdosSubject {
  rule: Rule
  version: number
}

function storedSubjects(rules: readonly CountedRule[]): StoredSubject[] {
  return rules.flatMap(({ rule, version, series }) =>
    series.map((one) => ({ rule, version, series: one, source: { ruleId: rule.id } })),
  )
}

/** `onChanged` is told of rules that were edited since they were read: what is read of them is of other prefixes, and left out. */
function storedVectors(
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

/** Vectors near or over their floors, and all of what is asked about. @throws StoreError, and what `onChanged` throws */
export async function judgeDdosRules(
  client: StoreClient,
  { rules, isKnown, first, last, isAsked, onChanged }: StoredQuestion,
): Promise<DdosJudged<StoredSubject>[]> {
  if (rules.length === 0) return []
  return judgeDdos(client, {
    subjects: storedSubjects(rules),
    readVectors: storedVectors(client, onChanged),
    isKnown,
    first,
    last,
    isTracked: ({ rule, series }) => isAsked(rule, series),
  })
}
