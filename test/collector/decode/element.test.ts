// Information elements: what each does to a flow. Ids and formats: IANA IPFIX registry, RFC 7012; RFC 3954 8 for NetFlow v9.

import { expect, test } from 'vitest'
import { bytes, hex, ip4, ip6, mac, u8, u16, u32, u64, uint } from '../../build/bytes.ts'
import { flowsOf, type PlainFlow } from '../../build/decoded.ts'
import { type Field, ipfix, set, templateSet, variable, variableLength } from '../../build/ipfix.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'
import { ethernet, icmp, ipv4, ipv6, tcp, udp } from '../../build/packet.ts'

const seconds = 1_700_000_000

type Value = [id: number, value: Uint8Array, enterprise?: number]

/** The one flow of an IPFIX message with these fields. */
function flowOf(...values: Value[]): PlainFlow | undefined {
  const fields = values.map(
    ([id, value, enterprise]): Field =>
      enterprise === undefined ? [id, value.length] : [id, value.length, enterprise],
  )
  const data = set(256, ...values.map(([, value]) => value))
  return flowsOf(ipfix({ exportTime: seconds }, templateSet(256, ...fields), data))[0]
}

test.each<[name: string, id: number, value: Uint8Array, expected: PlainFlow]>([
  ['octetDeltaCount', 1, u64(2n ** 63n + 5n), { bytes: 2n ** 63n + 5n }],
  ['packetDeltaCount', 2, u64(2n ** 40n), { packets: 2n ** 40n }],
  ['protocolIdentifier', 4, u8(132), { proto: 132 }],
  ['ipClassOfService', 5, u8(0xb8), { ipTos: 0xb8 }],
  ['tcpControlBits of one byte', 6, u8(0xff), { tcpFlags: 0xff }],
  // RFC 9293 3.1: the top four bits of the two bytes are the data offset.
  ['tcpControlBits of two bytes', 6, u16(0xa1c2), { tcpFlags: 0x1c2 }],
  ['sourceTransportPort', 7, u16(65_535), { srcPort: 65_535 }],
  ['sourceIPv4Address', 8, ip4('192.0.2.99'), { srcAddr: '192.0.2.99', etype: 0x0800 }],
  ['sourceIPv4PrefixLength', 9, u8(24), { srcNet: 24 }],
  ['ingressInterface', 10, u32(369_098_852), { inIf: 369_098_852 }],
  ['destinationTransportPort', 11, u16(53), { dstPort: 53 }],
  ['destinationIPv4Address', 12, ip4('192.0.2.98'), { dstAddr: '192.0.2.98', etype: 0x0800 }],
  ['destinationIPv4PrefixLength', 13, u8(16), { dstNet: 16 }],
  ['egressInterface', 14, u16(7), { outIf: 7 }],
  ['ipNextHopIPv4Address', 15, ip4('192.0.2.97'), { nextHop: '192.0.2.97' }],
  ['bgpSourceAsNumber', 16, u32(4_200_000_000), { srcAs: 4_200_000_000 }],
  ['bgpDestinationAsNumber', 17, u16(64_500), { dstAs: 64_500 }],
  ['bgpNextHopIPv4Address', 18, ip4('192.0.2.96'), { bgpNextHop: '192.0.2.96' }],
  ['postOctetDeltaCount', 23, u32(64), { bytes: 64n }],
  ['postPacketDeltaCount', 24, u32(2), { packets: 2n }],
  ['sourceIPv6Address', 27, ip6('2001:db8::1'), { srcAddr: '2001:db8::1', etype: 0x86dd }],
  ['destinationIPv6Address', 28, ip6('2001:db8::2'), { dstAddr: '2001:db8::2', etype: 0x86dd }],
  ['sourceIPv6PrefixLength', 29, u8(48), { srcNet: 48 }],
  ['destinationIPv6PrefixLength', 30, u8(32), { dstNet: 32 }],
  ['flowLabelIPv6', 31, u32(0xfff12345), { ipv6FlowLabel: 0x12345 }],
  ['icmpTypeCodeIPv4', 32, u16(0x0301), { icmpType: 3, icmpCode: 1 }],
  ['mplsTopLabelIPv4Address', 47, ip4('192.0.2.95'), { mplsIp: ['192.0.2.95'] }],
  ['minimumTTL', 52, u8(63), { ipTtl: 63 }],
  ['maximumTTL', 53, u8(65), { ipTtl: 65 }],
  ['fragmentIdentification', 54, u32(70_000), { fragmentId: 70_000 }],
  ['postIpClassOfService', 55, u8(0xb8), { ipTos: 0xb8 }],
  ['sourceMacAddress', 56, mac('ff:fe:fd:fc:fb:fa'), { srcMac: 0xfffefdfcfbfa }],
  ['vlanId', 58, u16(0xf064), { vlanId: 100, srcVlan: 100 }],
  ['postVlanId', 59, u16(200), { dstVlan: 200 }],
  ['ipVersion', 60, u8(6), { etype: 0x86dd }],
  ['flowDirection', 61, u8(1), { flowDirection: 1 }],
  ['ipNextHopIPv6Address', 62, ip6('2001:db8::3'), { nextHop: '2001:db8::3' }],
  ['bgpNextHopIPv6Address', 63, ip6('2001:db8::4'), { bgpNextHop: '2001:db8::4' }],
  // 24,005 x 16 + traffic class and bottom of stack
  ['mplsTopLabelStackSection', 70, uint(24_005 * 16 + 1, 3), { mplsLabel: [24_005] }],
  ['destinationMacAddress', 80, mac('02:00:00:00:00:01'), { dstMac: 0x020000000001 }],
  ['octetTotalCount', 85, u64(99), { bytes: 99n }],
  ['packetTotalCount', 86, u64(9), { packets: 9n }],
  ['fragmentOffset', 88, u16(185), { fragmentOffset: 185 }],
  ['forwardingStatus of one byte', 89, u8(64), { forwardingStatus: 64 }],
  ['forwardingStatus of four bytes', 89, u32(195), { forwardingStatus: 195 }],
  ['applicationId', 95, hex('0d0001e3'), { applicationId: '0d0001e3' }],
  ['postIpDiffServCodePoint', 98, u8(46), { ipTos: 46 * 4 }],
  ['bgpNextAdjacentAsNumber', 128, u32(64_501), { nextHopAs: 64_501 }],
  ['flowEndReason', 136, u8(2), { flowEndReason: 2 }],
  ['observationPointId', 138, u32(17), { observationPointId: 17 }],
  ['icmpTypeCodeIPv6', 139, u16(0x8000), { icmpType: 128 }],
  ['mplsTopLabelIPv6Address', 140, ip6('2001:db8::5'), { mplsIp: ['2001:db8::5'] }],
  ['icmpTypeIPv4', 176, u8(8), { icmpType: 8 }],
  ['icmpCodeIPv4', 177, u8(4), { icmpCode: 4 }],
  ['icmpTypeIPv6', 178, u8(129), { icmpType: 129 }],
  ['icmpCodeIPv6', 179, u8(5), { icmpCode: 5 }],
  ['udpSourcePort', 180, u16(4000), { srcPort: 4000 }],
  ['udpDestinationPort', 181, u16(4001), { dstPort: 4001 }],
  ['tcpSourcePort', 182, u16(4002), { srcPort: 4002 }],
  ['tcpDestinationPort', 183, u16(4003), { dstPort: 4003 }],
  ['ipTTL', 192, u8(255), { ipTtl: 255 }],
  ['ipDiffServCodePoint', 195, u8(46), { ipTos: 46 * 4 }],
  // Reserved, DF, MF and five zero bits.
  ['fragmentFlags', 197, u8(0x40), { ipFlags: 2 }],
  ['postNATSourceIPv4Address', 225, ip4('192.0.2.94'), { postNatSrcAddr: '192.0.2.94' }],
  ['postNATDestinationIPv4Address', 226, ip4('192.0.2.93'), { postNatDstAddr: '192.0.2.93' }],
  ['postNAPTSourceTransportPort', 227, u16(61_000), { postNatSrcPort: 61_000 }],
  ['postNAPTDestinationTransportPort', 228, u16(8080), { postNatDstPort: 8080 }],
  ['natEvent', 230, u8(4), { natEvent: 4 }],
  ['initiatorOctets', 231, u64(77), { bytes: 77n, biFlowDirection: 1 }],
  ['firewallEvent', 233, u8(3), { firewallEvent: 3 }],
  ['ingressVRFID', 234, u32(0x60000000), { ingressVrfId: 0x60000000 }],
  ['egressVRFID', 235, u32(0x60000001), { egressVrfId: 0x60000001 }],
  ['biflowDirection', 239, u8(2), { biFlowDirection: 2 }],
  ['dot1qVlanId', 243, u16(300), { vlanId: 300, srcVlan: 300 }],
  ['dot1qCustomerVlanId', 245, u16(301), { customerVlanId: 301 }],
  ['ingressPhysicalInterface', 252, u32(3), { inIf: 3 }],
  ['egressPhysicalInterface', 253, u32(4), { outIf: 4 }],
  ['postDot1qVlanId', 254, u16(302), { dstVlan: 302 }],
  ['postDot1qCustomerVlanId', 255, u16(303), { postCustomerVlanId: 303 }],
  ['ethernetType', 256, u16(0x0806), { etype: 0x0806 }],
  ['postNATSourceIPv6Address', 281, ip6('2001:db8::6'), { postNatSrcAddr: '2001:db8::6' }],
  ['postNATDestinationIPv6Address', 282, ip6('2001:db8::7'), { postNatDstAddr: '2001:db8::7' }],
  ['initiatorPackets', 298, u64(6), { packets: 6n, biFlowDirection: 1 }],
  // RFC 3032 2.1: label 24,005, TTL 255; label 16, bottom of stack, TTL 63.
  [
    'mplsLabelStackSection',
    316,
    hex('05dc50ff 0001013f'),
    { mplsLabel: [24_005, 16], mplsTtl: [255, 63], layerStack: [5], layerSize: [8] },
  ],
  // 1 in the top octet: VXLAN.
  ['layer2SegmentId', 351, u64(0x01_00000000_00abcden), { vni: 0xabcde }],
  ['layer2OctetDeltaCount', 352, u64(88), { bytes: 88n }],
])('%s (%i) fills its field', (_, id, value, expected) => {
  const times = { start: expect.any(String), end: expect.any(String), received: expect.any(String) }
  expect(flowOf([id, value])).toEqual({
    type: 4,
    samplerAddress: '192.0.2.1',
    bytes: 0n,
    packets: 0n,
    ...times,
    ...expected,
  })
})

