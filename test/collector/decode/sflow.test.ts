// sFlow v5: sflow.org, "sFlow Version 5", section 5.

import { expect, test } from 'vitest'
import type { Compat } from '../../../collector/decode/compat.ts'
import { createDecoder } from '../../../collector/decode/decode.ts'
import type { FlowRecord } from '../../../collector/flow.ts'
import { bytes, ip4, ip6, mac, type Part, u32, zeros } from '../../build/bytes.ts'
import { decoded, flowsOf, type PlainFlow, receivedMs, source } from '../../build/decoded.ts'
import { ethernet, ipv4, ipv6, mplsLabel, tcp, udp } from '../../build/packet.ts'
import {
  address,
  expandedFlowSample,
  flowSample,
  rawHeader,
  sflow,
  structure,
} from '../../build/sflow.ts'

const frame = ethernet(0x0800, ipv4({ protocol: 6 }, tcp(50_000, 443, 0x118)))

/** The one flow of a sample with these records. */
function flowOf(...records: Part[]): PlainFlow | undefined {
  return flowsOf(sflow({}, flowSample({}, ...records)))[0]
}

test('a flow sample gives the flow of one packet', () => {
  const datagram = sflow(
    { agent: '203.0.113.1', sequence: 99 },
    flowSample({ rate: 4096, input: 12, output: 34 }, rawHeader({ frameLength: 1518 }, frame)),
  )
  expect(flowsOf(datagram)).toEqual([
    {
      type: 1,
      sequenceNumber: 99,
      samplingRate: 4096,
      samplingSource: 1,
      samplerAddress: '203.0.113.1',
      udpSource: '192.0.2.1',
      inIf: 12,
      outIf: 34,
      srcMac: 0x020000000005,
      dstMac: 0x02000000000d,
      etype: 0x0800,
      srcAddr: '192.0.2.10',
      dstAddr: '198.51.100.20',
      proto: 6,
      ipTtl: 64,
      srcPort: 50_000,
      dstPort: 443,
      tcpFlags: 0x118,
      bytes: 1518n,
      packets: 1n,
      layerStack: [0, 1, 3],
      layerSize: [14, 20, 20],
      received: '2026-01-02T03:04:05.678000000Z',
      start: '2026-01-02T03:04:05.678000000Z',
      end: '2026-01-02T03:04:05.678000000Z',
    },
  ])
})

test('the sampler is the agent, and the UDP source is given when it is another', () => {
  const sample = flowSample({}, rawHeader({}, frame))
  expect(flowsOf(sflow({ agent: '2001:db8::99' }, sample))).toMatchObject([
    { samplerAddress: '2001:db8::99', udpSource: '192.0.2.1' },
  ])
  const [same] = flowsOf(sflow({ agent: '192.0.2.1' }, sample))
  expect(same).toMatchObject({ samplerAddress: '192.0.2.1' })
  expect(same).not.toHaveProperty('udpSource')
})

test.each([
  ['of unknown type', undefined],
  ['that is zero', '0.0.0.0'],
])('an agent address %s gives way to the UDP source', (_, agent) => {
  const [flow] = flowsOf(sflow({ agent }, flowSample({}, rawHeader({}, frame))))
  expect(flow).toMatchObject({ samplerAddress: '192.0.2.1' })
  expect(flow).not.toHaveProperty('udpSource')
})

test('each sample has its own sampling rate', () => {
  const samples = [10, 0, 4_294_967_295].map((rate) => flowSample({ rate }, rawHeader({}, frame)))
  const rates = flowsOf(sflow({}, ...samples)).map((flow) => flow['samplingRate'])
  expect(rates).toEqual([10, undefined, 4_294_967_295])
})

test('an expanded flow sample has its interfaces in two parts', () => {
  const sample = { rate: 512, input: 369_098_852, output: 4_294_967_000 }
  expect(flowsOf(sflow({}, expandedFlowSample(sample, rawHeader({}, frame))))).toMatchObject([
    { samplingRate: 512, inIf: 369_098_852, outIf: 4_294_967_000, srcPort: 50_000 },
  ])
})

