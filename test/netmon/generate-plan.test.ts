import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flowNumber, flowNumberCount } from '../../exporter/numbering.ts'
import { createDatagramWriter } from '../../netmon/generate/datagrams.ts'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createPlan, expectedFlow, planRun } from '../../netmon/generate/plan.ts'
import { formatAddress } from '../../runtime/ip.ts'

const startMs = Date.UTC(2026, 0, 2, 3, 4, 0)

/** All datagrams of a run in which one leaves each millisecond. */
function datagramsOf(options: GenerateOptions): Buffer[] {
  const plan = createPlan(options)
  const write = createDatagramWriter(plan, startMs - 1000)
  const target = Buffer.alloc(65_507)
  const datagrams: Buffer[] = []
  for (let number = 0; number < plan.scenario.flows; ) {
    const batch = plan.batchOf(number)
    const { lengthBytes } = write(batch, startMs + datagrams.length, target)
    datagrams.push(Buffer.from(target.subarray(0, lengthBytes)))
    number += batch.count
  }
  return datagrams
}

function rowOf(options: GenerateOptions, number: number) {
  const { flow } = expectedFlow(options, number)
  return { src_addr: formatAddress(flow.srcAddr), src_port: flow.srcPort, proto: flow.proto }
}

describe('a planned run', () => {
  it('makes the same datagrams of the same seed, and others of another', () => {
    const options = { flows: 2000, routers: 9, ipv6Share: 0.3, announce: 0.5 }
    const datagrams = datagramsOf({ ...options, seed: 7 })
    expect(datagramsOf({ ...options, seed: 7 })).toEqual(datagrams)
    expect(datagramsOf({ ...options, seed: 8 })).not.toEqual(datagrams)
  })

  it('puts no more into a datagram than an Ethernet frame carries', () => {
    const longest = (options: GenerateOptions) =>
      Math.max(...datagramsOf({ routers: 8, ...options }).map((datagram) => datagram.length))
    const flood = { victim: '2001:db8:5::/48', bitsPerSecond: 1e9, minutes: 1 }
    for (const ipv6Share of [0, 0.5, 1]) {
      expect(longest({ flows: 2000, ipv6Share })).toBeLessThanOrEqual(1500 - 28)
    }
    expect(longest({ flood, protocols: ['v9', 'ipfix', 'sflow'] })).toBeLessThanOrEqual(1500 - 28)
  })

  it('gives every flow a number that its row shows, in every protocol and family', () => {
    const options = { routers: 8, ipv6Share: 0.5 }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: flowNumberCount - 1 }), (number) => {
        expect(flowNumber(rowOf(options, number))).toBe(number)
      }),
    )
  })

  it('has flows of all kinds, within what each protocol carries', () => {
    const options: GenerateOptions = { routers: 4, ipv6Share: 0.4 }
    const seen = new Set<string>()
    for (let number = 0; number < 2000; number++) {
      const { flow, router } = expectedFlow(options, number)
      seen.add(`${router.protocol} ${flow.srcAddr.length} ${flow.proto}`)
      if (router.protocol === 'sflow') expect(flow.packets).toBe(1)
      expect(Number(flow.bytes)).toBeGreaterThanOrEqual(Number(flow.packets) * 64)
      expect(flow.startMs).toBeLessThanOrEqual(flow.endMs)
    }
    const ipv4 = ['v5', 'v9', 'ipfix', 'sflow'].flatMap((protocol) =>
      [1, 6, 17].map((proto) => `${protocol} 4 ${proto}`),
    )
    const ipv6 = ['v9', 'ipfix', 'sflow'].flatMap((protocol) =>
      [6, 17, 58].map((proto) => `${protocol} 16 ${proto}`),
    )
    expect([...seen].sort()).toEqual([...ipv4, ...ipv6].sort())
  })

  it('has about the share of IPv6 flows it was told', () => {
    let ipv6 = 0
    for (let number = 0; number < 4000; number++) {
      const options: GenerateOptions = { protocols: ['ipfix'], ipv6Share: 0.25 }
      if (expectedFlow(options, number).flow.srcAddr.length === 16) ipv6++
    }
    expect(ipv6 / 4000).toBeGreaterThan(0.22)
    expect(ipv6 / 4000).toBeLessThan(0.28)
  })

  it('knows the totals of each router as the sums of its flows', () => {
    const options: GenerateOptions = { flows: 1003, routers: 6, seed: 3, ipv6Share: 0.2 }
    const sums = new Map<string, { flows: number; bytes: number; packets: number }>()
    for (let number = 0; number < 1003; number++) {
      const { flow, router } = expectedFlow(options, number)
      const sum = sums.get(router.address) ?? { flows: 0, bytes: 0, packets: 0 }
      sum.flows++
      sum.bytes += Number(flow.bytes)
      sum.packets += Number(flow.packets)
      sums.set(router.address, sum)
    }
    const tallies = planRun(options)
    expect(
      tallies.map(({ router, flows, bytes, packets }) => [
        router.address,
        { flows, bytes, packets },
      ]),
    ).toEqual([...sums])
    expect(tallies.reduce((total, tally) => total + tally.datagrams, 0)).toBe(
      datagramsOf(options).length,
    )
  })

  it('has no flow outside its range, and no totals without an end', () => {
    expect(() => expectedFlow({ flows: 10 }, 10)).toThrow(RangeError)
    expect(() => expectedFlow({ flows: 10 }, -1)).toThrow(RangeError)
    expect(() => expectedFlow({}, flowNumberCount)).toThrow(RangeError)
    expect(() => planRun({})).toThrow(RangeError)
  })

  it('makes a duration so many flows of its rate', () => {
    const flows = planRun({ rate: 50, durationMs: 2500 }).reduce(
      (sum, tally) => sum + tally.flows,
      0,
    )
    expect(flows).toBe(125)
  })
})

