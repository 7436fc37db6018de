import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createReassembler } from '../../../netmon/decode/fragments.ts'
import { readFrame } from '../../../netmon/decode/frame.ts'
import { bytes, hex, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { ethernet, ipv4, ipv6, tcp, udp, vlanTag } from '../../build/packet.ts'

const payload = hex('000a 0010 11223344 55667788 99aabbcc')
const overIpv4 = ipv4({ source: '192.0.2.1' }, udp(50_000, 4739, payload))
const overIpv6 = ipv6({ source: '2001:db8::1' }, udp(50_000, 4739, payload))

const fromIpv4 = { sourceAddress: hex('c0000201'), sourcePort: 50_000, payload }
const fromIpv6 = {
  sourceAddress: hex('20010db8 00000000 00000000 00000001'),
  sourcePort: 50_000,
  payload,
}

function read(linkType: number, frame: Uint8Array) {
  return readFrame(linkType, frame, 0, createReassembler())
}

describe('link types', () => {
  const cooked = (etherType: number, ...rest: Uint8Array[]) =>
    bytes(u16(4), u16(1), u16(6), zeros(8), u16(etherType), ...rest)
  const cooked2 = (etherType: number, ...rest: Uint8Array[]) =>
    bytes(u16(etherType), u16(0), u32(3), u16(1), u8(4), u8(6), zeros(8), ...rest)

  test.each([
    ['Ethernet', 1, ethernet(0x0800, overIpv4)],
    ['Ethernet, padded', 1, ethernet(0x0800, overIpv4, zeros(18))],
    ['802.1Q', 1, ethernet(0x8100, vlanTag(0x6064, 0x0800, overIpv4))],
    ['802.1ad', 1, ethernet(0x88a8, vlanTag(7, 0x8100, vlanTag(8, 0x0800, overIpv4)))],
    ['QinQ of old', 1, ethernet(0x9100, vlanTag(7, 0x8100, vlanTag(8, 0x0800, overIpv4)))],
    ['Linux cooked', 113, cooked(0x0800, overIpv4)],
    ['Linux cooked, tagged', 113, cooked(0x8100, vlanTag(5, 0x0800, overIpv4))],
    ['Linux cooked 2', 276, cooked2(0x0800, overIpv4)],
    ['Linux cooked 2, tagged', 276, cooked2(0x8100, vlanTag(5, 0x0800, overIpv4))],
    ['raw', 101, overIpv4],
    ['raw, 12', 12, overIpv4],
    ['raw, 14', 14, overIpv4],
    ['raw IPv4', 228, overIpv4],
    ['loopback, little-endian', 0, bytes(hex('02000000'), overIpv4)],
    ['loopback, big-endian', 0, bytes(hex('00000002'), overIpv4)],
    ['OpenBSD loopback', 108, bytes(hex('00000002'), overIpv4)],
  ])('%s, IPv4', (_, linkType, frame) => {
    expect(read(linkType, frame)).toEqual(fromIpv4)
  })

  test.each([
    ['Ethernet', 1, ethernet(0x86dd, overIpv6)],
    ['802.1Q', 1, ethernet(0x8100, vlanTag(100, 0x86dd, overIpv6))],
    ['Linux cooked', 113, cooked(0x86dd, overIpv6)],
    ['Linux cooked 2', 276, cooked2(0x86dd, overIpv6)],
    ['raw', 101, overIpv6],
    ['raw IPv6', 229, overIpv6],
    ['loopback of macOS', 0, bytes(hex('1e000000'), overIpv6)],
    ['loopback of FreeBSD', 0, bytes(hex('1c000000'), overIpv6)],
    ['loopback of OpenBSD', 108, bytes(hex('00000018'), overIpv6)],
  ])('%s, IPv6', (_, linkType, frame) => {
    expect(read(linkType, frame)).toEqual(fromIpv6)
  })

  test.each([
    ['an unknown link type', 105, overIpv4, 'unknown-link-type'],
    ['ARP', 1, ethernet(0x0806, zeros(28)), 'not-udp'],
    ['an 802.3 length', 1, ethernet(38, zeros(38)), 'not-udp'],
    ['AppleTalk on loopback', 0, bytes(hex('10000000'), zeros(40)), 'not-udp'],
    ['half an Ethernet header', 1, zeros(13), 'truncated'],
    ['nothing but tags', 1, ethernet(0x8100, hex('0001 8100 0001 8100')), 'truncated'],
    ['an empty frame', 101, zeros(0), 'truncated'],
    ['neither version of IP', 101, hex('50 00 00 00'), 'not-udp'],
  ])('%s gives none', (_, linkType, frame, reason) => {
    expect(read(linkType, frame)).toBe(reason)
  })
})

describe('IPv4', () => {
  test('options are passed over', () => {
    const options = hex('94040000 01010100')
    const packet = ipv4({ source: '192.0.2.1', options }, udp(50_000, 4739, payload))
    expect(read(101, packet)).toEqual(fromIpv4)
  })

  test('a total length of 0 stands for all that was captured', () => {
    const packet = ipv4({ source: '192.0.2.1', totalLength: 0 }, udp(50_000, 4739, payload))
    expect(read(101, packet)).toEqual(fromIpv4)
  })

  const datagram = udp(1, 2, payload)
  test.each([
    ['TCP', ipv4({ protocol: 6 }, tcp(1, 2, 0x10)), 'not-udp'],
    ['19 bytes', overIpv4.subarray(0, 19), 'truncated'],
    ['all but the last byte', overIpv4.subarray(0, -1), 'truncated'],
    ['a header of 16 bytes', ipv4({ headerWords: 4 }, datagram), 'bad-length'],
    ['a header longer than the packet', ipv4({ headerWords: 15 }, hex('00')), 'bad-length'],
    ['a UDP header cut short', ipv4({}, datagram.subarray(0, 7)), 'bad-length'],
    ['a UDP length of 7', ipv4({}, hex('0001 0002 0007 0000 00')), 'bad-length'],
    ['a UDP length beyond the packet', ipv4({}, hex('0001 0002 000a 0000 00')), 'bad-length'],
  ])('%s gives none', (_, packet, reason) => {
    expect(read(101, packet)).toBe(reason)
  })

  test('bytes behind the UDP length are not payload', () => {
    const packet = ipv4({ source: '192.0.2.1' }, hex('c350 1283 000a 0000 abcd ffffff'))
    expect(read(101, packet)).toEqual({ ...fromIpv4, payload: hex('abcd') })
  })
})

describe('IPv6', () => {
  const datagram = udp(50_000, 4739, payload)
  const source = '2001:db8::1'
  test.each([
    ['hop-by-hop options', 0, hex('11 00 050200000100')],
    ['destination options of 16 bytes', 60, bytes(hex('11 01'), zeros(14))],
    ['a routing header', 43, bytes(hex('11 02 04 00'), zeros(20))],
    ['an authentication header', 51, bytes(hex('11 04'), zeros(22))],
    ['a fragment header of a whole datagram', 44, hex('11 00 0000 12345678')],
    ['the same with its reserved bits set', 44, hex('11 ff 0006 12345678')],
    [
      'several',
      0,
      bytes(hex('2b 00 050200000100'), hex('3c 00 00000000 0000'), hex('11 00 0104 00000000')),
    ],
  ])('%s is passed over', (_, nextHeader, extension) => {
    const packet = ipv6({ source, nextHeader }, extension, datagram)
    expect(read(101, packet)).toEqual(fromIpv6)
  })

  test.each([
    ['TCP', ipv6({ nextHeader: 6 }, tcp(1, 2, 0x10)), 'not-udp'],
    ['no next header', ipv6({ nextHeader: 59 }, zeros(8)), 'not-udp'],
    ['TCP behind options', ipv6({ nextHeader: 0 }, hex('06 00 050200000100')), 'not-udp'],
    ['39 bytes', overIpv6.subarray(0, 39), 'truncated'],
    ['all but the last byte', overIpv6.subarray(0, -1), 'truncated'],
    ['half an extension header', ipv6({ nextHeader: 0 }, hex('11 00 0000')), 'bad-length'],
    [
      'an extension beyond the end',
      ipv6({ nextHeader: 0 }, hex('11 01 000000000000')),
      'bad-length',
    ],
  ])('%s gives none', (_, packet, reason) => {
    expect(read(101, packet)).toBe(reason)
  })
})

test('frames of random bytes are answered by a reason or a datagram within them', () => {
  const linkType = fc.constantFrom(0, 1, 12, 101, 108, 113, 228, 229, 276)
  const damaged = fc
    .tuple(
      fc.constantFrom(overIpv4, overIpv6, ethernet(0x0800, overIpv4)),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }),
    )
    .map(([packet, changes]) => {
      const frame = packet.slice()
      for (const [at, value] of changes) if (at < frame.length) frame[at] = value
      return frame
    })
  fc.assert(
    fc.property(linkType, fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), (type, frame) => {
      const result = read(type, frame)
      if (typeof result === 'string') return
      expect(result.payload.length).toBeLessThan(frame.length)
      expect([4, 16]).toContain(result.sourceAddress.length)
    }),
    { numRuns: 5_000 },
  )
})
