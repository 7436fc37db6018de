// Writers write what interpretation writes, to the byte, and count what it counts.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actions } from '../../../collector/compiled/actions.ts'
import { createDatagramWriter } from '../../../netmon/generate/datagrams.ts'
import { createPlan } from '../../../netmon/generate/plan.ts'
import { bytes, hex, type Part, uint } from '../../build/bytes.ts'
import { receivedMs, receivedSeconds, source } from '../../build/decoded.ts'
import { ipfix, optionsTemplateSet, set, templateSet } from '../../build/ipfix.ts'
import { netflow5 } from '../../build/netflow5.ts'
import {
  type Field9,
  flowSet,
  netflow9,
  optionsTemplateFlowSet,
  templateFlowSet,
} from '../../build/netflow9.ts'
import { readCapture } from '../../build/pcap.ts'
import { listedRouters, sourceAt } from '../../build/routers.ts'
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

test.each([
  ['v5', 0],
  ['v9', 0],
  ['v9', 1],
  ['ipfix', 0],
  ['ipfix', 1],
] as const)('the flows of generated %s, %d of them IPv6', (protocol, ipv6Share) => {
  const plan = createPlan({ protocols: [protocol], routers: 4, ipv6Share, announce: 0.5 })
  const write = createDatagramWriter(plan, receivedMs - 86_400_000)
  const target = Buffer.alloc(65_536)
  const datagrams: Sent[] = []
  let number = 0
  while (number < 20_000) {
    const batch = plan.batchOf(number)
    number += batch.count
    const { lengthBytes } = write(batch, receivedMs, target)
    const payload = Uint8Array.from(target.subarray(0, lengthBytes))
    datagrams.push({ payload, source: sourceAt(batch.router.address) })
  }
  expect(expectSame(datagrams)).toBe(number)
})

const captures = process.env['CAPTURES'] ?? path.join(import.meta.dirname, '../../fixtures')
test.each(readdirSync(captures).filter((name) => name.endsWith('.pcap')))('%s', (name) => {
  expectSame(readCapture(path.join(captures, name)))
})

const uptimeMs = 3_600_000
/** Since 1900: 1970 was 2,208,988,800 seconds later, RFC 5905 figure 4. */
const ntpSeconds = receivedSeconds + 2_208_988_800

/** A field of a data record: one of any length, with a value that is zero as often as not. */
interface AnyField {
  readonly field: Field9
  readonly value: Uint8Array
}

const anyValue = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.constant(new Uint8Array(length)),
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.nat(255).map((low) => uint(low, length)),
  )

/** ::ffff:192.0.2.1 among them. */
const anyAddress = (length: 4 | 16): fc.Arbitrary<Uint8Array> =>
  length === 4
    ? anyValue(4)
    : fc.oneof(
        { weight: 4, arbitrary: fc.uint8Array({ minLength: 16, maxLength: 16 }) },
        { weight: 1, arbitrary: fc.constant(new Uint8Array(16)) },
        { weight: 1, arbitrary: fc.constant(hex('00000000000000000000ffffc0000201')) },
      )

const addressElements = new Set([8, 12, 15, 18, 47, 225, 226])
const address6Elements = new Set([27, 28, 62, 63, 140, 281, 282])
const macElements = new Set([56, 57, 80, 81])
const timeElements = new Set([21, 22, 150, 151, 152, 153, 154, 155, 156, 157])
const others = Object.keys(actions)
  .map(Number)
  .filter((id) => !timeElements.has(id) && ![8, 12, 27, 28].includes(id))

