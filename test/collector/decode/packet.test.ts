// Sampled packets: Ethernet, 802.1Q, MPLS, IPv4, IPv6 with extension headers, TCP, UDP, ICMP, tunnels.

import { expect, test } from 'vitest'
import { PacketReader } from '../../../collector/decode/packet.ts'
import { FlowRecord } from '../../../collector/flow.ts'
import { bytes, hex, ip6, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { type PlainFlow, plainFlow } from '../../build/decoded.ts'
import { ethernet, icmp, ipv4, ipv6, mplsLabel, tcp, udp, vlanTag } from '../../build/packet.ts'

// FlowMessage.LayerStack
const [eth, v4, v6, tcpLayer, udpLayer, mpls, dot1q, icmpLayer, icmpv6Layer] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
]
const [gre, routing, fragment] = [9, 10, 11]

/** The flow of a frame; its last byte is followed by others that are none of it. */
function read(...parts: Part[]): PlainFlow {
  const frame = bytes(...parts)
  const flow = new FlowRecord()
  new PacketReader().readEthernet(
    flow,
    bytes(zeros(3), frame, hex('ffffffffffffffff')),
    3,
    3 + frame.length,
  )
  return plainFlow(flow)
}

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

test.each([0x8100, 0x88a8, 0x9100])(
  'of two tags, the outer by 0x%x, the inner names the VLAN',
  (outer) => {
    const inner = vlanTag(200, 0x86dd, ipv6({}, udp(1, 2)))
    expect(read(ethernet(outer, vlanTag(100, 0x8100, inner)))).toMatchObject({
      vlanId: 200,
      customerVlanId: 200,
      etype: 0x86dd,
      dstPort: 2,
      layerStack: [eth, dot1q, dot1q, v6, udpLayer],
    })
  },
)

