// Sampling rates out of options data and data records. RFC 5477 8.2 (elements 302-311), RFC 3954 6.1 (scopes) and Cisco's elements 34, 48 and 50.

import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { bytes, type Part, u8, u16, u32, u64, uint } from '../../build/bytes.ts'
import { decoded, receivedMs, source } from '../../build/decoded.ts'
import {
  type Field,
  ipfix,
  optionsTemplateSet,
  set,
  templateSet,
  variable,
  variableLength,
} from '../../build/ipfix.ts'
import {
  type Field9,
  flowSet,
  netflow9,
  optionsTemplateFlowSet,
  templateFlowSet,
} from '../../build/netflow9.ts'

const seconds = 1_700_000_000

type Value = readonly [id: number, value: Uint8Array]
const sizes = (values: readonly Value[]) => values.map(([id, value]): Field9 => [id, value.length])
const contents = (values: readonly Value[]) => values.map(([, value]): Part => value)

/** An options template (257) and one record of it, in NetFlow v9. The scope is the system unless given. */
function announce9(
  options: readonly Value[],
  scopes: readonly Value[] = [[1, u32(1)]],
): Uint8Array {
  return bytes(
    optionsTemplateFlowSet(257, sizes(scopes), sizes(options)),
    flowSet(257, ...contents(scopes), ...contents(options)),
  )
}

/** The same in IPFIX. The scope is the metering process (143) unless given. */
function announce(
  options: readonly Value[],
  scopes: readonly Value[] = [[143, u32(1)]],
): Uint8Array {
  return bytes(
    optionsTemplateSet(257, sizes(scopes) as Field[], sizes(options) as Field[]),
    set(257, ...contents(scopes), ...contents(options)),
  )
}

/** A template (`id`) and one record of it with the given fields after an octet count. */
function data9(values: readonly Value[] = [], id = 256): Uint8Array {
  return bytes(
    templateFlowSet(id, [1, 4], ...sizes(values)),
    flowSet(id, u32(64), ...contents(values)),
  )
}

function data(values: readonly Value[] = [], id = 256): Uint8Array {
  return bytes(
    templateSet(id, [1, 4], ...(sizes(values) as Field[])),
    set(id, u32(64), ...contents(values)),
  )
}

/** The sampling rates of the flows of datagrams from one exporter; undefined where none was found. */
function ratesOf(...datagrams: Uint8Array[]): unknown[] {
  const { flows, decode } = decoded()
  for (const datagram of datagrams) decode(datagram)
  return flows.map((flow) => flow['samplingRate'])
}

function rateOf9(announcement: Uint8Array, values: readonly Value[] = []): unknown {
  return ratesOf(netflow9({ seconds }, announcement), netflow9({ seconds }, data9(values)))[0]
}

