// What the sequence numbers of datagrams tell: what was lost on the way, what came late, who began anew. Expected values are
// counted by hand from what the protocols say: Cisco's v5 table B-3, RFC 3954 5.1, RFC 7011 3.1, sFlow v5 section 5.

import { describe, expect, test } from 'vitest'
import type { Part } from '../../build/bytes.ts'
import { u16, u32, zeros } from '../../build/bytes.ts'
import { decoded, receivedMs, source } from '../../build/decoded.ts'
import { ipfix, optionsTemplateSet, set, templateSet } from '../../build/ipfix.ts'
import { netflow5 } from '../../build/netflow5.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'
import { flowSample, sflow } from '../../build/sflow.ts'

const seconds = 1_700_000_000
const usual = source()

/** Decodes datagrams, each some time after the one before, and says of each what its facts say. */
function following(limits?: Parameters<typeof decoded>[0]) {
  const { decoder } = decoded(limits)
  let nowMs = receivedMs
  return {
    decoder,
    next(datagram: Uint8Array, { from = usual, afterMs = 10 } = {}) {
      nowMs += afterMs
      decoder.decode(datagram, from, nowMs)
      const { lost, isLate, isReset } = decoder.facts
      if (isReset) return lost === 0 ? 'reset' : ['reset', lost]
      return isLate ? ['late', lost] : lost
    },
  }
}

/** What the datagrams tell one after the other. */
function outcomes(datagramOf: (sequence: number, units: number) => Uint8Array) {
  return (...datagrams: [sequence: number, units: number][]) => {
    const { next } = following()
    return datagrams.map(([sequence, units]) => next(datagramOf(sequence, units)))
  }
}

const v5 = (sequence: number, flows: number, rest: object = {}) =>
  netflow5({ seconds, sequence, ...rest }, ...Array.from({ length: flows }, () => ({})))

const v9 = (sequence: number, records = 1, rest: object = {}) =>
  netflow9(
    { seconds, sequence, ...rest },
    templateFlowSet(256, [7, 2], [11, 2]),
    flowSet(256, zeros(4 * records)),
  )

const ipfixOf = (sequence: number, records: number, rest: object = {}) =>
  ipfix(
    { exportTime: seconds, sequence, ...rest },
    templateSet(256, [7, 2], [11, 2]),
    set(256, zeros(4 * records)),
  )

const sflowOf = (sequence: number, rest: object = {}) =>
  sflow({ sequence, ...rest }, flowSample({}))

describe('NetFlow v5 counts flows', () => {
  const tellsOf = outcomes(v5)

  test('and what goes on where the last ended lost nothing', () => {
    expect(tellsOf([1000, 30], [1030, 7], [1037, 30])).toEqual([0, 0, 0])
  })

  test('and a gap is what was lost', () => {
    expect(tellsOf([1000, 30], [1090, 30], [1120, 1], [1122, 1])).toEqual([0, 60, 0, 1])
  })

  test('and the number wraps', () => {
    expect(tellsOf([2 ** 32 - 20, 30], [10, 5], [25, 1])).toEqual([0, 0, 10])
    expect(tellsOf([2 ** 32 - 40, 30], [10, 5])).toEqual([0, 20])
  })

  test('of each engine', () => {
    const { next } = following()
    expect(next(v5(1000, 30, { engine: 1 }))).toBe(0)
    expect(next(v5(5, 30, { engine: 2 }))).toBe(0)
    expect(next(v5(5, 30, { engine: 0x0101 }))).toBe(0)
    expect(next(v5(1030, 30, { engine: 1 }))).toBe(0)
    expect(next(v5(36, 30, { engine: 2 }))).toBe(1)
  })

  test('whatever the port', () => {
    const { next } = following()
    next(v5(1000, 30))
    expect(next(v5(1040, 30), { from: source('192.0.2.1', 9999) })).toBe(10)
    expect(next(v5(0, 30), { from: source('192.0.2.2') })).toBe(0)
  })

  test('those that the header counts, of a datagram that was cut off as well', () => {
    const { next } = following()
    expect(next(v5(1000, 30).subarray(0, 24 + 48 * 2))).toBe(0)
    expect(next(v5(1031, 29))).toBe(1)
    // 30 at most on Ethernet; one that holds more may count more.
    expect(next(v5(1060, 40))).toBe(0)
    expect(next(v5(1100, 30))).toBe(0)
  })

  test('and a count beyond what a datagram holds is none: what follows is not judged by it', () => {
    const { next } = following()
    next(v5(1000, 30))
    expect(next(v5(1030, 30, { count: 55_582 }))).toBe(0)
    expect(next(v5(1060, 30))).toBe(0)
    expect(next(v5(1091, 30))).toBe(1)
  })
})

