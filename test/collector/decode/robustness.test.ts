// Datagrams that are not what they say. Whatever comes, the answer is a reason, what was good before it stays, and the next datagram is decoded.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytes, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { type Decoded, decoded } from '../../build/decoded.ts'
import {
  ipfix,
  optionsTemplateSet,
  set,
  template,
  templateSet,
  variable,
} from '../../build/ipfix.ts'
import {
  flowSet,
  netflow9,
  optionsTemplateFlowSet,
  template9,
  templateFlowSet,
} from '../../build/netflow9.ts'

const seconds = 1_700_000_000
const v9 = (...flowSets: Part[]) => netflow9({ seconds }, ...flowSets)
const message = (...sets: Part[]) => ipfix({ exportTime: seconds }, ...sets)

const ports9 = templateFlowSet(256, [7, 2], [11, 2])
const ports = templateSet(256, [7, 2], [11, 2])
const record = flowSet(256, u16(80), u16(443))
const asPorts = { srcPort: 80, dstPort: 443 }

let run: Decoded
beforeEach(() => {
  run = decoded()
})
// After each case the decoder still works.
afterEach(() => {
  const before = run.flows.length
  expect(
    run.decode(v9(templateFlowSet(40_000, [7, 2]), flowSet(40_000, u16(1234)))),
  ).toBeUndefined()
  expect(run.flows.slice(before)).toMatchObject([{ srcPort: 1234 }])
  expect(run.decoder.counters.internalErrors).toBe(0)
})

describe('a datagram', () => {
  test.each([0, 1, 2, 3])('of %i bytes is too short for a version', (length) => {
    expect(run.decode(zeros(length))).toBe('short-header')
  })

  test.each([
    ['NetFlow v9', u16(9), 20],
    ['IPFIX', u16(10), 16],
  ])('of %s shorter than its header is refused', (_, version, headerBytes) => {
    for (let length = 4; length < headerBytes; length++) {
      expect(run.decode(bytes(version, zeros(length - 2)))).toBe('short-header')
    }
  })

  test('of NetFlow v9 that is 8 bytes long is refused', () => {
    expect(run.decode(bytes(u16(9), u16(1), u32(1)))).toBe('short-header')
  })

  test.each([
    ['0', u32(0)],
    ['1 (NetFlow)', u16(1)],
    ['7 (NetFlow)', u16(7)],
    ['8 (NetFlow)', u16(8)],
    ['11', u16(11)],
    ['4 (sFlow)', u32(4)],
    ['2 (sFlow)', u32(2)],
    ['text', Buffer.from('GET / HTTP/1.1')],
  ])('of version %s is not ours', (_, version) => {
    expect(run.decode(bytes(version, zeros(100)))).toBe('unknown-version')
  })

  test('with nothing after its header has no flows and no fault', () => {
    expect(run.decode(v9())).toBeUndefined()
    expect(run.decode(message())).toBeUndefined()
    expect(run.flows).toEqual([])
  })

  test.each([1, 2, 3])('with %i bytes after its last set is well', (length) => {
    expect(run.decode(v9(ports9, record, zeros(length)))).toBeUndefined()
    expect(run.decode(message(ports, record, zeros(length)))).toBeUndefined()
    expect(run.flows).toHaveLength(2)
  })

  test.each([0, 1, 65_535])('of NetFlow v9 may have any count: %i', (count) => {
    expect(run.decode(netflow9({ seconds, count }, ports9, record, record))).toBeUndefined()
    expect(run.flows).toHaveLength(2)
  })
})

describe('an IPFIX message', () => {
  test.each([0, 1, 15])('of %i bytes cannot be', (length) => {
    expect(run.decode(ipfix({ length }, ports, record))).toBe('bad-length')
    expect(run.flows).toEqual([])
  })

  test('longer than its datagram is read as far as it goes', () => {
    expect(run.decode(ipfix({ length: 65_535, exportTime: seconds }, ports, record))).toBe(
      'bad-length',
    )
    expect(run.flows).toMatchObject([asPorts])
  })

  test('shorter than its datagram ends where it says', () => {
    const length = 16 + ports.length + record.length
    expect(
      run.decode(ipfix({ length, exportTime: seconds }, ports, record, record)),
    ).toBeUndefined()
    expect(run.flows).toHaveLength(1)
  })
})