describe('the rate that a record states', () => {
  test.each<[name: string, values: Value[], rate: number | undefined]>([
    ['34', [[34, u32(1000)]], 1000],
    ['34 in one byte', [[34, u8(200)]], 200],
    ['34 in two bytes', [[34, u16(4096)]], 4096],
    ['34 in eight bytes', [[34, u64(1000)]], 1000],
    ['50', [[50, u32(2048)]], 2048],
    [
      '50 before 34',
      [
        [34, u32(1000)],
        [50, u32(2048)],
      ],
      2048,
    ],
    // 1 packet, then 999 left out
    [
      '305 and 306',
      [
        [305, u32(1)],
        [306, u32(999)],
      ],
      1000,
    ],
    [
      '305 and 306, several packets at once',
      [
        [306, u32(190)],
        [305, u32(10)],
      ],
      20,
    ],
    [
      '305 and a space of 0: every packet',
      [
        [305, u32(1)],
        [306, u32(0)],
      ],
      1,
    ],
    ['305 alone', [[305, u32(512)]], 512],
    [
      '305 beside 34',
      [
        [305, u32(1)],
        [34, u32(100)],
      ],
      100,
    ],
    [
      '309 out of 310',
      [
        [309, u32(1)],
        [310, u32(256)],
      ],
      256,
    ],
    [
      '309 out of 310, not whole',
      [
        [309, u32(3)],
        [310, u32(1000)],
      ],
      333,
    ],
    [
      '305, 309 and 310 as Cisco has them',
      [
        [305, u32(1)],
        [309, u32(1)],
        [310, u32(256)],
      ],
      256,
    ],
    // 0.001 as float64 and as float32
    [
      '311 as a double',
      [[311, Uint8Array.of(0x3f, 0x50, 0x62, 0x4d, 0xd2, 0xf1, 0xa9, 0xfc)]],
      1000,
    ],
    ['311 as a float', [[311, Uint8Array.of(0x3a, 0x83, 0x12, 0x6f)]], 1000],
    ['311 that is no probability', [[311, Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0)]], undefined],
    [
      'nothing but zeros',
      [
        [34, u32(0)],
        [50, u32(0)],
        [305, u32(0)],
        [309, u32(0)],
      ],
      undefined,
    ],
    [
      'the algorithm alone',
      [
        [35, u8(2)],
        [49, u8(2)],
        [304, u16(3)],
      ],
      undefined,
    ],
  ])('%s', (_, values, rate) => {
    // In options data, of both protocols, and in the data record itself.
    expect(rateOf9(announce9(values))).toBe(rate)
    const messages = [announce(values), data()].map((sets) => ipfix({ exportTime: seconds }, sets))
    expect(ratesOf(...messages)).toEqual([rate])
    expect(ratesOf(netflow9({ seconds }, data9(values)))).toEqual([rate])
    expect(ratesOf(ipfix({ exportTime: seconds }, data(values)))).toEqual([rate])
  })
})

test('an announced rate is marked as the exporter said it', () => {
  const { flows, decode } = decoded()
  decode(netflow9({ seconds }, data9()))
  decode(netflow9({ seconds }, announce9([[34, u32(1000)]]), data9()))
  expect(flows[0]).not.toHaveProperty('samplingSource')
  expect(flows[1]).toMatchObject({ samplingRate: 1000, samplingSource: 1 })
})

test('options data holds for all flows of its datagram, those before it as well', () => {
  expect(
    ratesOf(netflow9({ seconds }, data9(), announce9([[34, u32(1000)]]), data9([], 258))),
  ).toEqual([1000, 1000])
})

test('a later announcement replaces an earlier one, and 0 is no announcement', () => {
  const datagrams = [1000, 2000, 0].map((rate) =>
    netflow9({ seconds }, announce9([[34, u32(rate)]]), data9()),
  )
  expect(ratesOf(...datagrams)).toEqual([1000, 2000, 2000])
})

test('a rate outlives the template that it came with', () => {
  const { flows, decode, decoder } = decoded()
  const withdrawn = set(3, u16(257), u16(0))
  for (const sets of [announce([[34, u32(1000)]]), withdrawn]) {
    decode(ipfix({ exportTime: seconds }, sets))
  }
  expect(decoder.describe()).toMatchObject([{ templates: [], samplingRates: [{ rate: 1000 }] }])
  decode(ipfix({ exportTime: seconds }, data()))
  expect(flows).toMatchObject([{ samplingRate: 1000 }])
})

test('the rate in a data record beats the announced one', () => {
  expect(rateOf9(announce9([[34, u32(1000)]]), [[34, u32(50)]])).toBe(50)
})

test('each sampler has its own rate', () => {
  const announcements = bytes(
    optionsTemplateFlowSet(
      257,
      [[1, 4]],
      [
        [48, 2],
        [50, 4],
      ],
    ),
    flowSet(257, u32(1), u16(1), u32(100), u32(1), u16(2), u32(5000)),
  )
  expect(rateOf9(announcements, [[48, u8(1)]])).toBe(100)
  expect(rateOf9(announcements, [[48, u8(2)]])).toBe(5000)
})

