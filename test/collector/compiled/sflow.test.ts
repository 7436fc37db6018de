// The sFlow writer writes what interpretation writes, to the byte, and counts what it counts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDatagramWriter } from '../../../netmon/generate/datagrams.ts'
import { createPlan } from '../../../netmon/generate/plan.ts'
import { bytes, hex, ip4, ip6, type Part, u16, u32, zeros } from '../../build/bytes.ts'
import { receivedMs, source } from '../../build/decoded.ts'
import { listedRouters, sourceAt } from '../../build/routers.ts'
import { address, expandedFlowSample, flowSample, sflow, structure } from '../../build/sflow.ts'
import { type Options, outcomeOf, type Sent } from '../../build/written.ts'

const from = source()
const sent = (...payloads: Uint8Array[]): Sent[] =>
  payloads.map((payload) => ({ payload, source: from }))

/** Answers how many flows were written without interpretation. */
function expectSame(datagrams: readonly Sent[], options?: Options): number {
  const written = outcomeOf(datagrams, true, options)
  const interpreted = outcomeOf(datagrams, false, options)
  expect(written.bytes.equals(interpreted.bytes)).toBe(true)
  expect(written.counted).toEqual(interpreted.counted)
  return written.written
}

/** Of agents that are their own source, and of one that is not, in compact and expanded samples. */
function generate(flows: number, ipv6Share: number): Sent[] {
  const options = { protocols: ['sflow'], routers: 4, ipv6Share, agent: '127.1.0.3' } as const
  const plan = createPlan(options)
  const write = createDatagramWriter(plan, receivedMs - 86_400_000)
  const target = Buffer.alloc(65_536)
  const datagrams: Sent[] = []
  for (let number = 0; number < flows; ) {
    const batch = plan.batchOf(number)
    number += batch.count
    const { lengthBytes } = write(batch, receivedMs, target)
    const payload = Uint8Array.from(target.subarray(0, lengthBytes))
    datagrams.push({ payload, source: sourceAt(batch.router.address) })
  }
  return datagrams
}

test.each([0, 0.5, 1])('generated samples, %d of them IPv6, are all written', (ipv6Share) => {
  expect(expectSame(generate(20_000, ipv6Share))).toBe(20_000)
})

const ethernet = (etherType: string) => hex(`0a0000000001 0a0000000002 ${etherType}`)
const ipv4 = (protocol: number, rest: Part) =>
  bytes(
    hex('45b8 0054 1234 4000 40'),
    Uint8Array.of(protocol),
    hex('0000'),
    ip4('192.0.2.1'),
    ip4('198.51.100.2'),
    rest,
  )
const ipv6 = (nextHeader: number, rest: Part) =>
  bytes(
    hex('6fffffff 0028'),
    Uint8Array.of(nextHeader, 64),
    ip6('2001:db8::1'),
    ip6('2001:db8::2'),
    rest,
  )
const tcp = hex('01bb c001 00000001 00000002 5012 ffff 0000 0000')
const udp = (sourcePort: number, destinationPort: number, lengthBytes = 100) =>
  bytes(u16(sourcePort), u16(destinationPort), u16(lengthBytes), hex('0000'), zeros(40))

const header = (frame: Uint8Array, protocol = 1, length = frame.length) =>
  structure(1, u32(protocol), u32(1_000), u32(4), u32(length), frame)
const frame = bytes(ethernet('0800'), ipv4(6, tcp))
const vlans = (from: number, to: number) => structure(1001, u32(from), u32(0), u32(to), u32(0))
const router = (nextHop: string | undefined) =>
  structure(1002, address(nextHop), u32(24), u32(0x1ff))
const mapped = hex('00000000000000000000ffffc0000201')
const gateway = (numbers: readonly number[], communities: readonly number[], sourceAs = 64_500) =>
  structure(
    1003,
    address('192.0.2.9'),
    u32(64_496),
    u32(sourceAs),
    u32(64_501),
    u32(numbers.length === 0 ? 0 : 1),
    ...(numbers.length === 0 ? [] : [u32(2), u32(numbers.length), ...numbers.map(u32)]),
    u32(communities.length),
    ...communities.map(u32),
    u32(100),
  )

