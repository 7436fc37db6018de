import { expect, test } from 'vitest'
import { lagMessages } from '../../api/kafka-readers.ts'

/** In the form of librdkafka's STATISTICS.md. */
function stat(lags: Record<string, number>): string {
  const partitions = Object.fromEntries(
    Object.entries(lags).map(([partition, consumer_lag]) => [
      partition,
      { partition: Number(partition), hi_offset: 90, committed_offset: 80, consumer_lag },
    ]),
  )
  return JSON.stringify({ name: 'netmon', type: 'consumer', topics: { flows: { partitions } } })
}

test('the lag of all partitions of all readers is added up', () => {
  expect(lagMessages([stat({ 0: 10, 1: 0 }), stat({ 2: 5 })])).toBe(15)
  expect(lagMessages([stat({ 0: 0 })])).toBe(0)
})

test('what is not known is not counted as nothing', () => {
  // Partition -1 is librdkafka's own, a lag of -1 one that it does not know.
  expect(lagMessages([stat({ '-1': 7, 0: -1 })])).toBeNull()
  expect(lagMessages(['', '{}'])).toBeNull()
  expect(lagMessages([])).toBeNull()
})