// The interface field: 2 bits of format, 30 of value. "sFlow Version 5" 5.3, input and output.

test('an interface that stands for the agent itself is none', () => {
  const local = 0x3fffffff
  const [flow] = flowsOf(sflow({}, flowSample({ input: local, output: local })))
  expect(flow).not.toHaveProperty('inIf')
  expect(flow).not.toHaveProperty('outIf')
  const [expanded] = flowsOf(sflow({}, expandedFlowSample({ input: local, output: local })))
  expect(expanded).not.toHaveProperty('inIf')
  expect(expanded).not.toHaveProperty('outIf')
})

test('several output interfaces are none', () => {
  const [flow] = flowsOf(sflow({}, flowSample({ output: 0x80000003 })))
  expect(flow).not.toHaveProperty('outIf')
  expect(flow).not.toHaveProperty('forwardingStatus')
  const [expanded] = flowsOf(sflow({}, expandedFlowSample({ outputFormat: 2, output: 3 })))
  expect(expanded).not.toHaveProperty('outIf')
  expect(expanded).not.toHaveProperty('forwardingStatus')
})

test.each([
  ['ACL', 258, 130],
  ['TTL exceeded', 257, 137],
  ['unresolved neighbour', 279, 132],
  ['a reason of the future', 12_345, 128],
])(
  'a packet discarded for %s (%i) has its reason and forwarding status %i (RFC 7270 4.12)',
  (_, reason, forwardingStatus) => {
    const samples = [
      flowSample({ rate: 512, output: 0x40000000 + reason }, rawHeader({}, frame)),
      expandedFlowSample({ rate: 512, outputFormat: 1, output: reason }, rawHeader({}, frame)),
    ]
    const flows = flowsOf(sflow({}, ...samples))
    // It was sampled: it counts as traffic.
    const counted = { samplingRate: 512, packets: 1n, bytes: BigInt(frame.length) }
    const expected = { dropReason: reason, forwardingStatus, ...counted }
    expect(flows).toMatchObject([expected, expected])
    for (const flow of flows) expect(flow).not.toHaveProperty('outIf')
  },
)

test('a packet discarded for reason 0, net unreachable, shows by its forwarding status', () => {
  const flows = flowsOf(
    sflow({}, flowSample({ output: 0x40000000 }), expandedFlowSample({ outputFormat: 1 })),
  )
  expect(flows).toMatchObject([{ forwardingStatus: 131 }, { forwardingStatus: 131 }])
  for (const flow of flows) expect(flow).not.toHaveProperty('dropReason')
})

test('for GoFlow2 an interface is what stands on the wire', () => {
  const samples = [
    flowSample({ input: 0x3fffffff, output: 0x80000003 }),
    flowSample({ input: 7, output: 0x40000102 }),
    expandedFlowSample({ input: 0x3fffffff, outputFormat: 2, output: 3 }),
  ]
  const interfacesAs = (compat: Compat) => {
    const interfaces: [number, number][] = []
    const emit = ({ inIf, outIf }: FlowRecord) => void interfaces.push([inIf, outIf])
    createDecoder({ emit, compat }).decode(sflow({}, ...samples), source(), receivedMs)
    return interfaces
  }
  expect(interfacesAs('goflow2')).toEqual([
    [0x3fffffff, 0x80000003],
    [7, 0x40000102],
    [0x3fffffff, 3],
  ])
  expect(interfacesAs('none')).toEqual([
    [0, 0],
    [7, 0],
    [0, 0],
  ])
})

// Raw packet header, format 1.

