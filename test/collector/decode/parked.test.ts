// Data sets that come before their template: they wait for it, within bounds, and what never gets one is counted.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { createSource } from '../../../collector/exporters/source.ts'
import { bytes, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { type Decoded, decoded, plainFlow, receivedMs, source } from '../../build/decoded.ts'
import {
  ipfix,
  optionsTemplateSet,
  set,
  template,
  templateSet,
  variable,
  withdrawal,
} from '../../build/ipfix.ts'
import { flowSet, netflow9, optionsTemplateFlowSet, templateFlowSet } from '../../build/netflow9.ts'

const seconds = 1_700_000_000
const message = (...sets: Part[]) => ipfix({ exportTime: seconds }, ...sets)

/** Templates of two fields of the same length that say different things. */
const ports = templateSet(256, [7, 2], [11, 2])
const vlans = templateSet(256, [58, 2], [59, 2])
const record = set(256, u16(80), u16(443))
const asPorts = { srcPort: 80, dstPort: 443 }
const asVlans = { srcVlan: 80, dstVlan: 443 }

const minuteMs = 60_000

/** Parked = replayed + expired + evicted + held; those given up are undecodable, and no others are for this reason. */
function expectClosedLedger({ decoder }: Decoded): void {
  const { counters, parked } = decoder
  const { setsParked, setsReplayed, setsExpired, setsEvicted } = counters
  expect(setsReplayed + setsExpired + setsEvicted + parked.sets).toBe(setsParked)
  expect(counters.undecodable['unknown-template'].sets).toBe(setsExpired + setsEvicted)
}

describe('a data set before its template', () => {
  test('is read when the template comes, as a part of the message that it came in', () => {
    const { flows, decoder } = decoded()
    const data = netflow9(
      { seconds, uptimeMs: 50_000, sequence: 41, sourceId: 9 },
      flowSet(256, u16(80), u32(45_000), u32(48_000)),
    )
    const later = netflow9(
      { seconds: seconds + 60, uptimeMs: 110_000, sequence: 42, sourceId: 9 },
      templateFlowSet(256, [7, 2], [22, 4], [21, 4]),
    )
    expect(decoder.decode(data, source(), receivedMs)).toBeUndefined()
    expect(flows).toEqual([])
    expect(decoder.decode(later, source(), receivedMs + minuteMs)).toBeUndefined()
    expect(flows).toEqual([
      {
        type: 3,
        samplerAddress: '192.0.2.1',
        observationDomainId: 9,
        sequenceNumber: 41,
        srcPort: 80,
        bytes: 0n,
        packets: 0n,
        received: '2026-01-02T03:04:05.678000000Z',
        // 50,000 - 45,000 ms and 50,000 - 48,000 ms before 22:13:20
        start: '2023-11-14T22:13:15.000000000Z',
        end: '2023-11-14T22:13:18.000000000Z',
      },
    ])
    expect(decoder.counters).toMatchObject({ setsParked: 1, setsReplayed: 1 })
    expect(decoder.counters.flows.netflow9).toBe(1)
  })

  test('of IPFIX is read with the export time that it came with', () => {
    const { flows, decode } = decoded()
    // flowStartDeltaMicroseconds: before the export time.
    decode(ipfix({ exportTime: seconds, sequence: 7 }, set(256, u32(1_000_000))))
    decode(ipfix({ exportTime: seconds + 60, sequence: 8 }, templateSet(256, [158, 4])))
    expect(flows).toMatchObject([{ sequenceNumber: 7, start: '2023-11-14T22:13:19.000000000Z' }])
  })

  test('may stand in the datagram of its template', () => {
    const { flows, decode, decoder } = decoded()
    expect(decode(message(record, ports))).toBeUndefined()
    expect(flows).toMatchObject([asPorts])
    expect(decoder.parked).toEqual({ sets: 0, bytes: 0 })
  })

  test('is counted neither as undecodable nor as a fault while it waits', () => {
    const { decode, decoder } = decoded()
    expect(decode(message(set(300, zeros(20)), set(301, u8(1))))).toBeUndefined()
    expect(decoder.parked).toEqual({ sets: 2, bytes: 29 })
    expect(decoder.parkedCount('192.0.2.1')).toBe(2)
    expect(decoder.counters.undecodable['unknown-template']).toEqual({ sets: 0, bytes: 0 })
  })

  test('does not keep what is beside it from being read', () => {
    const { flows, decode } = decoded()
    decode(message(set(300, zeros(20)), ports, record, set(301, u8(1))))
    expect(flows).toMatchObject([asPorts])
  })

  test('gives its flows before those that came behind the template', () => {
    const { flows, decode } = decoded()
    const sets = [6, 7].map((port) => set(256, u16(port), u16(port)))
    for (const each of sets) decode(message(each))
    const other = [templateSet(257, [7, 2]), set(257, u16(5))]
    decode(message(...other, ports, set(256, u16(8), u16(8))))
    expect(flows.map((flow) => flow['srcPort'])).toEqual([5, 6, 7, 8])
  })

  test('is a copy: the datagram may be written over', () => {
    const { flows, decode } = decoded()
    const datagram = message(record)
    decode(datagram)
    datagram.fill(0xff)
    decode(message(ports))
    expect(flows).toMatchObject([asPorts])
  })

  test('that its template cannot read is undecodable, which is no fault of the datagram that brought it', () => {
    const { flows, decode, decoder } = decoded()
    decode(message(set(256, u16(80), u8(200), zeros(5))))
    expect(decode(message(templateSet(256, [7, 2], [82, variable])))).toBeUndefined()
    expect(flows).toEqual([])
    expect(decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 8 })
    expect(decoder.counters.setsReplayed).toBe(1)
  })

  test('leaves the message that is being read as it was', () => {
    const { flows, decode } = decoded()
    decode(ipfix({ exportTime: seconds - 9, sequence: 1 }, record))
    const tooLong = u32(0xffff_ffff)
    const rest = [ports, record, tooLong]
    expect(decode(ipfix({ exportTime: seconds, sequence: 2 }, ...rest))).toBe('bad-length')
    expect(flows.map((flow) => [flow['sequenceNumber'], flow['start']])).toEqual([
      [1, '2023-11-14T22:13:11.000000000Z'],
      [2, '2023-11-14T22:13:20.000000000Z'],
    ])
  })

  test('whose flow cannot be taken is gone, and the next datagram is read as its own', () => {
    const taken: unknown[] = []
    let calls = 0
    const decoder = createDecoder({
      emit(flow) {
        calls++
        if (calls === 1) throw new Error('no room')
        taken.push(plainFlow(flow))
      },
    })
    decoder.decode(ipfix({ exportTime: seconds, sequence: 1 }, record), source(), receivedMs)
    const templates = ipfix({ exportTime: seconds, sequence: 2 }, ports)
    expect(decoder.decode(templates, source(), receivedMs)).toBe('internal')
    decoder.decode(ipfix({ exportTime: seconds, sequence: 2 }, record), source(), receivedMs)
    expect(taken).toMatchObject([{ ...asPorts, sequenceNumber: 2 }])
    expectClosedLedger({ decoder, flows: [], decode: () => undefined })
  })
})