function anyField(id: number): fc.Arbitrary<AnyField> {
  const of = (length: number, value: fc.Arbitrary<Uint8Array>) =>
    value.map((bytes): AnyField => ({ field: [id, length], value: bytes }))
  if (addressElements.has(id)) return of(4, anyAddress(4))
  if (address6Elements.has(id)) return of(16, anyAddress(16))
  if (macElements.has(id)) return of(6, anyValue(6))
  // ipVersion agrees as often as not.
  if (id === 60)
    return fc.constantFrom(0, 4, 6, 5).map((v) => ({ field: [60, 1], value: uint(v, 1) }))
  // Label stacks are as exporters have them, or anything.
  if (id >= 70 && id <= 79) return of(3, anyValue(3))
  return fc.integer({ min: 0, max: 9 }).chain((length) => of(length, anyValue(length)))
}

const near = (moment: number, spread: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -spread, max: spread }).map((d) => moment + d) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 2 ** 32 - 1) },
  )

const anyTimes: fc.Arbitrary<AnyField[]> = fc.oneof(
  fc.tuple(near(uptimeMs, 100_000), near(uptimeMs, 100_000)).map(([start, end]) => [
    { field: [22, 4] as const, value: uint(start, 4) },
    { field: [21, 4] as const, value: uint(end, 4) },
  ]),
  fc.tuple(near(receivedMs, 100_000), near(receivedMs, 100_000)).map(([start, end]) => [
    { field: [152, 8] as const, value: uint(start, 8) },
    { field: [153, 8] as const, value: uint(end, 8) },
  ]),
  fc.tuple(near(receivedSeconds, 100), near(receivedSeconds, 100)).map(([start, end]) => [
    { field: [150, 4] as const, value: uint(start, 4) },
    { field: [151, 4] as const, value: uint(end, 4) },
  ]),
  fc
    .tuple(near(ntpSeconds, 100), fc.nat(), near(ntpSeconds, 100), fc.constantFrom(154, 156))
    .map(([start, fraction, end, id]) => [
      { field: [id, 8] as const, value: bytes(uint(start, 4), uint(fraction, 4)) },
      { field: [id + 1, 8] as const, value: bytes(uint(end, 4), uint(4_294_967_295, 4)) },
    ]),
)

/** Of both families, of which a record mostly has one. */
const bothEnds: fc.Arbitrary<AnyField[]> = fc
  .tuple(fc.constantFrom(4, 6, 0), anyAddress(4), anyAddress(4), anyAddress(16), anyAddress(16))
  .map(([family, source4, destination4, source6, destination6]) => [
    { field: [8, 4], value: family === 6 ? new Uint8Array(4) : source4 },
    { field: [12, 4], value: family === 6 ? new Uint8Array(4) : destination4 },
    { field: [27, 16], value: family === 4 ? new Uint8Array(16) : source6 },
    { field: [28, 16], value: family === 4 ? new Uint8Array(16) : destination6 },
  ])

/** Records of one template, with values of their own. */
const anyRecords: fc.Arbitrary<AnyField[][]> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom([8, 12], [27, 28]).chain((ids) => fc.tuple(...ids.map(anyField))),
      bothEnds,
    ),
    fc.uniqueArray(fc.constantFrom(...others), { maxLength: 24 }),
    fc.nat(),
  )
  .chain(([ends, ids, shuffle]) =>
    fc
      .tuple(fc.tuple(...ids.map(anyField)), anyTimes)
      .map(([fields, times]) => rotate([...ends, ...fields, ...times], shuffle)),
  )
  .chain((first) =>
    fc
      .array(fc.tuple(...first.map(({ field: [, length] }) => anyValue(length))), { maxLength: 3 })
      .map((more) => [
        first,
        // Half of the fields of the first record stay, the times among them, and both families where there are two.
        ...more.map((values) =>
          first.map((one, i) =>
            i % 2 === 0 || timeElements.has(one.field[0]) ? one : { ...one, value: values[i]! },
          ),
        ),
        first,
      ]),
  )

function rotate<T>(values: T[], by: number): T[] {
  const at = by % values.length
  return [...values.slice(at), ...values.slice(0, at)]
}