describe('NetFlow v9 counts datagrams', () => {
  test('whatever they hold', () => {
    const tellsOf = outcomes(v9)
    expect(tellsOf([5, 1], [6, 30], [7, 0], [8, 2], [11, 1], [12, 1])).toEqual([0, 0, 0, 0, 2, 0])
    expect(tellsOf([2 ** 32 - 1, 1], [0, 1], [2, 1])).toEqual([0, 0, 1])
  })

  test('of each source id, whatever the port', () => {
    const { next } = following()
    expect(next(v9(100, 1, { sourceId: 1 }))).toBe(0)
    expect(next(v9(7, 1, { sourceId: 2 }))).toBe(0)
    expect(next(v9(101, 1, { sourceId: 1 }), { from: source('192.0.2.1', 9999) })).toBe(0)
    expect(next(v9(9, 1, { sourceId: 2 }))).toBe(1)
    expect(next(v9(500, 1, { sourceId: 1 }), { from: source('192.0.2.2') })).toBe(0)
  })

  test('also those whose template is not known', () => {
    const { next } = following()
    const unknown = (sequence: number) => netflow9({ seconds, sequence }, flowSet(300, zeros(8)))
    expect([1, 2, 4].map((sequence) => next(unknown(sequence)))).toEqual([0, 0, 1])
  })
})

describe('IPFIX counts data records', () => {
  const tellsOf = outcomes(ipfixOf)

  test('and a gap is what was lost', () => {
    expect(tellsOf([100, 3], [103, 0], [103, 2], [105, 1], [116, 1])).toEqual([0, 0, 0, 0, 10])
    expect(tellsOf([2 ** 32 - 2, 3], [1, 1], [3, 1])).toEqual([0, 0, 1])
  })

  test('those of options as well, and no templates', () => {
    const { next } = following()
    const options = [
      optionsTemplateSet(257, [[143, 4]], [[34, 4]]),
      set(257, u32(1), u32(10), u32(2), u32(20)),
    ]
    const withOptions = (sequence: number, ...sets: Part[]) =>
      ipfix({ exportTime: seconds, sequence }, ...options, ...sets)
    expect(next(withOptions(100, set(257, u32(1), u32(10))))).toBe(0)
    expect(next(ipfixOf(103, 4))).toBe(0)
    expect(next(withOptions(107))).toBe(0)
    expect(next(ipfixOf(110, 1))).toBe(1)
  })

  test('of each domain of each port', () => {
    const { next } = following()
    const elsewhere = { from: source('192.0.2.1', 9999) }
    expect(next(ipfixOf(100, 3, { domainId: 1 }))).toBe(0)
    expect(next(ipfixOf(0, 3, { domainId: 2 }))).toBe(0)
    expect(next(ipfixOf(7, 3, { domainId: 1 }), elsewhere)).toBe(0)
    expect(next(ipfixOf(105, 3, { domainId: 1 }))).toBe(2)
    expect(next(ipfixOf(4, 3, { domainId: 2 }))).toBe(1)
    expect(next(ipfixOf(13, 3, { domainId: 1 }), elsewhere)).toBe(3)
  })

  test.each([
    ['that waits for its template', set(300, zeros(8)), 0],
    ['with a reserved id', set(9, zeros(8)), 0],
    ['that is cut off', set(257, zeros(8)), 1],
    ['that did not arrive', set(257, zeros(8)), 12],
  ])('and behind a set %s it is not known how many there were', (_, unknown, cutBytes) => {
    const { next } = following()
    next(ipfixOf(100, 3))
    const datagram = ipfix({ exportTime: seconds, sequence: 104 }, set(256, zeros(4)), unknown)
    // What was lost before it is known all the same.
    expect(next(datagram.subarray(0, datagram.length - cutBytes))).toBe(1)
    expect(next(ipfixOf(120, 3))).toBe(0)
    expect(next(ipfixOf(124, 3))).toBe(1)
  })

  test('and one that comes late is late also where it is not known how many there were', () => {
    const { next } = following()
    next(ipfixOf(100, 3))
    next(ipfixOf(106, 3))
    expect(next(ipfix({ exportTime: seconds, sequence: 109 }, set(300, zeros(8))))).toBe(0)
    expect(next(ipfixOf(103, 3))).toEqual(['late', -3])
    expect(next(ipfixOf(120, 3))).toBe(0)
    expect(next(ipfixOf(123, 3))).toBe(0)
  })

  test('of the message: those of parked sets that it makes readable were counted when they came', () => {
    const { next } = following()
    expect(next(ipfix({ exportTime: seconds, sequence: 100 }, set(256, zeros(12))))).toBe(0)
    expect(next(ipfixOf(103, 2))).toBe(0)
    expect(next(ipfixOf(105, 2))).toBe(0)
  })
})

