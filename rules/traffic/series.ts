// What of a rule is judged by itself: one sum of its prefixes, or each prefix, or each host in them that is found to matter (hosts.ts); and each direction.

import type { Rule } from '../configuration/rule.ts'

export interface Series {
  /** Or a host's address. Undefined: all prefixes of the rule together. */
  prefix: string | undefined
  direction: 'in' | 'out'
  /** Whose traffic is added up; of a host, those that it may be in. */
  prefixes: readonly string[]
  /** From this minute on (seconds since 1970) all of them are counted; Infinity when one of them is not counted at all. */
  countedFrom: number
}

/** `counted` are the rule's prefixes that are counted for it, `countedFrom` tells of every prefix since when. */
export function seriesOf(
  rule: Pick<Rule, 'scope' | 'direction'>,
  counted: readonly string[],
  countedFrom: ReadonlyMap<string, number>,
): Series[] {
  const directions = rule.direction === 'both' ? (['in', 'out'] as const) : [rule.direction]
  const sums: Pick<Series, 'prefix' | 'prefixes'>[] =
    rule.scope === 'per_prefix'
      ? counted.map((prefix) => ({ prefix, prefixes: [prefix] }))
      : [{ prefix: undefined, prefixes: counted }]
  return sums.flatMap(({ prefix, prefixes }) => {
    const since = prefixes.reduce<number>(
      (latest, one) => Math.max(latest, countedFrom.get(one) ?? Infinity),
      0,
    )
    return directions.map((direction) => ({ prefix, direction, prefixes, countedFrom: since }))
  })
}

/** Names a series among those of its rule. */
export function seriesKey({ prefix, direction }: Pick<Series, 'prefix' | 'direction'>): string {
  return `${direction} ${prefix ?? ''}`
}
