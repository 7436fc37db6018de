// Records that tell of both directions: RFC 5103, and the sessions of Cisco's ASA (Cisco ASA NetFlow Implementation Guide).

import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { bytes, hex, ip4, ip6, mac, u8, u16, u32, u64, uint } from '../../build/bytes.ts'
import { decoded, flowsOf, type PlainFlow, receivedMs, source } from '../../build/decoded.ts'
import {
  type Field,
  ipfix,
  optionsTemplateSet,
  set,
  templateSet,
  variable,
  variableLength,
} from '../../build/ipfix.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'

// 2023-11-14T22:13:20Z
const seconds = 1_700_000_000
const milliseconds = seconds * 1000
/** RFC 5103 6.1: the enterprise number of reverse elements. */
const reversed = 29_305

type Value = readonly [id: number, value: Uint8Array, enterprise?: number]

function record(...values: Value[]): Uint8Array {
  const fields = values.map(
    ([id, value, enterprise]): Field =>
      enterprise === undefined ? [id, value.length] : [id, value.length, enterprise],
  )
  return bytes(templateSet(256, ...fields), set(256, ...values.map(([, value]) => value)))
}

/** The flows of one IPFIX record with these fields. */
function flowsWith(...values: Value[]): PlainFlow[] {
  return flowsOf(ipfix({ exportTime: seconds }, record(...values)))
}

/** A client and a server, with octets of both: the least that makes two flows. */
const ends: Value[] = [
  [8, ip4('192.0.2.10')],
  [12, ip4('198.51.100.20')],
  [1, u32(1000)],
  [1, u32(9000), reversed],
]

/** The reverse flow of such a record with more fields. */
function reverseOf(...values: Value[]): PlainFlow | undefined {
  const flows = flowsWith(...ends, ...values)
  expect(flows).toHaveLength(2)
  expect(flows[0]).toMatchObject({ srcAddr: '192.0.2.10', bytes: 1000n })
  return flows[1]
}

test('a biflow is two flows: ends change places, counters and properties of packets are each its own', () => {
  const header = { exportTime: seconds, sequence: 7, domainId: 3 }
  const flows = flowsOf(
    ipfix(
      header,
      record(
        [152, u64(milliseconds - 9_000)],
        [153, u64(milliseconds - 1_000)],
        [152, u64(milliseconds - 8_500), reversed],
        [153, u64(milliseconds - 1_500), reversed],
        [8, ip4('192.0.2.10')],
        [12, ip4('198.51.100.20')],
        [9, u8(24)],
        [13, u8(25)],
        [7, u16(50_000)],
        [11, u16(443)],
        [4, u8(6)],
        [10, u32(3)],
        [14, u32(4)],
        [16, u32(64_500)],
        [17, u32(64_501)],
        [56, mac('02:00:00:00:00:0a')],
        [80, mac('02:00:00:00:00:14')],
        [234, u32(100)],
        [235, u32(200)],
        [1, u64(1_234)],
        [2, u64(12)],
        [6, u16(0x01b)],
        [5, u8(0)],
        [192, u8(63)],
        [1, u64(98_765), reversed],
        [2, u64(80), reversed],
        [6, u16(0x012), reversed],
        [5, u8(0xb8), reversed],
        [192, u8(57), reversed],
      ),
    ),
  )
  const both = {
    type: 4,
    sequenceNumber: 7,
    observationDomainId: 3,
    samplerAddress: '192.0.2.1',
    received: '2026-01-02T03:04:05.678000000Z',
    proto: 6,
    etype: 0x0800,
  }
  expect(flows).toEqual([
    {
      ...both,
      srcAddr: '192.0.2.10',
      dstAddr: '198.51.100.20',
      srcNet: 24,
      dstNet: 25,
      srcPort: 50_000,
      dstPort: 443,
      inIf: 3,
      outIf: 4,
      srcAs: 64_500,
      dstAs: 64_501,
      srcMac: 0x02000000000a,
      dstMac: 0x020000000014,
      ingressVrfId: 100,
      egressVrfId: 200,
      bytes: 1_234n,
      packets: 12n,
      tcpFlags: 0x01b,
      ipTtl: 63,
      start: '2023-11-14T22:13:11.000000000Z',
      end: '2023-11-14T22:13:19.000000000Z',
    },
    {
      ...both,
      srcAddr: '198.51.100.20',
      dstAddr: '192.0.2.10',
      srcNet: 25,
      dstNet: 24,
      srcPort: 443,
      dstPort: 50_000,
      inIf: 4,
      outIf: 3,
      srcAs: 64_501,
      dstAs: 64_500,
      srcMac: 0x020000000014,
      dstMac: 0x02000000000a,
      ingressVrfId: 200,
      egressVrfId: 100,
      bytes: 98_765n,
      packets: 80n,
      tcpFlags: 0x012,
      ipTos: 0xb8,
      ipTtl: 57,
      start: '2023-11-14T22:13:11.500000000Z',
      end: '2023-11-14T22:13:18.500000000Z',
    },
  ])
})

