// Counter samples of sFlow v5: "sFlow Version 5" section 5, counters_sample, counters_sample_expanded, if_counters.

import { expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import type { InterfaceCounters } from '../../../collector/decode/interface-counters.ts'
import { bytes, type Part, u32, u64, zeros } from '../../build/bytes.ts'
import { receivedMs, source } from '../../build/decoded.ts'
import { flowSample, sflow, structure } from '../../build/sflow.ts'

const ifCounters = bytes(
  u32(17), // ifIndex
  u32(6), // ifType: ethernetCsmacd
  u64(100_000_000_000n), // ifSpeed
  u32(1), // ifDirection: full duplex
  u32(3), // ifStatus: up, up
  u64(0x0123456789abcdefn), // ifInOctets
  ...[1, 2, 3, 4, 5, 6].map(u32), // in: unicast, multicast, broadcast, discards, errors, unknown protocols
  u64(0xfedcba9876543210n), // ifOutOctets
  ...[7, 8, 9, 10, 11].map(u32), // out: unicast, multicast, broadcast, discards, errors
  u32(2), // ifPromiscuousMode: false
)

const expected: InterfaceCounters = {
  exporter: '203.0.113.1',
  receivedMs,
  ifIndex: 17,
  ifType: 6,
  ifSpeed: 100_000_000_000n,
  ifDirection: 1,
  ifStatus: 3,
  inOctets: 81_985_529_216_486_895n,
  inUnicastPackets: 1,
  inMulticastPackets: 2,
  inBroadcastPackets: 3,
  inDiscards: 4,
  inErrors: 5,
  inUnknownProtocols: 6,
  outOctets: 18_364_758_544_493_064_720n,
  outUnicastPackets: 7,
  outMulticastPackets: 8,
  outBroadcastPackets: 9,
  outDiscards: 10,
  outErrors: 11,
  promiscuousMode: 2,
}

/** Sequence, source id 0:17, records. */
function counterSample(...records: Part[]): Uint8Array {
  return structure(2, u32(1), u32(17), u32(records.length), ...records)
}

function expandedCounterSample(...records: Part[]): Uint8Array {
  return structure(4, u32(1), u32(0), u32(17), u32(records.length), ...records)
}

function decoded() {
  const taken: InterfaceCounters[] = []
  let flows = 0
  const decoder = createDecoder({
    emit: () => void flows++,
    takeCounters: (counters) => void taken.push(counters),
  })
  return {
    taken,
    flows: () => flows,
    skipped: () => decoder.counters.skippedSamples,
    decode: (datagram: Uint8Array) => decoder.decode(datagram, source(), receivedMs),
  }
}

test('the generic counters of an interface have 88 bytes', () => {
  expect(ifCounters).toHaveLength(88)
})

test.each([
  ['a counter sample', counterSample],
  ['an expanded counter sample', expandedCounterSample],
])('%s gives the counters of its interface', (_, sample) => {
  const { decode, taken, flows, skipped } = decoded()
  expect(decode(sflow({}, sample(structure(1, ifCounters))))).toBeUndefined()
  expect(taken).toEqual([expected])
  expect(flows()).toBe(0)
  expect(skipped()).toBe(0)
})

test('counters of other kinds are stepped over', () => {
  const { decode, taken, skipped } = decoded()
  const ethernet = structure(2, zeros(52))
  const processor = structure(1001, zeros(28))
  const vendors = structure(4300 * 4096 + 1, ifCounters)
  const sample = counterSample(ethernet, vendors, structure(1, ifCounters), processor)
  expect(decode(sflow({}, sample, counterSample(processor)))).toBeUndefined()
  expect(taken).toEqual([expected])
  expect(skipped()).toBe(0)
})

test('counters stand between flow samples', () => {
  const { decode, taken, flows } = decoded()
  const record = structure(1, ifCounters)
  expect(decode(sflow({}, flowSample({}), counterSample(record), flowSample({})))).toBeUndefined()
  expect(taken).toHaveLength(1)
  expect(flows()).toBe(2)
})

test('an agent without an address is known by that of its datagrams', () => {
  const { decode, taken } = decoded()
  decode(sflow({ agent: undefined }, counterSample(structure(1, ifCounters))))
  decode(sflow({ agent: '2001:db8::1' }, counterSample(structure(1, ifCounters))))
  expect(taken.map(({ exporter }) => exporter)).toEqual(['192.0.2.1', '2001:db8::1'])
})

test('counters that are cut off are left out, and those after them are taken', () => {
  const { decode, taken } = decoded()
  const cut = structure(1, ifCounters.slice(0, 84))
  expect(decode(sflow({}, counterSample(cut, structure(1, ifCounters))))).toBe('bad-length')
  expect(taken).toEqual([expected])
})

test('what a record has beyond 88 bytes is of a later version', () => {
  const { decode, taken } = decoded()
  expect(decode(sflow({}, counterSample(structure(1, ifCounters, zeros(8)))))).toBeUndefined()
  expect(taken).toEqual([expected])
})

test('a count of records is only a wish', () => {
  const { decode, taken } = decoded()
  const sample = structure(2, u32(1), u32(17), u32(4_294_967_295), structure(1, ifCounters))
  expect(decode(sflow({}, sample))).toBe('bad-length')
  expect(taken).toEqual([expected])
})

test('a sample too short for its fields is left out', () => {
  const { decode, taken } = decoded()
  expect(decode(sflow({}, structure(2, zeros(8)), structure(4, zeros(12))))).toBe('bad-length')
  expect(taken).toEqual([])
})
