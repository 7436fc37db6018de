import { createSocket, type Socket } from 'node:dgram'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createPacer } from '../../netmon/generate/pacer.ts'
import { createPlan, planRun } from '../../netmon/generate/plan.ts'
import { type GenerateSummary, generate, sendFlows } from '../../netmon/generate/run.ts'

interface Received {
  address: string
  payload: Buffer
}

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

async function listen() {
  const datagrams: Received[] = []
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  sockets.push(socket)
  socket.on('message', (payload, { address }) => datagrams.push({ address, payload }))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { target: { host: '127.0.0.1', port: socket.address().port }, datagrams }
}

/** Runs, and waits until the loopback has delivered what the kernel took. */
async function run(options: GenerateOptions, signal?: AbortSignal) {
  const { target, datagrams } = await listen()
  const summary = await generate({ ...options, target }, signal)
  while (datagrams.length < summary.totals.datagrams) await setTimeout(5)
  return { summary, datagrams }
}

function counts(summary: GenerateSummary) {
  return summary.routers.map(({ router: { address }, ...tally }) => ({ address, ...tally }))
}

describe('generate', () => {
  it('sends what the plan says, each router from its own address', async () => {
    const options: GenerateOptions = {
      flows: 5000,
      rate: 20_000,
      routers: 10,
      ipv6Share: 0.3,
      announce: 0.5,
    }
    const { summary, datagrams } = await run(options)
    const planned = planRun(options).map(({ router: { address }, ...tally }) => ({
      address,
      ...tally,
    }))
    expect(counts(summary)).toEqual(planned)
    expect(summary).toMatchObject({
      outcome: 'completed',
      firstFlow: 0,
      lastFlow: 4999,
      totals: { flows: 5000 },
      failed: { datagrams: 0, flows: 0, reasons: {} },
    })
    const received = summary.routers.map(
      ({ router }) => datagrams.filter(({ address }) => address === router.address).length,
    )
    expect(received).toEqual(summary.routers.map((tally) => tally.datagrams))
  })

  it('counts flows, bytes and packets as the datagrams carry them', async () => {
    const options: GenerateOptions = {
      protocols: ['v5'],
      routers: 2,
      flows: 1000,
      rate: 0,
      seed: 5,
    }
    const { summary, datagrams } = await run(options)
    const sums = { datagrams: 0, flows: 0, bytes: 0, packets: 0 }
    for (const { payload } of datagrams) {
      sums.datagrams++
      for (let record = 24; record < payload.length; record += 48) {
        sums.flows++
        sums.packets += payload.readUInt32BE(record + 16)
        sums.bytes += payload.readUInt32BE(record + 20)
      }
    }
    const { estimatedBytes, estimatedPackets, ...totals } = summary.totals
    expect(totals).toEqual(sums)
    expect([estimatedBytes, estimatedPackets]).toEqual([
      BigInt(sums.bytes) * 1000n,
      BigInt(sums.packets) * 1000n,
    ])
  })

  it('tells the estimate of the announcing routers apart', async () => {
    const options: GenerateOptions = {
      protocols: ['v5'],
      routers: 2,
      flows: 120,
      samplingRate: 10,
      announce: ['127.1.0.2'],
    }
    const { summary } = await run({ ...options, rate: 0 })
    const [silent, announcing] = summary.routers
    expect(summary.announced).toMatchObject({
      flows: 60,
      estimatedBytes: BigInt(announcing!.bytes) * 10n,
    })
    expect(summary.totals.estimatedBytes).toBe(BigInt(silent!.bytes + announcing!.bytes) * 10n)
  })

  it('stops when it is told to, and tells what it had sent', async () => {
    const stop = new AbortController()
    const { target, datagrams } = await listen()
    const running = generate({ target, protocols: ['v5'], rate: 3000 }, stop.signal)
    while (datagrams.length < 3) await setTimeout(1)
    stop.abort()
    const summary = await running
    while (datagrams.length < summary.totals.datagrams) await setTimeout(5)
    expect(summary.outcome).toBe('stopped')
    expect(summary.totals).toMatchObject({
      datagrams: datagrams.length,
      flows: datagrams.length * 30,
    })
    expect(summary.lastFlow).toBe(datagrams.length * 30 - 1)
  })

  it('ends a run as fast as possible when its time is over', async () => {
    const { summary } = await run({
      protocols: ['v5'],
      rate: 0,
      durationMs: 1,
      flowsPerDatagram: 1,
    })
    expect(summary.outcome).toBe('completed')
  })

  it('sends nothing when it was stopped before', async () => {
    const { summary } = await run({ flows: 100 }, AbortSignal.abort())
    expect(summary).toMatchObject({ outcome: 'stopped', totals: { datagrams: 0, flows: 0 } })
    expect(summary.firstFlow).toBeUndefined()
    expect(summary.lastFlow).toBeUndefined()
  })

  it('counts what the kernel refuses apart from what it sent', async () => {
    const { target } = await listen()
    // Sending to a broadcast address needs a socket option that the routers do not set.
    const summary = await generate({
      target: { host: '127.255.255.255', port: target.port },
      protocols: ['v5'],
      flows: 90,
      rate: 0,
    })
    expect(summary.totals).toMatchObject({ datagrams: 0, flows: 0, bytes: 0 })
    expect(summary.failed).toEqual({ datagrams: 3, flows: 90, reasons: { EACCES: 3 } })
  })
})

