// What holds for any bytes at all.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { type DecoderLimits, defaultLimits } from '../../../collector/decode/limits.ts'
import { decodeReasons } from '../../../collector/decode/outcome.ts'
import { bytes, u8, u16, u32, u64, zeros } from '../../build/bytes.ts'
import { type PlainFlow, plainFlow, receivedMs, source } from '../../build/decoded.ts'
import {
  type Field,
  ipfix,
  optionsTemplateSet,
  set,
  templateSet,
  variable,
  variableLength,
} from '../../build/ipfix.ts'
import { netflow5 } from '../../build/netflow5.ts'
import { flowSet, netflow9, optionsTemplateFlowSet, templateFlowSet } from '../../build/netflow9.ts'
import { ethernet, ipv4, ipv6, mplsLabel, tcp, udp, vlanTag } from '../../build/packet.ts'
import {
  address,
  expandedFlowSample,
  flowSample,
  rawHeader,
  sflow,
  structure,
} from '../../build/sflow.ts'

const seconds = 1_700_000_000
const from = source()

/** A datagram of each kind with something of everything in it, in which random changes find much to break. */
const seeds: readonly Uint8Array[] = [
  netflow5(
    { seconds, uptimeMs: 100_000, sampling: 100 },
    ...Array.from({ length: 5 }, (_, i) => ({ sourcePort: i })),
  ),
  netflow9(
    { seconds, uptimeMs: 100_000 },
    templateFlowSet(
      256,
      [8, 4],
      [12, 4],
      [22, 4],
      [21, 4],
      [1, 4],
      [2, 4],
      [7, 2],
      [11, 2],
      [4, 1],
      [48, 1],
    ),
    optionsTemplateFlowSet(
      257,
      [[1, 4]],
      [
        [48, 1],
        [50, 4],
      ],
    ),
    flowSet(257, u32(1), u8(1), u32(100), zeros(3)),
    flowSet(256, new Uint8Array(3 * 30).fill(1), zeros(2)),
    flowSet(999, zeros(16)),
  ),
  ipfix(
    { exportTime: seconds },
    templateSet(
      256,
      [27, 16],
      [28, 16],
      [152, 8],
      [153, 8],
      [82, variable],
      [1, 8],
      [7, 2, 2636],
      [315, variable],
    ),
    optionsTemplateSet(
      257,
      [[143, 4]],
      [
        [160, 8],
        [34, 4],
      ],
    ),
    set(257, u32(1), u64(seconds * 1000), u32(10)),
    set(
      256,
      new Uint8Array(48).fill(0x20),
      variableLength(new Uint8Array(5).fill(65)),
      u64(1500),
      u16(9),
      variableLength(ethernet(0x8100, vlanTag(5, 0x0800, ipv4({ protocol: 6 }, tcp(1, 2, 0x12))))),
    ),
    set(2, u16(256), u16(0)),
  ),
  // Biflows, a session, and a name.
  ipfix(
    { exportTime: seconds },
    optionsTemplateSet(257, [[10, 4]], [[82, variable]]),
    set(257, u32(3), variableLength(new Uint8Array(5).fill(65))),
    templateSet(256, [9, 1], [1, 1], [1, 1, 29_305]),
    templateSet(258, [8, 4], [12, 4], [148, 4], [233, 1], [231, 4], [232, 4], [34, 2]),
    set(256, new Uint8Array(12).fill(24)),
    set(258, new Uint8Array(46).fill(5)),
  ),
  sflow(
    {},
    flowSample(
      {},
      rawHeader(
        {},
        ethernet(
          0x8847,
          mplsLabel(100, true),
          ipv4({ protocol: 47 }, u16(0), u16(0x86dd), ipv6({}, udp(1, 2))),
        ),
      ),
      structure(1001, zeros(16)),
      structure(1002, address('2001:db8::1'), u32(24), u32(24)),
      structure(
        1003,
        address('192.0.2.1'),
        u32(1),
        u32(2),
        u32(3),
        u32(1),
        u32(2),
        u32(2),
        u32(7),
        u32(8),
        u32(1),
        u32(9),
        u32(1),
      ),
    ),
    structure(2, zeros(20)),
    expandedFlowSample(
      { outputFormat: 1, output: 258 },
      rawHeader({}, ethernet(0x86dd, ipv6({ nextHeader: 0 }, u8(17), u8(0), zeros(6), udp(1, 2)))),
    ),
  ),
]