test('the flows of any template that can be compiled, in NetFlow v9 and IPFIX', () => {
  let written = 0
  fc.assert(
    fc.property(anyRecords, fc.boolean(), fc.boolean(), (records, isIpfix, hasUptime) => {
      const fields = records[0]!.map(({ field }) => field)
      const data = records.map((record) => bytes(...record.map(({ value }) => value)))
      const header = { seconds: receivedSeconds, uptimeMs: hasUptime ? uptimeMs : 0, sequence: 7 }
      const payload = isIpfix
        ? ipfix(
            { exportTime: receivedSeconds, domainId: 9 },
            optionsTemplateSet(257, [[149, 4]], [[160, 8]]),
            set(257, uint(9, 4), uint(hasUptime ? receivedMs - uptimeMs : 0, 8)),
            templateSet(256, ...fields),
            set(256, ...data),
          )
        : netflow9(
            { ...header, sourceId: 300 },
            templateFlowSet(256, ...fields),
            flowSet(256, ...data),
          )
      written += expectSame(sent(payload))
    }),
    { numRuns: 300 },
  )
  expect(written).toBeGreaterThan(300)
})

const ends: Field9[] = [
  [8, 4],
  [12, 4],
]
const times: Field9[] = [
  [22, 4],
  [21, 4],
]
const base = hex('c0000201 c6336402')
const moments = bytes(uint(uptimeMs - 2000, 4), uint(uptimeMs - 1000, 4))
const header = { seconds: receivedSeconds, uptimeMs }

test.each(others)('element %d, alone beside what a flow needs', (id) => {
  for (const [length, value] of [
    [1, 'a5'],
    [2, 'f0a5'],
    [4, 'fff1a2b5'],
    [6, '0a00fff1a2b5'],
    [8, '00f000000a00fff1'],
    [16, '20010db8000000000000000000000001'],
  ] as const) {
    const template = templateFlowSet(256, ...ends, [id, length], ...times)
    const record = bytes(base, hex(value), moments)
    expectSame(sent(netflow9(header, template, flowSet(256, record, record))))
  }
})

test('a sampler’s rate, and another one’s in the middle of a set', () => {
  const options = optionsTemplateFlowSet(
    300,
    [[1, 4]],
    [
      [48, 1],
      [50, 4],
    ],
  )
  const rate = (id: number, interval: number) => bytes(uint(1, 4), uint(id, 1), uint(interval, 4))
  const template = templateFlowSet(256, ...ends, [48, 1], ...times)
  const record = (id: number) => bytes(base, uint(id, 1), moments)
  const payload = netflow9(
    header,
    options,
    flowSet(300, rate(1, 100), rate(2, 2_000)),
    template,
    flowSet(256, record(1), record(1), record(2), record(3), record(1)),
  )
  expect(expectSame(sent(payload))).toBe(5)
})

test('routers’ rates and roles; exporters that are no router are dropped as before', () => {
  const template = templateFlowSet(256, ...ends, ...times)
  const payload = netflow9(header, template, flowSet(256, base, moments))
  const datagrams = [1, 2, 3, 4, 5].map((last) => ({
    payload,
    source: sourceAt(`192.0.2.${last}`),
  }))
  const routers = () =>
    listedRouters({
      '192.0.2.1': { sampling_override: 4_294_967_295 },
      '192.0.2.2': { default_sampling: 512 },
      '192.0.2.3': { role: 'core' },
      '192.0.2.4': { sampling_override: 1, role: 'core' },
    })
  expect(expectSame(datagrams, { routers: routers(), knownOnly: true })).toBe(4)
  expect(expectSame(datagrams, { routers: routers() })).toBe(5)
})