describe('options data before its template', () => {
  const optionsTemplate = optionsTemplateFlowSet(257, [[1, 4]], [[34, 4]])
  const rates = (rate: number) => flowSet(257, u32(0), u32(rate))
  const dataTemplate = templateFlowSet(256, [7, 2])
  const data = flowSet(256, u16(80))
  const v9 = (...flowSets: Part[]) => netflow9({ seconds }, ...flowSets)

  test.each([
    ['before', [rates(100), data]],
    ['after', [data, rates(100)]],
  ])('announces the rate of the data parked %s it', (_, flowSets) => {
    const { flows, decode } = decoded()
    for (const each of flowSets) decode(v9(each))
    decode(v9(dataTemplate, optionsTemplate))
    expect(flows).toMatchObject([{ srcPort: 80, samplingRate: 100 }])
  })

  test('does not undo what later options data announced', () => {
    const { flows, decode } = decoded()
    decode(v9(rates(100)))
    decode(v9(optionsTemplate, rates(200), dataTemplate, data))
    expect(flows).toMatchObject([{ samplingRate: 200 }])
  })

  test('does not make the exporter seem to have been silent since', () => {
    const { decoder } = decoded()
    decoder.decode(v9(rates(100)), source(), receivedMs)
    decoder.decode(v9(optionsTemplate), source(), receivedMs + minuteMs)
    expect(decoder.describe()[0]?.lastSeenMs).toBe(receivedMs + minuteMs)
  })
})