describe('sFlow counts datagrams', () => {
  test('of each sub-agent of each agent, wherever they come from', () => {
    const { next } = following()
    expect(next(sflowOf(10))).toBe(0)
    expect(next(sflowOf(500, { subAgent: 1 }))).toBe(0)
    expect(next(sflowOf(70, { agent: '203.0.113.2' }))).toBe(0)
    expect(next(sflowOf(13), { from: source('192.0.2.9', 1) })).toBe(2)
    expect(next(sflowOf(502, { subAgent: 1 }))).toBe(1)
    expect(next(sflowOf(71, { agent: '203.0.113.2' }))).toBe(0)
  })

  test('of the source, of an agent without an address', () => {
    const { next } = following()
    expect(next(sflowOf(10, { agent: undefined }))).toBe(0)
    expect(next(sflowOf(10, { agent: undefined }), { from: source('192.0.2.9') })).toBe(0)
    expect(next(sflowOf(12, { agent: '0.0.0.0' }))).toBe(1)
  })
})

describe('what comes late', () => {
  test('is not lost after all', () => {
    const tellsOf = outcomes(v5)
    expect(tellsOf([0, 30], [60, 30], [30, 30], [90, 30])).toEqual([0, 30, ['late', -30], 0])
  })

  test('may fill a gap in parts, in any order', () => {
    const tellsOf = outcomes(v5)
    expect(tellsOf([0, 30], [130, 30], [100, 30], [30, 30], [60, 40])).toEqual([
      0,
      100,
      ['late', -30],
      ['late', -30],
      ['late', -40],
    ])
  })

  test('of several gaps fills its own', () => {
    expect(outcomes(v9)([1, 1], [3, 1], [5, 1], [2, 1], [4, 1], [6, 1])).toEqual([
      0,
      1,
      1,
      ['late', -1],
      ['late', -1],
      0,
    ])
  })

  test('may be late across the wrap', () => {
    const last = 2 ** 32 - 1
    expect(outcomes(v9)([last - 1, 1], [0, 1], [last, 1], [1, 1])).toEqual([0, 1, ['late', -1], 0])
  })

  test('twice, or was never missing, gives nothing back', () => {
    const tellsOf = outcomes(v5)
    expect(tellsOf([0, 30], [60, 30], [60, 30], [30, 30], [30, 30], [0, 30])).toEqual([
      0,
      30,
      ['late', 0],
      ['late', -30],
      ['late', 0],
      ['late', 0],
    ])
  })

  test('fills one number, of a datagram that holds much, where datagrams are counted', () => {
    const tellsOf = outcomes(v9)
    expect(tellsOf([1, 9], [3, 9], [5, 9], [2, 9])).toEqual([0, 1, 1, ['late', -1]])
  })

  test('fills the latest 16 gaps', () => {
    const odd = Array.from({ length: 18 }, (_, i): [number, number] => [1 + 2 * i, 1])
    const tellsOf = outcomes(v9)
    expect(tellsOf(...odd, [2, 1], [4, 1]).slice(18)).toEqual([
      ['late', 0],
      ['late', -1],
    ])
  })

  test('in total gives back no more than was lost', () => {
    const { next, decoder } = following()
    let total = 0
    for (let i = 0; i < 2_000; i++) {
      // Any of 40 numbers, as if a network had shuffled and doubled them.
      next(v9((i * 7919) % 40, 3))
      total += decoder.facts.lost
      expect(total).toBeGreaterThanOrEqual(0)
    }
  })

  test('may be 64 datagrams late, however many flows they hold', () => {
    const numbers = Array.from({ length: 66 }, (_, i) => i)
    const shuffled = (datagram: (i: number) => Uint8Array, late: number) => {
      const { next } = following()
      for (const i of numbers.slice(0, 66)) if (i !== late) next(datagram(i))
      return next(datagram(late))
    }
    expect(shuffled((i) => v5(i * 30, 30), 2)).toEqual(['late', -30])
    expect(shuffled((i) => v9(i), 2)).toEqual(['late', -1])
    expect(shuffled((i) => v9(i), 1)).toEqual(['reset', -1])
  })
})