describe('a flood on a machine that fell behind', () => {
  const plan = createPlan({
    protocols: ['v5'],
    rate: 1,
    flood: { victim: '203.0.113.9', packetsPerSecond: 1e6, minutes: 2 },
  })

  /** Which of its 120 flows leave, when it should have begun so long ago and nothing has left yet. */
  async function runFrom(agoMs: number) {
    const numbers: number[] = []
    const stop = new AbortController()
    const send = ({ first, count }: { first: number; count: number }) => {
      numbers.push(...Array.from({ length: count }, (_, i) => first + i))
      if (numbers.length >= 60) stop.abort()
      return true
    }
    const { outcome } = await sendFlows(plan, { send }, Date.now() - agoMs, stop.signal)
    return { outcome, numbers }
  }

  it('still sends what belongs to the minute that is not over', async () => {
    const { outcome, numbers } = await runFrom(52_000)
    expect(outcome).toBe('stopped')
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, number) => number))
  })

  it('gives up rather than send flows in another minute than theirs', async () => {
    expect(await runFrom(58_001)).toEqual({ outcome: 'late', numbers: [] })
  })
})

describe('pacing', () => {
  /** When each of the datagrams leaves, if the sender is away (stalled) for some time. */
  function departures(options: GenerateOptions, stall: { fromMs: number; toMs: number }) {
    const { scenario, batchOf } = createPlan(options)
    const pacer = createPacer(scenario)
    const left: { atMs: number; flows: number }[] = []
    let nowMs = 0
    for (let next = 0; next < scenario.flows; ) {
      if (nowMs >= stall.fromMs && nowMs < stall.toMs) nowMs = stall.toMs
      const { count } = batchOf(next)
      const waitMs = pacer.waitMs(next + count - 1, count, nowMs)
      if (waitMs > 0) {
        nowMs += Math.max(1, Math.ceil(waitMs))
        continue
      }
      pacer.left(count)
      next += count
      left.push({ atMs: nowMs, flows: count })
    }
    return left
  }

  const options: GenerateOptions = { protocols: ['v5'], rate: 60_000, flows: 60_000 }
  const flowsUntil = (left: ReturnType<typeof departures>, untilMs: number) =>
    left.reduce((sum, { atMs, flows }) => (atMs <= untilMs ? sum + flows : sum), 0)

  it('keeps the rate, in bursts of a millisecond', () => {
    const left = departures(options, { fromMs: Infinity, toMs: Infinity })
    for (const atMs of [100, 500, 999]) {
      expect(Math.abs(flowsUntil(left, atMs) - atMs * 60)).toBeLessThanOrEqual(60)
    }
    expect(left.at(-1)!.atMs).toBe(1000)
    for (let atMs = 0; atMs <= 1000; atMs++) {
      const burst = left.filter((each) => each.atMs === atMs).length
      expect(burst).toBeLessThanOrEqual(3)
    }
  })

  it('catches up after a stall, at twice the rate and no faster', () => {
    const left = departures(options, { fromMs: 200, toMs: 500 })
    // 300 ms behind at twice the rate takes 300 ms more, but for the burst it may begin with.
    const behind = (atMs: number) => atMs * 60 - flowsUntil(left, atMs)
    expect(behind(499)).toBeGreaterThan(17_000)
    expect(behind(650)).toBeGreaterThan(8_000)
    expect(behind(650)).toBeLessThan(9_500)
    expect(behind(810)).toBeLessThanOrEqual(60)
    expect(left.at(-1)!.atMs).toBe(1000)
  })
})