test('IPv6 ends change places as well', () => {
  const flows = flowsWith(
    [27, ip6('2001:db8::a')],
    [28, ip6('2001:db8::14')],
    [29, u8(48)],
    [30, u8(64)],
    [2, u32(1)],
    [2, u32(1), reversed],
  )
  expect(flows[1]).toMatchObject({
    srcAddr: '2001:db8::14',
    dstAddr: '2001:db8::a',
    srcNet: 64,
    dstNet: 48,
    etype: 0x86dd,
    packets: 1n,
  })
})

test.each<[name: string, values: Value[], expected: PlainFlow]>([
  [
    'ports of UDP',
    [
      [180, u16(5353)],
      [181, u16(53)],
    ],
    { srcPort: 53, dstPort: 5353 },
  ],
  [
    'physical interfaces',
    [
      [252, u32(5)],
      [253, u32(6)],
    ],
    { inIf: 6, outIf: 5 },
  ],
  [
    'VLANs before and after',
    [
      [58, u16(10)],
      [59, u16(20)],
    ],
    { vlanId: 20, srcVlan: 20, dstVlan: 10 },
  ],
  [
    'customer VLANs',
    [
      [245, u16(11)],
      [255, u16(21)],
    ],
    { customerVlanId: 21, postCustomerVlanId: 11 },
  ],
  // It came from 56 and left for 57: the answer comes from there and leaves for 56.
  [
    'MAC addresses on both sides of a router',
    [
      [56, mac('02:00:00:00:00:56')],
      [57, mac('02:00:00:00:00:57')],
    ],
    { srcMac: 0x020000000057, dstMac: 0x020000000056 },
  ],
  ['the neighbour AS that the packets came from', [[129, u32(64_502)]], { nextHopAs: 64_502 }],
  [
    'addresses and ports behind a translator',
    [
      [225, ip4('203.0.113.1')],
      [226, ip4('203.0.113.2')],
      [227, u16(61_000)],
      [228, u16(80)],
    ],
    {
      postNatSrcAddr: '203.0.113.2',
      postNatDstAddr: '203.0.113.1',
      postNatSrcPort: 80,
      postNatDstPort: 61_000,
    },
  ],
])('%s change places', (_, values, expected) => {
  expect(reverseOf(...values)).toMatchObject(expected)
})

test('what identifies or holds for the session is common to both', () => {
  expect(
    reverseOf(
      [60, u8(4)],
      [95, hex('0d0001e3')],
      [136, u8(3)],
      [138, u32(17)],
      [230, u8(4)],
      [233, u8(5)],
      [351, u64(0xabcde)],
    ),
  ).toMatchObject({
    applicationId: '0d0001e3',
    flowEndReason: 3,
    observationPointId: 17,
    natEvent: 4,
    firewallEvent: 5,
    vni: 0xabcde,
  })
})

