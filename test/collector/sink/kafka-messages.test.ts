import { describe, expect, test } from 'vitest'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { cutBatches } from '../../../collector/sink/kafka-messages.ts'
import { sequenceNumbers } from '../../build/flow-message.ts'
import { flowsSegment } from '../../build/flows-segment.ts'

const kibibyte = 1024
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

function linesSegment(lines: string[]): Segment {
  const payload = [Buffer.from(lines.map((line) => `${line}\n`).join(''))]
  const payloadBytes = payload[0]!.length
  return { name: 'c/b/7', stream: 'status', flows: 0, firstReceivedMs: 1, payloadBytes, payload }
}

describe('cutting a segment', () => {
  test('every flow is in one message, whole, and messages hold as many as fit in 256 KiB', () => {
    const batches = cutBatches(flowsSegment('c/b/7', 30_000), 3, false)
    const messages = batches.flatMap((batch) => batch.messages)
    expect(messages.flatMap(({ value }) => sequenceNumbers(value))).toEqual(numbers(30_000))
    const sizes = messages.map(({ value }) => value.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * kibibyte)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(255 * kibibyte)
  })

  test('a batch stays below what topics take by default, and batches go to the partitions in turn', () => {
    const batches = cutBatches(flowsSegment('c/b/7', 70_000), 3, false)
    const sizeOf = (batch: (typeof batches)[number]) =>
      batch.messages.reduce((sum, { value }) => sum + value.length, 0)
    expect(Math.max(...batches.map(sizeOf))).toBeLessThanOrEqual(768 * kibibyte)
    // Segment 7 of 3 partitions begins with the second.
    expect(batches.map(({ partition }) => partition)).toEqual(
      batches.map((_, index) => (7 + index) % 3),
    )
    for (const { partition, messages } of batches) {
      expect(new Set(messages.map((message) => message.partition))).toEqual(new Set([partition]))
    }
  })

  test('headers name the schema, the segment and the block, and say how many flows there are', () => {
    const messages = cutBatches(flowsSegment('c/b/7', 3_000), 3, false).flatMap((b) => b.messages)
    const schema = 'flowpb.FlowMessage'
    const all = { schema, segment: 'c/b/7', 'segment-flows': '3000' }
    const [first, second] = messages.map(({ value }) => String(sequenceNumbers(value).length))
    expect(messages.map(({ headers }) => headers)).toEqual([
      { ...all, block: '0', flows: first },
      { ...all, block: '1', flows: second },
    ])
  })

  test('chunks that end anywhere, as those read back from the spool do, make the same messages', () => {
    const segment = flowsSegment('c/b/7', 6_000)
    const whole = segment.payload[0]!
    const chunks: Uint8Array[] = []
    for (let at = 0; at < whole.length; at += 100_003) chunks.push(whole.subarray(at, at + 100_003))
    expect(cutBatches({ ...segment, payload: chunks }, 5, false)).toEqual(
      cutBatches(segment, 5, false),
    )
  })

  test('blocks that the segment knows are the messages, without a copy', () => {
    const segment = flowsSegment('c/b/7', 6_000)
    // Elsewhere than where they would be cut without being known.
    const firstBytes = flowsSegment('c/b/7', 1_000).payloadBytes
    const whole = segment.payload[0]!
    const payload = [whole.subarray(0, firstBytes), whole.subarray(firstBytes)].map((part) => {
      const shared = new Uint8Array(new SharedArrayBuffer(part.length))
      shared.set(part)
      return shared
    })
    const blocks = [
      [firstBytes, 1_000],
      [whole.length - firstBytes, 5_000],
    ] as const
    const messages = cutBatches({ ...segment, payload, blocks }, 5, false).flatMap(
      (batch) => batch.messages,
    )
    expect(messages.map(({ value }, index) => value.buffer === payload[index]?.buffer)).toEqual([
      true,
      true,
    ])
    expect(messages.map(({ headers }) => headers['flows'])).toEqual(['1000', '5000'])
    expect(messages.flatMap(({ value }) => sequenceNumbers(value))).toEqual(numbers(6_000))
  })

  test('one flow each: as many messages as flows, still length-delimited', () => {
    const batches = cutBatches(flowsSegment('c/b/7', 5_000), 3, true)
    const messages = batches.flatMap((batch) => batch.messages)
    expect(messages.map(({ value }) => sequenceNumbers(value))).toEqual(
      numbers(5_000).map((number) => [number]),
    )
    expect(messages.map(({ headers }) => headers['block'])).toEqual(numbers(5_000).map(String))
    expect(batches.reduce((sum, { flows }) => sum + flows, 0)).toBe(5_000)
    // With what Kafka adds to each message: less than 100 bytes and the headers.
    for (const { messages } of batches) {
      const bytes = messages.reduce((sum, { value }) => sum + value.length + 256, 0)
      expect(bytes).toBeLessThanOrEqual(768 * kibibyte)
    }
  })

  test('rows are cut where lines end; a line that is longer than a message is one by itself', () => {
    const lines = [
      ...numbers(9_000).map((number) => JSON.stringify({ number, text: 'x'.repeat(40) })),
      JSON.stringify({ number: 9_000, text: 'y'.repeat(300 * kibibyte) }),
      JSON.stringify({ number: 9_001 }),
    ]
    const messages = cutBatches(linesSegment(lines), 1, false).flatMap((batch) => batch.messages)
    expect(messages.length).toBeGreaterThan(3)
    expect(messages.every(({ value }) => value.at(-1) === 0x0a)).toBe(true)
    expect(messages.map(({ value }) => value.toString()).join('')).toBe(`${lines.join('\n')}\n`)
    expect(messages.at(-1)?.value.toString()).toBe('{"number":9001}\n')
    expect(messages[0]?.headers).toEqual({ schema: 'status', segment: 'c/b/7', block: '0' })
  })
})