test.each<[string, Part[]]>([
  ['a header alone', [header(frame)]],
  ['a header behind what the agent knows', [vlans(5, 6), router('192.0.2.7'), header(frame)]],
  ['no next hop', [header(frame), router(undefined)]],
  ['an IPv6 next hop', [header(frame), router('2001:db8::1')]],
  ['VLANs that are none', [header(frame), vlans(2 ** 32 - 1, 4096)]],
  ['a path and communities', [header(frame), gateway([64_510, 2 ** 32 - 1], [1, 2 ** 31])]],
  ['no path, and the router’s own AS', [header(frame), gateway([], [], 0)]],
  ['a VLAN tag', [header(bytes(ethernet('8100'), hex('602a 0800'), ipv4(6, tcp)))]],
  ['a VLAN tag of zero', [header(bytes(ethernet('8100'), hex('0000 0800'), ipv4(6, tcp)))]],
  ['UDP', [header(bytes(ethernet('0800'), ipv4(17, udp(53, 40_000))))]],
  ['ICMP that is cut off', [header(bytes(ethernet('0800'), ipv4(1, hex('0301 00'))))]],
  ['TCP that is cut off behind its flags', [header(frame, 1, 14 + 20 + 14)]],
  ['IPv6 with all bits of its class and label', [header(bytes(ethernet('86dd'), ipv6(6, tcp)))]],
  ['ICMPv6', [header(bytes(ethernet('86dd'), ipv6(58, hex('8700 0000'))))]],
  ['a record of another vendor', [structure(0x10d1001, u32(1)), header(frame)]],
  ['a frame of no bytes', [structure(1, u32(1), u32(0), u32(0), u32(frame.length), frame)]],
])('%s is written', (_, records) => {
  expect(expectSame(sent(sflow({}, flowSample({}, ...records))))).toBe(1)
  expect(expectSame(sent(sflow({}, expandedFlowSample({ input: 2 ** 31 }, ...records))))).toBe(1)
})

test.each<[string, Part[]]>([
  ['no header', [vlans(5, 6)]],
  ['two headers', [header(frame), header(frame)]],
  ['a header without Ethernet', [header(frame.subarray(14), 11)]],
  ['TCP that is cut off before its flags', [header(frame, 1, 14 + 20 + 12)]],
  ['a tunnel', [header(bytes(ethernet('0800'), ipv4(17, udp(40_000, 4789))))]],
  ['Teredo’s answers', [header(bytes(ethernet('0800'), ipv4(17, udp(3544, 40_000))))]],
  ['two tags', [header(bytes(ethernet('8100'), hex('0005 8100 0006 0800'), ipv4(6, tcp)))]],
  ['MPLS', [header(bytes(ethernet('8847'), hex('00010140'), ipv4(6, tcp)))]],
  ['a protocol without ports', [header(bytes(ethernet('0800'), ipv4(89, zeros(40))))]],
  ['a mapped next hop', [header(frame), structure(1002, u32(2), mapped, u32(24), u32(25))]],
  ['a long path', [header(frame), gateway(Array(26).fill(2 ** 32 - 1), [])]],
  ['many communities', [header(frame), gateway([1], Array(26).fill(2 ** 32 - 1))]],
  ['translated ports', [header(frame), structure(1020, u32(1), u32(2))]],
  ['a record that is too short', [header(frame), structure(1001, u32(5))]],
])('%s is interpreted', (_, records) => {
  expect(expectSame(sent(sflow({}, flowSample({}, ...records))))).toBe(0)
})

test('an interface that is none, several, or the agent itself; a packet that was discarded is interpreted', () => {
  const samples = [0x8000_0002, 0x3fff_ffff, 0x4000_0101].map((output) =>
    flowSample({ input: 0x3fff_ffff, output }, header(frame)),
  )
  expect(expectSame(sent(sflow({}, ...samples)))).toBe(2)
})

test('rates that differ in one datagram, none, and those of routers; their roles', () => {
  const samples = [100, 100, 0, 2 ** 32 - 1, 100].map((rate) => flowSample({ rate }, header(frame)))
  const datagram = sent(sflow({ agent: '203.0.113.1', sequence: 2 ** 32 - 1 }, ...samples))
  expect(expectSame(datagram)).toBe(5)
  const routers = () => listedRouters({ '203.0.113.1': { sampling_override: 512 } })
  expect(expectSame(datagram, { routers: routers() })).toBe(5)
  expect(expectSame(datagram, { routers: routers(), knownOnly: true })).toBe(5)
  const others = () => listedRouters({ '203.0.113.2': { sampling_override: 512 } })
  expect(expectSame(datagram, { routers: others(), knownOnly: true })).toBe(0)
  const core = () => listedRouters({ '203.0.113.1': { role: 'core' } })
  expect(expectSame(datagram, { routers: core() })).toBe(5)
})

test('datagrams with any bytes of them changed, or cut off', () => {
  const datagrams = generate(400, 0.5)
  const change = fc.record({
    at: fc.nat(1_400),
    value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 4, 6, 17, 58, 0x81, 0x88, 0xff)),
  })
  const changed = fc.record({
    index: fc.nat(datagrams.length - 1),
    changes: fc.array(change, { maxLength: 6 }),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(600) }),
  })
  let written = 0
  fc.assert(
    fc.property(fc.array(changed, { minLength: 1, maxLength: 4 }), (all) => {
      const altered = all.map(({ index, changes, cut }): Sent => {
        const { payload, source } = datagrams[index]!
        const copy = payload.slice(0, payload.length - cut)
        for (const { at, value } of changes) copy[at % copy.length] = value
        return { payload: copy, source }
      })
      written += expectSame(altered)
    }),
    { numRuns: 300 },
  )
  expect(written).toBeGreaterThan(300)
})