test('what the record says of the packets of one direction is not said of the other', () => {
  const flow = reverseOf(
    [2, u32(5)],
    [5, u8(0xb8)],
    [6, u16(0x002)],
    [192, u8(64)],
    [31, u32(0x12345)],
    [54, u32(99)],
    [32, u16(0x0800)],
    [15, ip4('192.0.2.97')],
    [18, ip4('192.0.2.96')],
    [128, u32(64_503)],
    [89, u8(64)],
    [70, uint(16 * 100 + 1, 3)],
    [47, ip4('192.0.2.95')],
  )
  expect(Object.keys(flow ?? {}).sort()).toEqual(
    [
      ...['bytes', 'dstAddr', 'end', 'etype', 'packets', 'received'],
      ...['samplerAddress', 'srcAddr', 'start', 'type'],
    ].sort(),
  )
  expect(flow).toMatchObject({ bytes: 9000n, packets: 0n })
})

test('a reverse element is of the reverse flow as it stands: its ends are not changed over', () => {
  expect(reverseOf([16, u32(64_500)], [16, u32(64_999), reversed])).toMatchObject({ srcAs: 64_999 })
  expect(reverseOf([59, u16(20)], [58, u16(30), reversed])).toMatchObject({ srcVlan: 30 })
})

describe('times', () => {
  const start: Value = [152, u64(milliseconds - 9_000)]
  const end: Value = [153, u64(milliseconds - 1_000)]

  test('that are given once hold for both', () => {
    expect(reverseOf(start, end)).toMatchObject({
      start: '2023-11-14T22:13:11.000000000Z',
      end: '2023-11-14T22:13:19.000000000Z',
    })
  })

  test('of the reverse flow beat those of the flow, whatever form they have', () => {
    const flow = reverseOf(start, end, [150, u32(seconds - 5), reversed])
    expect(flow).toMatchObject({
      start: '2023-11-14T22:13:15.000000000Z',
      end: '2023-11-14T22:13:19.000000000Z',
    })
  })

  test('of the reverse flow count from systemInitTimeMilliseconds of the record', () => {
    const init: Value = [160, u64(milliseconds - 100_000)]
    const flow = reverseOf(start, end, [22, u32(90_500), reversed], init)
    expect(flow).toMatchObject({ start: '2023-11-14T22:13:10.500000000Z' })
  })
})

test.each<[packets: Uint8Array, octets: Uint8Array, flows: number]>([
  [u32(0), u32(0), 1],
  [u32(0), u32(1), 2],
  [u32(1), u32(0), 2],
  [u64(2n ** 32n), u32(0), 2],
])('there is a reverse flow when it has packets or octets', (packets, octets, flows) => {
  const values: Value[] = [
    [8, ip4('192.0.2.10')],
    [12, ip4('198.51.100.20')],
    [1, u32(1000)],
    [1, octets, reversed],
    [2, packets, reversed],
  ]
  expect(flowsWith(...values)).toHaveLength(flows)
})

test('totals of the reverse flow stand back for its deltas, not for those of the flow', () => {
  const values = ends.slice(0, 3)
  expect(flowsWith(...values, [85, u32(500), reversed])[1]).toMatchObject({ bytes: 500n })
  const repeated = flowsWith(...values, [85, u32(500), reversed], [1, u32(0), reversed])
  expect(repeated).toHaveLength(1)
})

test('elements of other enterprises are not of the reverse direction', () => {
  expect(flowsWith(...ends.slice(0, 3), [1, u32(9000), 2636])).toHaveLength(1)
})

test('records without ends that can change places are one flow', () => {
  expect(flowsWith([4, u8(6)], [1, u32(1)], [1, u32(2), reversed])).toMatchObject([{ bytes: 1n }])
  // No byte makes more than one flow.
  expect(flowsWith([8, u8(0).slice(1)], [1, u8(2), reversed])).toHaveLength(1)
})

test('reverse elements of what cannot be reversed are stepped over (RFC 5103 6.1)', () => {
  const flow = reverseOf(
    [138, u32(17), reversed],
    [130, ip4('203.0.113.9'), reversed],
    [239, u8(1), reversed],
    [61, u8(1), reversed],
  )
  expect(flow).not.toHaveProperty('observationPointId')
  expect(flow).not.toHaveProperty('biFlowDirection')
  expect(flow).toMatchObject({ samplerAddress: '192.0.2.1' })
})

