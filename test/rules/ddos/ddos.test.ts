import { describe, expect, test } from 'vitest'
import {
  candidatesOf,
  type DdosRule,
  judgeVector,
  type Rates,
  tellMostSpecific,
} from '../../../rules/ddos/ddos.ts'
import type { Vector } from '../../../rules/ddos/vectors.ts'

const rule: DdosRule = { sensitivity: null, vectors: null, min_samples: 10 }
const manySources = () => 21
const noPast = () => ({ weeks: [], day: undefined })

function rates({ bps = 0, pps = 0, fps = 0, samples = 1000 }): Rates {
  return {
    bps,
    pps,
    fps,
    sampled: { samples: BigInt(samples), packets: BigInt(Math.max(pps * 60, 100 * samples)) },
  }
}

/** Of one minute without a past: vector and reason of all that can be over its limit. */
function told(
  traffic: Partial<Record<Vector, Parameters<typeof rates>[0]>>,
  change: Partial<DdosRule> = {},
  sourcesOf: (vector: Vector) => number = manySources,
) {
  const minute = new Map(
    Object.entries(traffic).map(([vector, of]) => [vector as Vector, rates(of)]),
  )
  const own = { ...rule, ...change }
  const byMinute = new Map([...minute].map(([vector, of]) => [vector, new Map([[0, of]])]))
  const over = candidatesOf(own, byMinute).map((vector) =>
    judgeVector(own, vector, minute.get(vector)!, noPast),
  )
  return tellMostSpecific(own, over, (vector) => minute.get(vector) ?? rates({}), sourcesOf).map(
    ({ vector, reason, contributing }) => [vector, reason, ...contributing],
  )
}

describe('the most specific vector', () => {
  const gigabits = (count: number) => ({ bps: count * 1e9 })

  test('is told, and the sums that it explains', () => {
    expect(told({ udp_ntp: gigabits(4), udp: gigabits(4.1), total: gigabits(4.5) })).toEqual([
      ['udp_ntp', 'crossed', 'udp', 'total'],
      ['udp', 'contributing'],
      ['total', 'contributing'],
    ])
  })

  test('does not hide what the sums have besides', () => {
    expect(told({ udp_ntp: gigabits(4), udp: gigabits(9), total: gigabits(9) })).toEqual([
      ['udp_ntp', 'crossed', 'total'],
      ['udp', 'crossed', 'total'],
      ['total', 'contributing'],
    ])
  })

  test('is each of several, in a mixed attack', () => {
    const minute = {
      udp_dns: gigabits(1),
      tcp_syn: { pps: 30_000 },
      tcp: { pps: 30_000 },
      total: { pps: 40_000, bps: 1.2e9 },
    }
    expect(told(minute)).toEqual([
      ['udp_dns', 'crossed', 'total'],
      ['tcp_syn', 'crossed', 'tcp', 'total'],
      ['tcp', 'contributing'],
      ['total', 'contributing'],
    ])
  })

  test('is the sum when no kind alone is too much', () => {
    const minute = {
      tcp_syn: { pps: 9000 },
      tcp_rst: { pps: 9000 },
      tcp: { pps: 21_000 },
      total: { pps: 21_000 },
    }
    expect(told(minute)).toEqual([
      ['tcp', 'crossed', 'total'],
      ['total', 'contributing'],
    ])
  })
})

describe('an amplification', () => {
  const minute = { udp_dns: { bps: 3e8 }, udp: { bps: 3e8 } }

  test('has more than 20 sources', () => {
    expect(told(minute, {}, () => 21)).toContainEqual(['udp_dns', 'crossed', 'udp'])
    expect(told(minute, {}, () => 20)).toContainEqual(['udp_dns', 'few_sources'])
  })

  test('from few sources is told as UDP', () => {
    expect(told(minute, {}, () => 1)).toContainEqual(['udp', 'crossed'])
  })
})

describe('a rule', () => {
  test('can have floors of its own, and leave vectors out', () => {
    const setting = { enabled: true, bandwidth_floor: null, packet_floor: null, flow_floor: null }
    const minute = { tcp_syn: { pps: 30_000 }, icmp: { pps: 30_000 }, gre: { fps: 11 } }
    const vectors = {
      tcp_syn: { ...setting, packet_floor: 30_000 },
      icmp: { ...setting, enabled: false },
      gre: { ...setting, flow_floor: 10 },
    }
    expect(told(minute, { vectors })).toEqual([
      ['tcp_syn', 'below'],
      ['gre', 'crossed'],
    ])
  })

  test('is not crossed by fewer sampled packets than it asks for', () => {
    expect(told({ icmp: { pps: 6000, samples: 9 } })).toEqual([['icmp', 'few_samples']])
    expect(told({ icmp: { pps: 6000, samples: 10 } })).toEqual([['icmp', 'crossed']])
  })
})