describe('a set', () => {
  test('of length 0, alone in a NetFlow v9 datagram of 24 bytes, ends it', () => {
    const datagram = v9(zeros(4))
    expect(datagram).toHaveLength(24)
    expect(run.decode(datagram)).toBe('bad-length')
    expect(run.decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 4 })
  })

  test.each([0, 1, 2, 3])('of length %i ends the datagram, which keeps what it had', (length) => {
    const broken = bytes(u16(256), u16(length), zeros(4))
    expect(run.decode(v9(ports9, record, broken, record))).toBe('bad-length')
    expect(run.decode(message(ports, record, broken, record))).toBe('bad-length')
    expect(run.flows).toMatchObject([asPorts, asPorts])
    // Twice the broken set (8 bytes) and the one after it (8 bytes).
    expect(run.decoder.counters.undecodable['bad-length']).toEqual({ sets: 2, bytes: 32 })
  })

  test('of zeros to the end of the datagram is filling: Palo Alto', () => {
    expect(run.decode(v9(ports9, record, zeros(800)))).toBeUndefined()
    expect(run.flows).toMatchObject([asPorts])
  })

  test('of zeros with something after them is not', () => {
    expect(run.decode(v9(ports9, record, zeros(20), record))).toBe('bad-length')
    expect(run.flows).toHaveLength(1)
  })

  test('of length 4 is empty', () => {
    expect(run.decode(v9(flowSet(0), flowSet(1), ports9, flowSet(256), record))).toBeUndefined()
    expect(run.decode(message(set(2), set(3), ports, set(256), record))).toBeUndefined()
    expect(run.flows).toHaveLength(2)
  })

  test('longer than its datagram ends the datagram, which keeps what it had', () => {
    const tooLong = bytes(u16(256), u16(9), u16(80), u16(443))
    expect(run.decode(v9(ports9, record, tooLong))).toBe('bad-length')
    expect(run.flows).toHaveLength(1)
    expect(run.decoder.counters.undecodable['bad-length']).toEqual({ sets: 1, bytes: 8 })
  })

  test.each([
    ['NetFlow v9', v9, ports9, [2, 3, 4, 255]],
    ['IPFIX', message, ports, [0, 1, 4, 10, 255]],
  ] as const)(
    'with an id that %s keeps for itself is skipped by its length',
    (_, datagramOf, templates, ids) => {
      for (const id of ids) {
        const reserved = set(id, u16(256), u16(0), zeros(60))
        expect(run.decode(datagramOf(templates, reserved, record))).toBeUndefined()
      }
      expect(run.flows).toHaveLength(ids.length)
      expect(run.decoder.counters.undecodable['reserved-set']).toEqual({
        sets: ids.length,
        bytes: ids.length * 68,
      })
    },
  )
})

