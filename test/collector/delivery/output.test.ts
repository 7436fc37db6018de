import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Delivery } from '../../../collector/delivery/delivery.ts'
import { createSegmentOutput } from '../../../collector/delivery/output.ts'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { createBlockPool } from '../../../collector/encode/block-pool.ts'
import { FlowRecord } from '../../../collector/flow.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function createTestOutput() {
  const accepted: Segment[] = []
  const delivery: Delivery = {
    accept: (segment) => accepted.push(segment),
    oldestReceivedMs: () => undefined,
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    stop: async () => {},
  }
  let number = 0
  const output = createSegmentOutput(() => `c/b/${++number}`, createBlockPool(), delivery)
  return { output, accepted }
}

test('each second what came is sealed, every stream by itself', () => {
  const { output, accepted } = createTestOutput()
  output.append(new FlowRecord(), 100)
  output.addRow('metadata', { name: 'eth0' }, 200)
  output.addRow('counters', { if_index: 7 }, 300)
  output.addRow('counters', { if_index: 8 }, 400)
  expect(accepted).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(
    accepted.map(({ name, stream, flows, firstReceivedMs }) => [
      name,
      stream,
      flows,
      firstReceivedMs,
    ]),
  ).toEqual([
    ['c/b/1', 'flows', 1, 100],
    ['c/b/2', 'metadata', 0, 200],
    ['c/b/3', 'counters', 0, 300],
  ])
  vi.advanceTimersByTime(5_000)
  expect(accepted).toHaveLength(3)
})

test('a stop seals what is open', async () => {
  const { output, accepted } = createTestOutput()
  output.addRow('metadata', { name: 'eth0' }, 200)
  await output.stop(1_000)
  expect(accepted.map(({ stream }) => stream)).toEqual(['metadata'])
})

test('what waits for its second holds the watermark only when it is flows', () => {
  const { output } = createTestOutput()
  output.addRow('metadata', { name: 'eth0' }, 200)
  expect(output.oldestUnacknowledgedMs()).toBeUndefined()
  output.append(new FlowRecord(), 300)
  expect(output.oldestUnacknowledgedMs()).toBe(300)
})