test('a flow of NetFlow v9 has the sequence number and source id of its datagram', () => {
  const header = { seconds, sequence: 4_000_000_000, sourceId: 2_177 }
  const datagram = netflow9(header, templateFlowSet(256, [1, 4]), flowSet(256, u32(64)))
  expect(flowsOf(datagram)).toMatchObject([
    { type: 3, sequenceNumber: 4_000_000_000, observationDomainId: 2_177, bytes: 64n },
  ])
})

test('a flow of IPFIX has the sequence number and observation domain of its message', () => {
  const header = { exportTime: seconds, sequence: 11, domainId: 2 ** 32 - 1 }
  const datagram = ipfix(header, templateSet(256, [1, 4]), set(256, u32(64)))
  expect(flowsOf(datagram)).toMatchObject([
    { type: 4, sequenceNumber: 11, observationDomainId: 2 ** 32 - 1, bytes: 64n },
  ])
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])('integers of %i bytes are read (RFC 7011 6.2)', (length) => {
  // Both an element that is 64 bits wide and one that is 32 bits wide.
  const flow = flowOf([1, uint(0xfd, length)], [10, uint(0xfe, length)])
  expect(flow).toMatchObject({ bytes: 0xfdn, inIf: 0xfe })
})

test.each([5, 6, 7, 8])('a counter of %i bytes keeps all of its bits', (length) => {
  const octets = 0x0102030405060708n >> BigInt(8 * (8 - length))
  expect(flowOf([1, uint(octets, length)])).toMatchObject({ bytes: octets })
})

