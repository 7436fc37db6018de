import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import {
  createDelivery,
  type Delivery,
  type DeliveryLimits,
} from '../../../collector/delivery/delivery.ts'
import { createLedger, type Ledger } from '../../../collector/delivery/ledger.ts'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { openSpool, type Spool } from '../../../collector/delivery/spool.ts'
import { createBlockPool } from '../../../collector/encode/block-pool.ts'
import { SegmentRefused, type Sink } from '../../../collector/sink/sink.ts'
import { temporaryDirectory } from '../../build/temporary.ts'

const log = pino({ level: 'silent' })
const roomy: DeliveryLimits = { memoryBytes: 1 << 20, spoolBytes: 1 << 20 }

function newDirectory(): string {
  return temporaryDirectory()
}

/** `flows` flows in 1,000 bytes that tell segments apart. */
function segment(number: number, flows = 10): Segment {
  const payload = Buffer.alloc(1_000, number)
  const name = `c/20261122T000000.000Z-0000/${number}`
  return {
    name,
    stream: 'flows',
    flows,
    firstReceivedMs: 1_000 + number,
    payloadBytes: 1_000,
    payload: [payload],
  }
}

/** A store that keeps what it is sent by name, and fails as `fail` says. */
function createStore(
  fail: (attempt: number, segment: Segment) => Error | undefined = () => undefined,
) {
  const stored = new Map<string, Buffer>()
  const sent: string[] = []
  const sink: Sink = {
    async send(given) {
      sent.push(given.name)
      const error = fail(sent.length, given)
      if (error !== undefined) throw error
      stored.set(given.name, Buffer.concat(given.payload))
    },
    isStored: async ({ name }) => stored.has(name),
    close: async () => {},
  }
  return { sink, stored, sent }
}

const running: Delivery[] = []
afterEach(async () => {
  for (const delivery of running.splice(0)) await delivery.stop(0)
})

async function start(
  directory: string,
  sink: Sink,
  limits = roomy,
  change = (spool: Spool) => spool,
  pool = createBlockPool(),
) {
  const ledger = createLedger()
  const { spool, entries, damaged } = await openSpool(directory, pool)
  const delivery = createDelivery(change(spool), entries, sink, ledger, log, limits, pool)
  running.push(delivery)
  const accept = (given: Segment) => {
    ledger.flowsDecoded += given.flows
    delivery.accept(given)
  }
  return { delivery, ledger, accept, damaged }
}

/** decoded + recovered = acknowledged + spooled + in memory + dropped. */
function expectClosed(ledger: Ledger, delivery: Delivery): void {
  const dropped = Object.values(ledger.flowsDropped).reduce((sum, flows) => sum + flows, 0)
  const elsewhere = delivery.flowsSpooled() + delivery.flowsInMemory()
  expect(ledger.flowsAcknowledged + elsewhere + dropped).toBe(
    ledger.flowsDecoded + ledger.flowsRecovered,
  )
}

const settled = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 })

test('segments are sent in order, acknowledged, and leave nothing behind', async () => {
  const directory = newDirectory()
  const { sink, stored, sent } = createStore()
  const { delivery, ledger, accept } = await start(directory, sink)
  for (let number = 1; number <= 20; number++) accept(segment(number))
  expect(delivery.oldestReceivedMs()).toBe(1_001)
  await settled(() => expect(ledger.flowsAcknowledged).toBe(200))
  expect(sent).toEqual([...stored.keys()])
  expect(stored.get(segment(7).name)).toEqual(segment(7).payload[0])
  expect(delivery.oldestReceivedMs()).toBeUndefined()
  await delivery.stop(1_000)
  expect(readdirSync(directory)).toEqual([])
  expectClosed(ledger, delivery)
})

test('a segment is in the spool before it is first sent', async () => {
  const directory = newDirectory()
  let files: string[] = []
  const { sink } = createStore(() => {
    files = readdirSync(directory)
    return undefined
  })
  const { ledger, accept } = await start(directory, sink)
  accept(segment(1))
  await settled(() => expect(ledger.flowsAcknowledged).toBe(10))
  expect(files).toEqual(['20261122T000000.000Z-0000-000000000001.seg'])
})

