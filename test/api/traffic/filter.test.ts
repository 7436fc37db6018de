import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressText, parseAddressRange } from '../../../api/traffic/address-range.ts'
import { fields } from '../../../api/traffic/fields.ts'
import { type Filter, fieldsOf, printFilter } from '../../../api/traffic/filter.ts'
import { mostCharacters, parseFilter } from '../../../api/traffic/filter-parse.ts'
import { filterSql, likePattern } from '../../../api/traffic/filter-sql.ts'
import { createParameters, readableSql } from '../../../api/traffic/parameters.ts'
import { parseAddress } from '../../../runtime/ip.ts'
import { randomFilter } from '../../build/random-filter.ts'

const filterFields = fields.filter(({ isFilter }) => isFilter).map(({ name }) => name)

function parsed(text: string): Filter | undefined {
  const { filter, problem } = parseFilter(text)
  expect(problem, text).toBeUndefined()
  return filter
}

const number = (field: string, operator: string, first: number, last = first) => ({
  kind: 'test',
  field,
  operator,
  values: [{ kind: 'numbers', first, last }],
})

describe('what is read', () => {
  test('AND binds more than OR, NOT more than both, and parentheses most', () => {
    const [a, b, c] = [number('proto', '=', 6), number('port', '=', 53), number('src_as', '=', 7)]
    expect(parsed('proto = 6 OR port = 53 AND src_as = 7')).toEqual({
      kind: 'or',
      parts: [a, { kind: 'and', parts: [b, c] }],
    })
    expect(parsed('NOT proto = 6 AND port = 53')).toEqual({
      kind: 'and',
      parts: [{ kind: 'not', part: a }, b],
    })
    expect(parsed('(proto = 6 OR port = 53) AND src_as = 7')).toEqual({
      kind: 'and',
      parts: [{ kind: 'or', parts: [a, b] }, c],
    })
  })

  test.each([
    ['Proto = tcp', number('proto', '=', 6)],
    ['PROTO = "TCP"', number('proto', '=', 6)],
    ['proto = ipv6-icmp', number('proto', '=', 58)],
    ['port=https', number('port', '=', 443)],
    ['src_port = 1024-65535', number('src_port', '=', 1024, 65_535)],
    ['etype = 0x86DD', number('etype', '=', 34_525)],
    ['src_as = AS64500', number('src_as', '=', 64_500)],
    ['tcp_flags has syn+ack', number('tcp_flags', 'HAS', 18)],
    ['tcp_flags = SYN', number('tcp_flags', '=', 2)],
    ['bytes>=1500', number('bytes', '>=', 1500)],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toEqual(expected)
  })

  test('lists, networks of both families, and names of routers', () => {
    expect(parsed('proto in (tcp, 17)')).toEqual({
      kind: 'test',
      field: 'proto',
      operator: 'IN',
      values: [
        { kind: 'numbers', first: 6, last: 6 },
        { kind: 'numbers', first: 17, last: 17 },
      ],
    })
    expect(parsed('proto not in (tcp)')).toEqual(parsed('proto NOTIN (6)'))
    expect(parsed('src_addr << 10.1.2.3/8')).toMatchObject({
      values: [{ first: 0xffff0a000000n, last: 0xffff0affffffn }],
    })
    expect(parsed('src_addr = 2001:db8::/32')).toMatchObject({
      values: [
        {
          first: 0x20010db8000000000000000000000000n,
          last: 0x20010db8ffffffffffffffffffffffffn,
        },
      ],
    })
    expect(parsed("router = 'edge \\'1\\''")).toMatchObject({
      field: 'exporter',
      values: [{ kind: 'text', text: "edge '1'" }],
    })
    expect(parsed('  ')).toBeUndefined()
  })
})

describe('what is refused says where, and what was expected', () => {
  test.each<[text: string, start: number, expected: string]>([
    ['proto', 5, 'after proto one of = != IN NOTIN'],
    ['proto =', 7, 'a protocol by name or number (0 to 255)'],
    ['proto = tpc', 8, 'a protocol by name or number (0 to 255)'],
    ['proto < 6', 6, 'after proto one of = != IN NOTIN'],
    ['src_port = 65536', 11, 'a port or the name of a service (0 to 65535)'],
    ['src_port = 9-1', 11, 'a port or the name of a service (0 to 65535)'],
    ['src_addr = 10.0.0.256', 11, 'an address or a network'],
    ['src_addr << 10.0.0.0/33', 12, 'an address or a network'],
    ['family = ipv5', 9, 'one of ipv4, ipv6, other'],
    ['src = 10.0.0.1', 0, 'a field such as src_as, src_addr, src_port, src_vlan'],
    ['(proto = 6', 10, 'AND, OR or )'],
    ['proto = 6)', 9, 'AND, OR or the end'],
    ['proto = 6 proto = 7', 10, 'AND, OR or the end'],
    ['proto IN 6', 9, '( before a list'],
    ['proto IN (6 17)', 12, ', or )'],
    ['proto = 6;', 9, 'a field, an operator or a value'],
    ["exporter = 'edge", 11, "text that ends with '"],
    ["exporter = 'a\0b'", 13, 'text'],
    ['bytes > 1-2', 8, `a whole number or a range such as 1-10 (0 to ${Number.MAX_SAFE_INTEGER})`],
    ['NOT', 3, 'a field'],
  ])('%j', (text, start, expected) => {
    const { problem } = parseFilter(text)
    expect(problem).toMatchObject({ start, expected })
  })

  test('filters that are too long, too deep, or have too many tests or values', () => {
    const problemOf = (text: string) => parseFilter(text).problem?.expected
    expect(problemOf(`proto = 6${' '.repeat(mostCharacters)}`)).toBe('at most 4096 characters')
    expect(problemOf('('.repeat(33))).toBe('at most 32 levels')
    expect(problemOf('NOT '.repeat(33))).toBe('at most 32 levels')
    expect(problemOf(Array(101).fill('proto = 6').join(' OR '))).toBe('at most 100 tests')
    expect(problemOf(`proto IN (${Array(101).fill(6).join()})`)).toBe('at most 100 values')
  })
})

