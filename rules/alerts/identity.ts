// Names that are worked out, not drawn: whoever judges the same minute gives alerts and events the same ones.

import { createHash } from 'node:crypto'
import type { Rule } from '../configuration/rule.ts'
import type { Vector } from '../ddos/vectors.ts'
import type { Series } from '../traffic/series.ts'
import type { SourceType } from './source-type.ts'

/** What an alert is about. There is at most one open alert of each. */
export interface Subject {
  ruleId: string
  ruleName: string
  type: Rule['type'] | SourceType
  scope: Rule['scope']
  /** `rule`, a prefix, or a host. */
  key: string
  direction: 'in' | 'out'
  /** Kind of attack; null where a rule does not tell them apart. */
  vector: Vector | null
  /** Whose traffic is added up: the first `mostPrefixesTold` of them. */
  prefixes: readonly string[]
  /** Names type, scope and prefixes: when this is another one, limits and values are no longer of the same thing. */
  basis: string
}

export const mostPrefixesTold = 100

/** What an alert of this series is about. */
export function subjectOf(rule: Rule, series: Series): Subject {
  return {
    ruleId: rule.id,
    ruleName: rule.name,
    type: rule.type,
    scope: rule.scope,
    key: series.prefix ?? 'rule',
    direction: series.direction,
    vector: null,
    prefixes: series.prefixes.slice(0, mostPrefixesTold),
    basis: basisOf(rule, series.prefixes),
  }
}

/** Names what a rule judges by itself, of every vector. */
export function trackedKey({
  ruleId,
  direction,
  key,
}: Pick<Subject, 'ruleId' | 'direction' | 'key'>): string {
  return `${ruleId} ${direction} ${key}`
}

export function fingerprintOf({
  ruleId,
  key,
  vector,
  direction,
}: Pick<Subject, 'ruleId' | 'key' | 'vector' | 'direction'>): string {
  return sha256(ruleId, key, vector ?? '', direction)
}

/** Of what is judged together by a rule. */
export function basisOf(
  { type, scope }: Pick<Rule, 'type' | 'scope'>,
  prefixes: readonly string[],
): string {
  return sha256(type, scope, ...prefixes).slice(0, 16)
}

/** An alert that fired in this minute. */
export function alertIdOf(fingerprint: string, firedMinute: number): string {
  return sha256(fingerprint, String(firedMinute)).slice(0, 32)
}

export function eventIdOf(fingerprint: string, minute: number, event: string): string {
  return sha256(fingerprint, String(minute), event).slice(0, 32)
}

/** In hexadecimal. Parts are ids, prefixes and fixed words: none holds a line feed. */
function sha256(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex')
}