test('what fails is sent again under its name, the same to the byte', async () => {
  const bodies = new Set<string>()
  const { sink, sent } = createStore((attempt, given) => {
    bodies.add(Buffer.concat(given.payload).toString('hex'))
    return attempt < 4 ? new Error('gone') : undefined
  })
  const { delivery, ledger, accept } = await start(newDirectory(), sink)
  accept(segment(1))
  await settled(() => expect(ledger.flowsAcknowledged).toBe(10))
  expect(sent).toEqual(Array(4).fill(segment(1).name))
  expect(bodies.size).toBe(1)
  expectClosed(ledger, delivery)
})

test('what a stop leaves undelivered is sent by the next start, but not if the store has it already', async () => {
  const directory = newDirectory()
  const away = createStore(() => new Error('away'))
  const first = await start(directory, away.sink)
  for (let number = 1; number <= 3; number++) first.accept(segment(number))
  await first.delivery.stop(50)
  expect(first.delivery.flowsSpooled()).toBe(30)
  expectClosed(first.ledger, first.delivery)

  const back = createStore()
  back.stored.set(segment(2).name, Buffer.alloc(0)) // landed, only the answer was lost
  const second = await start(directory, back.sink)
  expect(second.ledger.flowsRecovered).toBe(30)
  await settled(() => expect(second.ledger.flowsAcknowledged).toBe(30))
  expect(back.sent).toEqual([segment(1).name, segment(3).name])
  expectClosed(second.ledger, second.delivery)
  await second.delivery.stop(1_000)
  expect(readdirSync(directory)).toEqual([])
})

test('a full spool drops its oldest segments and counts their flows', async () => {
  const directory = newDirectory()
  const { sink, stored } = createStore(() => new Error('away'))
  const limits = { memoryBytes: 1 << 20, spoolBytes: 5_000 }
  const { delivery, ledger, accept } = await start(directory, sink, limits)
  for (let number = 1; number <= 10; number++) accept(segment(number))
  await settled(() => expect(delivery.flowsInMemory()).toBe(0))
  // A file is 1,000 bytes and its header: four fit.
  await settled(() => expect(ledger.flowsDropped['spool-full']).toBe(60))
  expect(delivery.flowsSpooled()).toBe(40)
  expect(delivery.spoolBytes()).toBeLessThanOrEqual(5_000)
  expect(stored.size).toBe(0)
  expectClosed(ledger, delivery)
})

test('payloads in the spool are let go from memory and read back when their turn comes', async () => {
  let away = true
  const { sink, stored } = createStore(() => (away ? new Error('away') : undefined))
  const limits = { memoryBytes: 4_000, spoolBytes: 1 << 20 }
  const { delivery, ledger, accept } = await start(newDirectory(), sink, limits)
  for (let number = 1; number <= 30; number++) {
    accept(segment(number))
    await settled(() => expect(delivery.flowsInMemory()).toBe(0))
  }
  away = false
  await settled(() => expect(ledger.flowsAcknowledged).toBe(300))
  for (let number = 1; number <= 30; number++) {
    expect(stored.get(segment(number).name)).toEqual(segment(number).payload[0])
  }
  expectClosed(ledger, delivery)
})

test('with a disk that takes nothing, segments go out from memory; beyond its bound the oldest are dropped and counted', async () => {
  let away = true
  const { sink } = createStore(() => (away ? new Error('away') : undefined))
  const limits = { memoryBytes: 5_000, spoolBytes: 1 << 20 }
  const full = (spool: Spool): Spool => ({
    ...spool,
    write: () => Promise.reject(new Error('ENOSPC: no space left on device')),
  })
  const { delivery, ledger, accept } = await start(newDirectory(), sink, limits, full)
  for (let number = 1; number <= 9; number++) accept(segment(number))
  expect(delivery.flowsInMemory()).toBeLessThanOrEqual(50)
  expectClosed(ledger, delivery)
  away = false
  await settled(() => expect(delivery.flowsInMemory()).toBe(0))
  expect(ledger.flowsAcknowledged).toBeGreaterThanOrEqual(40)
  expectClosed(ledger, delivery)
})

