// NetFlow v5. Cisco, "NetFlow Export Datagram Format", tables B-3 and B-4.

import { expect, test } from 'vitest'
import { bytes, u8, zeros } from '../../build/bytes.ts'
import { decoded, flowsOf } from '../../build/decoded.ts'
import { netflow5 } from '../../build/netflow5.ts'

// 2023-11-14T22:13:20Z
const seconds = 1_700_000_000

test('every field of a record finds its place', () => {
  const header = {
    uptimeMs: 100_000,
    seconds,
    nanoseconds: 250_000_000,
    sequence: 4_000_000_001,
    sampling: 0x4000 | 1000, // mode 1, interval 1000
  }
  const record = {
    source: '192.0.2.10',
    destination: '198.51.100.20',
    nextHop: '203.0.113.30',
    input: 513,
    output: 65_535,
    packets: 7,
    octets: 4_294_967_295,
    first: 90_000,
    last: 99_500,
    sourcePort: 50_001,
    destinationPort: 443,
    tcpFlags: 0x1b,
    protocol: 6,
    tos: 0xb8,
    sourceAs: 64_500,
    destinationAs: 65_001,
    sourceMask: 24,
    destinationMask: 16,
  }
  expect(flowsOf(netflow5(header, record))).toEqual([
    {
      type: 2,
      sequenceNumber: 4_000_000_001,
      samplingRate: 1000,
      samplingSource: 1,
      samplerAddress: '192.0.2.1',
      srcAddr: '192.0.2.10',
      dstAddr: '198.51.100.20',
      nextHop: '203.0.113.30',
      inIf: 513,
      outIf: 65_535,
      packets: 7n,
      bytes: 4_294_967_295n,
      srcPort: 50_001,
      dstPort: 443,
      tcpFlags: 0x1b,
      proto: 6,
      ipTos: 0xb8,
      etype: 0x0800,
      srcAs: 64_500,
      dstAs: 65_001,
      srcNet: 24,
      dstNet: 16,
      received: '2026-01-02T03:04:05.678000000Z',
      // 100,000 - 90,000 ms and 100,000 - 99,500 ms before 22:13:20.25
      start: '2023-11-14T22:13:10.250000000Z',
      end: '2023-11-14T22:13:19.750000000Z',
    },
  ])
})

test('records come out in the order in which they stand', () => {
  const records = Array.from({ length: 30 }, (_, i) => ({ sourcePort: 1000 + i }))
  const ports = flowsOf(netflow5({ seconds }, ...records)).map((flow) => flow['srcPort'])
  expect(ports).toEqual(records.map((record) => record.sourcePort))
})

test('ICMP type and code are in the destination port', () => {
  // Time exceeded (11), fragment reassembly (1): 11 x 256 + 1.
  const record = { protocol: 1, destinationPort: 2817 }
  expect(flowsOf(netflow5({ seconds }, record))).toMatchObject([{ icmpType: 11, icmpCode: 1 }])
})

test('the destination port of other protocols is not an ICMP type', () => {
  const [flow] = flowsOf(netflow5({ seconds }, { protocol: 17, destinationPort: 2817 }))
  expect(flow).not.toHaveProperty('icmpType')
})

test('an interval without a mode is a sampling rate all the same', () => {
  expect(flowsOf(netflow5({ seconds, sampling: 512 }, {}))).toMatchObject([
    { samplingRate: 512, samplingSource: 1 },
  ])
})

test('an interval of 0 announces nothing', () => {
  const [flow] = flowsOf(netflow5({ seconds, sampling: 0x8000 }, {}))
  expect(flow).not.toHaveProperty('samplingRate')
  expect(flow).not.toHaveProperty('samplingSource')
})

test('a count beyond the datagram gives the records that are there, and is reported', () => {
  const { flows, decode, decoder } = decoded()
  expect(decode(netflow5({ seconds, count: 65_535 }, {}, {}))).toBe('bad-length')
  expect(flows).toHaveLength(2)
  expect(decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 0 })
})

test('a header that promises records and has none gives no flow', () => {
  const { flows, decode } = decoded()
  expect(decode(netflow5({ seconds, count: 65_535 }))).toBe('bad-length')
  expect(flows).toEqual([])
})

test('a record that is cut off is left out and its bytes are counted', () => {
  const { flows, decode, decoder } = decoded()
  const whole = netflow5({ seconds }, {}, {})
  expect(decode(whole.subarray(0, whole.length - 1))).toBe('bad-length')
  expect(flows).toHaveLength(1)
  expect(decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 47 })
})

test('bytes after the records are none of them', () => {
  const { flows, decode } = decoded()
  expect(decode(bytes(netflow5({ seconds }, {}), zeros(100)))).toBeUndefined()
  expect(flows).toHaveLength(1)
})

test('a datagram shorter than the header is refused', () => {
  const { flows, decode } = decoded()
  const header = netflow5({ seconds })
  expect(decode(header.subarray(0, 23))).toBe('short-header')
  expect(decode(bytes(header.subarray(0, 2), u8(0), u8(1)))).toBe('short-header')
  expect(flows).toEqual([])
})