const good = netflow5({ seconds }, { sourcePort: 4711 })

/** Random bytes behind the version of one of the protocols, so that they get past it. */
const anyDatagram = fc
  .tuple(
    fc.constantFrom(u16(5), u16(9), u16(10), u32(5), bytes(u32(5), u32(1)), zeros(0)),
    fc.uint8Array({ maxLength: 2000 }),
  )
  .map((parts) => bytes(...parts))

/** A seed with a few of its bytes, or of its 16-bit words, changed, and perhaps cut off. */
const damagedDatagram = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x55)), {
      maxLength: 8,
    }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
  )
  .map(([seed, changes, part, isCut]) => {
    const datagram = seed.slice(0, isCut ? Math.floor(seed.length * part) : seed.length)
    for (const [at, value] of changes)
      if (datagram.length > 0) datagram[at % datagram.length] = value
    return datagram
  })

/** One decoder for all cases, so that each meets what those before it have taught it. */
function survives(datagram: fc.Arbitrary<Uint8Array>, numRuns: number): void {
  const flows: PlainFlow[] = []
  let emitted = 0
  const decoder = createDecoder({
    emit(flow) {
      emitted++
      if (emitted === 1) flows.push(plainFlow(flow))
    },
  })
  const reasons = new Set<unknown>([undefined, ...decodeReasons])
  const property = fc.property(datagram, (damaged) => {
    emitted = 0
    const parkedBytes = decoder.parked.bytes
    const reason = decoder.decode(damaged, from, receivedMs)
    expect(reasons.has(reason) && reason !== 'internal').toBe(true)
    // No record is shorter than a byte, and none gives more than the flows of two directions.
    expect(emitted).toBeLessThanOrEqual(2 * (damaged.length + parkedBytes))

    flows.length = 0
    emitted = 0
    expect(decoder.decode(good, from, receivedMs)).toBeUndefined()
    expect(flows).toMatchObject([{ srcPort: 4711 }])
  })
  fc.assert(property, { numRuns })
  expect(decoder.counters.internalErrors).toBe(0)
  // What a saved state holds, another decoder takes: it was all valid.
  const restored = createDecoder({ emit: () => {} }).restore(
    JSON.parse(JSON.stringify(decoder.snapshot())),
  )
  expect(restored.rejected).toBe(0)
}

describe('whatever arrives, there is an answer, flows in proportion to bytes, and the next datagram is decoded', () => {
  test('for random bytes', () => survives(anyDatagram, 5_000))

  test('for real datagrams with bytes changed', () => survives(damagedDatagram, 20_000))
})