// RFC 5103 6.3: 1 initiator, 2 reverse initiator, 3 the source is outside of a perimeter.
test.each([
  [0, undefined, undefined],
  [1, 1, 2],
  [2, 2, 1],
  [3, 3, undefined],
])('biflowDirection %i is %s in the flow and %s in the reverse flow', (value, forward, reverse) => {
  const flows = flowsWith([239, u8(value)], ...ends)
  expect(flows.map((flow) => flow['biFlowDirection'])).toEqual([forward, reverse])
})

test('the answer to what comes in goes out: flowDirection', () => {
  const directions = (value: number) =>
    flowsWith([61, u8(value)], ...ends).map((flow) => flow['flowDirection'] ?? 0)
  expect(directions(0)).toEqual([0, 1])
  expect(directions(1)).toEqual([1, 0])
})

test('the ICMP type in the destination port is no port of the reverse flow', () => {
  const [request, reply] = flowsWith(...ends, [4, u8(1)], [7, u16(0)], [11, u16(0x0800)])
  expect(request).toMatchObject({ icmpType: 8, dstPort: 0x0800 })
  expect(reply).not.toHaveProperty('srcPort')
  expect(reply).not.toHaveProperty('icmpType')
  // Where the reverse element has it, it is known.
  expect(reverseOf([4, u8(58)], [139, u16(0x8000)], [139, u16(0x8100), reversed])).toMatchObject({
    icmpType: 129,
  })
})

test('both flows have the sampling rate of the record, whoever changes the first', () => {
  const rates: number[] = []
  const { decode } = createDecoder({
    emit(flow) {
      rates.push(flow.samplingRate)
      flow.samplingRate = 1
    },
  })
  const options = optionsTemplateSet(257, [[10, 4]], [[34, 4]])
  const announced = set(257, u32(3), u32(100), u32(4), u32(200))
  const data = record(...ends, [10, u32(3)], [14, u32(4)])
  const message = ipfix({ exportTime: seconds }, options, announced, data)
  decode(message, source(), receivedMs)
  expect(rates).toEqual([100, 100])
})

test('a direction without octets and packets is no flow, whichever of the two it is', () => {
  const session = (octets: number, answered: number) =>
    flowsWith(
      [8, ip4('192.0.2.10')],
      [12, ip4('198.51.100.20')],
      [1, u32(octets)],
      [1, u32(answered), reversed],
    )
  expect(session(1000, 0)).toMatchObject([{ srcAddr: '192.0.2.10', bytes: 1000n }])
  expect(session(0, 9000)).toMatchObject([{ srcAddr: '198.51.100.20', bytes: 9000n }])
  expect(session(0, 0)).toMatchObject([{ srcAddr: '192.0.2.10', bytes: 0n }])
})

test('flows of several records come in their order, each with its reverse flow behind it', () => {
  const template = templateSet(256, [8, 4], [82, variable], [1, 2], [1, 2, reversed])
  const one = (host: number, octets: number, reverseOctets: number) =>
    bytes(
      ip4(`192.0.2.${host}`),
      variableLength(new Uint8Array(host).fill(65)),
      u16(octets),
      u16(reverseOctets),
    )
  const data = set(256, one(1, 10, 11), one(2, 20, 0), one(3, 30, 33))
  const { flows, decode, decoder } = decoded()
  decode(ipfix({ exportTime: seconds }, template, data))
  expect(flows.map(({ srcAddr, dstAddr, bytes: octets }) => [srcAddr, dstAddr, octets])).toEqual([
    ['192.0.2.1', undefined, 10n],
    [undefined, '192.0.2.1', 11n],
    ['192.0.2.2', undefined, 20n],
    ['192.0.2.3', undefined, 30n],
    [undefined, '192.0.2.3', 33n],
  ])
  expect(decoder.counters.flows.ipfix).toBe(5)
})

