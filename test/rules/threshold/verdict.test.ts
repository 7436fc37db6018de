import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeThreshold } from '../../../rules/threshold/verdict.ts'
import type { Traffic } from '../../../rules/traffic/minute-traffic.ts'

const CLOSED = Date.UTC(2026, 10, 22, 12, 0) / 1000

/** One value of bits per second for each minute up to the closed one, oldest first; undefined for a minute without rows. */
function bits(...perSecond: (number | undefined)[]): Map<number, Traffic> {
  return minutes(perSecond, (value) => ({
    bytes: BigInt((value * 60) / 8),
    packets: 0n,
    flows: 0n,
    samples: 0n,
  }))
}

function packets(...perSecond: (number | undefined)[]): Map<number, Traffic> {
  return minutes(perSecond, (value) => ({
    bytes: 0n,
    packets: BigInt(value * 60),
    flows: 0n,
    samples: BigInt(value * 60),
  }))
}

function minutes(values: (number | undefined)[], toTraffic: (value: number) => Traffic) {
  const first = CLOSED - 60 * (values.length - 1)
  return new Map(
    values.flatMap((value, index) =>
      value === undefined ? [] : [[first + 60 * index, toTraffic(value)] as const],
    ),
  )
}

const limit1000 = {
  bandwidth_threshold: 1000,
  packet_threshold: null,
  flow_threshold: null,
  duration: 3,
  min_samples: 10,
}

function judge(
  traffic: Map<number, Traffic>,
  {
    rule = limit1000 as {
      bandwidth_threshold: number | null
      packet_threshold: number | null
      flow_threshold: number | null
      duration: number
      min_samples: number
    },
    unknown = [] as number[],
    countedFrom = 0,
  } = {},
) {
  // Unknown minutes are named by how many minutes before the closed one they are.
  const unknownMinutes = unknown.map((back) => CLOSED - 60 * back)
  return judgeThreshold({
    rule,
    traffic,
    closedMinute: CLOSED,
    isKnown: (minute) => !unknownMinutes.includes(minute),
    countedFrom,
  })
}

describe('a limit of 1000 bit/s for 3 minutes', () => {
  test('is crossed by 3 of 3 closed minutes', () => {
    expect(judge(bits(1008, 1008, 1008)).bandwidth).toEqual({
      limit: 1000,
      crossed: true,
      streak: 3,
      since: CLOSED - 120,
      reason: 'crossed',
      errorPercent: 0,
    })
  })

  test('is not crossed by traffic that equals it, to the byte', () => {
    // 1000 bit/s are 7500 bytes a minute.
    const exactly = (bytes: bigint) =>
      new Map(
        [0, 60, 120].map((back) => [CLOSED - back, { bytes, packets: 0n, flows: 0n, samples: 0n }]),
      )
    expect(judge(exactly(7500n)).bandwidth?.crossed).toBe(false)
    expect(judge(exactly(7501n)).bandwidth?.crossed).toBe(true)
    expect(judge(exactly(7501n)).peakBps).toBe(1000.133)
  })

  test.each([
    ['the oldest', [992, 1008, 1008]],
    ['the middle', [1008, 992, 1008]],
    ['the newest', [1008, 1008, 992]],
  ])('is not crossed by 2 of 3 minutes: %s is below', (_, values) => {
    expect(judge(bits(...values)).bandwidth).toMatchObject({ crossed: false, reason: 'below' })
  })

  test('a minute without rows is no traffic, and breaks the streak', () => {
    expect(judge(bits(1008, undefined, 1008, 1008)).bandwidth).toMatchObject({
      crossed: false,
      streak: 2,
      reason: 'below',
    })
  })

  test('an unknown minute neither adds to the streak nor breaks it', () => {
    const gap = bits(1008, undefined, 1008, 1008)
    expect(judge(gap, { unknown: [2] }).bandwidth).toMatchObject({
      crossed: true,
      streak: 3,
      since: CLOSED - 180,
    })
    expect(judge(bits(1008, undefined, 1008), { unknown: [1] }).bandwidth?.crossed).toBe(false)
  })

  test('an unknown newest minute leaves a crossed rule crossed', () => {
    const traffic = bits(1008, 1008, 1008, undefined)
    expect(judge(traffic, { unknown: [0] }).bandwidth?.crossed).toBe(true)
    expect(judge(traffic).bandwidth?.crossed).toBe(false)
  })

  test('an unknown minute whose stored part is over the limit is over it', () => {
    expect(judge(bits(1008, 1008, 1008), { unknown: [1] }).bandwidth?.streak).toBe(3)
    expect(judge(bits(1008, 1008, 992), { unknown: [0] }).bandwidth?.streak).toBe(2)
  })

  test('the way back over unknown minutes ends an hour beyond the duration', () => {
    const over = (back: number) =>
      new Map([[CLOSED - 60 * back, { bytes: 7501n, packets: 0n, flows: 0n, samples: 0n }]])
    const rule = { ...limit1000, duration: 1 }
    const unknown = Array.from({ length: 200 }, (_, back) => back)
    expect(judge(over(60), { rule, unknown }).bandwidth?.crossed).toBe(true)
    expect(judge(over(61), { rule, unknown }).bandwidth).toEqual({
      limit: 1000,
      crossed: false,
      streak: 0,
      since: undefined,
      reason: 'unknown',
    })
  })

  test('a minute that comes late completes the streak at the next run', () => {
    const traffic = bits(1008, undefined, 1008)
    expect(judge(traffic).bandwidth?.crossed).toBe(false)
    traffic.set(CLOSED - 60, { bytes: 7501n, packets: 0n, flows: 0n, samples: 0n })
    expect(judge(traffic).bandwidth?.crossed).toBe(true)
  })
})