test('an integer longer than 8 bytes is stepped over', () => {
  const flow = flowOf([10, bytes(u64(1), u8(1))], [14, u32(5)])
  expect(flow).toMatchObject({ outIf: 5 })
  expect(flow).not.toHaveProperty('inIf')
})

test('values never exceed the width of their field', () => {
  const flow = flowOf([7, u32(0xffffffff)], [4, u16(0xffff)], [9, u16(0xffff)], [59, u16(0xffff)])
  expect(flow).toMatchObject({ srcPort: 0xffff, proto: 0xff, srcNet: 0xff, dstVlan: 0xfff })
})

test.each([3, 5, 15, 17])('an address of %i bytes is none', (length) => {
  const flow = flowOf([8, new Uint8Array(length).fill(1)], [7, u16(1)])
  expect(flow).toMatchObject({ srcPort: 1 })
  expect(flow).not.toHaveProperty('srcAddr')
})

test('an IPv4-mapped IPv6 address is the IPv4 address', () => {
  const mapped = bytes(new Uint8Array(10), u16(0xffff), ip4('192.0.2.7'))
  expect(flowOf([27, mapped])).toMatchObject({ srcAddr: '192.0.2.7', etype: 0x0800 })
})

test('elements of enterprises are stepped over, even where IANA has the same number', () => {
  // 2636: Juniper; 6871: CERT, whose YAF sets the bit 0x4000 for the reverse of its own elements.
  const flow = flowOf([1, u32(1111), 2636], [7, u16(80)], [0x4001, u32(2222), 6871], [11, u16(443)])
  expect(flow).toMatchObject({ bytes: 0n, srcPort: 80, dstPort: 443 })
})