test.each([
  ['IPv4 (11)', 11, ipv4({}, udp(53, 5000)), { srcAddr: '192.0.2.10', etype: 0x0800 }],
  ['IPv6 (12)', 12, ipv6({}, udp(53, 5000)), { srcAddr: '2001:db8::10', etype: 0x86dd }],
  [
    'MPLS (13)',
    13,
    bytes(mplsLabel(100, true), ipv4({}, udp(53, 5000))),
    { srcAddr: '192.0.2.10', mplsLabel: [100] },
  ],
])('a header of protocol %s is read from its first byte', (_, protocol, header, expected) => {
  expect(flowOf(rawHeader({ protocol, frameLength: 900 }, header))).toMatchObject({
    ...expected,
    srcPort: 53,
    bytes: 900n,
  })
})

test('a header of a protocol that is not read still counts', () => {
  // 7: PPP
  const flow = flowOf(rawHeader({ protocol: 7, frameLength: 900 }, frame))
  expect(flow).toMatchObject({ bytes: 900n, packets: 1n })
  expect(flow).not.toHaveProperty('srcAddr')
})

test('a header length beyond its record ends with the record', () => {
  const flow = flowOf(
    rawHeader({ headerLength: 4_294_967_295 }, frame.slice(0, 34)),
    structure(1001, zeros(16)),
  )
  expect(flow).toMatchObject({ srcAddr: '192.0.2.10', layerStack: [0, 1] })
  expect(flow).not.toHaveProperty('srcPort')
})

test('bytes of padding are not part of the header', () => {
  // 14 + 20 + 3 bytes, and three of padding that would complete the ports.
  const cut = frame.slice(0, 37)
  const record = structure(1, u32(1), u32(64), u32(0), u32(37), cut, zeros(3))
  expect(flowOf(record)).toMatchObject({ layerStack: [0, 1] })
})

test('of two headers in a sample the first is the packet', () => {
  const flow = flowOf(rawHeader({}, frame), rawHeader({}, ethernet(0x86dd, ipv6({}, udp(1, 2)))))
  expect(flow).toMatchObject({ etype: 0x0800, layerStack: [0, 1, 3] })
})

// Other flow records.

test('a sampled IPv4 record gives the flow when there is no header', () => {
  const record = structure(
    3,
    u32(1400),
    u32(6),
    ip4('192.0.2.10'),
    ip4('198.51.100.20'),
    u32(50_000),
    u32(443),
    u32(0x1b),
    u32(0x28),
  )
  expect(flowOf(record)).toMatchObject({
    bytes: 1400n,
    packets: 1n,
    etype: 0x0800,
    proto: 6,
    srcAddr: '192.0.2.10',
    dstAddr: '198.51.100.20',
    srcPort: 50_000,
    dstPort: 443,
    tcpFlags: 0x1b,
    ipTos: 0x28,
  })
})

const sampledIpv6 = structure(
  4,
  u32(1280),
  u32(17),
  ip6('2001:db8::77'),
  ip6('2001:db8::78'),
  u32(53),
  u32(5000),
  u32(0),
  u32(0xe0),
)

test('a sampled IPv6 record gives the flow when there is no header', () => {
  expect(flowOf(sampledIpv6)).toMatchObject({
    bytes: 1280n,
    etype: 0x86dd,
    proto: 17,
    srcAddr: '2001:db8::77',
    dstAddr: '2001:db8::78',
    srcPort: 53,
    dstPort: 5000,
    ipTos: 0xe0,
  })
})

test('the header beats sampled records, before or after them', () => {
  const header = rawHeader({ frameLength: 1518 }, frame)
  const expected = { srcAddr: '192.0.2.10', etype: 0x0800, srcPort: 50_000, bytes: 1518n }
  expect(flowOf(header, sampledIpv6)).toMatchObject(expected)
  expect(flowOf(sampledIpv6, header)).toMatchObject(expected)
})

test('a sampled Ethernet record gives length, addresses and EtherType', () => {
  const record = structure(
    2,
    u32(64),
    mac('02:00:00:00:00:05'),
    zeros(2),
    mac('02:00:00:00:00:0d'),
    zeros(2),
    u32(0x0806),
  )
  expect(flowOf(record)).toMatchObject({
    bytes: 64n,
    srcMac: 0x020000000005,
    dstMac: 0x02000000000d,
    etype: 0x0806,
  })
})

