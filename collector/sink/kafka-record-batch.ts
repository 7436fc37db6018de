// Messages as Kafka stores them and brokers check them: a record batch, version 2 (https://kafka.apache.org/documentation/#recordbatch; KIP-98).
//
//   base offset (8) | length of what follows (4) | leader epoch (4) | version (1) | CRC-32C of what follows (4) | attributes (2) | last offset delta (4)
//   | first timestamp (8) | last timestamp (8) | producer (8) | its epoch (2) | first sequence number (4) | count (4) | records
//
//   record: length | attributes (1) | timestamp delta | offset delta | length of key, -1 for none | length of value | value | count of headers
//           | { length of name | name | length of text | text } ...
//
// Numbers without a width are varints in zigzag. Records are compressed as one.

import type { KafkaMessage } from './kafka-messages.ts'

/** Who writes, and the number of the first message in its partition. */
export interface BatchIdentity {
  producerId: bigint
  producerEpoch: number
  sequence: number
}

/** Kafka's number of the codec, and how it packs; the number alone without compression. */
export interface BatchCodec {
  type: number
  compress?: (records: Buffer) => Promise<Buffer>
}

/** Of chunks one behind the other. */
export type Checksum = (chunks: readonly Buffer[]) => number

const headBytes = 61
const lengthOffset = 8
const crcOffset = 17
const attributesOffset = 21
const version = 2
/** Of a record, its own fields. */
const mostFieldBytes = 32
const mostVarintBytes = 5
/** A shorter value is copied: too many chunks cost more. */
const leastChunkBytes = 4096

/**
 * The bytes of `messages`, of which there is one at least, in chunks. Large values are chunks as they are: they are not to be written to before the broker has
 * answered.
 */
export async function encodeRecordBatch(
  messages: readonly KafkaMessage[],
  { producerId, producerEpoch, sequence }: BatchIdentity,
  { type, compress }: BatchCodec,
  crc32c: Checksum,
): Promise<Buffer[]> {
  const records = writeRecords(messages)
  const head = Buffer.alloc(headBytes)
  const chunks = [head, ...(compress ? [await compress(Buffer.concat(records))] : records)]
  const timestamp = BigInt(messages[0]?.timestamp ?? 0)
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  head.writeInt32BE(bytes - lengthOffset - 4, lengthOffset)
  head.writeInt32BE(-1, 12)
  head.writeInt8(version, 16)
  head.writeInt16BE(type, attributesOffset)
  head.writeInt32BE(messages.length - 1, 23)
  head.writeBigInt64BE(timestamp, 27)
  head.writeBigInt64BE(timestamp, 35)
  head.writeBigInt64BE(producerId, 43)
  head.writeInt16BE(producerEpoch, 51)
  head.writeInt32BE(sequence, 53)
  head.writeInt32BE(messages.length, 57)
  const summed = [head.subarray(attributesOffset), ...chunks.slice(1)]
  head.writeUInt32BE(crc32c(summed), crcOffset)
  return chunks
}

/** All messages of a batch are of one segment, and of its time. */
function writeRecords(messages: readonly KafkaMessage[]): Buffer[] {
  const written = Buffer.allocUnsafe(mostBytes(messages))
  const chunks: Buffer[] = []
  let start = 0
  let at = 0
  for (const [index, { value, headers }] of messages.entries()) {
    const texts = Object.entries(headers)
    let bytes = 3 + sizeOf(index) + sizeOf(value.length) + value.length + sizeOf(texts.length)
    for (const [name, text] of texts) bytes += sizeOfText(name) + sizeOfText(text)
    at = writeVarint(written, at, bytes)
    written[at++] = 0 // attributes
    written[at++] = 0 // timestamp delta
    at = writeVarint(written, at, index)
    written[at++] = 1 // no key: -1
    at = writeVarint(written, at, value.length)
    if (value.length < leastChunkBytes) {
      written.set(value, at)
      at += value.length
    } else {
      chunks.push(written.subarray(start, at), value)
      start = at
    }
    at = writeVarint(written, at, texts.length)
    for (const [name, text] of texts) at = writeText(written, writeText(written, at, name), text)
  }
  chunks.push(written.subarray(start, at))
  return chunks
}

/** That are not chunks of their own. */
function mostBytes(messages: readonly KafkaMessage[]): number {
  let bytes = 0
  for (const { value, headers } of messages) {
    bytes += mostFieldBytes + (value.length < leastChunkBytes ? value.length : 0)
    for (const [name, text] of Object.entries(headers)) {
      bytes += 2 * mostVarintBytes + Buffer.byteLength(name) + Buffer.byteLength(text)
    }
  }
  return bytes
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const start = writeVarint(bytes, at, Buffer.byteLength(text))
  return start + bytes.write(text, start)
}

function sizeOfText(text: string): number {
  const length = Buffer.byteLength(text)
  return sizeOf(length) + length
}

/** `value` is below 2^30 and not negative: zigzag doubles it. */
function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value * 2
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at++] = rest
  return at
}

function sizeOf(value: number): number {
  let size = 1
  for (let rest = value * 2; rest > 0x7f; rest >>>= 7) size++
  return size
}