test('what is printed is read as the same filter', () => {
  fc.assert(
    fc.property(randomFilter(filterFields), (filter) => {
      const text = printFilter(filter)
      fc.pre(text.length <= mostCharacters)
      expect(parseFilter(text)).toEqual({ filter })
    }),
    { numRuns: 500 },
  )
})

test('no text makes the parser throw, and every problem lies inside of the text', () => {
  const words = fc.constantFrom(
    ...filterFields,
    ...'( ) , = != < << <= IN NOT AND OR LIKE HAS " \' \\ 6 tcp 10.0.0.0/8 ::1 2001:db8::/32 - % \0 é 𝄞'.split(
      ' ',
    ),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 30 }).map((list) => list.join(' ')),
    fc.array(words, { maxLength: 30 }).map((list) => list.join('')),
  )
  fc.assert(
    fc.property(text, (text) => {
      const { problem } = parseFilter(text)
      if (problem === undefined) return
      expect(problem.start).toBeGreaterThanOrEqual(0)
      expect(problem.end).toBeGreaterThanOrEqual(problem.start)
      expect(problem.end).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 1000 },
  )
})

test('addresses are the ones that the rest of the program reads', () => {
  const groups = fc.stringMatching(/^[0-9a-fA-F:.]{0,20}$/)
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), groups), (text) => {
      const bytes = parseAddress(text)
      const range = parseAddressRange(text)
      expect(range === undefined, text).toBe(bytes === undefined)
      if (range === undefined) return
      expect(range.first).toBe(range.last)
      expect(parseAddress(addressText(range.first))).toEqual(bytes)
    }),
    { numRuns: 1000 },
  )
})

test('nothing of a filter but its numbers of parameters is in the text of the statement', () => {
  const hostile = ["' OR 1=1 --", '{p0:String}', '\\', '"', '`', '/*', ');DROP TABLE raw', '\u202e']
  const routers = hostile.map((name, index) => ({ name, address: BigInt(index) }))
  for (const text of hostile) {
    const quoted = `"${text.replaceAll(/[\\"]/g, '\\$&')}"`
    for (const filter of [`exporter = ${quoted}`, `exporter LIKE ${quoted} OR proto = 6`]) {
      const parameters = createParameters()
      const sql = filterSql(parsed(filter)!, (field) => field, parameters, routers)
      expect(sql).toMatch(/^[a-zA-Z0-9_ ()={}:,]+$/)
    }
  }
  expect(parseFilter('exporter = "\0"').problem?.expected).toBe('text')
  expect(parseFilter('type = "IPFIX\' OR 1"').problem?.expected).toMatch(/^one of/)
})

test('the statement for people has literals in place of parameters, quoted', () => {
  const parameters = createParameters()
  const sql = `a = ${parameters.add('String', "it's \\ {p1:UInt8}")} AND b IN (${parameters.add('UInt64', 7)}) AND c = ${parameters.add('IPv6', '::1')}`
  expect(readableSql(sql, parameters)).toBe(
    "a = 'it\\'s \\\\ {p1:UInt8}' AND b IN (7) AND c = CAST('::1' AS IPv6)",
  )
})

test('LIKE is that of SQL, without regard to case', () => {
  const like = (pattern: string, text: string) => likePattern(pattern)(text)
  expect(like('edge%', 'Edge-1')).toBe(true)
  expect(like('%1', 'edge-1')).toBe(true)
  expect(like('e_ge%', 'edge')).toBe(true)
  expect(like('edge', 'edge-1')).toBe(false)
  expect(like('%', '')).toBe(true)
  expect(like('_', '')).toBe(false)
  expect(like('a%b%c', 'a--b-b-c')).toBe(true)
  // Many % against a text without an end that fits take no time to speak of.
  expect(like(`${'%a'.repeat(50)}b`, 'a'.repeat(256))).toBe(false)
})

test('the fields of a filter are told', () => {
  expect(fieldsOf(parsed('proto = 6 AND NOT (port = 53 OR proto = 17)')!)).toEqual(
    new Set(['proto', 'port']),
  )
})