describe('a rule whose prefixes are not counted for long', () => {
  test('is learning, and not judged by what was not counted', () => {
    expect(judge(bits(1008, 1008), { countedFrom: CLOSED - 60 }).bandwidth).toMatchObject({
      crossed: false,
      streak: 2,
      reason: 'learning',
    })
    expect(judge(new Map(), { countedFrom: Number.POSITIVE_INFINITY }).bandwidth?.reason).toBe(
      'learning',
    )
  })

  test('is crossed at once when what one of its prefixes had before is over the limit', () => {
    expect(judge(bits(1008, 1008, 1008), { countedFrom: CLOSED }).bandwidth?.crossed).toBe(true)
  })

  test('is judged by the first minute that was counted', () => {
    expect(judge(bits(992), { countedFrom: CLOSED }).bandwidth?.reason).toBe('below')
  })

  test('is judged as every other once it is older than its duration', () => {
    expect(judge(bits(992, 992, 992), { countedFrom: CLOSED - 120 }).bandwidth?.reason).toBe(
      'below',
    )
  })
})

describe('two metrics', () => {
  const rule = {
    bandwidth_threshold: 1000,
    packet_threshold: 10,
    flow_threshold: null,
    duration: 3,
    min_samples: 10,
  }
  const both = (...values: [bitsPerSecond: number, packetsPerSecond: number][]) =>
    new Map(
      values.map(([b, p], index) => [
        CLOSED - 60 * (values.length - 1 - index),
        {
          bytes: BigInt((b * 60) / 8),
          packets: BigInt(p * 60),
          flows: 0n,
          samples: BigInt(p * 60),
        },
      ]),
    )

  test('each needs its own full streak', () => {
    const verdict = judge(both([1008, 1], [1008, 11], [992, 11]), { rule })
    expect(verdict.bandwidth?.crossed).toBe(false)
    expect(verdict.packets?.crossed).toBe(false)
  })

  test('one is enough, and the peaks of both are told', () => {
    const verdict = judge(both([2000, 11], [80, 12], [80, 11]), { rule })
    expect(verdict.bandwidth?.crossed).toBe(false)
    expect(verdict.packets).toMatchObject({ crossed: true, since: CLOSED - 120 })
    expect(verdict).toMatchObject({ peakBps: 2000, peakPps: 12 })
  })

  test('a metric without a limit has no verdict', () => {
    const verdict = judge(packets(11, 11, 11), { rule: { ...rule, bandwidth_threshold: null } })
    expect(verdict.bandwidth).toBeUndefined()
    expect(verdict.packets?.crossed).toBe(true)
  })

  test('flows have a limit of their own: 20 a second are not over 20', () => {
    const flowRule = {
      ...rule,
      bandwidth_threshold: null,
      packet_threshold: null,
      flow_threshold: 20,
    }
    const flows = (...perMinute: bigint[]) =>
      new Map(
        perMinute.map((count, index) => [
          CLOSED - 60 * (perMinute.length - 1 - index),
          { bytes: 0n, packets: 0n, flows: count, samples: 0n },
        ]),
      )
    const equal = judge(flows(1201n, 1200n, 1201n), { rule: flowRule })
    expect(equal.flows).toMatchObject({ crossed: false, streak: 1 })
    const over = judge(flows(1201n, 1260n, 1201n), { rule: flowRule })
    expect(over).toMatchObject({ flows: { crossed: true, limit: 20 }, peakFps: 21 })
  })

  test('a value equal to the packet limit is not over it', () => {
    expect(judge(packets(10, 10, 10), { rule }).packets?.crossed).toBe(false)
  })
})

