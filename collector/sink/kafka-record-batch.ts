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

const headBytes = 61
const lengthOffset = 8
const crcOffset = 17
const attributesOffset = 21
const version = 2
/** Of a record, its own fields. */
const mostFieldBytes = 32
const mostVarintBytes = 5

/** The bytes of `messages`, of which there is one at least; a copy. */
export async function encodeRecordBatch(
  messages: readonly KafkaMessage[],
  { producerId, producerEpoch, sequence }: BatchIdentity,
  { type, compress }: BatchCodec,
  crc32c: (bytes: Buffer) => number,
): Promise<Buffer> {
  let batch = Buffer.allocUnsafe(headBytes + mostBytes(messages))
  const end = writeRecords(batch, messages)
  if (compress === undefined) batch = batch.subarray(0, end)
  else
    batch = Buffer.concat([
      batch.subarray(0, headBytes),
      await compress(batch.subarray(headBytes, end)),
    ])
  const timestamp = BigInt(messages[0]?.timestamp ?? 0)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - lengthOffset - 4, lengthOffset)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(version, 16)
  batch.writeInt16BE(type, attributesOffset)
  batch.writeInt32BE(messages.length - 1, 23)
  batch.writeBigInt64BE(timestamp, 27)
  batch.writeBigInt64BE(timestamp, 35)
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(producerEpoch, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(messages.length, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(attributesOffset)), crcOffset)
  return batch
}

/** Behind the head; answers where they end. All messages of a batch are of one segment, and of its time. */
function writeRecords(batch: Buffer, messages: readonly KafkaMessage[]): number {
  let at = headBytes
  for (const [index, { value, headers }] of messages.entries()) {
    const texts = Object.entries(headers)
    let bytes = 3 + sizeOf(index) + sizeOf(value.length) + value.length + sizeOf(texts.length)
    for (const [name, text] of texts) bytes += sizeOfText(name) + sizeOfText(text)
    at = writeVarint(batch, at, bytes)
    batch[at++] = 0 // attributes
    batch[at++] = 0 // timestamp delta
    at = writeVarint(batch, at, index)
    batch[at++] = 1 // no key: -1
    at = writeVarint(batch, at, value.length)
    batch.set(value, at)
    at += value.length
    at = writeVarint(batch, at, texts.length)
    for (const [name, text] of texts) at = writeText(batch, writeText(batch, at, name), text)
  }
  return at
}

function mostBytes(messages: readonly KafkaMessage[]): number {
  let bytes = 0
  for (const { value, headers } of messages) {
    bytes += mostFieldBytes + value.length
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