test.each([0x8847, 0x8848])('a packet behind MPLS labels by 0x%x', (etherType) => {
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

test('a reserved label ends the stack even without its bottom bit (RFC 3032 2.1)', () => {
  expect(read(ethernet(0x8847, mplsLabel(0, false), ipv4({}, udp(1, 2))))).toMatchObject({
    mplsLabel: [0],
    srcPort: 1,
  })
})

test('a stack without end is given up', () => {
  const flow = read(ethernet(0x8847, ...Array.from({ length: 40 }, () => mplsLabel(100, false))))
  expect(flow['mplsLabel']).toHaveLength(8)
  expect(flow['layerStack']).toEqual([eth, mpls])
})

test('what is in MPLS and not IP is not read', () => {
  // A pseudowire: control word, then an Ethernet frame.
  const flow = read(ethernet(0x8847, mplsLabel(100, true), u32(0), ethernet(0x0800, ipv4({}))))
  expect(flow).toMatchObject({ mplsLabel: [100], etype: 0x8847 })
  expect(flow).not.toHaveProperty('srcAddr')
})

test('options of the IPv4 header are stepped over (IHL)', () => {
  const header = { options: hex('94040000 01010101'), protocol: 17 }
  expect(read(ethernet(0x0800, ipv4(header, udp(1111, 2222))))).toMatchObject({
    srcPort: 1111,
    dstPort: 2222,
    layerSize: [14, 28, 8],
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

test('extension headers are stepped over, and the protocol is what they lead to', () => {
  const hopByHop = bytes(u8(60), u8(1), zeros(14)) // 16 bytes, then destination options
  const destination = bytes(u8(51), u8(0), zeros(6)) // 8 bytes, then authentication
  const authentication = bytes(u8(6), u8(4), zeros(22)) // (4 + 2) x 4 bytes, then TCP
  const chain = bytes(hopByHop, destination, authentication, tcp(1111, 2222, 0x002))
  expect(read(ethernet(0x86dd, ipv6({ nextHeader: 0 }, chain)))).toMatchObject({
    proto: 6,
    srcPort: 1111,
    tcpFlags: 0x002,
    layerStack: [eth, v6, tcpLayer],
  })
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

test('a chain of extension headers without end is given up', () => {
  const chain = Array.from({ length: 100 }, () => bytes(u8(60), u8(0), zeros(6)))
  const flow = read(ethernet(0x86dd, ipv6({ nextHeader: 60 }, ...chain)))
  expect(flow).toMatchObject({ proto: 60, layerStack: [eth, v6] })
})

// Tunnels: the flow is the outer packet's; the inner only adds its layers.

const inner = ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }, tcp(1, 2, 0x010))

test.each([
  ['IP in IP', ethernet(0x0800, ipv4({ protocol: 4 }, inner)), 4, [eth, v4, v4, tcpLayer]],
  [
    'GRE',
    ethernet(0x0800, ipv4({ protocol: 47 }, u16(0), u16(0x0800), inner)),
    47,
    [eth, v4, gre, v4, tcpLayer],
  ],
  [
    'GRE with checksum, key and sequence number',
    ethernet(0x0800, ipv4({ protocol: 47 }, u16(0xb000), u16(0x0800), zeros(12), inner)),
    47,
    [eth, v4, gre, v4, tcpLayer],
  ],
  [
    'Ethernet in GRE',
    ethernet(0x0800, ipv4({ protocol: 47 }, u16(0), u16(0x6558), zeros(12), u16(0x0800), inner)),
    47,
    [eth, v4, gre, eth, v4, tcpLayer],
  ],
])('%s shows the outer addresses and protocol', (_, frame, proto, layerStack) => {
  const flow = read(frame)
  expect(flow).toMatchObject({
    srcAddr: '192.0.2.10',
    dstAddr: '198.51.100.20',
    srcMac: 0x020000000005,
    proto,
    layerStack,
  })
  expect(flow).not.toHaveProperty('srcPort')
  expect(flow).not.toHaveProperty('tcpFlags')
})

test('6in4 shows the outer packet, and not the ICMP of the inner one', () => {
  const v6Inner = ipv6({ nextHeader: 58 }, icmp(128, 1))
  const flow = read(ethernet(0x0800, ipv4({ protocol: 41 }, v6Inner)))
  expect(flow).toMatchObject({
    proto: 41,
    etype: 0x0800,
    srcAddr: '192.0.2.10',
    layerStack: [eth, v4, v6, icmpv6Layer],
  })
  expect(flow).not.toHaveProperty('icmpType')
})

test.each([
  ['a source route', 0x4000],
  ['version 1 (PPTP)', 0x0001],
])('GRE with %s is not followed', (_, flags) => {
  const flow = read(ethernet(0x0800, ipv4({ protocol: 47 }, u16(flags), u16(0x0800), inner)))
  expect(flow).toMatchObject({ proto: 47, layerStack: [eth, v4, gre], layerSize: [14, 20, 4] })
})

test('tunnels in tunnels are given up after 16 headers', () => {
  let packet = ipv4({ protocol: 17 }, udp(1, 2))
  for (let i = 0; i < 50; i++) packet = ipv4({ protocol: 4 }, packet)
  expect(read(ethernet(0x0800, packet))['layerStack']).toHaveLength(16)
})

test('VXLAN gives its network identifier (RFC 7348)', () => {
  const vxlan = bytes(hex('08000000'), u32(0xabcdef * 256))
  expect(read(ethernet(0x0800, ipv4({}, udp(50_000, 4789, vxlan))))).toMatchObject({
    vni: 0xabcdef,
    dstPort: 4789,
  })
  const notValid = bytes(hex('00000000'), u32(0xabcdef * 256))
  expect(read(ethernet(0x0800, ipv4({}, udp(50_000, 4789, notValid))))).not.toHaveProperty('vni')
})

test('a frame with a length in place of an EtherType is no packet of ours', () => {
  const flow = read(ethernet(46, hex('424203'), zeros(43)))
  expect(flow).toMatchObject({ srcMac: 0x020000000005, layerStack: [eth] })
  expect(flow).not.toHaveProperty('etype')
})

test('a packet cut off anywhere is read as far as it goes, and no farther', () => {
  const frame = ethernet(
    0x8100,
    vlanTag(100, 0x0800, ipv4({ protocol: 6 }, tcp(1111, 2222, 0x018))),
  )
  const flows = Array.from({ length: frame.length + 1 }, (_, length) =>
    read(frame.slice(0, length)),
  )
  const fieldsAt = (length: number) => Object.keys(flows[length] ?? {})
  expect(flows[13]).not.toHaveProperty('layerStack')
  expect(flows[14]).toMatchObject({ etype: 0x8100, layerStack: [eth] })
  expect(flows[18]).toMatchObject({ etype: 0x0800, vlanId: 100, layerStack: [eth, dot1q] })
  expect(fieldsAt(37)).not.toContain('srcAddr')
  expect(flows[38]).toMatchObject({ srcAddr: '192.0.2.10', proto: 6, layerStack: [eth, dot1q, v4] })
  expect(fieldsAt(41)).not.toContain('srcPort')
  expect(flows[42]).toMatchObject({ srcPort: 1111, dstPort: 2222, layerSize: [14, 4, 20, 4] })
  expect(fieldsAt(51)).not.toContain('tcpFlags')
  expect(flows[52]).toMatchObject({ tcpFlags: 0x018, layerSize: [14, 4, 20, 14] })
  expect(flows[58]).toMatchObject({ layerSize: [14, 4, 20, 20] })
  // Every cut shows a part of what the whole shows, and nothing else.
  for (const flow of flows) {
    const stack = flow['layerStack'] as number[] | undefined
    expect([eth, dot1q, v4, tcpLayer].slice(0, stack?.length ?? 0)).toEqual(stack ?? [])
    expect((flow['layerSize'] as number[] | undefined)?.length).toBe(stack?.length)
  }
})
