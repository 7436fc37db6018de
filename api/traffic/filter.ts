// What a filter says, and how it is written. Nothing here and in the files that it imports needs Node: the console bundles them.

export const testOperators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'IN',
  'NOTIN',
  'LIKE',
  'NOTLIKE',
  '<<',
  'HAS',
] as const
export type TestOperator = (typeof testOperators)[number]

export type Value =
  /** An address or a network: 128-bit numbers, IPv4 mapped. */
  | {
      readonly kind: 'addresses'
      readonly text: string
      readonly first: bigint
      readonly last: bigint
    }
  /** A number, or a range of numbers with both ends. */
  | { readonly kind: 'numbers'; readonly first: number; readonly last: number }
  | { readonly kind: 'text'; readonly text: string }

export interface Test {
  readonly kind: 'test'
  /** As `fields` names it. */
  readonly field: string
  readonly operator: TestOperator
  /** One, but for IN and NOTIN. */
  readonly values: readonly Value[]
}

export type Filter =
  | Test
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }

/** The fields that it tests. */
export function fieldsOf(filter: Filter): Set<string> {
  switch (filter.kind) {
    case 'test':
      return new Set([filter.field])
    case 'not':
      return fieldsOf(filter.part)
    default:
      return new Set(filter.parts.flatMap((part) => [...fieldsOf(part)]))
  }
}

/** Text that `parseFilter` reads as the same filter. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'test':
      return printTest(filter)
    case 'not':
      return `NOT ${printPart(filter.part)}`
    default:
      return filter.parts.map(printPart).join(filter.kind === 'and' ? ' AND ' : ' OR ')
  }
}

function printPart(filter: Filter): string {
  return filter.kind === 'and' || filter.kind === 'or'
    ? `(${printFilter(filter)})`
    : printFilter(filter)
}

function printTest({ field, operator, values }: Test): string {
  const texts = values.map(printValue)
  const isList = operator === 'IN' || operator === 'NOTIN'
  return `${field} ${operator} ${isList ? `(${texts.join(', ')})` : texts[0]}`
}

function printValue(value: Value): string {
  switch (value.kind) {
    case 'numbers':
      return value.first === value.last ? `${value.first}` : `${value.first}-${value.last}`
    case 'addresses':
      return value.text
    case 'text':
      return `"${value.text.replaceAll(/[\\"]/g, '\\$&')}"`
  }
}