test('extended switch data gives the VLANs on both sides', () => {
  const vlans = (source: number, destination: number) =>
    flowOf(structure(1001, u32(source), u32(0), u32(destination), u32(0)))
  expect(vlans(100, 4095)).toMatchObject({ srcVlan: 100, dstVlan: 4095 })
  expect(vlans(4_294_967_295, 4096)).not.toHaveProperty('srcVlan')
  expect(vlans(4_294_967_295, 4096)).not.toHaveProperty('dstVlan')
})

test('extended router data gives the next hop and the masks', () => {
  expect(flowOf(structure(1002, address('203.0.113.7'), u32(24), u32(16)))).toMatchObject({
    nextHop: '203.0.113.7',
    srcNet: 24,
    dstNet: 16,
  })
  expect(flowOf(structure(1002, address('2001:db8::7'), u32(48), u32(64)))).toMatchObject({
    nextHop: '2001:db8::7',
    srcNet: 48,
    dstNet: 64,
  })
  const unknown = flowOf(structure(1002, address(undefined), u32(8), u32(9)))
  expect(unknown).toMatchObject({ srcNet: 8, dstNet: 9 })
  expect(unknown).not.toHaveProperty('nextHop')
})

/** A list: count, then numbers. */
function list(...numbers: number[]): Uint8Array {
  return bytes(u32(numbers.length), ...numbers.map(u32))
}

function gateway(...path: Part[]): Uint8Array {
  const as = bytes(u32(64_500), u32(64_501), u32(64_502))
  return structure(1003, address('203.0.113.8'), as, ...path)
}

test('extended gateway data gives AS numbers, the path and communities', () => {
  const path = bytes(u32(1), u32(2), list(65_001, 65_002, 4_200_000_003))
  expect(flowOf(gateway(path, list(0x00640001, 0x00640002), u32(100)))).toMatchObject({
    bgpNextHop: '203.0.113.8',
    srcAs: 64_501,
    nextHopAs: 65_001,
    dstAs: 4_200_000_003,
    asPath: [65_001, 65_002, 4_200_000_003],
    bgpCommunities: [0x00640001, 0x00640002],
  })
})

test('an AS path of sequences and sets is read to its end, and so is what follows it', () => {
  // "sFlow Version 5" 5, as_path_type: 1 set, 2 sequence.
  const path = bytes(
    u32(3),
    ...[u32(2), list(65_001, 65_002)],
    ...[u32(1), list(65_003, 65_004, 65_005)],
    ...[u32(2), list(65_006)],
  )
  expect(flowOf(gateway(path, list(7, 8), u32(100)))).toMatchObject({
    nextHopAs: 65_001,
    dstAs: 65_006,
    asPath: [65_001, 65_002, 65_003, 65_004, 65_005, 65_006],
    bgpCommunities: [7, 8],
  })
})

test('a segment without AS numbers leaves the path as it is', () => {
  const path = bytes(u32(2), ...[u32(2), list()], ...[u32(1), list(65_003)])
  expect(flowOf(gateway(path, list(7), u32(100)))).toMatchObject({
    nextHopAs: 65_003,
    dstAs: 65_003,
    asPath: [65_003],
    bgpCommunities: [7],
  })
})

test('of an AS path that goes beyond its record nothing is kept', () => {
  const path = bytes(u32(2), ...[u32(2), list(65_001)], ...[u32(1), u32(9), u32(65_002)])
  const flow = flowOf(gateway(path), rawHeader({}, frame))
  expect(flow).toMatchObject({ srcPort: 50_000 })
  for (const field of ['asPath', 'srcAs', 'dstAs', 'nextHopAs', 'bgpCommunities']) {
    expect(flow).not.toHaveProperty(field)
  }
})