test('a sampler with the id 0 is one like any other', () => {
  expect(
    rateOf9(
      announce9([
        [48, u8(0)],
        [50, u32(77)],
      ]),
      [[48, u8(0)]],
    ),
  ).toBe(77)
})

test('a selector id (302) names a sampler, as scope and in eight bytes', () => {
  const announcement = announce(
    [
      [305, u32(1)],
      [306, u32(99)],
    ],
    [[302, u64(5)]],
  )
  const sets = [announcement, data([[302, u32(5)]])]
  expect(ratesOf(ipfix({ exportTime: seconds }, ...sets))).toEqual([100])
})

test('a record with both ids uses the one that is known', () => {
  const announcement = announce9([
    [48, u8(14)],
    [50, u32(300)],
  ])
  expect(
    rateOf9(announcement, [
      [48, u8(10)],
      [302, u32(14)],
    ]),
  ).toBe(300)
})

test('a sampler that was never announced falls back on what holds for all', () => {
  const announcements = bytes(
    announce9([
      [48, u8(1)],
      [50, u32(100)],
    ]),
    announce9([[34, u32(64)]]),
  )
  expect(rateOf9(announcements, [[48, u8(9)]])).toBe(64)
  expect(
    rateOf9(
      announce9([
        [48, u8(1)],
        [50, u32(100)],
      ]),
      [[48, u8(9)]],
    ),
  ).toBeUndefined()
})

test('a record that names no sampler has the rate on which all samplers agree', () => {
  const sampler = (id: number, rate: number) =>
    announce9([
      [48, u8(id)],
      [50, u32(rate)],
    ])
  expect(rateOf9(sampler(1, 100))).toBe(100)
  expect(rateOf9(bytes(sampler(1, 100), sampler(2, 100)))).toBe(100)
  expect(rateOf9(bytes(sampler(1, 100), sampler(2, 200)))).toBeUndefined()
})

test('an agreement of samplers ends when one disagrees', () => {
  const sampler = (id: number, rate: number) =>
    announce9([
      [48, u8(id)],
      [50, u32(rate)],
    ])
  const datagrams = [sampler(1, 100), data9(), sampler(2, 200), data9(), sampler(2, 100), data9()]
  expect(ratesOf(...datagrams.map((flowSets) => netflow9({ seconds }, flowSets)))).toEqual([
    100,
    undefined,
    100,
  ])
})

test('an interface has its own rate, by v9 scope and by element, at ingress before egress', () => {
  const byScope = announce9([[34, u32(128)]], [[2, u16(12)]])
  expect(rateOf9(byScope, [[10, u32(12)]])).toBe(128)
  expect(
    rateOf9(byScope, [
      [10, u32(13)],
      [14, u32(12)],
    ]),
  ).toBe(128)
  expect(rateOf9(byScope, [[10, u32(13)]])).toBeUndefined()
  const byElement = announce([[34, u32(256)]], [[10, u32(12)]])
  expect(ratesOf(ipfix({ exportTime: seconds }, byElement, data([[10, u32(12)]])))).toEqual([256])
  const both = bytes(
    announce9([[34, u32(1)]], [[2, u32(12)]]),
    announce9([[34, u32(2)]], [[2, u32(13)]]),
  )
  expect(
    rateOf9(both, [
      [14, u32(12)],
      [10, u32(13)],
    ]),
  ).toBe(2)
})

test('a sampler beats an interface, and an interface beats the system', () => {
  const announcements = bytes(
    announce9([[34, u32(10)]]),
    announce9([[34, u32(20)]], [[2, u32(12)]]),
    announce9([
      [48, u8(1)],
      [50, u32(30)],
    ]),
  )
  expect(
    rateOf9(announcements, [
      [10, u32(12)],
      [48, u8(1)],
    ]),
  ).toBe(30)
  expect(rateOf9(announcements, [[10, u32(12)]])).toBe(20)
  expect(rateOf9(announcements, [[10, u32(99)]])).toBe(10)
})

