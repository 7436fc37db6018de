import { describe, expect, test } from 'vitest'
import { judgeThreshold } from '../../../rules/threshold/verdict.ts'
import { addSamples, areEnough, errorPercent } from '../../../rules/traffic/samples.ts'
import { weighSamples } from '../../../rules/zscore/weigh.ts'
import { judgeZscore } from '../../../rules/zscore/zscore.ts'

const CLOSED = Date.UTC(2026, 10, 22, 12, 0) / 1000

/** Minutes up to the closed one, oldest first, of so many sampled packets of 1,000 bytes each. */
function sampled(samples: readonly number[], samplingRate = 1_000) {
  return new Map(
    samples.map((count, index) => [
      CLOSED - 60 * (samples.length - 1 - index),
      {
        bytes: BigInt(count * samplingRate) * 1_000n,
        packets: BigInt(count * samplingRate),
        flows: 100n,
        samples: BigInt(count),
      },
    ]),
  )
}

describe('the error of an estimate', () => {
  // 196 / sqrt(n): 1.96 standard deviations of a count of n, as part of it.
  test.each([
    [1, 196],
    [4, 98],
    [100, 19.6],
    [96, 20.004],
    [10_000, 1.96],
  ])('from %i samples is %d %%', (samples, percent) => {
    expect(errorPercent({ samples: BigInt(samples), packets: 1_000_000n })).toBe(percent)
  })

  test('of packets that were all seen is none, and few of them are enough', () => {
    const seen = addSamples(sampled([2, 1], 1).values())
    expect(seen).toEqual({ samples: 3n, packets: 3n })
    expect(errorPercent(seen)).toBe(0)
    expect(areEnough(seen, 10)).toBe(true)
  })
})

describe('a threshold rule for 3 minutes', () => {
  const rule = {
    bandwidth_threshold: 100,
    packet_threshold: null,
    flow_threshold: null,
    duration: 3,
    min_samples: 10,
  }
  const judge = (samples: readonly number[], change: object = {}, samplingRate = 1_000) =>
    judgeThreshold({
      rule: { ...rule, ...change },
      traffic: sampled(samples, samplingRate),
      closedMinute: CLOSED,
      isKnown: () => true,
      countedFrom: 0,
    })

  test('is not crossed by 9 samples in its minutes, and is by 10', () => {
    expect(judge([3, 3, 3]).bandwidth).toMatchObject({ crossed: false, reason: 'few_samples' })
    expect(judge([3, 4, 3]).bandwidth).toMatchObject({ crossed: true, errorPercent: 61.981 })
  })

  test('does not count samples of older minutes of the streak', () => {
    expect(judge([1_000, 3, 3, 3]).bandwidth).toMatchObject({
      crossed: false,
      reason: 'few_samples',
      streak: 4,
    })
  })

  test('asks for as many as it says', () => {
    expect(judge([32, 32, 32], { min_samples: 97 }).bandwidth?.crossed).toBe(false)
    expect(judge([32, 32, 32], { min_samples: 96 }).bandwidth?.crossed).toBe(true)
  })

  test('is crossed by few packets when the exporter sees all of them', () => {
    expect(judge([1, 1, 1], {}, 1).bandwidth).toMatchObject({ crossed: true, errorPercent: 0 })
  })

  test('counts flows, which are not estimated', () => {
    const flows = { bandwidth_threshold: null, flow_threshold: 1 }
    expect(judge([1, 1, 1], flows).flows).toMatchObject({ crossed: true, errorPercent: 0 })
  })
})

describe('a zscore rule', () => {
  /** An hour of one sample a minute, then five minutes of as many as told. */
  function judge(samples: number) {
    const traffic = sampled([...Array<number>(60).fill(0), ...Array<number>(5).fill(samples)])
    const values = Float64Array.from(traffic.values(), ({ bytes }) => (Number(bytes) * 8) / 60)
    const firstMinute = CLOSED - 60 * (values.length - 1)
    const rule = { level: 3, minTraffic: 100_000 }
    const [verdict] = judgeZscore(rule, { firstMinute, values }, CLOSED, CLOSED)
    return weighSamples(verdict!, traffic, 10)
  }

  test('is crossed by ten samples in its newest five minutes, and not by five', () => {
    expect(judge(1)).toMatchObject({ crossed: false, reason: 'few_samples', since: undefined })
    expect(judge(2)).toMatchObject({ crossed: true, reason: 'crossed', errorPercent: 61.981 })
  })
})
