import { expect, test } from 'vitest'
import { complete } from '../../console/explore/complete.ts'

const texts = (text: string, cursor = text.length) =>
  complete(text, cursor).choices.map((choice) => choice.text)

test('a filter begins with a field', () => {
  expect(texts('')).toContain('exporter')
  expect(texts('src_')).toEqual(['src_as', 'src_addr', 'src_port', 'src_vlan'])
})

test('after a field come its operators', () => {
  expect(texts('src_addr ')).toEqual(['=', '!=', 'IN', 'NOTIN', '<<'])
  expect(texts('NOT (src_as ')).toContain('>=')
})

test('after an operator come values, where there are few', () => {
  expect(texts('proto = u')).toEqual(['udp'])
  expect(texts('proto IN (tcp, ic')).toEqual(['icmp'])
  expect(texts('family = ')).toEqual(['ipv4', 'ipv6', 'other'])
  expect(texts('src_as = 6')).toEqual([])
})

test('after a whole test come AND and OR, and then a field again', () => {
  expect(texts('proto = udp ')).toEqual(['AND', 'OR'])
  expect(texts('proto = udp AND dst_p')).toEqual(['dst_port'])
})

test('the word at the cursor is the one that is completed', () => {
  expect(complete('pro = udp', 3)).toMatchObject({ from: 0, choices: [{ text: 'proto' }] })
})