// Junos OS, resiliency exception reporting: 6 bits that say what it is, 2 for an exception, and 10 bits of value.
test.each([
  ['no exception', 2 << 10, 64],
  ['an exception', (2 << 10) | 17, 128],
  ['something else', (1 << 10) | 17, undefined],
])("Juniper's common properties id with %s is a forwarding status", (_, value, status) => {
  expect(flowOf([137, u16(value), 2636])?.['forwardingStatus']).toBe(status)
  expect(flowOf([137, u16(value)])).not.toHaveProperty('forwardingStatus')
})

test('the class that packets leave with is not what they came with', () => {
  expect(flowOf([5, u8(0)], [55, u8(0xb8)], [98, u8(46)])).not.toHaveProperty('ipTos')
  expect(flowOf([195, u8(0)], [98, u8(46)])).not.toHaveProperty('ipTos')
})

test('ids above 32,767 are plain ids in NetFlow v9, with the meaning that Cisco gave them', () => {
  const datagram = netflow9(
    { seconds },
    templateFlowSet(
      256,
      [40_001, 4],
      [40_002, 4],
      [40_003, 2],
      [40_004, 2],
      [40_005, 1],
      [33_002, 2],
    ),
    flowSet(256, ip4('192.0.2.1'), ip4('192.0.2.2'), u16(1025), u16(80), u8(2), u16(2025)),
  )
  expect(flowsOf(datagram)).toMatchObject([
    {
      postNatSrcAddr: '192.0.2.1',
      postNatDstAddr: '192.0.2.2',
      postNatSrcPort: 1025,
      postNatDstPort: 80,
      firewallEvent: 2,
    },
  ])
})