test('a template has its own rate, by v9 scope and by element 145', () => {
  const byScope = announce9([[34, u32(128)]], [[5, u16(256)]])
  const datagram = netflow9({ seconds }, byScope, data9([], 256), data9([], 258))
  expect(ratesOf(datagram)).toEqual([128, undefined])
  const byElement = announce([[34, u32(128)]], [[145, u16(256)]])
  const message = ipfix({ exportTime: seconds }, byElement, data([], 256), data([], 258))
  expect(ratesOf(message)).toEqual([128, undefined])
})

test('a line card has its own rate, which holds for all when no other card disagrees', () => {
  const card = (id: number, rate: number) => announce9([[34, u32(rate)]], [[3, u32(id)]])
  const two = bytes(card(1, 100), card(2, 200))
  expect(rateOf9(two, [[141, u32(2)]])).toBe(200)
  expect(rateOf9(two)).toBeUndefined()
  expect(rateOf9(card(1, 100))).toBe(100)
})

test('options data of the system holds from a scope of no bytes', () => {
  expect(rateOf9(announce9([[34, u32(1000)]], [[1, new Uint8Array(0)]]))).toBe(1000)
})

test('options data that is not about sampling announces nothing', () => {
  // An interface table: index and description.
  expect(
    rateOf9(
      announce9([
        [10, u32(12)],
        [83, u64(0)],
      ]),
    ),
  ).toBeUndefined()
})

test('an options record of variable length is read to its end', () => {
  const options: Field[] = [
    [335, variable],
    [50, 4],
  ]
  const sets = [
    optionsTemplateSet(257, [[302, 4]], options),
    set(257, u32(1), variableLength(new Uint8Array(19)), u32(700)),
    data([[302, u32(1)]]),
  ]
  expect(ratesOf(ipfix({ exportTime: seconds }, ...sets))).toEqual([700])
})

test('NetFlow v9 scope ids are not elements', () => {
  // Scope 1 is the system, element 1 is octetDeltaCount; scope 5 a template, element 5 the ToS.
  expect(rateOf9(announce9([[34, u32(9)]], [[1, u32(123_456)]]))).toBe(9)
  // In IPFIX scopes are elements: 5 is the ToS there, and says nothing of a template.
  const message = ipfix({ exportTime: seconds }, announce([[34, u32(9)]], [[5, u8(1)]]), data())
  expect(ratesOf(message)).toEqual([9])
})

test('an enterprise element with the number of a rate is none', () => {
  const announcement = bytes(
    optionsTemplateSet(257, [[143, 4]], [[34, 4, 2636]]),
    set(257, u32(1), u32(999)),
  )
  expect(ratesOf(ipfix({ exportTime: seconds }, announcement, data()))).toEqual([undefined])
})

describe('exporters that announce elsewhere than they send flows', () => {
  const announcement = announce9([
    [48, u8(1)],
    [50, u32(100)],
  ])
  const flows9 = data9([[48, u8(1)]])

  test('under another source id (Cisco ASR 9000, Catalyst 9300)', () => {
    const datagrams = [
      netflow9({ seconds, sourceId: 256 }, announcement),
      netflow9({ seconds, sourceId: 2177 }, flows9),
    ]
    expect(ratesOf(...datagrams)).toEqual([100])
  })

  test('under source id 0, which beats any other', () => {
    const other = announce9([
      [48, u8(1)],
      [50, u32(200)],
    ])
    const datagrams = [
      netflow9({ seconds, sourceId: 0 }, announcement),
      netflow9({ seconds, sourceId: 256 }, other),
      netflow9({ seconds, sourceId: 2177 }, flows9),
    ]
    expect(ratesOf(...datagrams)).toEqual([100])
  })

  test("but the flow's own source id beats them all", () => {
    const own = announce9([
      [48, u8(1)],
      [50, u32(300)],
    ])
    const datagrams = [
      netflow9({ seconds, sourceId: 2177 }, own),
      netflow9({ seconds, sourceId: 0 }, announcement),
      netflow9({ seconds, sourceId: 2177 }, flows9),
    ]
    expect(ratesOf(...datagrams)).toEqual([300])
  })

  test('a rate for the system holds in all source ids that have none of their own', () => {
    const system = (rate: number) => announce9([[34, u32(rate)]])
    const datagrams = [
      netflow9({ seconds, sourceId: 1 }, system(10)),
      netflow9({ seconds, sourceId: 2 }, system(20)),
      netflow9({ seconds, sourceId: 1 }, data9()),
      netflow9({ seconds, sourceId: 3 }, data9()),
    ]
    expect(ratesOf(...datagrams)).toEqual([10, 20])
  })

  test('from another port', () => {
    const { flows, decode } = decoded()
    decode(netflow9({ seconds }, announcement), source('192.0.2.1', 50_000))
    decode(netflow9({ seconds }, flows9), source('192.0.2.1', 50_001))
    expect(flows).toMatchObject([{ samplingRate: 100 }])
  })

  test('but never for another address', () => {
    const { flows, decode } = decoded()
    decode(netflow9({ seconds }, announcement), source('192.0.2.1'))
    decode(netflow9({ seconds }, flows9), source('192.0.2.2'))
    expect(flows[0]).not.toHaveProperty('samplingRate')
  })
})