test('an empty data set has nothing to wait for', () => {
  const { decode, decoder } = decoded()
  expect(decode(message(set(256), set(257)))).toBeUndefined()
  expect(decoder.counters.setsParked).toBe(0)
})

describe('the template that a set waits for', () => {
  const other = [
    ['of another address', message(ports), source('192.0.2.2')],
    ['of another domain', ipfix({ domainId: 1 }, ports), source()],
    ['of another protocol', netflow9({}, templateFlowSet(256, [7, 2], [11, 2])), source()],
    ['with another id', message(templateSet(257, [7, 2], [11, 2])), source()],
  ] as const

  test.each(other)('is none %s', (_, datagram, from) => {
    const run = decoded()
    run.decode(message(record))
    run.decode(datagram, from)
    expect(run.flows).toEqual([])
    expect(run.decoder.parked.sets).toBe(1)
    run.decode(message(ports))
    expect(run.flows).toMatchObject([asPorts])
    expectClosedLedger(run)
  })

  test('may come from another port, as for any data', () => {
    const { flows, decode } = decoded()
    decode(message(record), source('192.0.2.1', 1001))
    decode(message(ports), source('192.0.2.1', 1002))
    expect(flows).toMatchObject([asPorts])
  })

  test('must be agreed on by all ports that sent one, or come from its own', () => {
    const { flows, decode } = decoded()
    decode(message(ports), source('192.0.2.1', 1001))
    decode(message(vlans), source('192.0.2.1', 1002))
    decode(message(record), source('192.0.2.1', 1003))
    decode(message(record), source('192.0.2.1', 1004))
    decode(message(vlans), source('192.0.2.1', 1003))
    expect(flows).toMatchObject([asVlans])
    decode(message(ports), source('192.0.2.1', 1003))
    decode(message(ports), source('192.0.2.1', 1002))
    expect(flows).toMatchObject([asVlans, asPorts])
  })

  test('is the first that comes, also when a datagram redefines it', () => {
    const { flows, decode } = decoded()
    decode(message(record))
    decode(message(vlans, ports, record))
    expect(flows).toMatchObject([asVlans, asPorts])
  })

  test('is the next one, when the last was withdrawn', () => {
    const { flows, decode } = decoded()
    decode(message(ports, set(2, withdrawal(256)), record))
    expect(flows).toEqual([])
    decode(message(vlans))
    expect(flows).toMatchObject([asVlans])
  })

  test('is none that is refused', () => {
    const { flows, decode } = decoded()
    decode(message(record))
    expect(decode(message(templateSet(256, [7, 0])))).toBe('bad-template')
    decode(message(ports))
    expect(flows).toMatchObject([asPorts])
  })
})

describe('what has no template in time', () => {
  test('is given up after five minutes, as the next datagram of anybody shows', () => {
    const run = decoded()
    const { decoder } = run
    decoder.decode(message(record), source(), receivedMs)
    const nothing = netflow9({})
    decoder.decode(nothing, source('192.0.2.2'), receivedMs + 5 * minuteMs - 1)
    expect(decoder.parked).toEqual({ sets: 1, bytes: 8 })
    decoder.decode(nothing, source('192.0.2.2'), receivedMs + 5 * minuteMs)
    expect(decoder.parked).toEqual({ sets: 0, bytes: 0 })
    expect(decoder.counters.undecodable['unknown-template']).toEqual({ sets: 1, bytes: 8 })
    expect(decoder.counters.setsExpired).toBe(1)
    decoder.decode(message(ports), source(), receivedMs + 5 * minuteMs)
    expect(run.flows).toEqual([])
    expectClosedLedger(run)
  })

  test('is given up after five minutes in which nothing came', () => {
    const { decoder } = decoded()
    decoder.decode(message(record), source(), receivedMs)
    decoder.decode(message(record), source(), receivedMs + minuteMs)
    decoder.expire(receivedMs + 5 * minuteMs)
    expect(decoder.parked.sets).toBe(1)
    decoder.expire(receivedMs + 6 * minuteMs)
    expect(decoder.parked.sets).toBe(0)
  })

  test('is given up when nothing more will come', () => {
    const run = decoded()
    run.decode(message(record, set(300, zeros(20))))
    run.decode(message(record), source('192.0.2.2'))
    run.decoder.giveUpParked()
    expect(run.decoder.parked).toEqual({ sets: 0, bytes: 0 })
    expect(run.decoder.counters.undecodable['unknown-template']).toEqual({ sets: 3, bytes: 40 })
    expectClosedLedger(run)
  })
})