test('with a disk that takes nothing, segments go out as fast as the store takes them', async () => {
  const { sink, stored } = createStore()
  const full = (spool: Spool): Spool => ({
    ...spool,
    write: () => Promise.reject(new Error('ENOSPC: no space left on device')),
  })
  const { delivery, ledger, accept } = await start(newDirectory(), sink, roomy, full)
  for (let number = 1; number <= 100; number++) accept(segment(number))
  await settled(() => expect(ledger.flowsAcknowledged).toBe(1_000))
  expect(stored.size).toBe(100)
  expectClosed(ledger, delivery)
})

test('buffers of a segment whose sending failed are never used again: its connection may still read them', async () => {
  const pool = createBlockPool()
  const given = new Set<Uint8Array>()
  const watched = {
    ...pool,
    give(payload: readonly Uint8Array[]) {
      for (const block of payload) given.add(block)
    },
  }
  const { sink, sent } = createStore(() => new Error('away'))
  const limits = { memoryBytes: 2_000, spoolBytes: 1 << 20 }
  const { delivery, accept } = await start(newDirectory(), sink, limits, undefined, watched)
  const [first, second, third] = [segment(1), segment(2), segment(3)]
  accept(first)
  await settled(() => expect(sent.length).toBeGreaterThan(0))
  accept(second)
  accept(third)
  // Memory has room for one: the first and the second are let go.
  await settled(() => expect(given.has(second.payload[0]!)).toBe(true))
  await settled(() => expect(delivery.flowsInMemory()).toBe(0))
  expect(given.has(first.payload[0]!)).toBe(false)
})

test('a segment that the store keeps refusing is set aside and does not hold up the others', async () => {
  const directory = newDirectory()
  const { sink, stored } = createStore((_, given) =>
    given.name === segment(1).name ? new SegmentRefused('Code: 444. Protobuf') : undefined,
  )
  const { delivery, ledger, accept } = await start(directory, sink)
  accept(segment(1))
  accept(segment(2))
  await settled(() => expect([...stored.keys()]).toEqual([segment(2).name]))
  expect(ledger.flowsDropped.rejected).toBe(10)
  await settled(() =>
    expect(readdirSync(directory)).toEqual(['20261122T000000.000Z-0000-000000000001.seg.rejected']),
  )
  expectClosed(ledger, delivery)
})

test('a damaged file is set aside, counted, and the rest is delivered', async () => {
  const directory = newDirectory()
  const first = await start(directory, createStore(() => new Error('away')).sink)
  for (let number = 1; number <= 3; number++) first.accept(segment(number))
  await first.delivery.stop(50)
  const [one, two] = readdirSync(directory).map((name) => path.join(directory, name))
  writeFileSync(one!, readFileSync(one!).subarray(0, 500)) // the header is whole
  writeFileSync(two!, 'nothing of the kind')

  const back = createStore()
  const second = await start(directory, back.sink)
  expect(second.damaged).toEqual([path.basename(two!)])
  await settled(() => expect(second.ledger.flowsAcknowledged).toBe(10))
  expect(second.ledger.flowsDropped['spool-damaged']).toBe(10)
  expect(readdirSync(directory).filter((name) => name.endsWith('.damaged'))).toHaveLength(2)
  expectClosed(second.ledger, second.delivery)
})

test('a file that cannot be read now is read later', async () => {
  const directory = newDirectory()
  const first = await start(directory, createStore(() => new Error('away')).sink)
  first.accept(segment(1))
  await first.delivery.stop(50)
  let refusals = 0
  const back = createStore()
  const second = await start(directory, back.sink, roomy, (spool) => ({
    ...spool,
    async read(entry) {
      if (++refusals <= 2) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
      return spool.read(entry)
    },
  }))
  await settled(() => expect(second.ledger.flowsAcknowledged).toBe(10))
  expect([...back.stored.keys()]).toEqual([segment(1).name])
  expect(second.ledger.flowsDropped['spool-damaged']).toBe(0)
  expectClosed(second.ledger, second.delivery)
})
