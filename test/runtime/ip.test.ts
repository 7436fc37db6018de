import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('formatAddress', () => {
  test.each([
    ['c0000201', '192.0.2.1'],
    ['00000000', '0.0.0.0'],
    ['ffffffff', '255.255.255.255'],
    // The examples of RFC 5952 sections 1, 2 and 4.
    ['20010db8 00000000 00000000 00000001', '2001:db8::1'],
    ['20010db8 00000000 00010000 00000001', '2001:db8::1:0:0:1'],
    ['20010db8 00000001 00010001 00010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000 00000001 00000000 00000001', '2001:0:0:1::1'],
    ['20010db8 aaaabbbb ccccdddd eeee0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['00000000 00000000 00000000 00000000', '::'],
    ['00000000 00000000 00000000 00000001', '::1'],
    ['fe800000 00000000 00000000 00000000', 'fe80::'],
    ['00000000 00000000 0000ffff c0000201', '::ffff:192.0.2.1'],
    ['00010002 00030004 00050006 00070000', '1:2:3:4:5:6:7:0'],
    ['00000002 00030004 00050006 00070008', '0:2:3:4:5:6:7:8'],
  ])('%s is %s', (bytes, text) => {
    expect(formatAddress(hex(bytes))).toBe(text)
  })

  test('only the given length of a longer buffer is read', () => {
    expect(formatAddress(hex('c0000201 ffffffff ffffffff ffffffff'), 4)).toBe('192.0.2.1')
  })

  test('a length that no address has gives an empty text', () => {
    for (const length of [0, 3, 5, 15]) expect(formatAddress(new Uint8Array(16), length)).toBe('')
  })
})

describe('parseAddress', () => {
  test.each([
    ['192.0.2.1', 'c0000201'],
    ['0.0.0.0', '00000000'],
    ['::', '00000000 00000000 00000000 00000000'],
    ['2001:db8::', '20010db8 00000000 00000000 00000000'],
    ['2001:DB8::A', '20010db8 00000000 00000000 0000000a'],
    ['1:2:3:4:5:6:7::', '00010002 00030004 00050006 00070000'],
    ['64:ff9b::192.0.2.33', '0064ff9b 00000000 00000000 c0000221'],
    ['::ffff:192.0.2.1', 'c0000201'],
    ['::FFFF:c000:201', 'c0000201'],
    ['0:0:0:0:0:ffff:192.0.2.1', 'c0000201'],
  ])('%s', (text, bytes) => {
    expect(parseAddress(text)).toEqual(hex(bytes))
  })

  test.each([
    '',
    ' 192.0.2.1',
    '192.0.2.1 ',
    '192.0.2.1\n',
    '192.0.2',
    '192.0.2.256',
    '192.0.02.1',
    '192.0.2.1.',
    '0xc0.0.2.1',
    '3221225985',
    '192.0.2.1:53',
    '192.0.2.0/24',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '[::1]',
    'fe80::1%eth0',
    '::1/128',
    '::192.0.2.256',
    'router.example',
  ])('%j is not an address', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})

test('what formatAddress writes is what ipaddr.js writes, and parses back', () => {
  // Mostly zero groups, so that runs of every place and length occur.
  const ipv6Groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  })
  fc.assert(
    fc.property(ipv6Groups, (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
      const oracle = ipaddr.fromByteArray([...bytes]) as ipaddr.IPv6
      if (oracle.isIPv4MappedAddress()) return
      const text = formatAddress(bytes)
      expect(text).toBe(oracle.toRFC5952String())
      expect(parseAddress(text)).toEqual(bytes)
    }),
    { numRuns: 2_000 },
  )
})