test('a rate for the system under source id 0 beats that of any other', () => {
  const system = (rate: number) => announce9([[34, u32(rate)]])
  const datagrams = [
    netflow9({ seconds, sourceId: 0 }, system(10)),
    netflow9({ seconds, sourceId: 1 }, system(20)),
    netflow9({ seconds, sourceId: 7 }, data9()),
    netflow9({ seconds, sourceId: 1 }, data9()),
  ]
  expect(ratesOf(...datagrams)).toEqual([10, 20])
})

test('options data of one observation domain may be about others: observationDomainId (149) is its scope', () => {
  const scope = (domainId: number): Value[] => [[149, u32(domainId)]]
  const message = (domainId: number, ...sets: Uint8Array[]) =>
    ipfix({ exportTime: seconds, domainId }, ...sets)
  const datagrams = [
    message(0, announce([[34, u32(10)]], scope(1)), announce([[34, u32(20)]], scope(2))),
    ...[1, 2].map((domainId) => message(domainId, data())),
  ]
  expect(ratesOf(...datagrams)).toEqual([10, 20])
})

test('one exporter has samplers in each of its observation domains', () => {
  const sampler = (rate: number) =>
    announce9([
      [48, u8(1)],
      [50, u32(rate)],
    ])
  const datagrams = [
    netflow9({ seconds, sourceId: 1 }, sampler(10)),
    netflow9({ seconds, sourceId: 2 }, sampler(20)),
    netflow9({ seconds, sourceId: 1 }, data9([[48, u8(1)]])),
    netflow9({ seconds, sourceId: 2 }, data9([[48, u8(1)]])),
  ]
  expect(ratesOf(...datagrams)).toEqual([10, 20])
})