describe('an exporter that begins anew', () => {
  test('has lost nothing: its number went back far', () => {
    expect(outcomes(v9)([5_000, 1], [5_001, 1], [0, 1], [1, 1], [3, 1])).toEqual([
      0,
      0,
      'reset',
      0,
      1,
    ])
  })

  test('or forward beyond what it can have sent', () => {
    expect(outcomes(v9)([4_000_000_000, 1], [4_000_000_001, 1], [7, 1], [8, 1])).toEqual([
      0,
      0,
      'reset',
      0,
    ])
  })

  test('is known by its uptime, which went back', () => {
    const { next } = following()
    next(v9(100, 1, { uptimeMs: 86_400_000 }))
    next(v9(101, 1, { uptimeMs: 86_400_010 }))
    expect(next(v9(300, 1, { uptimeMs: 5_000 }), { afterMs: 60_000 })).toBe('reset')
    expect(next(v9(90, 1, { uptimeMs: 1_000 }), { afterMs: 60_000 })).toBe('reset')
  })

  test('after more than 24.8 days of uptime as well', () => {
    const { next } = following()
    next(v5(1_000, 30, { uptimeMs: 3_000_000_000 }))
    next(v5(1_030, 30, { uptimeMs: 3_000_000_010 }))
    expect(next(v5(1_500, 30, { uptimeMs: 5_000 }), { afterMs: 60_000 })).toBe('reset')
  })

  test('is none whose uptime wrapped, or stands still at 0', () => {
    const { next } = following()
    next(v9(100, 1, { uptimeMs: 2 ** 32 - 1_000 }))
    next(v9(101, 1, { uptimeMs: 2 ** 32 - 990 }))
    expect(next(v9(103, 1, { uptimeMs: 59_010 }), { afterMs: 60_000 })).toBe(1)
    expect(next(v9(105, 1, { uptimeMs: 0 }), { afterMs: 60_000 })).toBe(1)
    expect(next(v9(107, 1, { uptimeMs: 0 }), { afterMs: 60_000 })).toBe(1)
  })

  test('is none that goes on where it ended, whatever its uptime says', () => {
    const { next } = following()
    next(v9(100, 1, { uptimeMs: 86_400_000 }))
    expect(next(v9(101, 1, { uptimeMs: 12 }))).toBe(0)
  })

  test('is known in sFlow, too', () => {
    const { next } = following()
    next(sflowOf(100, { uptimeMs: 86_400_000 }))
    next(sflowOf(101, { uptimeMs: 86_400_010 }))
    expect(next(sflowOf(200, { uptimeMs: 3_000 }), { afterMs: 120_000 })).toBe('reset')
  })
})

test('each protocol counts for itself', () => {
  const { next } = following()
  const agent = { from: source('203.0.113.1', 0) }
  expect(next(v5(10, 1), agent)).toBe(0)
  expect(next(v9(500, 1), agent)).toBe(0)
  expect(next(ipfixOf(7_000, 1), agent)).toBe(0)
  expect(next(sflowOf(90), agent)).toBe(0)
  expect(next(v5(13, 1), agent)).toBe(2)
  expect(next(v9(504, 1), agent)).toBe(3)
  expect(next(ipfixOf(7_005, 1), agent)).toBe(4)
  expect(next(sflowOf(96), agent)).toBe(5)
})

