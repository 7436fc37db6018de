// The flows of traffic.sql as segments, as a collector seals them.

import type { Block, Segment } from '../collector/delivery/segment.ts'
import { blockBytes } from '../collector/encode/block-pool.ts'
import { cutBatches } from '../collector/sink/kafka-messages.ts'
import { flowSchema } from '../schema/flow-schema.ts'
import type { BenchStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

/** About the 8 MiB at which a segment is sealed. */
const usualSegmentFlows = 70_000
/** Flows a second that the times of the flows tell of. */
const rate = 5_000

/** ClickHouse itself writes the FlowMessages; they begin ten minutes ago. */
export async function makeSegments(
  store: BenchStore,
  flows: number,
  segmentFlows = usualSegmentFlows,
): Promise<Segment[]> {
  const start = Math.floor(Date.now() / 1000) - 600
  const segments: Segment[] = []
  for (let first = 0; first < flows; first += segmentFlows) {
    const count = Math.min(segmentFlows, flows - first)
    const { stream } = await store.client.exec({
      query: `${trafficQuery} FORMAT Protobuf`,
      query_params: { start, rate, first, count },
      clickhouse_settings: {
        format_schema_source: 'string',
        format_schema: flowSchema,
        format_schema_message_name: 'FlowMessage',
      },
    })
    const payload: Uint8Array[] = []
    for await (const chunk of stream) payload.push(chunk as Uint8Array)
    const segment: Segment = {
      name: `bench/0/${segments.length}`,
      stream: 'flows',
      flows: count,
      firstReceivedMs: (start + first / rate) * 1000,
      payloadBytes: payload.reduce((sum, chunk) => sum + chunk.length, 0),
      payload,
    }
    segments.push({ ...segment, ...inBlocks(segment) })
  }
  return segments
}

/** Chunks that end where flows do, in memory that threads share. */
function inBlocks(segment: Segment): { payload: Uint8Array[]; blocks: Block[] } {
  const payload: Uint8Array[] = []
  const blocks: Block[] = []
  for (const { messages } of cutBatches(segment, 1, false)) {
    for (const { value, headers } of messages) {
      const block = new Uint8Array(new SharedArrayBuffer(blockBytes)).subarray(0, value.length)
      block.set(value)
      payload.push(block)
      blocks.push([value.length, Number(headers['flows'])])
    }
  }
  return { payload, blocks }
}