// One template for both families, as Juniper, MikroTik and Palo Alto have: the other family's fields are zero.

const v4Values: Value[] = [
  [8, ip4('192.0.2.10')],
  [12, ip4('198.51.100.20')],
  [9, u8(24)],
  [13, u8(25)],
  [15, ip4('203.0.113.30')],
]
const v6Values: Value[] = [
  [27, ip6('2001:db8::10')],
  [28, ip6('2001:db8::20')],
  [29, u8(48)],
  [30, u8(64)],
  [62, ip6('2001:db8::30')],
]
const zeroed = (values: Value[]) =>
  values.map(([id, value]): Value => [id, new Uint8Array(value.length)])
const v4Flow = {
  etype: 0x0800,
  srcAddr: '192.0.2.10',
  dstAddr: '198.51.100.20',
  srcNet: 24,
  dstNet: 25,
  nextHop: '203.0.113.30',
}
const v6Flow = {
  etype: 0x86dd,
  srcAddr: '2001:db8::10',
  dstAddr: '2001:db8::20',
  srcNet: 48,
  dstNet: 64,
  nextHop: '2001:db8::30',
}

test('in a template for both families zeros do not overwrite what is there, in either order', () => {
  expect(flowOf(...v4Values, ...zeroed(v6Values))).toMatchObject(v4Flow)
  expect(flowOf(...zeroed(v6Values), ...v4Values)).toMatchObject(v4Flow)
  expect(flowOf(...v6Values, ...zeroed(v4Values))).toMatchObject(v6Flow)
  expect(flowOf(...zeroed(v4Values), ...v6Values)).toMatchObject(v6Flow)
})

test('of addresses of both families, ipVersion decides', () => {
  const { srcAddr, dstAddr, etype } = v6Flow
  for (const values of [
    [...v4Values, ...v6Values],
    [...v6Values, ...v4Values],
  ]) {
    expect(flowOf([60, u8(6)], ...values)).toMatchObject({ srcAddr, dstAddr, etype })
    expect(flowOf(...values, [60, u8(6)])).toMatchObject({ srcAddr, dstAddr, etype })
    expect(flowOf(...values, [60, u8(4)])).toMatchObject({
      srcAddr: v4Flow.srcAddr,
      dstAddr: v4Flow.dstAddr,
      etype: 0x0800,
    })
  }
})

test('without ipVersion the first of two addresses is the outer one: IPv4 in SRv6', () => {
  const flow = flowOf([27, ip6('2001:db8::10')], [28, ip6('2001:db8::20')], ...v4Values)
  expect(flow).toMatchObject({ srcAddr: '2001:db8::10', dstAddr: '2001:db8::20', etype: 0x86dd })
})

test('the zero address is kept, in the family of the flow', () => {
  // DHCP: a host that asks for an address.
  expect(flowOf([8, ip4('0.0.0.0')], [12, ip4('255.255.255.255')])).toMatchObject({
    srcAddr: '0.0.0.0',
    dstAddr: '255.255.255.255',
    etype: 0x0800,
  })
  // Duplicate address detection, RFC 4862 5.4.2, in a template for both families.
  const values: Value[] = [
    [8, ip4('0.0.0.0')],
    [12, ip4('0.0.0.0')],
    [27, ip6('::')],
    [28, ip6('ff02::1:ff00:1')],
  ]
  const expected = { srcAddr: '::', dstAddr: 'ff02::1:ff00:1', etype: 0x86dd }
  expect(flowOf(...values)).toMatchObject(expected)
  expect(flowOf([60, u8(6)], ...values)).toMatchObject(expected)
})

test('a frame that is not IP keeps its EtherType beside zero addresses', () => {
  expect(flowOf([8, ip4('0.0.0.0')], [12, ip4('0.0.0.0')], [256, u16(0x0806)])).toMatchObject({
    etype: 0x0806,
  })
})