test("an AS of 0 and an empty path stand for the router's own AS", () => {
  const record = structure(
    1003,
    address('203.0.113.8'),
    u32(64_500),
    u32(0),
    u32(0),
    u32(0),
    list(),
    u32(100),
  )
  const flow = flowOf(record)
  expect(flow).toMatchObject({ srcAs: 64_500, dstAs: 64_500 })
  expect(flow).not.toHaveProperty('nextHopAs')
})

test('of an AS path a thousand numbers are kept', () => {
  const path = bytes(u32(1), u32(2), list(...Array.from({ length: 1500 }, (_, i) => i + 1)))
  expect(flowOf(gateway(path, list(7), u32(100)))).toMatchObject({
    asPath: expect.objectContaining({ length: 1000 }),
    bgpCommunities: [7],
  })
})

test('address translation gives addresses and ports', () => {
  const records = [
    structure(1007, address('203.0.113.5'), address('203.0.113.6')),
    structure(1020, u32(61_000), u32(8080)),
  ]
  expect(flowOf(...records)).toMatchObject({
    postNatSrcAddr: '203.0.113.5',
    postNatDstAddr: '203.0.113.6',
    postNatSrcPort: 61_000,
    postNatDstPort: 8080,
  })
})

test.each([1029, 1030])('a virtual network (%i) gives its identifier', (format) => {
  expect(flowOf(structure(format, u32(70_000)))).toMatchObject({ vni: 70_000 })
})

// Drops, "sFlow Version 5" 5, flow_sample: how many the data source has dropped since its start.

test('each data source tells how many packets it could not sample', () => {
  const { decode, decoder } = decoded()
  const droppedBy = (sequence: number, ...samples: Uint8Array[]) => {
    decode(sflow({ sequence }, ...samples))
    return decoder.facts.samplesDropped
  }
  const port = { sourceType: 0, sourceIndex: 7 }
  const vlan = { sourceType: 1, sourceIndex: 7 }
  // What was dropped before the first sample is not known to be new.
  expect(droppedBy(1, flowSample({ ...port, drops: 100 }), flowSample({ ...vlan, drops: 5 }))).toBe(
    0,
  )
  expect(droppedBy(2, flowSample({ ...port, drops: 130 }), flowSample({ ...vlan, drops: 6 }))).toBe(
    31,
  )
  // The two forms of a sample are of the same source.
  expect(droppedBy(3, expandedFlowSample({ ...port, drops: 134 }))).toBe(4)
  expect(droppedBy(4, flowSample({ ...port, drops: 134 }))).toBe(0)
})

// What is not for us, and what is broken.

test('samples of unknown formats between known ones are skipped by their length', () => {
  const { flows, decode, decoder } = decoded()
  const datagram = sflow(
    {},
    structure(6, zeros(12)), // enterprise 0, not given out
    flowSample({ rate: 10 }, rawHeader({}, frame)),
    structure(4413 * 4096 + 1, zeros(9)), // Broadcom's, 9 bytes and 3 of padding
    structure(8800 * 4096 + 3, zeros(40)), // Extreme's, with the number of an expanded flow sample
    expandedFlowSample({ rate: 20 }, rawHeader({}, frame)),
    structure(4095, zeros(0)),
  )
  expect(decode(datagram)).toBeUndefined()
  expect(flows).toMatchObject([
    { samplingRate: 10, srcPort: 50_000 },
    { samplingRate: 20, srcPort: 50_000 },
  ])
  expect(decoder.counters.skippedSamples).toBe(4)
  expect(decoder.counters.undecodable['bad-length'].sets).toBe(0)
})

test('records that are not known are skipped by their length', () => {
  const records = [
    structure(1036, u32(3)), // egress queue
    structure(9 * 4096 + 1, zeros(5)), // Cisco's
    rawHeader({}, frame),
  ]
  expect(flowOf(...records)).toMatchObject({ srcPort: 50_000 })
})