describe('a jump', () => {
  test('of a sequence that was seen to go on is believed up to a million a second, for a minute at most', () => {
    const jump = (units: number, afterMs: number) => {
      const { next } = following()
      next(v5(0, 30))
      next(v5(30, 30))
      return next(v5(60 + units, 30), { afterMs })
    }
    expect(jump(1_000_000, 10)).toBe(1_000_000)
    expect(jump(1_000_001, 10)).toBe('reset')
    expect(jump(20_000_000, 20_000)).toBe(20_000_000)
    expect(jump(60_000_001, 3_600_000)).toBe('reset')
  })

  test('of one that was not is believed up to 10,000', () => {
    expect(outcomes(v9)([0, 1], [10_001, 1])).toEqual([0, 10_000])
    expect(outcomes(v9)([0, 1], [10_002, 1], [10_003, 1], [10_005, 1])).toEqual([0, 'reset', 0, 1])
    // Nor of one that has just begun anew.
    const again = outcomes(v9)([20_000, 1], [20_001, 1], [0, 1], [10_002, 1], [10_003, 1])
    expect(again).toEqual([0, 0, 'reset', 'reset', 0])
  })

  test('back, of one datagram that strayed, makes nobody lose what follows', () => {
    const numbers = Array.from({ length: 100 }, (_, i): [number, number] => [i, 1])
    expect(outcomes(v9)(...numbers, [3, 1], [100, 1], [102, 1]).slice(100)).toEqual(['reset', 0, 1])
  })

  test('to and fro is that of two exporters behind one address', () => {
    const { next } = following()
    const told = [0, 1, 2, 3].flatMap((i) => [next(v9(4_000_000_000 + i)), next(v9(1_000 + i))])
    expect(told).toEqual([0, 'reset', 0, 0, 0, 0, 0, 0])
  })

  test('to where it does not stay was no loss: two exporters behind one address', () => {
    const { next } = following()
    const told = []
    for (let i = 0; i < 6; i++) {
      for (let k = 0; k < 3; k++) told.push(next(v9(1_000 + i * 3 + k)))
      for (let k = 0; k < 3; k++) told.push(next(v9(50_000 + i * 3 + k)))
    }
    const losses = told.map((each) => (Array.isArray(each) ? Number(each[1]) : Number(each)))
    const total = losses.reduce((sum, lost) => sum + (lost || 0), 0)
    // The last jump has not been taken back yet.
    expect(total).toBeLessThan(50_000)
    expect(told.slice(0, 9)).toEqual([0, 0, 0, 48_997, 0, 0, ['reset', -48_997], 0, 0])
  })
})