test('rates that another port announces, changes, and joins by those of interfaces', () => {
  const all = optionsTemplateFlowSet(300, [[1, 4]], [[34, 4]])
  const ofInterfaces = optionsTemplateFlowSet(301, [[2, 4]], [[34, 4]])
  const rate = (interval: number) => flowSet(300, uint(1, 4), uint(interval, 4))
  const template = templateFlowSet(256, ...ends, [10, 4], ...times)
  const data = flowSet(256, base, uint(5, 4), moments)
  const flows = (...sets: Part[]) => sent(netflow9(header, ...sets))
  const other = source(from.address, 9_999)
  const options = (...sets: Part[]) => [{ payload: netflow9(header, ...sets), source: other }]
  const datagrams = [
    ...flows(template, data),
    ...options(all, rate(100)),
    ...flows(data),
    ...options(rate(2_000)),
    ...flows(data),
    ...flows(data),
    ...options(ofInterfaces, flowSet(301, uint(5, 4), uint(64, 4))),
    ...flows(data),
  ]
  expect(expectSame(datagrams)).toBe(4)
})

test('rates of interfaces are looked up for each flow', () => {
  const options = optionsTemplateFlowSet(300, [[2, 4]], [[34, 4]])
  const template = templateFlowSet(256, ...ends, [10, 4], ...times)
  const record = (index: number) => bytes(base, uint(index, 4), moments)
  const payload = netflow9(
    header,
    options,
    flowSet(300, uint(5, 4), uint(64, 4)),
    template,
    flowSet(256, record(5), record(6)),
  )
  expect(expectSame(sent(payload))).toBe(0)
})

test('v5: an uptime of zero, nanoseconds that are none, and ICMP', () => {
  const flow = { first: uptimeMs - 10, last: uptimeMs - 5 }
  expect(expectSame(sent(netflow5({ seconds: receivedSeconds, uptimeMs }, flow, flow)))).toBe(2)
  expect(
    expectSame(
      sent(
        netflow5({ seconds: receivedSeconds, uptimeMs: 0 }, flow),
        netflow5({ seconds: receivedSeconds, nanoseconds: 4_000_000_000, uptimeMs }, flow),
      ),
    ),
  ).toBe(0)
  const ping = { ...flow, protocol: 1, sourcePort: 0, destinationPort: 0x0301 }
  expect(
    expectSame(
      sent(netflow5({ seconds: receivedSeconds, nanoseconds: 999_999_999, uptimeMs }, ping)),
    ),
  ).toBe(1)
})

test('a full block is followed by the next, in the middle of a set', () => {
  const template = templateFlowSet(256, ...ends, [10, 4], ...times)
  const record = (index: number) => bytes(base, uint(index, 4), moments)
  const records = Array.from({ length: 1_000 }, (_, i) => record(i))
  const payload = netflow9(header, template, flowSet(256, ...records))
  const many = Array.from({ length: 12 }, () => sent(payload)[0]!)
  expect(expectSame(many)).toBe(12_000)
})

test('a template earns its writer, and loses it to others when there are too many', () => {
  const record = bytes(base, moments)
  const template = (id: number, padding: number) =>
    netflow9(header, templateFlowSet(id, ...ends, ...times, [210, padding]))
  const data = (id: number, padding: number) =>
    netflow9(header, flowSet(id, record, new Uint8Array(padding), record, new Uint8Array(padding)))
  const one = [template(256, 1), data(256, 1), data(256, 1), data(256, 1)]
  // The first four records are read, the others written.
  expect(expectSame(sent(...one), { recordsForWriter: 4 })).toBe(2)
  const two = [template(257, 2), data(257, 2), data(257, 2), data(257, 2)]
  const again = [data(256, 1), data(256, 1), data(256, 1)]
  // The second takes the place of the first, which earns it anew.
  expect(expectSame(sent(...one, ...two, ...again), { recordsForWriter: 4, writers: 1 })).toBe(6)
})

test('exporters of one layout earn its writer together', () => {
  const record = bytes(base, moments)
  const template = netflow9(header, templateFlowSet(256, ...ends, ...times))
  const data = netflow9(header, flowSet(256, record))
  const datagrams = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].flatMap((address) =>
    [template, data].map((payload) => ({ payload, source: sourceAt(address) })),
  )
  // The first two are read, the others written.
  expect(expectSame(datagrams, { recordsForWriter: 2 })).toBe(2)
})