test('a broken record leaves the others of its sample', () => {
  const { flows, decode } = decoded()
  const records = [
    structure(1002, address('203.0.113.7')), // without masks
    gateway(u32(1), u32(2), u32(4_294_967_295)), // a path beyond the record
    structure(1001, u32(100), u32(0), u32(200), u32(0)),
    rawHeader({}, frame),
  ]
  expect(decode(sflow({}, flowSample({}, ...records)))).toBe('bad-length')
  expect(flows).toMatchObject([{ srcVlan: 100, dstVlan: 200, srcPort: 50_000 }])
  expect(flows[0]).not.toHaveProperty('asPath')
})

test('an address beyond its record is not taken from what follows', () => {
  const flow = flowOf(structure(1002, u32(2), zeros(8)), rawHeader({}, frame))
  expect(flow).toMatchObject({ srcPort: 50_000 })
  expect(flow).not.toHaveProperty('nextHop')
})

test('a record longer than its sample ends the sample, which keeps what it had', () => {
  const { flows, decode } = decoded()
  const tooLong = bytes(u32(1001), u32(17), zeros(16))
  const sample = flowSample({}, rawHeader({}, frame), tooLong)
  expect(decode(sflow({}, sample, flowSample({ rate: 7 })))).toBe('bad-length')
  expect(flows).toMatchObject([{ srcPort: 50_000 }, { samplingRate: 7 }])
})

test('a sample longer than its datagram ends the datagram, which keeps what it had', () => {
  const { flows, decode } = decoded()
  const tooLong = bytes(u32(1), u32(41), zeros(40))
  expect(decode(sflow({}, flowSample({}), tooLong))).toBe('bad-length')
  expect(flows).toHaveLength(1)
})

test('a sample too short for its fields is left out', () => {
  const { flows, decode } = decoded()
  const datagram = sflow(
    {},
    structure(1, zeros(28)),
    structure(3, zeros(40)),
    flowSample({ rate: 5 }),
  )
  expect(decode(datagram)).toBe('bad-length')
  expect(flows).toMatchObject([{ samplingRate: 5 }])
})

test.each([4_294_967_295, 1001])('a count of %i samples, or records, is only a wish', (count) => {
  const { flows, decode } = decoded()
  expect(decode(sflow({ count }, flowSample({})))).toBe('bad-length')
  expect(decode(sflow({}, flowSample({ count }, rawHeader({}, frame))))).toBe('bad-length')
  expect(decode(sflow({}, expandedFlowSample({ count }, rawHeader({}, frame))))).toBe('bad-length')
  expect(flows).toHaveLength(3)
})

test('samples beyond the count are not read', () => {
  expect(flowsOf(sflow({ count: 1 }, flowSample({}), flowSample({})))).toHaveLength(1)
})

test('lengths that are not multiples of 4 are rounded up, within bounds', () => {
  const odd = bytes(u32(9 * 4096), u32(5), zeros(5), zeros(3))
  expect(flowOf(odd, rawHeader({}, frame))).toMatchObject({ srcPort: 50_000 })
  // The last structure of a datagram may lack its padding.
  const { decode, decoder, flows } = decoded()
  const unknown = structure(6, zeros(5))
  expect(decode(sflow({}, unknown).slice(0, -3))).toBeUndefined()
  expect(decode(sflow({ count: 2 }, unknown).slice(0, -3))).toBe('bad-length')
  expect(decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 0 })
  expect(flows).toEqual([])
})

test('an agent address of a type that does not exist has no length', () => {
  const datagram = bytes(u32(5), u32(3), zeros(40))
  const { decode, flows } = decoded()
  expect(decode(datagram)).toBe('bad-length')
  expect(flows).toEqual([])
})

test('a datagram shorter than the header is refused', () => {
  const { decode } = decoded()
  expect(decode(sflow({ agent: undefined }).slice(0, 23))).toBe('short-header')
  expect(decode(sflow({ agent: '192.0.2.1' }).slice(0, 27))).toBe('short-header')
  expect(decode(sflow({ agent: '2001:db8::1' }).slice(0, 39))).toBe('short-header')
})
