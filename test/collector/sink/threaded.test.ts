import { Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { createLedger } from '../../../collector/delivery/ledger.ts'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { createBlockPool } from '../../../collector/encode/block-pool.ts'
import type { KafkaSinkOptions } from '../../../collector/sink/kafka.ts'
import { SegmentRefused, type Sink } from '../../../collector/sink/sink.ts'
import { createThreadedSink } from '../../../collector/sink/threaded.ts'

const options: KafkaSinkOptions = {
  connection: { brokers: ['127.0.0.1:9'] },
  topic: 'flows',
  partitions: 1,
  group: 'readers',
  client: 'platformatic',
  compression: 'none',
  oneFlowEach: false,
}
const forever = new AbortController().signal
const file = new URL('../../build/sink-thread.js', import.meta.url)
const open: Sink[] = []
afterEach(async () => {
  for (const sink of open.splice(0)) await sink.close()
})

/** The first thread dies of the segment of that name; what is stored already, later ones say. */
async function start(diesOf = '', stored: readonly string[] = []) {
  const ledger = createLedger()
  let threads = 0
  const begin = (data: object) => {
    const dies = threads++ === 0 ? diesOf : ''
    return new Worker(file, { workerData: { ...data, diesOf: dies, stored } })
  }
  const sink = await createThreadedSink(options, ledger, pino({ level: 'silent' }), begin)
  open.push(sink)
  return { sink, ledger, threads: () => threads }
}

function segment(name: string, firstReceivedMs = 7): Segment {
  const block = createBlockPool().take()
  block.fill(0)
  return { name, stream: 'flows', flows: 1, firstReceivedMs, payloadBytes: 10, payload: [block] }
}

const timesSent = ({ payload }: Segment) => payload[0]?.[0]

test('the thread reads blocks where they lie, and tells what it counts and how far was read', async () => {
  const { sink, ledger } = await start()
  const sent = segment('c/b/1')
  await sink.send(sent, forever)
  await sink.send(sent, forever)
  expect(timesSent(sent)).toBe(2)
  expect(ledger.possibleDuplicates).toBe(10)
  expect(sink.oldestUnreadMs?.()).toBe(7)
})

test('a refusal is one here too, and any other failure is not', async () => {
  const { sink } = await start()
  await expect(sink.send(segment('refused'), forever)).rejects.toThrow(SegmentRefused)
  await expect(sink.send(segment('failed'), forever)).rejects.toThrow(/^not now$/)
})

test('whoever stops waiting does so at once, also when the thread hangs', async () => {
  const { sink } = await start()
  const controller = new AbortController()
  const sending = sink.send(segment('hangs'), controller.signal)
  controller.abort(new Error('enough'))
  await expect(sending).rejects.toThrow('enough')
  await sink.send(segment('c/b/1'), forever)
})

test('a fault ends the thread, not the collector: what it was sending fails, and another goes on', async () => {
  const { sink, ledger, threads } = await start('c/b/2')
  await sink.send(segment('c/b/1', 3), forever)
  const unlucky = segment('c/b/2')
  await expect(sink.send(unlucky, forever)).rejects.toThrow('the thread that sends ended (a fault)')
  expect(ledger.sinkFaults).toBe(1)
  // What ClickHouse had not read is not read by the change of threads.
  expect(sink.oldestUnreadMs?.()).toBe(3)
  await sink.send(unlucky, forever)
  expect([threads(), timesSent(unlucky), sink.oldestUnreadMs?.()]).toEqual([2, 1, 3])
  expect(ledger.possibleDuplicates).toBe(10)
})

test('of what a thread that died may have sent, nothing is sent again that is stored', async () => {
  const { sink } = await start('c/b/2', ['c/b/2', 'c/b/3'])
  const unlucky = segment('c/b/2')
  await expect(sink.send(unlucky, forever)).rejects.toThrow()
  await sink.send(unlucky, forever)
  expect(timesSent(unlucky)).toBe(0)
  // Others are not asked for.
  const next = segment('c/b/3')
  await sink.send(next, forever)
  expect(timesSent(next)).toBe(1)
})

test.skipIf('zstdCompress' in zlib)(
  'what no sink can be made of is told, and not tried again',
  async () => {
    const thread = new URL('../../../dist/collector/sink/thread.js', import.meta.url)
    const starting = createThreadedSink(
      { ...options, compression: 'zstd' },
      createLedger(),
      pino({ level: 'silent' }),
      (workerData) => new Worker(thread, { workerData }),
    )
    await expect(starting).rejects.toThrow(/^compression zstd needs Node 22.15 or newer/)
  },
)