describe('a template', () => {
  test('of more fields than its set has ends the set', () => {
    const broken = (id: number) => [u16(257), u16(id), u16(7), u16(2), u16(11)]
    expect(run.decode(v9(flowSet(0, ...broken(2)), ports9, record))).toBe('bad-template')
    expect(run.decode(message(set(2, ...broken(65_535)), ports, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(2)
    expect(run.decoder.counters.templatesRejected).toBe(2)
    expect(run.decoder.counters.undecodable['bad-template']).toEqual({ sets: 2, bytes: 20 })
  })

  test('that ends in the middle of an enterprise number ends the set', () => {
    const broken = set(2, u16(257), u16(1), u16(0x8007), u16(2), u16(0))
    expect(run.decode(message(broken, ports, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(1)
  })

  test('of records without bytes is refused: they would never end', () => {
    expect(run.decode(v9(flowSet(0, template9(257, [7, 0])), flowSet(257, zeros(8))))).toBe(
      'bad-template',
    )
    expect(run.decode(message(set(2, template(257, [7, 0], [11, 0]))))).toBe('bad-template')
    expect(run.flows).toEqual([])
  })

  test('without fields is refused, and those after it in its set are taken', () => {
    const datagram = v9(flowSet(0, template9(257), template9(256, [7, 2], [11, 2])), record)
    expect(run.decode(datagram)).toBe('bad-template')
    expect(run.flows).toMatchObject([asPorts])
  })

  test('of records longer than a set can be is refused', () => {
    // 65,531 is the longest: 65,535 less the header of its set.
    expect(run.decode(v9(templateFlowSet(257, [210, 65_530], [7, 1])))).toBeUndefined()
    expect(run.decode(v9(templateFlowSet(257, [210, 65_530], [7, 2])))).toBe('bad-template')
    const huge = Array.from({ length: 300 }, (): [number, number] => [210, 65_534])
    expect(run.decode(message(templateSet(257, ...huge)))).toBe('bad-template')
  })

  test.each([0, 1, 2, 255])('with the id %i is refused, and those after it are taken', (id) => {
    const sets = set(2, template(id, [7, 2]), template(256, [7, 2], [11, 2]))
    expect(run.decode(message(sets, record))).toBe('bad-template')
    expect(run.flows).toMatchObject([asPorts])
  })

  test.each([
    [2, 4],
    [4, 6],
    [5, 3],
  ])('for options of NetFlow v9 with lengths of %i and %i bytes ends the set', (scope, option) => {
    const broken = flowSet(1, u16(257), u16(scope), u16(option), zeros(12))
    expect(run.decode(v9(broken, ports9, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(1)
    expect(run.decoder.counters.templatesRejected).toBe(1)
  })

  test('for options of NetFlow v9 with lengths beyond the set ends the set', () => {
    const broken = flowSet(1, u16(257), u16(65_532), u16(65_532), u16(1), u16(4))
    expect(run.decode(v9(broken, ports9, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(1)
  })

  test('for options whose header is cut off ends the set', () => {
    expect(run.decode(v9(flowSet(1, u16(257), u16(4)), ports9, record))).toBe('bad-template')
    expect(run.decode(message(set(3, u16(257), u16(1)), ports, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(2)
  })

  test('for options with an id below 256 is refused', () => {
    const scope: [number, number] = [1, 4]
    const v9Options = (id: number) => optionsTemplateFlowSet(id, [scope], [[34, 4]])
    const options = (id: number) => optionsTemplateSet(id, [[143, 4]], [[34, 4]])
    for (const id of [0, 1, 2, 3, 255]) {
      expect(run.decode(v9(v9Options(id), ports9, record))).toBe('bad-template')
      expect(run.decode(message(options(id), ports, record))).toBe('bad-template')
    }
    expect(run.flows).toHaveLength(10)
  })

  test('for options of IPFIX with more scope than fields is refused', () => {
    const broken = set(3, u16(257), u16(1), u16(2), u16(143), u16(4))
    expect(run.decode(message(broken, ports, record))).toBe('bad-template')
    expect(run.flows).toHaveLength(1)
  })

  test('for options of IPFIX without scope is taken: some vendors send it', () => {
    const options = set(3, u16(257), u16(1), u16(0), u16(34), u16(4))
    const sets = [options, set(257, u32(100)), ports, record]
    expect(run.decode(message(...sets))).toBeUndefined()
    expect(run.flows).toMatchObject([{ ...asPorts, samplingRate: 100 }])
  })
})

describe('a data record', () => {
  const text = templateSet(257, [7, 2], [82, variable], [11, 2])
  const good = bytes(u16(80), u8(3), zeros(3), u16(443))

  test.each([
    ['a length beyond the set', bytes(u16(81), u8(200), zeros(20))],
    ['a long length beyond the set', bytes(u16(81), u8(255), u16(65_535), zeros(20))],
    ['a long length that is cut off', bytes(u16(81), u8(255), u8(0), zeros(1))],
    ['nothing left for its last field', bytes(u16(81), u8(2), zeros(3))],
  ])('of variable length with %s ends the set, and is left out', (_, broken) => {
    expect(run.decode(message(text, set(257, good, broken), ports, record))).toBe('bad-length')
    expect(run.flows).toMatchObject([asPorts, asPorts])
    expect(run.decoder.counters.undecodable['bad-length']).toEqual({
      sets: 1,
      bytes: broken.length,
    })
  })

  test('of options that is broken ends its set', () => {
    const options = set(3, u16(258), u16(2), u16(1), u16(143), u16(4), u16(82), u16(variable))
    const broken = set(258, u32(1), u8(9), zeros(2))
    expect(run.decode(message(options, broken, ports, record))).toBe('bad-length')
    expect(run.flows).toHaveLength(1)
    expect(run.decoder.counters.optionsRecords).toBe(0)
  })

  test('of one byte: as many as there are bytes, and no more', () => {
    const datagram = v9(templateFlowSet(257, [4, 1]), flowSet(257, new Uint8Array(60_000).fill(6)))
    expect(run.decode(datagram)).toBeUndefined()
    expect(run.flows).toHaveLength(60_000)
  })

  test('with structured data inside (RFC 6313) steps over it', () => {
    const list = bytes(u8(7), u8(3), u16(293), zeros(4))
    const fields = templateSet(257, [7, 2], [293, variable], [11, 2])
    expect(run.decode(message(fields, set(257, u16(80), list, u16(443))))).toBeUndefined()
    expect(run.flows).toMatchObject([asPorts])
  })
})
