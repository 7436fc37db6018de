// Sampled packets: Ethernet, 802.1Q, MPLS, IPv4, IPv6 with extension headers, TCP, UDP, SCTP, ICMP.

import { expect, test } from 'vitest'
import { bytes, hex, ip4, ip6, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { ethernet, icmp, ipv4, ipv6, mplsLabel, tcp, udp, vlanTag } from '../../build/packet.ts'
import { layer, readFrame as read, readFrameAs } from '../../build/sampled-packet.ts'

const { ethernet: eth, ipv4: v4, ipv6: v6, tcp: tcpLayer, udp: udpLayer, mpls, dot1q } = layer
const { icmp: icmpLayer, icmpv6: icmpv6Layer, routing, fragment, custom } = layer

test('TCP over IPv4 over Ethernet', () => {
  const header = { protocol: 6, tos: 0xb8, id: 0x1234, fragment: 0x4000, ttl: 57 }
  expect(read(ethernet(0x0800, ipv4(header, tcp(50_000, 443, 0x1c2, 8))))).toMatchObject({
    srcMac: 0x020000000005,
    dstMac: 0x02000000000d,
    etype: 0x0800,
    srcAddr: '192.0.2.10',
    dstAddr: '198.51.100.20',
    proto: 6,
    ipTos: 0xb8,
    ipTtl: 57,
    fragmentId: 0x1234,
    ipFlags: 2,
    srcPort: 50_000,
    dstPort: 443,
    tcpFlags: 0x1c2,
    layerStack: [eth, v4, tcpLayer],
    layerSize: [14, 20, 32],
  })
})

test('UDP over IPv6', () => {
  const header = { trafficClass: 0xe0, flowLabel: 0xabcde, hopLimit: 3 }
  expect(read(ethernet(0x86dd, ipv6(header, udp(53, 33_000))))).toMatchObject({
    etype: 0x86dd,
    srcAddr: '2001:db8::10',
    dstAddr: '2001:db8::20',
    proto: 17,
    ipTos: 0xe0,
    ipTtl: 3,
    ipv6FlowLabel: 0xabcde,
    srcPort: 53,
    dstPort: 33_000,
    layerStack: [eth, v6, udpLayer],
    layerSize: [14, 40, 8],
  })
})

test('ICMP has a type and a code and no ports', () => {
  const flow = read(ethernet(0x0800, ipv4({ protocol: 1 }, icmp(3, 13))))
  expect(flow).toMatchObject({ icmpType: 3, icmpCode: 13, layerStack: [eth, v4, icmpLayer] })
  expect(flow).not.toHaveProperty('dstPort')
  expect(read(ethernet(0x86dd, ipv6({ nextHeader: 58 }, icmp(128, 0))))).toMatchObject({
    icmpType: 128,
    layerStack: [eth, v6, icmpv6Layer],
    layerSize: [14, 40, 8],
  })
})

test('the VLAN id is 12 bits: priority and drop eligibility are not part of it', () => {
  expect(read(ethernet(0x8100, vlanTag(0xf064, 0x0800, ipv4({}, udp(1, 2)))))).toMatchObject({
    vlanId: 100,
    etype: 0x0800,
    srcPort: 1,
    layerStack: [eth, dot1q, v4, udpLayer],
    layerSize: [14, 4, 20, 8],
  })
})

test('a service tag (0x88a8) and a customer tag, byte by byte (IEEE 802.1Q 9.5 and 9.6)', () => {
  const frame = bytes(
    hex('02000000000d 020000000005'),
    hex('88a8 a064'), // priority 5, not drop eligible, VLAN 100
    hex('8100 70c8'), // priority 3, drop eligible, VLAN 200
    hex('0800'),
    hex('45000028 00000000 40060000 c000020a c6336414'),
    hex('0457 08ae 00000001 00000000 5002ffff 00000000'),
  )
  expect(frame).toHaveLength(14 + 4 + 4 + 20 + 20)
  expect(read(frame)).toMatchObject({
    vlanId: 200,
    customerVlanId: 200,
    etype: 0x0800,
    srcAddr: '192.0.2.10',
    dstAddr: '198.51.100.20',
    proto: 6,
    srcPort: 1111,
    dstPort: 2222,
    tcpFlags: 2,
    layerStack: [eth, dot1q, dot1q, v4, tcpLayer],
    layerSize: [14, 4, 4, 20, 20],
  })
})

test.each([
  ['0x8100', 0x8100],
  ['0x88a8', 0x88a8],
  ['0x9100', 0x9100],
])('of two tags, the outer by %s, the inner names the VLAN', (_, outer) => {
  const inner = vlanTag(200, 0x86dd, ipv6({}, udp(1, 2)))
  expect(read(ethernet(outer, vlanTag(100, 0x8100, inner)))).toMatchObject({
    vlanId: 200,
    customerVlanId: 200,
    etype: 0x86dd,
    dstPort: 2,
    layerStack: [eth, dot1q, dot1q, v6, udpLayer],
  })
})

test.each([
  ['0x8847', 0x8847],
  ['0x8848', 0x8848],
])('a packet behind MPLS labels by %s', (_, etherType) => {
  const labels = bytes(mplsLabel(16_059, false, 63), mplsLabel(1_048_575, true, 62))
  expect(read(ethernet(etherType, labels, ipv4({}, udp(1, 2))))).toMatchObject({
    mplsLabel: [16_059, 1_048_575],
    mplsTtl: [63, 62],
    etype: 0x0800,
    srcPort: 1,
    layerStack: [eth, mpls, v4, udpLayer],
    layerSize: [14, 8, 20, 8],
  })
})

test('MPLS behind a tag, with IPv6 in it', () => {
  const labelled = bytes(mplsLabel(24_005, true), ipv6({}, udp(1, 2)))
  expect(read(ethernet(0x8100, vlanTag(5, 0x8847, labelled)))).toMatchObject({
    vlanId: 5,
    mplsLabel: [24_005],
    etype: 0x86dd,
    srcAddr: '2001:db8::10',
  })
})

// RFC 3032 2.1, changed by RFC 4182 2 and RFC 6790 4.2: only the bottom bit ends a stack.
test.each([
  ['explicit null above another label', [mplsLabel(0, false), mplsLabel(299_776, true)]],
  ['an entropy label', [mplsLabel(7, false), mplsLabel(262_143, true, 0)]],
  ['router alert', [mplsLabel(1, false), mplsLabel(16, true)]],
])('a reserved label does not end the stack: %s', (_, labels) => {
  expect(read(ethernet(0x8847, ...labels, ipv4({}, udp(1111, 2222))))).toMatchObject({
    srcPort: 1111,
    layerStack: [eth, mpls, v4, udpLayer],
    layerSize: [14, 8, 20, 8],
  })
})

test('explicit null at the bottom says which IP version follows (RFC 3032 2.1)', () => {
  const v4Null = read(ethernet(0x8847, mplsLabel(0, true), ipv4({}, udp(1111, 2222))))
  expect(v4Null).toMatchObject({ etype: 0x0800, srcPort: 1111, layerSize: [14, 4, 20, 8] })
  const v6Null = read(ethernet(0x8847, mplsLabel(2, true), ipv6({}, udp(1111, 2222))))
  expect(v6Null).toMatchObject({ etype: 0x86dd, srcPort: 1111, layerSize: [14, 4, 40, 8] })
  const other = read(ethernet(0x8847, mplsLabel(0, true), ipv6({}, udp(1111, 2222))))
  expect(other).toMatchObject({ etype: 0x8847, layerStack: [eth, mpls] })
})

test('a stack that is cut off has the labels that are there', () => {
  const frame = ethernet(0x8847, mplsLabel(100, false), mplsLabel(200, true))
  expect(read(frame.slice(0, 21))).toMatchObject({
    mplsLabel: [100],
    layerStack: [eth, mpls],
    layerSize: [14, 4],
  })
  expect(read(frame.slice(0, 17))).toMatchObject({ layerStack: [eth], layerSize: [14] })
})

test('a stack without end is given up', () => {
  const flow = read(ethernet(0x8847, ...Array.from({ length: 40 }, () => mplsLabel(100, false))))
  expect(flow['mplsLabel']).toHaveLength(16)
  expect(flow['layerStack']).toEqual([eth, mpls])
  expect(flow['layerSize']).toEqual([14, 64])
})

test('a pseudowire with a control word carries a frame, whose packet is the flow (RFC 4448 4.6)', () => {
  const inner = bytes(
    ...[hex('0a0000000002 0a0000000001'), u16(0x8100)],
    vlanTag(30, 0x0800, ipv4({ protocol: 6 }, tcp(1111, 2222, 0x010))),
  )
  expect(read(ethernet(0x8847, mplsLabel(100, true), u32(0), inner))).toMatchObject({
    srcMac: 0x020000000005,
    dstMac: 0x02000000000d,
    mplsLabel: [100],
    vlanId: 30,
    etype: 0x0800,
    srcAddr: '192.0.2.10',
    proto: 6,
    dstPort: 2222,
    layerStack: [eth, mpls, custom, eth, dot1q, v4, tcpLayer],
    layerSize: [14, 4, 4, 14, 4, 20, 20],
  })
})

test('labels in a pseudowire are not those of the packet around it', () => {
  const inner = ethernet(0x8847, mplsLabel(200, true), ipv4({}, udp(1, 2)))
  expect(read(ethernet(0x8847, mplsLabel(100, true), u32(0), inner))).toMatchObject({
    mplsLabel: [100],
    layerStack: [eth, mpls, custom, eth, mpls, v4, udpLayer],
  })
})

test.each([
  ['a channel of the label (RFC 5586)', '10000001 00000000'],
  ['a control word with a sequence number', '00000001 00000000'],
])('what is in MPLS and neither IP nor Ethernet is not read: %s', (_, content) => {
  const flow = read(ethernet(0x8847, mplsLabel(100, true), hex(content), ethernet(0x0800)))
  expect(flow).toMatchObject({ mplsLabel: [100], etype: 0x8847, layerStack: [eth, mpls] })
})

test('options of the IPv4 header are stepped over (IHL)', () => {
  const header = { options: hex('94040000 01010101'), protocol: 17 }
  expect(read(ethernet(0x0800, ipv4(header, udp(1111, 2222))))).toMatchObject({
    srcPort: 1111,
    dstPort: 2222,
    layerSize: [14, 28, 8],
  })
})

test('an IPv4 header of 15 words, the longest, has 40 bytes of options (RFC 791 3.1)', () => {
  const packet = bytes(
    hex('4f000044 00000000 40110000'), // version 4, IHL 15; length 60 + 8; UDP
    ip4('192.0.2.10'),
    ip4('198.51.100.20'),
    new Uint8Array(40).fill(1), // no operation
    hex('0457 08ae 0008 0000'),
  )
  expect(read(ethernet(0x0800, packet))).toMatchObject({
    srcPort: 1111,
    dstPort: 2222,
    layerStack: [eth, v4, udpLayer],
    layerSize: [14, 60, 8],
  })
})

test.each([0, 1, 4])('an IPv4 header of %i words cannot be', (headerWords) => {
  const flow = read(ethernet(0x0800, ipv4({ headerWords }, udp(1111, 2222))))
  expect(flow).toMatchObject({ etype: 0x0800, layerStack: [eth] })
  expect(flow).not.toHaveProperty('srcAddr')
})

test('an IPv4 header that is longer than what was sampled has addresses and no ports', () => {
  const flow = read(ethernet(0x0800, ipv4({ headerWords: 15 }, udp(1111, 2222))))
  expect(flow).toMatchObject({ srcAddr: '192.0.2.10', layerStack: [eth, v4], layerSize: [14, 28] })
  expect(flow).not.toHaveProperty('srcPort')
})

test('the version has to be the one that the EtherType says', () => {
  expect(read(ethernet(0x0800, ipv6({}, udp(1, 2))))).not.toHaveProperty('srcAddr')
  expect(read(ethernet(0x86dd, ipv4({ totalLength: 60 }, zeros(40))))).not.toHaveProperty('srcAddr')
})

test('only the first fragment has ports', () => {
  const first = read(ethernet(0x0800, ipv4({ fragment: 0x2000, id: 7 }, udp(1111, 2222))))
  expect(first).toMatchObject({ ipFlags: 1, fragmentId: 7, srcPort: 1111 })
  const second = read(ethernet(0x0800, ipv4({ fragment: 0x00b9, id: 7 }, udp(1111, 2222))))
  expect(second).toMatchObject({ fragmentOffset: 185, fragmentId: 7, layerStack: [eth, v4] })
  expect(second).not.toHaveProperty('srcPort')
})

test('the last fragment has no ports, though bytes stand in their place (RFC 791 3.1)', () => {
  // Identification 0x0007, flags 0 and offset 185 x 8; then data that would be ports 1111 and 2222.
  const packet = hex('4500001c 000700b9 40110000 c000020a c6336414 0457 08ae 0008 0000')
  const flow = read(ethernet(0x0800, packet))
  expect(flow).toMatchObject({
    srcAddr: '192.0.2.10',
    proto: 17,
    fragmentId: 7,
    fragmentOffset: 185,
    layerStack: [eth, v4],
    layerSize: [14, 20],
  })
  expect(flow).not.toHaveProperty('srcPort')
  expect(flow).not.toHaveProperty('dstPort')
})

/** IPv6 fragment header, RFC 8200 4.5. */
function fragmentHeader(nextHeader: number, offset: number, more: number, id: number): Uint8Array {
  return bytes(u8(nextHeader), u8(0), u16(offset * 8 + more), u32(id))
}

test('IPv6 fragments have their offset, id and flag, and the protocol that they carry', () => {
  const header = { nextHeader: 44 }
  const first = bytes(fragmentHeader(17, 0, 1, 0xdeadbeef), udp(1111, 2222))
  expect(read(ethernet(0x86dd, ipv6(header, first)))).toMatchObject({
    proto: 17,
    ipFlags: 1,
    fragmentId: 0xdeadbeef,
    srcPort: 1111,
    layerStack: [eth, v6, fragment, udpLayer],
    layerSize: [14, 40, 8, 8],
  })
  const second = bytes(fragmentHeader(17, 181, 0, 0xdeadbeef), udp(1111, 2222))
  const flow = read(ethernet(0x86dd, ipv6(header, second)))
  expect(flow).toMatchObject({ proto: 17, fragmentOffset: 181 })
  expect(flow).not.toHaveProperty('srcPort')
})

test('of two fragment headers, of which a packet has one, the first counts', () => {
  const twice = bytes(fragmentHeader(44, 0, 1, 7), fragmentHeader(17, 0, 0, 9), udp(1111, 2222))
  expect(read(ethernet(0x86dd, ipv6({ nextHeader: 44 }, twice)))).toMatchObject({
    fragmentId: 7,
    ipFlags: 1,
    srcPort: 1111,
  })
})

// RFC 8200 4: hop-by-hop options, destination options and a routing header, 8 bytes each, then TCP.
const threeExtensions = ipv6(
  { nextHeader: 0 },
  hex('3c 00 01 04 00000000'), // hop-by-hop: next 60, length 0, PadN
  hex('2b 00 01 04 00000000'), // destination options: next 43
  hex('06 00 00 00 00000000'), // routing: next 6, length 0, type 0, segments left 0
  tcp(1111, 2222, 0x002),
)

test('three extension headers are stepped over, and the protocol is what they lead to', () => {
  expect(read(ethernet(0x86dd, threeExtensions))).toMatchObject({
    srcAddr: '2001:db8::10',
    proto: 6,
    srcPort: 1111,
    dstPort: 2222,
    tcpFlags: 0x002,
    layerStack: [eth, v6, custom, custom, routing, tcpLayer],
    layerSize: [14, 40, 8, 8, 8, 20],
  })
})

test('an authentication header is stepped over in both versions (RFC 4302 2)', () => {
  // Next header, length 4: (4 + 2) x 4 bytes.
  const authentication = bytes(u8(6), u8(4), zeros(22))
  const expected = { proto: 6, srcPort: 1111, layerSize: [14, 40, 24, 20] }
  const inV6 = ipv6({ nextHeader: 51 }, authentication, tcp(1111, 2222, 0x002))
  expect(read(ethernet(0x86dd, inV6))).toMatchObject(expected)
  const inV4 = ipv4({ protocol: 51 }, authentication, tcp(1111, 2222, 0x002))
  expect(read(ethernet(0x0800, inV4))).toMatchObject({
    ...expected,
    layerStack: [eth, v4, custom, tcpLayer],
    layerSize: [14, 20, 24, 20],
  })
})

test.each([
  ['ESP', 50],
  ['no next header', 59],
])('%s (%i) ends what can be read', (_, protocol) => {
  const flow = read(ethernet(0x86dd, ipv6({ nextHeader: protocol }, udp(1111, 2222))))
  expect(flow).toMatchObject({ proto: protocol, layerStack: [eth, v6], layerSize: [14, 40] })
  expect(flow).not.toHaveProperty('srcPort')
})

test('an extension header of IPv6 means nothing behind IPv4', () => {
  const flow = read(
    ethernet(0x0800, ipv4({ protocol: 60 }, hex('11 00 01 04 00000000'), udp(1, 2))),
  )
  expect(flow).toMatchObject({ proto: 60, layerStack: [eth, v4] })
})

test('a segment routing header gives its segments (RFC 8754)', () => {
  const segments = [ip6('2001:db8:1::'), ip6('2001:db8:2::')]
  const header = bytes(u8(17), u8(4), u8(4), u8(1), u8(1), u8(0), u16(0), ...segments)
  expect(read(ethernet(0x86dd, ipv6({ nextHeader: 43 }, header, udp(1111, 2222))))).toMatchObject({
    proto: 17,
    srcPort: 1111,
    ipv6RoutingHeaderAddresses: ['2001:db8:1::', '2001:db8:2::'],
    ipv6RoutingHeaderSegLeft: 1,
    layerStack: [eth, v6, routing, udpLayer],
    layerSize: [14, 40, 40, 8],
  })
})

test('what follows the last segment of a segment routing header is none (RFC 8754 2.1)', () => {
  // Length 4 is 8 + 32 bytes, last entry 0: one segment, then 16 bytes of padding TLVs.
  const header = bytes(hex('11 04 04 00 00 00 0000'), ip6('2001:db8:1::'), hex('04 0e'), zeros(14))
  expect(read(ethernet(0x86dd, ipv6({ nextHeader: 43 }, header, udp(1111, 2222))))).toMatchObject({
    ipv6RoutingHeaderAddresses: ['2001:db8:1::'],
    srcPort: 1111,
    layerSize: [14, 40, 40, 8],
  })
})

test('a segment routing header that is cut off has the segments that are there', () => {
  const segments = [ip6('2001:db8:1::'), ip6('2001:db8:2::')]
  const packet = ipv6({ nextHeader: 43 }, hex('11 04 04 01 01 00 0000'), ...segments)
  const flow = read(ethernet(0x86dd, packet).slice(0, 14 + 40 + 8 + 31))
  expect(flow).toMatchObject({
    proto: 43,
    ipv6RoutingHeaderAddresses: ['2001:db8:1::'],
    ipv6RoutingHeaderSegLeft: 1,
    layerStack: [eth, v6, routing],
    layerSize: [14, 40, 39],
  })
})

test('other routing headers have no segments that we know', () => {
  const header = bytes(hex('11 02 00 01 00000000'), ip6('2001:db8:1::'))
  const flow = read(ethernet(0x86dd, ipv6({ nextHeader: 43 }, header, udp(1111, 2222))))
  expect(flow).toMatchObject({ ipv6RoutingHeaderSegLeft: 1, srcPort: 1111 })
  expect(flow).not.toHaveProperty('ipv6RoutingHeaderAddresses')
})

test('a chain of extension headers without end is given up', () => {
  const chain = Array.from({ length: 100 }, () => bytes(u8(60), u8(0), zeros(6)))
  const flow = read(ethernet(0x86dd, ipv6({ nextHeader: 60 }, ...chain)))
  expect(flow).toMatchObject({ proto: 60 })
  expect(flow['layerStack']).toHaveLength(16)
})

test('a frame with a length in place of an EtherType is no packet of ours', () => {
  const flow = read(ethernet(46, hex('424203'), zeros(43)))
  expect(flow).toMatchObject({ srcMac: 0x020000000005, layerStack: [eth] })
  expect(flow).not.toHaveProperty('etype')
})

test.each([
  ['SCTP (RFC 9260 3.1)', 132, '0457 08ae 00000001 00000000', 12],
  ['UDP-Lite (RFC 3828 3.1)', 136, '0457 08ae 0008 0000', 8],
  ['DCCP (RFC 4340 5.1)', 33, '0457 08ae 04 000000 01000000 00000001', 16],
])('%s has ports', (_, protocol, header, size) => {
  expect(read(ethernet(0x0800, ipv4({ protocol }, hex(header), zeros(4))))).toMatchObject({
    proto: protocol,
    srcPort: 1111,
    dstPort: 2222,
    layerStack: [eth, v4, custom],
    layerSize: [14, 20, size],
  })
})

// compat=goflow2: two values of a packet are as GoFlow2 has them.

test('for GoFlow2 the VLAN id has priority and drop eligibility in its upper bits', () => {
  const frame = ethernet(0x88a8, vlanTag(0xa064, 0x8100, vlanTag(0xf0c8, 0x0800, ipv4({}))))
  expect(readFrameAs('goflow2', frame)).toMatchObject({ vlanId: 0xf0c8, customerVlanId: 200 })
  expect(readFrameAs('none', frame)).toMatchObject({ vlanId: 200, customerVlanId: 200 })
})

test('for GoFlow2 the protocol of IPv6 is the first header after it, and the ports are there', () => {
  const frame = ethernet(0x86dd, ipv6({ nextHeader: 44 }, fragmentHeader(17, 0, 1, 7), udp(1, 2)))
  expect(readFrameAs('goflow2', frame)).toMatchObject({ proto: 44, srcPort: 1, dstPort: 2 })
  expect(readFrameAs('none', frame)).toMatchObject({ proto: 17, srcPort: 1, dstPort: 2 })
  const hopByHop = ethernet(0x86dd, threeExtensions)
  expect(readFrameAs('goflow2', hopByHop)).not.toHaveProperty('proto') // 0
  const plain = ethernet(0x86dd, ipv6({}, udp(1, 2)))
  expect(readFrameAs('goflow2', plain)).toEqual(readFrameAs('none', plain))
})