describe('the routers of a run', () => {
  const routersOf = (options: GenerateOptions) => [...createPlan(options).routers]

  it('have addresses in sequence, also across a byte', () => {
    const routers = routersOf({ routers: 300, protocols: ['v5'] })
    expect(routers.map((router) => router.address).slice(253, 257)).toEqual([
      '127.1.0.254',
      '127.1.0.255',
      '127.1.1.0',
      '127.1.1.1',
    ])
  })

  it('speak the protocols in turn, the sFlow ones with an agent address', () => {
    const routers = routersOf({ routers: 5, agent: '2001:db8:a::ff' })
    expect(routers.map((router) => [router.protocol, router.agent])).toEqual([
      ['v5', undefined],
      ['v9', undefined],
      ['ipfix', undefined],
      ['sflow', '2001:db8:a::102'],
      ['v5', undefined],
    ])
    expect(routersOf({})[3]!.agent).toBe('127.1.0.4')
  })

  it('announce their rate in exactly the share that was asked for, but for sFlow always', () => {
    const silent = (options: GenerateOptions) =>
      routersOf(options).filter((router) => !router.announces)
    expect(silent({ routers: 50, announce: 0.5 })).toHaveLength(25)
    expect(silent({ routers: 50, announce: 1 })).toHaveLength(0)
    expect(silent({ routers: 8, announce: 0 }).map((router) => router.protocol)).toEqual([
      'v5',
      'v9',
      'ipfix',
      'v5',
      'v9',
      'ipfix',
    ])
    const protocolsOfHalf = silent({ routers: 50, announce: 0.5 }).map((router) => router.protocol)
    expect(new Set(protocolsOfHalf)).toEqual(new Set(['v5', 'v9', 'ipfix']))
  })

  it('announce their rate when they are named', () => {
    const routers = routersOf({ routers: 4, announce: ['127.1.0.2'] })
    expect(routers.map((router) => router.announces)).toEqual([false, true, false, true])
  })

  it('tell their rate in the datagram, or nothing of it', () => {
    const samplingOf = (announce: number) =>
      datagramsOf({ protocols: ['v5'], flows: 30, samplingRate: 500, announce })[0]!.readUInt16BE(
        22,
      )
    expect(samplingOf(1) & 0x3fff).toBe(500)
    expect(samplingOf(0)).toBe(0)
  })
})
