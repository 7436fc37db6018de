import { describe, expect, it } from 'vitest'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createPlan, expectedFlow, planRun } from '../../netmon/generate/plan.ts'
import { formatAddress } from '../../runtime/ip.ts'

const minuteMs = 60_000

/** Bytes and packets of each minute, as exported. */
function minutesOf(options: GenerateOptions) {
  const { scenario } = createPlan(options)
  const minutes: { flows: number; bytes: number; packets: number }[] = []
  for (let number = 0; number < scenario.flows; number++) {
    const index = Math.floor(scenario.dueMs(number) / minuteMs)
    minutes[index] ??= { flows: 0, bytes: 0, packets: 0 }
    const { flow } = expectedFlow(options, number)
    minutes[index].flows++
    minutes[index].bytes += Number(flow.bytes)
    minutes[index].packets += Number(flow.packets)
  }
  return minutes
}

describe('a flood', () => {
  it('carries exactly its bits and packets in each minute', () => {
    // 1 Gbit/s for 60 s is 7.5 GB, of which 1 in 1000 is exported; 200,000 packets/s likewise 12,000.
    const options: GenerateOptions = {
      protocols: ['v5', 'v9', 'ipfix'],
      rate: 3.5,
      samplingRate: 1000,
      flood: { victim: '203.0.113.9', bitsPerSecond: 1e9, packetsPerSecond: 200_000, minutes: 2 },
    }
    const minute = { flows: 210, bytes: 7_500_000, packets: 12_000 }
    expect(minutesOf(options)).toEqual([minute, minute])
  })

  it('carries exactly its bits over all four protocols, a packet in each sFlow sample', () => {
    const options: GenerateOptions = {
      rate: 4,
      samplingRate: 100,
      flood: { victim: '203.0.113.0/24', bitsPerSecond: 1_000_000, minutes: 1 },
    }
    // 7.5 MB, of which 1 in 100 is exported.
    expect(minutesOf(options)).toMatchObject([{ flows: 240, bytes: 75_000 }])
    const sflow = planRun(options).filter((tally) => tally.router.protocol === 'sflow')
    expect(sflow[0]!.packets).toBe(sflow[0]!.flows)
  })

  it('leaves between second 5 and second 50 of each minute, no datagram with flows of two', () => {
    const options: GenerateOptions = {
      protocols: ['v5'],
      rate: 0.75,
      samplingRate: 1,
      flood: { victim: '203.0.113.9', packetsPerSecond: 1000, minutes: 3 },
    }
    const { scenario, batchOf } = createPlan(options)
    for (let number = 0; number < scenario.flows; number++) {
      const minute = Math.floor(number / 45)
      const secondMs = scenario.dueMs(number) - minute * minuteMs
      expect(secondMs).toBeGreaterThan(5_000)
      expect(secondMs).toBeLessThanOrEqual(50_000)
      expect(scenario.latestMs(number)).toBe(minute * minuteMs + 58_000)
      const { first, count } = batchOf(number)
      expect(Math.floor(first / 45)).toBe(Math.floor((first + count - 1) / 45))
    }
    expect(planRun(options)[0]!.datagrams).toBe(3 * 2)
  })

  it('begins with the next whole UTC minute', () => {
    const { scenario } = createPlan({
      protocols: ['v5'],
      flood: { victim: '203.0.113.9', packetsPerSecond: 1e6, minutes: 1 },
    })
    const minute = Date.UTC(2026, 0, 2, 3, 4)
    expect(scenario.startMs(minute - 1)).toBe(minute)
    expect(scenario.startMs(minute)).toBe(minute)
    expect(scenario.startMs(minute + 1)).toBe(minute + minuteMs)
  })

  it('hits nothing but its victim, everywhere in a prefix', () => {
    const destinations = (victim: string, count: number) => {
      const options: GenerateOptions = {
        protocols: ['v9'],
        rate: 10,
        flood: { victim, packetsPerSecond: 1_000_000, minutes: 1 },
      }
      return Array.from({ length: count }, (_, number) =>
        formatAddress(expectedFlow(options, number).flow.dstAddr),
      )
    }
    expect(new Set(destinations('203.0.113.9', 100))).toEqual(new Set(['203.0.113.9']))
    expect(new Set(destinations('2001:db8:5::9', 100))).toEqual(new Set(['2001:db8:5::9']))
    const inPrefix = destinations('203.0.113.71/29', 200)
    const hosts = Array.from({ length: 8 }, (_, host) => `203.0.113.${64 + host}`)
    expect([...new Set(inPrefix)].sort()).toEqual(hosts.sort())
    const inIpv6 = destinations('2001:db8:5::/47', 200)
    expect(inIpv6.every((address) => /^2001:db8:[45]:/.test(address))).toBe(true)
    expect(new Set(inIpv6).size).toBe(200)
  })

  it.each<[string, GenerateOptions, RegExp]>([
    [
      'bits that the sampling rate does not divide',
      { flood: { victim: '203.0.113.9', bitsPerSecond: 1001, minutes: 1 } },
      /--bits-per-second 1001 .*multiple of 133/,
    ],
    [
      'neither bits nor packets',
      { flood: { victim: '203.0.113.9', minutes: 1 } },
      /--bits-per-second, --packets-per-second or both/,
    ],
    [
      'an IPv6 victim with v5',
      { flood: { victim: '2001:db8::1', bitsPerSecond: 1e9, minutes: 1 } },
      /--protocols/,
    ],
    [
      'more flows than packets',
      {
        protocols: ['v9'],
        rate: 10,
        flood: { victim: '203.0.113.9', packetsPerSecond: 1000, minutes: 1 },
      },
      /--rate 10 makes 600 flows a minute, too many for the 60 packets /,
    ],
    [
      'several packets in an sFlow sample',
      {
        protocols: ['sflow'],
        rate: 10,
        flood: { victim: '203.0.113.9', packetsPerSecond: 20_000, minutes: 1 },
      },
      /use --rate 20,/,
    ],
    [
      'sFlow packets larger than any frame',
      {
        protocols: ['sflow'],
        rate: 1,
        flood: { victim: '203.0.113.9', bitsPerSecond: 8e9, minutes: 1 },
      },
      /a --rate from 111 to 12195/,
    ],
    [
      'more bytes than v5 counts',
      {
        protocols: ['v5'],
        rate: 1,
        samplingRate: 1,
        flood: { victim: '203.0.113.9', bitsPerSecond: 8e11, minutes: 1 },
      },
      /32 bits/,
    ],
    [
      'part of a flow in a minute',
      { rate: 0.01, flood: { victim: '203.0.113.9', bitsPerSecond: 1e9, minutes: 1 } },
      /whole number of flows per minute/,
    ],
    [
      'no minute',
      { flood: { victim: '203.0.113.9', bitsPerSecond: 1e9, minutes: 0 } },
      /--minutes/,
    ],
    [
      'a victim that is none',
      { flood: { victim: '203.0.113.0/33', bitsPerSecond: 1e9, minutes: 1 } },
      /--victim .*203\.0\.113\.0\/33/,
    ],
    [
      'an end of its own and another',
      { flows: 10, flood: { victim: '203.0.113.9', bitsPerSecond: 1e9, minutes: 1 } },
      /--minutes/,
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => createPlan(options)).toThrow(message)
  })
})
