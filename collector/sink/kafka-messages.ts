// A segment as Kafka messages. Cutting depends on nothing but the segment's bytes, blocks and name and the number of partitions, so that a segment that is sent
// again, from memory or from the spool, makes the same batches: brokers recognise a repeated batch by its place in the order of its partition alone.

import type { Segment } from '../delivery/segment.ts'

/** A value of many flows: as large as a block, small enough for every broker's default. */
const valueBytes = 256 * 1024
/** A request's messages of one partition are one batch, and a topic's max.message.bytes (1 MiB less 12 bytes by default) holds for the batch. */
const batchBytes = 768 * 1024
/** What the headers and the framing of a message add, at most. */
const messageOverheadBytes = 256

export interface KafkaMessage {
  readonly partition: number
  readonly value: Buffer
  readonly headers: Record<string, string>
  /** Milliseconds since 1970. */
  readonly timestamp: string
}

/** What is sent, and acknowledged, as one. */
export interface KafkaBatch {
  readonly partition: number
  readonly flows: number
  readonly messages: readonly KafkaMessage[]
}

interface Value {
  readonly bytes: Buffer
  /** 0 for rows of other streams. */
  readonly flows: number
}

/**
 * Cuts the segment into messages and those into batches, which go to the partitions in turn. The values are views of the segment's blocks where these are known.
 * @param oneFlowEach one flow a message, still length-delimited, as GoFlow2 writes them
 */
export function cutBatches(
  segment: Segment,
  partitions: number,
  oneFlowEach: boolean,
): KafkaBatch[] {
  const values = cutValues(segment, oneFlowEach)
  const first = numberOf(segment.name)
  const batches: { partition: number; flows: number; messages: KafkaMessage[] }[] = []
  let roomBytes = 0
  let block = 0
  for (const { bytes, flows } of values) {
    let batch = batches.at(-1)
    roomBytes -= bytes.length + messageOverheadBytes
    if (batch === undefined || roomBytes < 0) {
      batch = { partition: (first + batches.length) % partitions, flows: 0, messages: [] }
      batches.push(batch)
      roomBytes = batchBytes - bytes.length - messageOverheadBytes
    }
    batch.flows += flows
    batch.messages.push({
      partition: batch.partition,
      value: bytes,
      headers: headersOf(segment, block, flows),
      timestamp: String(segment.firstReceivedMs),
    })
    block++
  }
  return batches
}

function cutValues({ stream, payload, blocks }: Segment, oneFlowEach: boolean): Iterable<Value> {
  if (blocks !== undefined && !oneFlowEach) {
    return blocks.map(([, flows], index) => ({ bytes: viewOf(payload[index]), flows }))
  }
  // Chunks need not end where flows end.
  const whole = Buffer.concat(payload)
  return stream === 'flows' ? cutFlows(whole, oneFlowEach ? 1 : valueBytes) : cutLines(whole)
}

function viewOf(chunk: Uint8Array | undefined): Buffer {
  if (chunk === undefined) throw new RangeError('a segment has fewer chunks than blocks')
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

/** `segment` and `block` together name the message for ever; `flows` says what it holds, `segment-flows` what all of the segment's messages hold. */
function headersOf(segment: Segment, block: number, flows: number): Record<string, string> {
  const { stream, name } = segment
  if (stream !== 'flows') return { schema: stream, segment: name, block: String(block) }
  return {
    schema: 'flowpb.FlowMessage',
    segment: name,
    block: String(block),
    flows: String(flows),
    'segment-flows': String(segment.flows),
  }
}

/** Runs of whole length-delimited messages, each of at most `maxBytes` or of one message. */
function* cutFlows(payload: Buffer, maxBytes: number): Generator<Value> {
  let start = 0
  let flows = 0
  let at = 0
  while (at < payload.length) {
    const end = endOfMessage(payload, at)
    if (flows > 0 && end - start > maxBytes) {
      yield { bytes: payload.subarray(start, at), flows }
      start = at
      flows = 0
    }
    flows++
    at = end
  }
  if (flows > 0) yield { bytes: payload.subarray(start), flows }
}

/** Where the message behind the varint length at `at` ends. */
function endOfMessage(payload: Buffer, at: number): number {
  let length = 0
  let shift = 0
  for (let byte = 0x80; byte >= 0x80; shift += 7) {
    byte = payload[at++] ?? 0
    length += (byte & 0x7f) * 2 ** shift
  }
  return Math.min(at + length, payload.length)
}

/** Runs of whole lines, each of at most `valueBytes` or of one line. */
function* cutLines(payload: Buffer): Generator<Value> {
  for (let start = 0; start < payload.length; ) {
    let end = payload.length
    if (end - start > valueBytes) {
      end = payload.lastIndexOf('\n', start + valueBytes - 1) + 1
      if (end <= start) end = payload.indexOf('\n', start) + 1 || payload.length
    }
    yield { bytes: payload.subarray(start, end), flows: 0 }
    start = end
  }
}

/** collector/boot/number */
function numberOf(segmentName: string): number {
  return Number(segmentName.slice(segmentName.lastIndexOf('/') + 1))
}