test('the streak begins at its first minute, also when that is long before the duration', () => {
  const verdict = judge(bits(8, ...Array(10).fill(1008), 4000, 1008, 1008, 1008))
  expect(verdict.bandwidth).toMatchObject({ streak: 14, since: CLOSED - 60 * 13 })
  expect(verdict.peakBps).toBe(4000)
})

test('peaks of what is not crossed are those of its duration', () => {
  expect(judge(bits(9000, 80, 160, 80)).peakBps).toBe(160)
})

test('a duration of 60 minutes can fire, and so can one of 1', () => {
  const hour = bits(...Array(60).fill(1008))
  expect(judge(hour, { rule: { ...limit1000, duration: 60 } }).bandwidth?.crossed).toBe(true)
  hour.delete(CLOSED - 60 * 59)
  expect(judge(hour, { rule: { ...limit1000, duration: 60 } }).bandwidth?.crossed).toBe(false)
  expect(judge(bits(1008), { rule: { ...limit1000, duration: 1 } }).bandwidth?.crossed).toBe(true)
})

test('sums beyond 2^53 are compared exactly', () => {
  const limit = Number.MAX_SAFE_INTEGER
  const rule = {
    bandwidth_threshold: limit,
    packet_threshold: limit,
    flow_threshold: null,
    duration: 1,
    min_samples: 10,
  }
  const equal = {
    bytes: (BigInt(limit) * 60n) / 8n,
    packets: BigInt(limit) * 60n,
    flows: 0n,
    samples: 10n,
  }
  const at = (traffic: Traffic) => judge(new Map([[CLOSED, traffic]]), { rule })
  expect(at(equal).bandwidth?.crossed).toBe(false)
  expect(at(equal).packets?.crossed).toBe(false)
  expect(at({ ...equal, bytes: equal.bytes + 1n }).bandwidth?.crossed).toBe(true)
  expect(at({ ...equal, packets: equal.packets + 1n }).packets?.crossed).toBe(true)
})

test('when every minute is known, it is crossed exactly if all minutes of the duration are over the limit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(undefined, 80, 1000, 1008), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 10 }),
      (values, duration) => {
        const last = values.slice(-duration)
        const all = last.length === duration && last.every((value) => value === 1008)
        const verdict = judge(bits(...values), { rule: { ...limit1000, duration } })
        expect(verdict.bandwidth?.crossed).toBe(all)
      },
    ),
  )
})