describe('sessions of Cisco ASA', () => {
  const [created, deleted, denied, updated] = [1, 2, 3, 5]

  /** Templates for flow teardown, which updates use as well, and for flow creation. */
  const teardown = 263
  const creation = 256
  const templates = bytes(
    templateFlowSet(
      teardown,
      ...([
        [148, 4],
        [8, 4],
        [7, 2],
        [10, 2],
        [12, 4],
        [11, 2],
        [14, 2],
        [4, 1],
        [225, 4],
        [226, 4],
        [227, 2],
        [228, 2],
        [233, 1],
        [33_002, 2],
        [323, 8],
        [152, 8],
        [231, 4],
        [232, 4],
        [298, 4],
        [299, 4],
        [33_000, 12],
      ] as const),
    ),
    templateFlowSet(creation, [148, 4], [8, 4], [12, 4], [233, 1], [323, 8]),
  )

  interface Counters {
    octets: readonly [initiator: number, responder: number]
    packets?: readonly [initiator: number, responder: number]
  }

  function session(event: number, flowId: number, { octets, packets = [0, 0] }: Counters) {
    return flowSet(
      teardown,
      u32(flowId),
      bytes(ip4('10.0.50.10'), u16(55_182), u16(2), ip4('198.51.100.5'), u16(3128), u16(9), u8(6)),
      bytes(ip4('203.0.113.1'), ip4('198.51.100.5'), u16(61_000), u16(3128)),
      bytes(u8(event), u16(0), u64(milliseconds - 1_000), u64(milliseconds - 60_000)),
      bytes(...octets.map(u32), ...packets.map(u32), new Uint8Array(12)),
    )
  }

  const event = (value: number, flowId: number) =>
    flowSet(
      creation,
      u32(flowId),
      ip4('10.0.50.10'),
      ip4('198.51.100.5'),
      u8(value),
      u64(milliseconds - 60_000),
    )

  const asa = (...flowSets: Uint8Array[]) =>
    netflow9({ uptimeMs: 1_000_000, seconds }, templates, ...flowSets)

  /** Octets and packets from 10.0.50.10, then those to it. */
  function totals(flows: readonly PlainFlow[]): bigint[] {
    const sum = (name: string, isForward: boolean) =>
      flows
        .filter(({ srcAddr }) => (srcAddr === '10.0.50.10') === isForward)
        .reduce((total, flow) => total + (flow[name] as bigint), 0n)
    return [sum('bytes', true), sum('packets', true), sum('bytes', false), sum('packets', false)]
  }

  test('are a flow of the initiator and one of the responder', () => {
    const counters: Counters = { octets: [1_320, 3_378], packets: [12, 14] }
    const both = {
      proto: 6,
      firewallEvent: 5,
      start: '2023-11-14T22:12:20.000000000Z',
      end: '2023-11-14T22:13:19.000000000Z',
    }
    expect(flowsOf(asa(session(updated, 77, counters)))).toMatchObject([
      {
        ...both,
        srcAddr: '10.0.50.10',
        dstAddr: '198.51.100.5',
        srcPort: 55_182,
        dstPort: 3128,
        inIf: 2,
        outIf: 9,
        postNatSrcAddr: '203.0.113.1',
        postNatSrcPort: 61_000,
        bytes: 1_320n,
        packets: 12n,
        biFlowDirection: 1,
      },
      {
        ...both,
        srcAddr: '198.51.100.5',
        dstAddr: '10.0.50.10',
        srcPort: 3128,
        dstPort: 55_182,
        inIf: 9,
        outIf: 2,
        postNatDstAddr: '203.0.113.1',
        postNatDstPort: 61_000,
        bytes: 3_378n,
        packets: 14n,
        biFlowDirection: 2,
      },
    ])
  })

  test('are one flow when the responder sent nothing', () => {
    const flows = flowsOf(asa(session(updated, 77, { octets: [40, 0] })))
    expect(flows).toMatchObject([{ srcAddr: '10.0.50.10', bytes: 40n }])
  })

  test('have flows without octets where they begin or are denied', () => {
    const flows = flowsOf(asa(event(created, 77), event(denied, 0)))
    expect(flows).toMatchObject([
      { firewallEvent: 1, bytes: 0n, packets: 0n },
      { firewallEvent: 3, bytes: 0n, packets: 0n },
    ])
  })

  // The events and octets of github.com/phaag/nfdump/issues/116.
  test('count once: a teardown repeats what updates have told', () => {
    const { flows, decode } = decoded()
    decode(asa(event(created, 77)))
    decode(asa(session(updated, 77, { octets: [2_557, 1_117], packets: [9, 8] })))
    decode(asa(session(updated, 77, { octets: [31, 0], packets: [1, 0] })))
    decode(asa(session(updated, 77, { octets: [0, 0] })))
    decode(asa(session(deleted, 77, { octets: [2_588, 1_117], packets: [10, 8] })))
    expect(totals(flows)).toEqual([2_588n, 10n, 1_117n, 8n])
    // The event itself is there, as is every other.
    expect(flows.map((flow) => flow['firewallEvent'])).toEqual([1, 5, 5, 5, 5, 2])
  })

  test('count at their teardown when they had no updates', () => {
    const flows = flowsOf(asa(session(deleted, 77, { octets: [2_588, 1_117], packets: [10, 8] })))
    expect(totals(flows)).toEqual([2_588n, 10n, 1_117n, 8n])
  })

  test('are told apart by exporter, source id and id, which may be used again', () => {
    const update = session(updated, 77, { octets: [1, 0] })
    const end = session(deleted, 77, { octets: [10, 0] })
    const count = (datagram: Uint8Array, address = '192.0.2.1') => {
      const { flows, decode } = decoded()
      decode(asa(update))
      decode(datagram, source(address))
      return totals(flows)[0]
    }
    expect(count(asa(end))).toBe(1n)
    expect(count(asa(end, end))).toBe(11n)
    expect(count(asa(end), '192.0.2.2')).toBe(11n)
    expect(count(netflow9({ seconds, sourceId: 5 }, templates, end))).toBe(11n)
    expect(count(asa(session(deleted, 78, { octets: [10, 0] })))).toBe(11n)
  })

  test('are remembered within bounds: those that were updated last', () => {
    const { flows, decode } = decoded({ reportedSessions: 2 })
    const ids = [1, 2, 3, 4, 5]
    for (const id of ids) decode(asa(session(updated, id, { octets: [1, 0] })))
    for (const id of ids) decode(asa(session(deleted, id, { octets: [100, 0] })))
    // 1 and 2 were forgotten.
    expect(totals(flows)[0]).toBe(5n + 200n)
  })

  const sides: Value[] = [
    [8, ip4('192.0.2.10')],
    [12, ip4('198.51.100.20')],
    [231, u32(11)],
    [232, u32(22)],
  ]

  test('whose destination began them have the counters of the responder first', () => {
    const flows = flowsWith(...sides, [239, u8(2)])
    expect(flows).toMatchObject([
      { srcAddr: '192.0.2.10', bytes: 22n, biFlowDirection: 2 },
      { srcAddr: '198.51.100.20', bytes: 11n, biFlowDirection: 1 },
    ])
  })

  test('with a perimeter have the counters of the initiator first', () => {
    const flows = flowsWith(...sides, [239, u8(3)])
    expect(flows.map((flow) => flow['bytes'])).toEqual([11n, 22n])
  })

  test('are not counted once more where a flow has counters of its own', () => {
    const flows = flowsWith(...sides, [1, u32(500)])
    expect(flows).toMatchObject([{ bytes: 500n }])
  })

  test('are not those of RFC 5103, whose counters are of one report in every event', () => {
    const { flows, decode } = decoded()
    for (const event of [updated, deleted]) {
      const values: Value[] = [...ends, [148, u32(77)], [233, u8(event)]]
      decode(ipfix({ exportTime: seconds }, record(...values)))
    }
    expect(flows.map((flow) => flow['bytes'])).toEqual([1000n, 9000n, 1000n, 9000n])
  })

  test('beat a total since the start of the flow', () => {
    const flows = flowsWith(...sides, [85, u32(500)])
    expect(flows.map((flow) => flow['bytes'])).toEqual([11n, 22n])
  })
})
