// Random filters, for properties of the filter language.

import fc from 'fast-check'
import { type Field, fields } from '../../api/traffic/fields.ts'
import type { Filter, Value } from '../../api/traffic/filter.ts'
import { operatorsOf, parseValue } from '../../api/traffic/filter-values.ts'

/** Texts of values that a field of each type takes. Few of them, so that random flows meet them. */
const textsOf: Record<Field['type'], (field: Field) => fc.Arbitrary<string>> = {
  address: () =>
    fc.constantFrom(
      '192.0.2.1',
      '192.0.2.0/30',
      '0.0.0.0/0',
      '198.51.100.0/24',
      '2001:db8::1',
      '2001:db8::/64',
      '::/0',
      '::ffff:192.0.2.2',
    ),
  exporter: () => fc.constantFrom('198.51.100.1', '198.51.100.0/31', '2001:db8::1'),
  prefix: () => fc.constantFrom('10.0.0.0/8', '2001:db8::/32'),
  number: numberText,
  port: (field) => fc.oneof(numberText(field), fc.constantFrom('https', 'DOMAIN')),
  as: (field) => fc.oneof(numberText(field), fc.constant('AS7')),
  protocol: () => fc.constantFrom('tcp', 'UDP', '1', '6-17', '47', '0x11'),
  flags: () => fc.constantFrom('SYN', 'syn+ack', 'FIN', '18', '0', '2-16'),
  choice: (field) => fc.constantFrom(...field.choices!),
}

function numberText({ most = 0 }: Field): fc.Arbitrary<string> {
  const small = fc.nat(Math.min(9, most))
  return fc.oneof(
    small.map(String),
    fc.nat(most).map(String),
    fc.tuple(small, small).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )
}

/** Of fields that `chosen` names. */
export function randomFilter(chosen: readonly string[]): fc.Arbitrary<Filter> {
  const test = fc
    .constantFrom(...fields.filter(({ name }) => chosen.includes(name)))
    .chain((field) =>
      fc.constantFrom(...operatorsOf(field)).chain((operator) => {
        const isList = operator === 'IN' || operator === 'NOTIN'
        const texts = operator.endsWith('LIKE')
          ? fc.constantFrom('edge%', '%"%', 'core_1', '\\')
          : textsOf[field.type](field)
        return fc.array(texts, { minLength: 1, maxLength: isList ? 4 : 1 }).map((list): Filter => {
          const values = list.map((text) => toValue(field, operator, text))
          return { kind: 'test', field: field.name, operator, values }
        })
      }),
    )
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      test,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), part: tie('filter') }),
    ),
  })).filter
}

/** Operators that compare and HAS take no ranges: the first number of one. */
function toValue(field: Field, operator: Parameters<typeof parseValue>[1], text: string): Value {
  const value = parseValue(field, operator, text)
  if (value === undefined) throw new Error(`${text} is no value of ${field.name}`)
  const isSingle = /[<>]|HAS/.test(operator) && value.kind === 'numbers'
  return isSingle ? { ...value, last: value.first } : value
}