describe('an exporter that writes intervals with the least significant byte first (MikroTik)', () => {
  const usual = source()

  /** The rates of datagrams from `usual`, of which alone it is told that it does so. */
  function littleEndianRates(...datagrams: Uint8Array[]): unknown[] {
    const rates: number[] = []
    const { decode } = createDecoder({
      emit: ({ samplingRate }) => void rates.push(samplingRate),
      hasLittleEndianSampling: (from) => from === usual,
    })
    for (const datagram of datagrams) decode(datagram, usual, receivedMs)
    return rates
  }

  test.each<[id: number, lengthBytes: number]>([
    [34, 1],
    [34, 2],
    [34, 3],
    [34, 4],
    [34, 8],
    [50, 4],
  ])('is read so in its data records: %i of %i bytes', (id, lengthBytes) => {
    const rate = lengthBytes === 1 ? 200 : 2_000
    const reversed = uint(rate, lengthBytes).reverse()
    expect(littleEndianRates(netflow9({ seconds }, data9([[id, reversed]])))).toEqual([rate])
    expect(littleEndianRates(ipfix({ exportTime: seconds }, data([[id, reversed]])))).toEqual([
      rate,
    ])
  })

  test('is read as others in its options data and in other elements', () => {
    const announced = netflow9({ seconds }, announce9([[34, u32(1000)]]), data9())
    expect(littleEndianRates(announced)).toEqual([1000])
    const space: Value[] = [
      [305, u32(1)],
      [306, u32(99)],
    ]
    expect(littleEndianRates(netflow9({ seconds }, data9(space)))).toEqual([100])
    // Also behind data records that are read so.
    const own = data9([[34, uint(5, 4).reverse()]])
    const later = bytes(announce9([[34, u32(1000)]]), data9([], 258))
    expect(littleEndianRates(netflow9({ seconds }, own), netflow9({ seconds }, later))).toEqual([
      5, 1000,
    ])
  })

  test('is asked for once for a set that has intervals, and for no other', () => {
    const asked: unknown[] = []
    const { decode } = createDecoder({
      emit: () => {},
      hasLittleEndianSampling: (from) => {
        asked.push(from)
        return false
      },
    })
    const three = flowSet(256, ...[1, 2, 3].flatMap(() => [u32(64), u32(10)]))
    decode(netflow9({ seconds }, data9(), announce9([[34, u32(10)]])), usual, receivedMs)
    expect(asked).toEqual([])
    decode(netflow9({ seconds }, templateFlowSet(256, [1, 4], [34, 4]), three), usual, receivedMs)
    expect(asked).toEqual([usual])
  })
})

describe('rates beyond belief', () => {
  test('are not taken from options data, and counted', () => {
    const { flows, decode, decoder } = decoded()
    decode(netflow9({ seconds }, announce9([[34, u32(1000)]])))
    decode(netflow9({ seconds }, announce9([[34, u32(0xffffffff)]]), data9()))
    expect(flows).toMatchObject([{ samplingRate: 1000 }])
    expect(decoder.counters.samplingRatesRefused).toBe(1)
  })

  test('are not taken from data records: MikroTik writes 34 with its bytes reversed', () => {
    const { flows, decode, decoder } = decoded()
    const reversed = uint(1, 4).reverse()
    decode(netflow9({ seconds }, announce9([[34, u32(1000)]]), data9([[34, reversed]])))
    expect(flows).toMatchObject([{ samplingRate: 1000 }])
    expect(decoder.counters.samplingRatesRefused).toBe(1)
  })
})

describe('bounds', () => {
  test('an exporter with too many rates keeps those it has', () => {
    const { decode, decoder, flows } = decoded({ samplingRatesPerExporter: 3 })
    for (let id = 1; id <= 5; id++) {
      decode(
        netflow9(
          { seconds },
          announce9([
            [48, u8(id)],
            [50, u32(100 + id)],
          ]),
        ),
      )
    }
    // Known ones still change.
    decode(
      netflow9(
        { seconds },
        announce9([
          [48, u8(2)],
          [50, u32(999)],
        ]),
      ),
    )
    const known = decoder.describe()[0]?.samplingRates.map(({ id, rate }) => [id, rate])
    expect(known).toEqual([
      [1, 101],
      [2, 999],
      [3, 103],
    ])
    expect(decoder.counters).toMatchObject({ samplingRatesLearned: 4, samplingRatesRefused: 2 })
    decode(netflow9({ seconds }, data9([[48, u8(2)]])))
    expect(flows).toMatchObject([{ samplingRate: 999 }])
  })

  test('beyond the rates for all, the exporter that was silent longest is forgotten', () => {
    const { decode, decoder } = decoded({ samplingRates: 2 })
    for (const host of [1, 2, 3]) {
      decode(netflow9({ seconds }, announce9([[34, u32(100)]])), source(`192.0.2.${host}`))
    }
    expect(decoder.describe().map(({ address }) => address)).toEqual(['192.0.2.2', '192.0.2.3'])
    expect(decoder.counters.exportersEvicted).toBe(1)
  })
})
