// Values for a JSON schema: right ones, nearly right ones, and wild ones.

import type { Random } from './random.ts'

export type Schema = Readonly<Record<string, unknown>>

/** What fields and parameters of these names commonly hold, since a schema says no more than that it is a text. */
const known: Readonly<Record<string, readonly unknown[]>> = {
  name: ['a', 'b', 'Rule 1', 'my-router', '名前', 'x'.repeat(256)],
  prefixes: ['10.0.0.0/8', '10.1.2.3/16', '2001:db8::/32', '::/0', '192.0.2.1'],
  prefix: ['10.0.0.0/8', '2001:db8::/32'],
  router_ip: ['192.0.2.1', '192.0.2.2', '2001:db8::1', '::ffff:192.0.2.3', '198.51.100.7'],
  router_ips: ['192.0.2.1', '192.0.2.9', '2001:db8::9'],
  default_sampling: [0, 1, 1000, 4294967295],
  type: ['threshold', 'threshold', 'zscore', 'advanced_ddos'],
  bandwidth_threshold: [1, 1e9, 9007199254740991],
  packet_threshold: [1, 1e6],
  duration: [1, 5, 60, '5m', '1h0m0s'],
  role: ['read', 'write', 'admin'],
  from: ['2026-01-01T00:00:00Z', '-1h'],
  to: ['2026-01-01T01:00:00Z', 'now'],
  by: ['src_addr', 'dst_addr,proto', 'in_if', 'src_as'],
  filter: ['proto = tcp', 'src_addr << 10.0.0.0/8 AND NOT dst_port IN (80, 443)'],
  cursor: ['1.00000000-0000-0000-0000-000000000000'],
  'if-match': ['*', '"1"', '"2"', 'W/"1"'],
}

const wild: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -(2 ** 53),
  '',
  ' ',
  '0',
  '\u0000',
  '\ud800',
  '\u202e',
  '\r\nX-Injected: 1',
  '٣',
  '😀'.repeat(100),
  'x'.repeat(20_000),
  "' OR 1=1 --",
  "'); DROP TABLE rules; --",
  '{id:String}',
  '../../etc/passwd',
  '<img src=x onerror=alert(1)>',
  '::ffff:0:0/96',
  '0.0.0.0/0',
  '999.1.1.1',
  '10.0.0.0/33',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  [],
  [[]],
  {},
  JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":{"b":1}}}'),
  nested(500),
]

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** Any value, mostly none that fits anywhere. */
export function wildValue(random: Random): unknown {
  return random.of(wild)
}

/** A value that the schema takes, as far as it tells; `name` is that of the field or parameter. */
export function rightValue(random: Random, schema: Schema, name = ''): unknown {
  const choices = schema['enum'] as unknown[] | undefined
  if (choices !== undefined) return random.of(choices)
  for (const key of ['anyOf', 'oneOf'] as const) {
    const options = schema[key] as Schema[] | undefined
    if (options !== undefined) return rightValue(random, random.of(options), name)
  }
  const all = schema['allOf'] as Schema[] | undefined
  if (all?.[0] !== undefined) return rightValue(random, all[0], name)
  const types = schema['type'] as string | string[] | undefined
  const type = Array.isArray(types) ? random.of(types) : types
  if (type === 'array') {
    const items = (schema['items'] ?? {}) as Schema
    const least = Math.max(1, (schema['minItems'] as number | undefined) ?? 0)
    return Array.from({ length: least + random.below(3) }, () => rightValue(random, items, name))
  }
  const usual = known[name]
  if (usual !== undefined && type !== 'null') return random.of(usual)
  switch (type) {
    case 'object':
      return rightObject(random, schema)
    case 'integer':
    case 'number': {
      const least = (schema['minimum'] as number | undefined) ?? 0
      const most = (schema['maximum'] as number | undefined) ?? least + 1000
      return random.of([least, most, least + random.below(Math.min(1000, most - least + 1))])
    }
    case 'boolean':
      return random.onceIn(2)
    case 'null':
      return null
    default:
      return schema['format'] === 'date-time' ? '2026-11-22T12:00:00Z' : `text ${random.below(10)}`
  }
}

function rightObject(random: Random, schema: Schema): Record<string, unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const required = (schema['required'] ?? []) as string[]
  const object: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    if (required.includes(name) || random.onceIn(3)) {
      object[name] = rightValue(random, property, name)
    }
  }
  return object
}

/** One thing in it is otherwise: a field is gone, new, or of another value; an element is another one. */
export function nearlyRight(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    const index = random.below(value.length + 1)
    return value.with(Math.min(index, value.length - 1), nearlyRight(random, value[index]))
  }
  if (typeof value !== 'object' || value === null) return wildValue(random)
  const names = Object.keys(value)
  const object: Record<string, unknown> = { ...value }
  const name = names.length === 0 ? 'a' : random.of(names)
  switch (random.below(4)) {
    case 0:
      delete object[name]
      break
    case 1:
      object[random.of(['id', 'unknown', '', '__proto__', 'toString'])] = wildValue(random)
      break
    case 2:
      object[name] = nearlyRight(random, object[name])
      break
    default:
      object[name] = wildValue(random)
  }
  return object
}