test('what is remembered stays within bounds, whatever arrives from whomever', () => {
  const limits: DecoderLimits = {
    ...defaultLimits,
    templatesPerDomain: 2,
    templatesPerExporter: 5,
    templates: 9,
    exporters: 5,
    samplingRatesPerExporter: 2,
    samplingRates: 6,
    parkedSetsPerExporter: 3,
    parkedBytesPerExporter: 2_000,
    parkedBytes: 6_000,
  }
  const arrival = fc.record({
    datagram: damagedDatagram,
    host: fc.nat(12),
    port: fc.nat(2),
    domain: fc.nat(3),
  })
  const reached = { exporters: 0, templates: 0, samplingRates: 0, parkedSets: 0 }
  const property = fc.property(fc.array(arrival, { minLength: 40, maxLength: 60 }), (arrivals) => {
    const decoder = createDecoder({ emit: () => {}, limits })
    for (const { datagram, host, port, domain } of arrivals) {
      const at = datagram[1] === 9 ? 19 : 15
      if (datagram.length > at && datagram[1] !== 5) datagram[at] = domain
      decoder.decode(datagram, source(`192.0.2.${host}`, port), receivedMs)

      const { exporters } = decoder.snapshot()
      const domains = exporters.map((exporter) => exporter.domains)
      const templates = domains.map((list) => list.map((domain) => domain.templates.length))
      const rates = domains.map((list) => sum(list.map((domain) => domain.samplingRates.length)))
      expect(exporters.length).toBeLessThanOrEqual(limits.exporters)
      expect(Math.max(0, ...templates.flat())).toBeLessThanOrEqual(limits.templatesPerDomain)
      expect(Math.max(0, ...templates.map(sum))).toBeLessThanOrEqual(limits.templatesPerExporter)
      expect(sum(templates.flat())).toBeLessThanOrEqual(limits.templates)
      expect(Math.max(0, ...rates)).toBeLessThanOrEqual(limits.samplingRatesPerExporter)
      expect(sum(rates)).toBeLessThanOrEqual(limits.samplingRates)
      expect(decoder.parked.bytes).toBeLessThanOrEqual(limits.parkedBytes)
      reached.exporters = Math.max(reached.exporters, exporters.length)
      reached.templates = Math.max(reached.templates, sum(templates.flat()))
      reached.samplingRates = Math.max(reached.samplingRates, sum(rates))
      reached.parkedSets = Math.max(reached.parkedSets, decoder.parked.sets)
    }
  })
  fc.assert(property, { numRuns: 100 })
  const { exporters, templates, samplingRates } = limits
  expect(reached).toMatchObject({ exporters, templates, samplingRates })
  expect(reached.parkedSets).toBeGreaterThan(limits.parkedSetsPerExporter)
})

test('where in a buffer a datagram stands makes no difference', () => {
  const flows: [PlainFlow[], PlainFlow[]] = [[], []]
  const [plain, embedded] = flows.map((kept) =>
    createDecoder({ emit: (flow) => void kept.push(plainFlow(flow)) }),
  )
  const around = fc.uint8Array({ maxLength: 40 })
  const property = fc.property(damagedDatagram, around, around, (datagram, before, after) => {
    const buffer = bytes(before, datagram, after)
    const within = buffer.subarray(before.length, before.length + datagram.length)
    expect(embedded?.decode(within, from, receivedMs)).toBe(
      plain?.decode(datagram, from, receivedMs),
    )
    expect(flows[1]).toEqual(flows[0])
    for (const kept of flows) kept.length = 0
  })
  fc.assert(property, { numRuns: 3_000 })
})

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** What is emitted of the last of these datagrams, sampling left out: it is told by options data anywhere in a datagram. */
function flowsOfLast(...datagrams: Uint8Array[]): PlainFlow[] {
  const flows: PlainFlow[] = []
  const decoder = createDecoder({
    emit(flow) {
      flow.samplingRate = 0
      flow.samplingSource = 0
      flows.push(plainFlow(flow))
    },
  })
  for (const datagram of datagrams) {
    flows.length = 0
    decoder.decode(datagram, from, receivedMs)
  }
  return flows
}

test('any prefix of a datagram gives a prefix of its flows', () => {
  for (const seed of seeds) {
    const whole = flowsOfLast(seed)
    expect(whole.length).toBeGreaterThan(0)
    for (let length = 0; length <= seed.length; length++) {
      const part = flowsOfLast(seed.slice(0, length))
      expect(part).toEqual(whole.slice(0, part.length))
    }
  }
})

