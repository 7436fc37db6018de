// Values of a filter by the type of their field.

import { parseAddressRange } from './address-range.ts'
import type { Field, FieldType } from './fields.ts'
import type { TestOperator, Value } from './filter.ts'
import { portNumber } from './port-names.ts'
import { protocolNumber } from './protocol-names.ts'

const equality = ['=', '!=', 'IN', 'NOTIN'] as const

const operators: Readonly<Record<FieldType, readonly TestOperator[]>> = {
  address: [...equality, '<<'],
  exporter: [...equality, '<<', 'LIKE', 'NOTLIKE'],
  prefix: equality,
  number: [...equality, '<', '<=', '>', '>='],
  port: [...equality, '<', '<=', '>', '>='],
  as: [...equality, '<', '<=', '>', '>='],
  protocol: equality,
  flags: [...equality, 'HAS'],
  choice: equality,
}

export function operatorsOf({ type }: Field): readonly TestOperator[] {
  return operators[type]
}

/** RFC 9293 3.1; AccECN's AE (RFC 9768) stands where NS stood. */
const flagBits: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
  ae: 256,
}

/** For completion. */
export const flagNames = Object.keys(flagBits).map((name) => name.toUpperCase())

/** What a value of this field looks like. */
export function expectedOf(field: Field, operator: TestOperator): string {
  if (operator === 'LIKE' || operator === 'NOTLIKE') return 'text in quotes, with % for any part'
  switch (field.type) {
    case 'address':
      return 'an address or a network'
    case 'exporter':
      return 'an address, a network or the name of a router'
    case 'prefix':
      return 'a prefix of a rule'
    case 'protocol':
      return 'a protocol by name or number (0 to 255)'
    case 'flags':
      return `TCP flags such as SYN+ACK (${flagNames.join(', ')}) or a number`
    case 'choice':
      return `one of ${field.choices?.join(', ')}`
    case 'port':
      return `a port or the name of a service (0 to ${field.most})`
    default:
      return `a whole number or a range such as 1-10 (0 to ${field.most})`
  }
}

/** Undefined when the text is no value of this field. */
export function parseValue(field: Field, operator: TestOperator, text: string): Value | undefined {
  if (operator === 'LIKE' || operator === 'NOTLIKE') return { kind: 'text', text }
  switch (field.type) {
    case 'address':
      return addresses(text)
    case 'exporter': {
      const isName = operator !== '<<' && text !== ''
      return addresses(text) ?? (isName ? { kind: 'text', text } : undefined)
    }
    case 'prefix':
      return parseAddressRange(text) === undefined ? undefined : { kind: 'text', text }
    case 'protocol':
      return numbers(text, 255, protocolNumber)
    case 'flags':
      return numbers(text, 0xffff, flagsNumber)
    case 'port':
      return numbers(text, field.most!, portNumber)
    case 'as':
      return numbers(text.replace(/^as(?=\d)/i, ''), field.most!)
    case 'number':
      return numbers(text, field.most!)
    case 'choice': {
      const choice = field.choices?.find((each) => each.toLowerCase() === text.toLowerCase())
      return choice === undefined ? undefined : { kind: 'text', text: choice }
    }
  }
}

function addresses(text: string): Value | undefined {
  const range = parseAddressRange(text)
  return range === undefined ? undefined : { kind: 'addresses', text, ...range }
}

function numbers(
  text: string,
  most: number,
  named: (name: string) => number | undefined = () => undefined,
): Value | undefined {
  const [, low, high] = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text) ?? []
  const first = low === undefined ? (hexadecimal(text) ?? named(text)) : Number(low)
  const last = high === undefined ? first : Number(high)
  if (first === undefined || last === undefined || first > last || last > most) return undefined
  return { kind: 'numbers', first, last }
}

function hexadecimal(text: string): number | undefined {
  return /^0x[0-9a-f]{1,13}$/i.test(text) ? Number(text) : undefined
}

function flagsNumber(text: string): number | undefined {
  let number = 0
  for (const name of text.toLowerCase().split('+')) {
    if (!Object.hasOwn(flagBits, name)) return undefined
    number |= flagBits[name]!
  }
  return number
}
