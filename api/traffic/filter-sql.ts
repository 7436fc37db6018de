// A filter as a condition of a statement: columns come from our tables of them, every value is a parameter.

import { parsePrefix } from '../../rules/configuration/prefix.ts'
import { addressText } from './address-range.ts'
import { findField } from './fields.ts'
import type { Filter, Test, Value } from './filter.ts'
import type { Parameters } from './parameters.ts'
import { Unanswerable } from './plan.ts'

/** Addresses of exporters, by the name of their router. */
export type RouterAddresses = readonly { name: string; address: bigint }[]

/** @param express the column, or expression, of a field. @throws Unanswerable when it names a router that there is none of */
export function filterSql(
  filter: Filter,
  express: (field: string) => string,
  parameters: Parameters,
  routers: RouterAddresses,
): string {
  switch (filter.kind) {
    case 'not':
      return `NOT (${filterSql(filter.part, express, parameters, routers)})`
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => filterSql(part, express, parameters, routers))
      return `(${parts.join(filter.kind === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'test':
      return testSql(filter, express(filter.field), parameters, routers)
  }
}

const comparisons: Readonly<Record<string, string>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=' }

function testSql(
  { field, operator, values }: Test,
  column: string,
  parameters: Parameters,
  routers: RouterAddresses,
): string {
  const [value] = values
  const comparison = comparisons[operator]
  if (comparison !== undefined && value?.kind === 'numbers') {
    return `${column} ${comparison} ${parameters.add('UInt64', value.first)}`
  }
  if (operator === 'HAS' && value?.kind === 'numbers') {
    const flags = parameters.add('UInt16', value.first)
    return `bitAnd(${column}, ${flags}) = ${flags}`
  }
  const isExporter = findField(field)?.type === 'exporter'
  const resolved = isExporter
    ? values.flatMap((each) =>
        resolve(each, operator === 'LIKE' || operator === 'NOTLIKE', routers),
      )
    : values
  const condition = anyOf(resolved, field, column, parameters)
  const isNegative = operator === '!=' || operator === 'NOTIN' || operator === 'NOTLIKE'
  return isNegative ? `NOT (${condition})` : `(${condition})`
}

function anyOf(
  values: readonly Value[],
  field: string,
  column: string,
  parameters: Parameters,
): string {
  if (values.length === 0) return '0'
  const single: string[] = []
  const conditions: string[] = []
  for (const value of values) {
    if (value.kind === 'text') {
      single.push(parameters.add('String', field === 'prefix' ? canonical(value.text) : value.text))
      continue
    }
    const [type, text] =
      value.kind === 'addresses' ? (['IPv6', addressText] as const) : (['UInt64', String] as const)
    const bound = (end: bigint | number) => parameters.add(type, text(end as never))
    if (value.first === value.last) single.push(bound(value.first))
    else conditions.push(`${column} BETWEEN ${bound(value.first)} AND ${bound(value.last)}`)
  }
  if (single.length === 1) conditions.push(`${column} = ${single[0]}`)
  if (single.length > 1) conditions.push(`${column} IN (${single.join(', ')})`)
  return conditions.join(' OR ')
}

/** As rules store it: the parser has seen to it that it is one. */
function canonical(prefix: string): string {
  return parsePrefix(prefix)?.text ?? prefix
}

/** Names of routers become their addresses. */
function resolve(value: Value, isPattern: boolean, routers: RouterAddresses): Value[] {
  if (value.kind !== 'text') return [value]
  const name = value.text.toLowerCase()
  const matches = isPattern ? likePattern(value.text) : undefined
  const found = routers.filter((router) =>
    matches === undefined ? router.name.toLowerCase() === name : matches(router.name),
  )
  if (found.length === 0 && !isPattern) {
    throw new Unanswerable(`there is no router called ${JSON.stringify(value.text.slice(0, 100))}`)
  }
  return found.map(({ address }) => ({
    kind: 'addresses',
    text: addressText(address),
    first: address,
    last: address,
  }))
}

/** SQL's LIKE without regard to case: % is any text, _ any character. Linear in the text for each %, unlike a regular expression. */
export function likePattern(pattern: string): (text: string) => boolean {
  const wanted = [...pattern.toLowerCase()]
  return (text) => {
    const characters = [...text.toLowerCase()]
    let at = 0
    let used = 0
    let star = -1
    let resumeAt = 0
    while (at < characters.length) {
      if (wanted[used] === '%') {
        star = used++
        resumeAt = at
      } else if (
        used < wanted.length &&
        (wanted[used] === '_' || wanted[used] === characters[at])
      ) {
        used++
        at++
      } else if (star >= 0) {
        used = star + 1
        at = ++resumeAt
      } else return false
    }
    while (wanted[used] === '%') used++
    return used === wanted.length
  }
}