describe('an exporter that counts otherwise', () => {
  /** What is claimed in all, after each of the datagrams. */
  const totals = (datagrams: Uint8Array[]) => {
    const { next, decoder } = following()
    let total = 0
    return datagrams.map((datagram) => {
      next(datagram)
      total += decoder.facts.lost
      return total
    })
  }
  const recordsOf = (i: number) => 2 + ((i * 7) % 11)
  const many = Array.from({ length: 100 }, (_, i) => i)
  const sum = (upTo: number) => many.slice(0, upTo).reduce((total, i) => total + recordsOf(i), 0)

  test('messages instead of records in IPFIX', () => {
    const claims = totals(many.map((i) => ipfixOf(i, recordsOf(i))))
    expect(new Set(claims)).toEqual(new Set([0]))
  })

  test('and its losses are told in what it counts', () => {
    const { next } = following()
    for (let i = 0; i < 10; i++) next(ipfixOf(i, 20))
    expect(next(ipfixOf(13, 20))).toBe(3)
    expect(next(ipfixOf(12, 20))).toEqual(['late', -1])
    expect(next(ipfixOf(14, 20))).toBe(0)
  })

  test('records with those of the message itself in IPFIX', () => {
    const claims = totals(many.map((i) => ipfixOf(sum(i + 1), recordsOf(i))))
    expect(Math.max(...claims)).toBeLessThan(30)
    expect(new Set(claims.slice(4))).toEqual(new Set([0]))
    const { next } = following()
    for (const i of many) next(ipfixOf(sum(i + 1), recordsOf(i)))
    expect(next(ipfixOf(sum(100) + 5 + 7, 7))).toBe(5)
    expect(next(ipfixOf(sum(100) + 2, 2))).toEqual(['late', -2])
  })

  test('records instead of datagrams in NetFlow v9', () => {
    const claims = totals(many.map((i) => v9(1_000 + sum(i), recordsOf(i))))
    expect(Math.max(...claims)).toBeLessThan(30)
    expect(new Set(claims.slice(4))).toEqual(new Set([0]))
  })

  test('datagrams instead of flows in NetFlow v5', () => {
    expect(new Set(totals(many.map((i) => v5(i, recordsOf(i)))))).toEqual(new Set([0]))
  })

  test('nothing', () => {
    for (const datagramOf of [v5, v9, ipfixOf]) {
      const { next } = following()
      const told = many.map((i) => next(datagramOf(7, recordsOf(i))))
      expect(told.slice(4)).toEqual(many.slice(4).map(() => 0))
    }
  })

  test('nothing, and then something, has lost nothing', () => {
    const { next } = following()
    for (let i = 0; i < 10; i++) next(v9(7, 5))
    expect(next(v9(20, 5))).toBe('reset')
  })

  test('is found out by three steps in a row, and not by two', () => {
    const { next } = following()
    next(v9(0, 5))
    expect([5, 10].map((sequence) => next(v9(sequence, 5)))).toEqual([4, 4])
    expect([11, 12, 13].map((sequence) => next(v9(sequence, 5)))).toEqual([0, 0, 0])
    expect([18, 23, 28, 33].map((sequence) => next(v9(sequence, 5)))).toEqual([4, 4, -16, 0])
  })

  test('is not one whose late datagrams follow one another, with a record each', () => {
    const tellsOf = outcomes(v9)
    const late = [5, 6, 7, 8, 9].map((sequence): [number, number] => [sequence, 1])
    expect(tellsOf([20, 1], ...late, [21, 1], [22, 30], [23, 1])).toEqual([
      0,
      ...late.map(() => ['late', 0]),
      0,
      0,
      0,
    ])
  })

  test('may learn to count', () => {
    const { next } = following()
    for (let i = 0; i < 10; i++) next(ipfixOf(i, 20))
    const told = Array.from({ length: 10 }, (_, i) => next(ipfixOf(29 + 20 * i, 20)))
    expect(told.slice(3)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })
})

test('beyond the bound the sequence unused longest is forgotten, and begins anew', () => {
  const { next } = following({ sequences: 2 })
  // Who was used last is noted every ten seconds.
  const of = (sourceId: number, sequence: number) =>
    next(v9(sequence, 1, { sourceId }), { afterMs: 10_000 })
  of(1, 10)
  of(2, 10)
  of(1, 11)
  of(3, 10)
  expect(of(1, 13)).toBe(1)
  expect(of(2, 15)).toBe(0)
  expect(of(2, 17)).toBe(1)
})

test('a sequence that was forgotten is not gone on with by the source that followed nothing else', () => {
  const { next } = following({ sequences: 1 })
  const [one, other] = [source('192.0.2.1'), source('192.0.2.2')]
  expect(next(v9(10), { from: one })).toBe(0)
  expect(next(v9(10), { from: other })).toBe(0)
  expect(next(v9(20), { from: one })).toBe(0)
  expect(next(v9(22), { from: one })).toBe(1)
})

describe('the facts', () => {
  test('tell the protocol and the clock of the exporter', () => {
    const { next, decoder } = following()
    const facts = (datagram: Uint8Array) => {
      next(datagram)
      const { type, exportMs } = decoder.facts
      return [type, exportMs]
    }
    expect(facts(netflow5({ seconds, nanoseconds: 250_500_000 }, {}))).toEqual([
      2,
      seconds * 1000 + 250.5,
    ])
    expect(facts(v9(1))).toEqual([3, seconds * 1000])
    expect(facts(ipfixOf(1, 1))).toEqual([4, seconds * 1000])
    expect(facts(sflowOf(1))).toEqual([1, undefined])
    expect(facts(netflow9({ seconds: 0 }))).toEqual([3, undefined])
    expect(facts(ipfix({ exportTime: seconds, length: 3 }))).toEqual([4, seconds * 1000])
    expect(facts(u32(5))).toEqual([0, undefined])
    expect(facts(u16(9))).toEqual([0, undefined])
  })

  test('of a datagram are gone with the next', () => {
    const { next } = following()
    next(v9(0))
    expect(next(v9(5))).toBe(4)
    expect(next(u16(9))).toBe(0)
  })
})
