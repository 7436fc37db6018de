import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { createBlocks, segmentBytes } from '../../../collector/encode/block.ts'
import { blockBytes, createBlockPool } from '../../../collector/encode/block-pool.ts'
import { FlowRecord } from '../../../collector/flow.ts'
import { packageRoot } from '../../../runtime/package-root.ts'

const FlowMessage = protobuf
  .parse(readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8'))
  .root.lookupType('flowpb.FlowMessage')

/** The sequence numbers of the flows in a block, which begins and ends between two messages. */
function numbersIn(block: Uint8Array): number[] {
  const reader = protobuf.Reader.create(block)
  const numbers: number[] = []
  while (reader.pos < reader.len)
    numbers.push(FlowMessage.toObject(FlowMessage.decodeDelimited(reader))['sequenceNum'])
  return numbers
}

function collect(bytes = blockBytes) {
  const segments: Segment[] = []
  let number = 0
  const blocks = createBlocks(
    () => `c/b/${++number}`,
    createBlockPool(bytes),
    (segment) => segments.push(segment),
  )
  return { blocks, segments }
}

test.each([64 * 1024, blockBytes])(
  'flows come out in order, in blocks of at most %i bytes, and in segments within their bound',
  (bytes) => {
    const { blocks, segments } = collect(bytes)
    const flow = new FlowRecord()
    const flows = 120_000
    for (let i = 1; i <= flows; i++) {
      flow.sequenceNumber = i
      // Long and short messages, so that block ends fall everywhere.
      flow.asPath.clear()
      for (let n = 0; n < i % 50; n++) flow.asPath.push(i)
      blocks.append(flow, 1_000 + i)
    }
    blocks.seal()
    expect(segments.length).toBeGreaterThan(1)
    const numbers: number[] = []
    for (const segment of segments) {
      const before = numbers.length
      expect(segment.firstReceivedMs).toBe(1_000 + before + 1)
      for (const block of segment.payload) {
        expect(block.length).toBeLessThanOrEqual(bytes)
        numbers.push(...numbersIn(block))
      }
      expect(segment.blocks).toEqual(
        segment.payload.map((block) => [block.length, numbersIn(block).length]),
      )
      expect(segment.flows).toBe(numbers.length - before)
      expect(segment.payloadBytes).toBe(
        segment.payload.reduce((sum, block) => sum + block.length, 0),
      )
      expect(segment.payloadBytes).toBeLessThanOrEqual(segmentBytes)
    }
    expect(segments.map(({ name }) => name)).toEqual(segments.map((_, index) => `c/b/${index + 1}`))
    expect(numbers).toEqual(Array.from({ length: flows }, (_, index) => index + 1))
  },
)

test('nothing is sealed when nothing came', () => {
  const { blocks, segments } = collect()
  blocks.seal()
  expect(segments).toEqual([])
  expect(blocks.firstReceivedMs).toBeUndefined()
})