test('primary counters beat secondary ones, which serve when the primary are zero', () => {
  const [octets, packets] = [u32(1000), u32(10)]
  const [postOctets, postPackets] = [u32(900), u32(9)]
  const post: Value[] = [
    [23, postOctets],
    [24, postPackets],
  ]
  expect(flowOf(...post, [1, octets], [2, packets])).toMatchObject({ bytes: 1000n, packets: 10n })
  expect(flowOf([1, octets], [2, packets], ...post)).toMatchObject({ bytes: 1000n, packets: 10n })
  expect(flowOf([1, u32(0)], [2, u32(0)], ...post)).toMatchObject({ bytes: 900n, packets: 9n })
})

test('totals since the start of a flow never stand in for a delta of 0: they were reported before', () => {
  const totals: Value[] = [
    [85, u64(65)],
    [86, u64(1)],
  ]
  expect(flowOf(...totals, [1, u64(0)], [2, u64(0)])).toMatchObject({ bytes: 0n, packets: 0n })
  expect(flowOf(...totals, [1, u64(65)], [2, u64(1)])).toMatchObject({ bytes: 65n, packets: 1n })
})

test('an enterprise element with the id of a delta does not keep totals out', () => {
  expect(flowOf([85, u64(65)], [1, u64(1), 29305])).toMatchObject({ bytes: 65n })
  expect(flowOf([85, u64(65)], [1, u64(1), 2636])).toMatchObject({ bytes: 65n })
})

test('an element that stands twice counts with its first value that is not zero', () => {
  expect(flowOf([7, u16(0)], [7, u16(80)], [7, u16(443)])).toMatchObject({ srcPort: 80 })
})

test('source and destination MAC addresses beat those after the device', () => {
  const values: Value[] = [
    [81, mac('02:00:00:00:00:81')],
    [57, mac('02:00:00:00:00:57')],
    [56, mac('02:00:00:00:00:56')],
    [80, mac('02:00:00:00:00:80')],
  ]
  expect(flowOf(...values)).toMatchObject({ srcMac: 0x020000000056, dstMac: 0x020000000080 })
  expect(flowOf(...values.slice(0, 2))).toMatchObject({
    srcMac: 0x020000000081,
    dstMac: 0x020000000057,
  })
})

test('labels of an MPLS stack keep their depth, and depths without a label end it', () => {
  const label = (value: number) => uint(value * 16, 3)
  expect(flowOf([71, label(300)], [70, label(200)], [73, label(0)], [72, label(0)])).toMatchObject({
    mplsLabel: [200, 300],
  })
  expect(flowOf([72, label(400)])).toMatchObject({ mplsLabel: [0, 0, 400] })
  expect(flowOf([79, label(1_048_575)])).toMatchObject({
    mplsLabel: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1_048_575],
  })
})

// ICMP type and code: from their own elements, else from the destination port.

test('ICMP without an element of its own is read from the destination port', () => {
  const ports: Value[] = [
    [7, u16(0)],
    [11, u16(0x0304)],
  ]
  expect(flowOf([4, u8(1)], ...ports)).toMatchObject({ icmpType: 3, icmpCode: 4 })
  expect(flowOf([4, u8(58)], ...ports)).toMatchObject({ icmpType: 3, icmpCode: 4 })
  expect(flowOf([4, u8(17)], ...ports)).not.toHaveProperty('icmpType')
})

test('an echo reply is type 0, code 0: the port does not overrule an element that says so', () => {
  const flow = flowOf([4, u8(1)], [7, u16(0)], [11, u16(0x0304)], [32, u16(0)])
  expect(flow).not.toHaveProperty('icmpType')
  const event = flowOf([4, u8(1)], [7, u16(0)], [11, u16(0x0304)], [176, u8(0)], [177, u8(0)])
  expect(event).not.toHaveProperty('icmpType')
})

test('ICMP with a source port has real ports, as a firewall counts them', () => {
  expect(flowOf([4, u8(1)], [7, u16(5)], [11, u16(0x0304)])).not.toHaveProperty('icmpType')
})