describe('bounds', () => {
  const portOf = (index: number) => set(256, u16(index), u16(0))

  test('of the sets of one exporter the latest 64 wait', () => {
    const run = decoded()
    for (let i = 0; i < 70; i++) run.decode(message(portOf(i)))
    expect(run.decoder.parked.sets).toBe(64)
    run.decode(message(ports))
    // 0 to 5 were given up.
    expect(run.flows.map((flow) => flow['srcPort'])).toEqual(
      Array.from({ length: 64 }, (_, i) => i + 6),
    )
    expect(run.decoder.counters.setsEvicted).toBe(6)
    expectClosedLedger(run)
  })

  test('of the sets of one datagram the first 64 wait: a datagram can have thousands', () => {
    const run = decoded()
    const many = Array.from({ length: 70 }, (_, i) => portOf(i + 1))
    run.decode(message(portOf(1000)))
    run.decode(message(...many))
    run.decode(message(ports))
    expect(run.flows.map((flow) => flow['srcPort'])).toEqual(
      Array.from({ length: 64 }, (_, i) => i + 1),
    )
    expect(run.decoder.counters.setsEvicted).toBe(7)
    expectClosedLedger(run)
  })

  test('of the sets of one exporter a mebibyte waits, with what it takes to keep it', () => {
    const run = decoded()
    // 16 x 65,000 bytes are less than 1,048,576, and 17 are more.
    const big = message(set(256, zeros(64_996)))
    for (let i = 0; i < 17; i++) run.decode(big)
    expect(run.decoder.parked.sets).toBeLessThanOrEqual(16)
    expect(run.decoder.parked.sets).toBeGreaterThanOrEqual(15)
    expect(run.decoder.parked.bytes).toBe(run.decoder.parked.sets * 65_000)
    expectClosedLedger(run)
  })

  test('of all sets, the oldest of all goes first', () => {
    // Room for three: each set takes its 8 bytes and a KiB for what it takes to keep it.
    const run = decoded({ parkedBytes: 3 * (8 + 1_024) })
    for (const host of [1, 2, 1, 3, 4]) run.decode(message(record), source(`192.0.2.${host}`))
    const hosts = run.decoder.describe().map(({ address }) => address)
    expect(hosts).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4'])
    expect(run.decoder.counters.setsEvicted).toBe(2)
    expectClosedLedger(run)
  })

  test('beyond the exporters, what waited longest goes', () => {
    const run = decoded({ exporters: 2 })
    for (const host of [1, 1, 2, 1, 3]) run.decode(message(record), source(`192.0.2.${host}`))
    // Of exporter 1 two sets were older than that of exporter 2, with which an exporter went.
    expect(run.decoder.describe().map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.3'])
    expect(run.decoder.counters.setsEvicted).toBe(3)
    expectClosedLedger(run)
  })

  test('forged exporters with a set each stay in 32 MiB, however many', () => {
    const run = decoded()
    const { decoder } = run
    const datagram = message(record)
    let most = 0
    for (let i = 0; i < 100_000; i++) {
      decoder.decode(datagram, createSource(u32(i), 2055), receivedMs)
      if (decoder.parked.sets > most) most = decoder.parked.sets
    }
    expect(decoder.counters.setsParked).toBe(100_000)
    // As many exporters as there may be, and for each set there is a KiB of the 32 MiB for what it takes to keep it.
    expect(most).toBe(10_000)
    expect(most * (1_024 + record.length)).toBeLessThan(32 * 1024 * 1024)
    expectClosedLedger(run)
  })

  test('exporters that use up all that each may have stay in 32 MiB', () => {
    const run = decoded()
    const datagram = message(...Array.from({ length: 5 }, () => set(256, zeros(12_000))))
    for (let host = 0; host < 100; host++) {
      for (let i = 0; i < 13; i++) {
        run.decode(datagram, createSource(u32(host), 2055))
      }
    }
    const { sets, bytes: held } = run.decoder.parked
    expect(held).toBe(sets * 12_004)
    expect(held + sets * 1_024).toBeLessThanOrEqual(32 * 1024 * 1024)
    // And that room is used: one more would not fit.
    expect(held + sets * 1_024 + 2 * 13_028).toBeGreaterThan(32 * 1024 * 1024)
    expectClosedLedger(run)
  })

  test('a flood of data sets and template ids from one exporter leaves another what waits, and its templates', () => {
    const run = decoded()
    const [good, bad] = [source('192.0.2.1'), source('192.0.2.66')]
    run.decode(message(templateSet(300, [7, 2]), record), good)
    // 200 datagrams x 1,000 data sets of ids of their own, and as many templates, 170,000 in 200 domains.
    for (let domainId = 0; domainId < 200; domainId++) {
      const ids = Array.from({ length: 1_000 }, (_, i) => 1_000 + ((domainId * 1_000 + i) % 60_000))
      run.decode(ipfix({ domainId }, ...ids.map((id) => set(id, zeros(4)))), bad)
      run.decode(
        ipfix({ domainId: domainId + 1_000 }, set(2, ...ids.map((id) => template(id, [7, 2])))),
        bad,
      )
    }
    expect(run.decoder.parkedCount(good.address)).toBe(1)
    expect(run.decoder.parkedCount(bad.address)).toBe(64)
    run.decode(message(ports, set(300, u16(8))), good)
    expect(run.flows).toMatchObject([asPorts, { srcPort: 8 }])
    expectClosedLedger(run)
  })
})

test('the ledger closes whatever comes in whatever order', () => {
  const step = fc.record({
    kind: fc.constantFrom('data', 'big', 'template', 'options', 'withdrawal', 'expire'),
    host: fc.integer({ min: 1, max: 4 }),
    port: fc.integer({ min: 1, max: 2 }),
    domainId: fc.nat({ max: 1 }),
    id: fc.integer({ min: 256, max: 258 }),
    afterMs: fc.nat({ max: minuteMs }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = decoded({
        exporters: 3,
        parkedSetsPerExporter: 4,
        parkedBytesPerExporter: 8_000,
        parkedBytes: 14_000,
      })
      let nowMs = receivedMs
      for (const { kind, host, port, domainId, id, afterMs } of steps) {
        nowMs += afterMs
        const sets = {
          data: set(id, u32(1)),
          big: set(id, zeros(4_000)),
          template: templateSet(id, [7, 2], [11, 2]),
          options: optionsTemplateSet(id, [[143, 2]], [[34, 2]]),
          withdrawal: set(2, withdrawal(id)),
          expire: bytes(),
        }
        if (kind === 'expire') run.decoder.expire(nowMs)
        const from = source(`192.0.2.${host}`, port)
        run.decoder.decode(ipfix({ domainId }, sets[kind]), from, nowMs)
        expectClosedLedger(run)
        const described = run.decoder.describe().flatMap(({ parked }) => parked)
        const sum = (of: 'sets' | 'bytes') => described.reduce((total, each) => total + each[of], 0)
        expect(run.decoder.parked).toEqual({ sets: sum('sets'), bytes: sum('bytes') })
        expect(run.decoder.parked.sets).toBeLessThanOrEqual(12)
      }
      run.decoder.giveUpParked()
      expect(run.decoder.parked).toEqual({ sets: 0, bytes: 0 })
      expectClosedLedger(run)
    }),
    { numRuns: 300 },
  )
})

test('the description says what waits for which template, and since when', () => {
  const { decoder } = decoded()
  const at = (datagram: Uint8Array, host: number, ms: number) =>
    decoder.decode(datagram, source(`192.0.2.${host}`, 4000 + host), receivedMs + ms)
  at(message(record, set(300, zeros(20))), 1, 0)
  at(message(record), 1, 1_000)
  at(netflow9({ sourceId: 5 }, templateFlowSet(256, [7, 2]), flowSet(400, zeros(4))), 2, 2_000)
  const waiting = decoder.describe().map(({ address, lastSeenMs, templates, parked }) => ({
    address,
    lastSeenMs: lastSeenMs - receivedMs,
    templates: templates.length,
    parked: parked.map(({ sinceMs, ...rest }) => ({ ...rest, sinceMs: sinceMs - receivedMs })),
  }))
  const of1 = { protocol: 'ipfix', observationDomainId: 0, port: 4001, sinceMs: 0 }
  expect(waiting).toEqual([
    {
      address: '192.0.2.2',
      lastSeenMs: 2_000,
      templates: 1,
      parked: [
        {
          protocol: 'netflow9',
          observationDomainId: 5,
          templateId: 400,
          port: 4002,
          sets: 1,
          bytes: 8,
          sinceMs: 2_000,
        },
      ],
    },
    {
      address: '192.0.2.1',
      lastSeenMs: 1_000,
      templates: 0,
      parked: [
        { ...of1, templateId: 256, sets: 2, bytes: 16 },
        { ...of1, templateId: 300, sets: 1, bytes: 24 },
      ],
    },
  ])
})

describe('many sets whose template comes at last', () => {
  /** 60 sets of 104 bytes: with the template of 2-byte records, 50 flows each. */
  const sets = 60
  const flowsPerSet = 50
  const data = () => message(set(256, zeros(flowsPerSet * 2)))
  const short = templateSet(256, [7, 2])
  const park = () => {
    const run = decoded({ replayedBytes: 1_000 })
    for (let i = 0; i < sets; i++) run.decode(data())
    return run
  }

  test('are read with several datagrams, no more with each than is allowed', () => {
    const run = park()
    const perDatagram: number[] = []
    for (let i = 0; i < 8; i++) {
      const before = run.flows.length
      run.decode(i === 0 ? message(short) : message())
      perDatagram.push(run.flows.length - before)
      expectClosedLedger(run)
    }
    // 1,000 bytes are passed with the 10th set.
    const most = 10 * flowsPerSet
    expect(perDatagram).toEqual([most, most, most, most, most, most, 0, 0])
  })

  test('are read when no datagram of their exporter comes any more', () => {
    const run = park()
    run.decode(message(short))
    const other = source('192.0.2.2')
    run.decode(message(), other)
    expect(run.flows.length).toBe(10 * flowsPerSet)
    for (let i = 0; i < 6; i++) run.decoder.expire(receivedMs + i)
    expect(run.flows.length).toBe(sets * flowsPerSet)
    expect(run.flows.at(-1)).toMatchObject({ samplerAddress: '192.0.2.1' })
    expectClosedLedger(run)
  })

  test('are read to the last one at the end', () => {
    const run = park()
    run.decode(message(short))
    run.decoder.giveUpParked()
    expect(run.flows.length).toBe(sets * flowsPerSet)
    expect(run.decoder.counters).toMatchObject({ setsReplayed: sets, setsExpired: 0 })
    expectClosedLedger(run)
  })

  test('wait again when their template is withdrawn before their turn', () => {
    const run = park()
    run.decode(message(short))
    run.decode(message(set(2, withdrawal(256))))
    // 10 of them with the datagram of the template, 10 before the withdrawal took effect.
    const read = 20 * flowsPerSet
    run.decode(message())
    run.decoder.giveUpParked()
    expect(run.flows.length).toBe(read)
    expect(run.decoder.counters).toMatchObject({ setsReplayed: 20, setsExpired: sets - 20 })
    expectClosedLedger(run)
  })
})
