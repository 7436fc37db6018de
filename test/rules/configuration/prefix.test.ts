import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { enclosingChains, parsePrefix, withoutNested } from '../../../rules/configuration/prefix.ts'

describe('parsePrefix', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', false],
    ['0.0.0.0/0', '0.0.0.0/0', false],
    ['::/0', '::/0', false],
    ['192.0.2.1', '192.0.2.1/32', false],
    ['2001:DB8::1', '2001:db8::1/128', false],
    ['2001:0db8:0000::/32', '2001:db8::/32', false],
    // Cloudflare's documentation uses this one.
    ['160.168.0.1/24', '160.168.0.0/24', true],
    ['10.255.0.0/9', '10.128.0.0/9', true],
    ['2001:db8::1/64', '2001:db8::/64', true],
    ['2001:db8::ffff/121', '2001:db8::ff80/121', true],
    // IPv4-mapped ones are IPv4 prefixes; what reaches beyond ::ffff:0:0/96 is not.
    ['::ffff:192.0.2.1', '192.0.2.1/32', false],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24', false],
    ['::ffff:192.0.2.7/120', '192.0.2.0/24', true],
    ['::ffff:0:0/96', '0.0.0.0/0', false],
    ['::ffff:0:0/95', '::fffe:0:0/95', true],
    ['::ffff:1.2.3.4/64', '::/64', true],
  ])('%s is %s', (text, canonical, hadHostBits) => {
    expect(parsePrefix(text)).toMatchObject({ text: canonical, hadHostBits })
  })

  test.each([
    '',
    '/',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/08',
    '10.0.0.0/8.0',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0 /8',
    ' 10.0.0.0/8',
    '10.0.0/24',
    '1',
    '::/129',
    '::1/1e1',
    'fe80::1%eth0/64',
    '[::]/0',
    'example.org/24',
    `${'0'.repeat(100_000)}/8`,
  ])('%j is not a prefix', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
  })
})

/** Prefixes that often enclose one another, since most bits are the same. */
const ipv4 = fc
  .tuple(fc.constantFrom(10, 11, 192), fc.nat(3), fc.nat(255), fc.nat(255), fc.nat(32))
  .map(([a, b, c, d, length]) => ({ bytes: [a, b, c, d], length }))
const ipv6 = fc
  .tuple(fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 14, maxLength: 14 }), fc.nat(128))
  .map(([bytes, length]) => ({ bytes: [0x20, 0x01, ...bytes], length }))
const anyPrefix = fc.oneof(ipv4, ipv6)

const textOf = ({ bytes, length }: { bytes: number[]; length: number }) =>
  `${ipaddr.fromByteArray(bytes).toString()}/${length}`

test('the canonical form is the network address that ipaddr.js gives', () => {
  fc.assert(
    fc.property(anyPrefix, (prefix) => {
      const library = prefix.bytes.length === 4 ? ipaddr.IPv4 : ipaddr.IPv6
      const network = library.networkAddressFromCIDR(textOf(prefix))
      expect(parsePrefix(textOf(prefix))?.text).toBe(
        textOf({ bytes: network.toByteArray(), length: prefix.length }),
      )
    }),
  )
})

const prefixSet = fc
  .array(anyPrefix, { maxLength: 40 })
  .map((prefixes) => [...new Set(prefixes.map((prefix) => parsePrefix(textOf(prefix))!.text))])

/** By the library, one pair after the other. */
function encloses(outer: string, inner: string): boolean {
  const [outerNetwork, outerLength] = ipaddr.parseCIDR(outer)
  const [innerNetwork, innerLength] = ipaddr.parseCIDR(inner)
  return (
    outerNetwork.kind() === innerNetwork.kind() &&
    outerLength <= innerLength &&
    innerNetwork.match(outerNetwork, outerLength)
  )
}

test('the chain of a prefix is every prefix that encloses it, from the most specific outwards', () => {
  fc.assert(
    fc.property(prefixSet, (prefixes) => {
      const chains = enclosingChains(prefixes)
      expect([...chains.keys()].sort()).toEqual([...prefixes].sort())
      for (const [prefix, chain] of chains) {
        const expected = prefixes
          .filter((other) => encloses(other, prefix))
          .sort((a, b) => Number(b.split('/')[1]) - Number(a.split('/')[1]))
        expect(chain).toEqual(expected)
      }
    }),
  )
})

test('what is left without nested prefixes is what no other prefix encloses', () => {
  fc.assert(
    fc.property(prefixSet, (prefixes) => {
      const expected = prefixes.filter(
        (prefix) => !prefixes.some((other) => other !== prefix && encloses(other, prefix)),
      )
      expect(withoutNested(prefixes).sort()).toEqual(expected.sort())
    }),
  )
})

test('a prefix that is given twice is counted once', () => {
  expect(withoutNested(['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8'])).toEqual(['10.0.0.0/8'])
})

test('everything of one family lies in its default route, and nothing of the other', () => {
  const chains = enclosingChains(['::/0', '0.0.0.0/0', '10.0.0.0/8', '2001:db8::/32'])
  expect(chains.get('10.0.0.0/8')).toEqual(['10.0.0.0/8', '0.0.0.0/0'])
  expect(chains.get('2001:db8::/32')).toEqual(['2001:db8::/32', '::/0'])
  expect(withoutNested(['::/0', '0.0.0.0/0', '10.0.0.0/8', '2001:db8::/32'])).toEqual([
    '0.0.0.0/0',
    '::/0',
  ])
})