test('any prefix of a datagram gives a prefix of its flows when the templates are known', () => {
  const known = netflow9(
    { seconds },
    templateFlowSet(256, [7, 2], [11, 2]),
    templateFlowSet(257, [1, 4]),
  )
  const data = netflow9(
    { seconds },
    flowSet(256, zeros(12)),
    flowSet(257, zeros(8)),
    flowSet(256, zeros(4)),
  )
  const whole = flowsOfLast(known, data)
  expect(whole).toHaveLength(6)
  for (let length = 0; length <= data.length; length++) {
    const part = flowsOfLast(known, data.slice(0, length))
    expect(part).toEqual(whole.slice(0, part.length))
  }
})

// Any template, any values: what is built comes out again.

/** Elements whose value shows unchanged in a field of the flow, with the bits of that field. */
const fields = [
  { id: 7, name: 'srcPort', bits: 16 },
  { id: 11, name: 'dstPort', bits: 16 },
  { id: 10, name: 'inIf', bits: 32 },
  { id: 14, name: 'outIf', bits: 32 },
  { id: 4, name: 'proto', bits: 8 },
  { id: 5, name: 'ipTos', bits: 8 },
  { id: 16, name: 'srcAs', bits: 32 },
  { id: 17, name: 'dstAs', bits: 32 },
  { id: 234, name: 'ingressVrfId', bits: 32 },
  { id: 54, name: 'fragmentId', bits: 32 },
  { id: 1, name: 'bytes', bits: 64 },
  { id: 2, name: 'packets', bits: 64 },
] as const

/** A field of any length between what its value needs and 8 bytes, of fixed or of variable length. */
const anyField = (index: number) =>
  fc.record({
    index: fc.constant(index),
    value: fc.bigInt({ min: 0n, max: 2n ** BigInt(fields[index]?.bits ?? 8) - 1n }),
    extraBytes: fc.nat({ max: 8 }),
    isVariable: fc.boolean(),
    // A field that fills nothing, of an unknown element or of an enterprise, goes before it.
    filling: fc.option(fc.record({ length: fc.nat({ max: 9 }), isEnterprise: fc.boolean() }), {
      nil: undefined,
    }),
  })

const anyRecord = fc
  .shuffledSubarray(
    fields.map((_, index) => index),
    { minLength: 1 },
  )
  .chain((indexes) => fc.tuple(...indexes.map(anyField)))

function beBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) =>
    Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn),
  )
}

test('what any template and record say is what the flow says', () => {
  fc.assert(
    fc.property(anyRecord, fc.nat({ max: 3 }), (record, padding) => {
      const specifiers: Field[] = []
      const content: Uint8Array[] = []
      const expected: PlainFlow = { bytes: 0n, packets: 0n }
      for (const { index, value, extraBytes, isVariable, filling } of record) {
        const field = fields[index]
        if (field === undefined) continue
        if (filling !== undefined) {
          specifiers.push(
            filling.isEnterprise ? [field.id, filling.length, 2636] : [210, filling.length],
          )
          content.push(new Uint8Array(filling.length).fill(0xaa))
        }
        const needed = Math.max(1, Math.ceil(value.toString(16).length / 2))
        const length = Math.min(8, needed + extraBytes)
        specifiers.push([field.id, isVariable ? variable : length])
        content.push(isVariable ? variableLength(beBytes(value, length)) : beBytes(value, length))
        expected[field.name] = field.bits === 64 ? value : Number(value)
      }
      const bytesOfRecord = content.reduce((total, part) => total + part.length, 0)
      const isShort = bytesOfRecord <= padding
      const data = set(256, ...content, zeros(isShort ? 0 : padding))
      const [flow, ...more] = flowsOfLast(
        ipfix({ exportTime: seconds }, templateSet(256, ...specifiers), data),
      )
      expect(more).toEqual([])
      for (const [name, value] of Object.entries(expected)) expect(flow?.[name] ?? 0).toBe(value)
    }),
    { numRuns: 2_000 },
  )
})
