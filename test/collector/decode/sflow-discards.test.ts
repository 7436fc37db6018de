// Packets that an agent tells it has discarded: sFlow Dropped Packet Notification Structures (sflow.org/sflow_drops.txt) 2.

import { expect, test } from 'vitest'
import { type Part, u32, zeros } from '../../build/bytes.ts'
import { decoded, flowsOf } from '../../build/decoded.ts'
import { ethernet, ipv4, tcp } from '../../build/packet.ts'
import { flowSample, rawHeader, sflow, structure } from '../../build/sflow.ts'

const frame = ethernet(0x0800, ipv4({ protocol: 6 }, tcp(50_000, 443, 0x002)))

interface Discard {
  drops?: number
  input?: number
  output?: number
  reason?: number
  count?: number
}

function discardedPacket(discard: Discard, ...records: Part[]): Uint8Array {
  return structure(
    5,
    u32(1), // sequence
    u32(0), // source id: type
    u32(7), // source id: index
    u32(discard.drops ?? 3),
    u32(discard.input ?? 0),
    u32(discard.output ?? 0),
    u32(discard.reason ?? 256),
    u32(discard.count ?? records.length),
    ...records,
  )
}

test('a discarded packet is a flow without bytes and packets, with its reason', () => {
  const records = [
    structure(1036, u32(3)), // egress queue
    rawHeader({ frameLength: 1518 }, frame),
    structure(1038, u32(4), Buffer.from('tail')), // function
  ]
  const sample = discardedPacket({ input: 12, output: 34, reason: 258 }, ...records)
  expect(flowsOf(sflow({ sequence: 99 }, sample))).toEqual([
    {
      type: 1,
      sequenceNumber: 99,
      samplingRate: 1,
      samplingSource: 1,
      samplerAddress: '203.0.113.1',
      udpSource: '192.0.2.1',
      inIf: 12,
      outIf: 34,
      dropReason: 258,
      forwardingStatus: 130,
      srcMac: 0x020000000005,
      dstMac: 0x02000000000d,
      etype: 0x0800,
      srcAddr: '192.0.2.10',
      dstAddr: '198.51.100.20',
      proto: 6,
      ipTtl: 64,
      srcPort: 50_000,
      dstPort: 443,
      tcpFlags: 0x002,
      bytes: 0n,
      packets: 0n,
      layerStack: [0, 1, 3],
      layerSize: [14, 20, 20],
      received: '2026-01-02T03:04:05.678000000Z',
      start: '2026-01-02T03:04:05.678000000Z',
      end: '2026-01-02T03:04:05.678000000Z',
    },
  ])
})

test('the length of a sampled Ethernet record does not count either', () => {
  const record = structure(2, u32(64), zeros(16), u32(0x0806))
  expect(flowsOf(sflow({}, discardedPacket({}, record)))).toMatchObject([
    { bytes: 0n, packets: 0n, etype: 0x0806 },
  ])
})

test('the traffic of a datagram is that of its flow samples', () => {
  const header = rawHeader({ frameLength: 1000 }, frame)
  const flows = flowsOf(
    sflow(
      {},
      flowSample({ rate: 10 }, header),
      discardedPacket({}, header),
      flowSample({}, header),
    ),
  )
  expect(flows.map(({ bytes, packets, dropReason }) => [bytes, packets, dropReason])).toEqual([
    [1000n, 1n, undefined],
    [0n, 0n, 256],
    [1000n, 1n, undefined],
  ])
})

test('what an agent did not tell of is no sample that was lost', () => {
  const { decode, decoder } = decoded()
  for (const [sequence, drops] of [1, 50].entries()) {
    decode(sflow({ sequence }, discardedPacket({ drops })))
    expect(decoder.facts.samplesDropped).toBe(0)
  }
})

// The reasons are numbered in sflow_drops.txt (drop_reason), the states in RFC 7270 4.12.
test.each([
  ['host unreachable', 1, 131],
  ['fragmentation needed', 4, 133],
  ['communication administratively prohibited', 13, 129],
  ['unknown', 256, 128],
  ['TTL exceeded', 257, 137],
  ['no buffer space', 259, 143],
  ['RED', 260, 139],
  ['traffic shaping', 261, 138],
  ['packet too big', 262, 135],
  ['unresolved neighbour', 279, 132],
  ['unicast reverse path forwarding', 302, 140],
  ['one of the future', 4_294_967_295, 128],
])('the reason %s (%i) is forwarding status %i', (_, dropReason, forwardingStatus) => {
  const [flow] = flowsOf(sflow({}, discardedPacket({ reason: dropReason })))
  expect(flow).toMatchObject({ dropReason, forwardingStatus })
})

test('the reason 0, net unreachable, shows by the forwarding status', () => {
  const [flow] = flowsOf(sflow({}, discardedPacket({ reason: 0 })))
  expect(flow).toMatchObject({ forwardingStatus: 131, packets: 0n })
  expect(flow).not.toHaveProperty('dropReason')
})

test('the agent itself is no interface', () => {
  const [flow] = flowsOf(sflow({}, discardedPacket({ input: 0x3fffffff, output: 0x3fffffff })))
  expect(flow).not.toHaveProperty('inIf')
  expect(flow).not.toHaveProperty('outIf')
})

test('a discard too short for its fields is left out, a broken record is not kept', () => {
  const { decode, flows, decoder } = decoded()
  expect(decode(sflow({}, structure(5, zeros(28)), flowSample({ rate: 5 })))).toBe('bad-length')
  expect(flows).toMatchObject([{ samplingRate: 5 }])
  const broken = structure(1, zeros(12))
  expect(decode(sflow({}, discardedPacket({}, broken, rawHeader({}, frame))))).toBe('bad-length')
  expect(flows.at(-1)).toMatchObject({ srcPort: 50_000, packets: 0n })
  expect(decode(sflow({}, discardedPacket({ count: 4_294_967_295 })))).toBe('bad-length')
  expect(decoder.counters.skippedSamples).toBe(0)
})
