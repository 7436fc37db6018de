// The packets that sFlow agents say they could not sample: sFlow v5 section 5, flow_sample.drops, a counter of each data source.

import { expect, test } from 'vitest'
import type { DecoderLimits } from '../../../collector/decode/limits.ts'
import type { Part } from '../../build/bytes.ts'
import { decoded } from '../../build/decoded.ts'
import { flowSample, sflow } from '../../build/sflow.ts'

/** Says of each datagram what its samples have dropped since the one before. */
function dropping(limits?: Partial<DecoderLimits>) {
  const { decode, decoder } = decoded(limits)
  return (header: { sequence: number; agent?: string }, ...samples: Part[]) => {
    decode(sflow(header, ...samples))
    return decoder.facts.samplesDropped
  }
}

const sample = (sourceIndex: number, drops: number) => flowSample({ sourceIndex, drops })

test('are those that a source has counted since its last sample', () => {
  const dropped = dropping()
  expect(dropped({ sequence: 1 }, sample(1, 1_000), sample(2, 70))).toBe(0)
  expect(dropped({ sequence: 2 }, sample(1, 1_004), sample(2, 70), sample(1, 1_005))).toBe(5)
  expect(dropped({ sequence: 3 }, sample(2, 71))).toBe(1)
})

test('are each agent’s own', () => {
  const dropped = dropping()
  dropped({ sequence: 1 }, sample(1, 1_000))
  expect(dropped({ sequence: 1, agent: '203.0.113.2' }, sample(1, 5))).toBe(0)
  expect(dropped({ sequence: 2 }, sample(1, 1_001))).toBe(1)
  expect(dropped({ sequence: 2, agent: '203.0.113.2' }, sample(1, 7))).toBe(2)
})

test('are counted in 32 bits, which wrap', () => {
  const dropped = dropping()
  dropped({ sequence: 1 }, sample(1, 2 ** 32 - 3))
  expect(dropped({ sequence: 2 }, sample(1, 4))).toBe(7)
})

test('are not known of a source that began to count anew', () => {
  const dropped = dropping()
  dropped({ sequence: 1 }, sample(1, 5_000))
  expect(dropped({ sequence: 2 }, sample(1, 10))).toBe(0)
  expect(dropped({ sequence: 3 }, sample(1, 13))).toBe(3)
})

test('are not counted twice when a datagram comes late', () => {
  const dropped = dropping()
  dropped({ sequence: 1 }, sample(1, 100))
  expect(dropped({ sequence: 3 }, sample(1, 120))).toBe(20)
  expect(dropped({ sequence: 2 }, sample(1, 110))).toBe(0)
  expect(dropped({ sequence: 4 }, sample(1, 121))).toBe(1)
})

test('are followed for so many sources of an agent', () => {
  const dropped = dropping({ dropCountsPerAgent: 2 })
  dropped({ sequence: 1 }, sample(1, 0), sample(2, 0), sample(3, 0))
  expect(dropped({ sequence: 2 }, sample(1, 1), sample(2, 10), sample(3, 100))).toBe(11)
})

test('are followed for so many sources in all: the agent followed first begins anew', () => {
  const dropped = dropping({ dropCounts: 3 })
  const agents = ['203.0.113.1', '203.0.113.2']
  const both = (sequence: number, drops: number) =>
    agents.map((agent) => dropped({ sequence, agent }, sample(1, drops), sample(2, drops)))
  expect(both(1, 0)).toEqual([0, 0])
  // The first agent is followed again, and the second is not any more.
  expect(both(2, 10)).toEqual([0, 0])
  expect(dropped({ sequence: 3, agent: agents[1] ?? '' }, sample(2, 15))).toBe(5)
})