// Packet sections: RFC 7133 (315, 408), RFC 5477 (313), and the frame's size (312).

const frame = ethernet(0x0800, ipv4({ protocol: 6, ttl: 60, tos: 4 }, tcp(50_000, 443, 0x012)))

/** The flow of a record with a section of variable length after `values`. */
function sectionFlow(id: number, section: Uint8Array, ...values: Value[]): PlainFlow | undefined {
  const fields = values.map(([valueId, value]): Field => [valueId, value.length])
  return flowsOf(
    ipfix(
      { exportTime: seconds },
      templateSet(256, ...fields, [id, variable]),
      set(256, ...values.map(([, value]) => value), variableLength(section)),
    ),
  )[0]
}

test('an Ethernet frame section gives the flow of one packet', () => {
  expect(sectionFlow(315, frame)).toMatchObject({
    srcMac: 0x020000000005,
    dstMac: 0x02000000000d,
    srcAddr: '192.0.2.10',
    dstAddr: '198.51.100.20',
    proto: 6,
    srcPort: 50_000,
    dstPort: 443,
    tcpFlags: 0x012,
    ipTtl: 60,
    ipTos: 4,
    etype: 0x0800,
    // 14 + 20 + 20
    bytes: 54n,
    packets: 1n,
  })
})

test('an IP packet section begins with its IP header, of either version', () => {
  expect(sectionFlow(313, ipv4({}, udp(53, 5000)))).toMatchObject({
    srcAddr: '192.0.2.10',
    srcPort: 53,
    bytes: 28n,
    packets: 1n,
  })
  expect(sectionFlow(313, ipv6({}, udp(53, 5000)))).toMatchObject({
    srcAddr: '2001:db8::10',
    etype: 0x86dd,
    srcPort: 53,
    bytes: 48n,
  })
})

test('a section that is cut off has the length that the IP header tells', () => {
  const long = ethernet(0x0800, ipv4({ totalLength: 1500 }, udp(53, 5000)))
  expect(sectionFlow(315, long)).toMatchObject({ bytes: 1514n, packets: 1n })
})

test('dataLinkFrameSize tells the length better', () => {
  const size = u16(1518)
  expect(sectionFlow(315, frame, [312, size])).toMatchObject({ bytes: 1518n, packets: 1n })
  expect(flowOf([315, frame], [312, size])).toMatchObject({ bytes: 1518n, packets: 1n })
})

test('counters beat the length of a section', () => {
  expect(sectionFlow(315, frame, [1, u32(9000)], [2, u32(6)])).toMatchObject({
    bytes: 9000n,
    packets: 6n,
  })
})

test('a section that is not Ethernet is not read as if it were', () => {
  // dataLinkFrameType 2: IEEE 802.11
  const flow = sectionFlow(315, frame, [408, u16(2)])
  expect(flow).not.toHaveProperty('srcMac')
  expect(sectionFlow(315, frame, [408, u16(1)])).toHaveProperty('srcMac')
})

test('what a packet carries is not taken from other elements', () => {
  expect(sectionFlow(315, frame, [7, u16(1)], [11, u16(2)], [10, u32(3)])).toMatchObject({
    srcPort: 50_000,
    dstPort: 443,
    inIf: 3,
  })
})

test('the ICMP type of a packet is not taken from ports that it does not have', () => {
  const echo = ethernet(0x0800, ipv4({ protocol: 1 }, icmp(8, 0)))
  expect(sectionFlow(315, echo)).toMatchObject({ icmpType: 8 })
  // Nor from a port that another element has.
  expect(sectionFlow(315, echo, [11, u16(0x0304)])).toMatchObject({ icmpType: 8, dstPort: 0x0304 })
})

test('an empty section is no packet worth an error', () => {
  expect(sectionFlow(315, new Uint8Array(0), [10, u32(3)])).toMatchObject({ inIf: 3 })
})
