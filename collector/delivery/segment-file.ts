// How a segment lies in the spool, one a file.

import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { blockBytes } from '../encode/block-pool.ts'
import { type Segment, type SegmentHeader, streams } from './segment.ts'

// Integers little-endian:
//   0  4  magic "NMS1"
//   4  4  H, length of the header
//   8  4  CRC-32 of the header
//  12  4  CRC-32 of the payload
//  16  H  header, JSON
//  ..  .. payload, payloadBytes of it
const magic = 0x31534d4e
const prefixBytes = 16
const maxHeaderBytes = 4096

const headerSchema = z
  .object({
    name: z.string().min(1).max(200),
    stream: z.enum(streams),
    flows: z.int().min(0),
    firstReceivedMs: z.number().min(0),
    payloadBytes: z.int().min(0),
    blocks: z.array(z.tuple([z.int().min(1).max(blockBytes), z.int().min(1)])).exactOptional(),
  })
  .refine(({ blocks, payloadBytes, flows }) => {
    if (blocks === undefined) return true
    const sums = blocks.reduce(([bytes, count], [b, f]) => [bytes + b, count + f], [0, 0])
    return sums[0] === payloadBytes && sums[1] === flows
  })

/** The chunks of a segment's file, in order. */
export function writeSegment(segment: Segment): Uint8Array[] {
  const { payload, ...fields } = segment
  const header = Buffer.from(JSON.stringify(fields))
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32LE(magic, 0)
  prefix.writeUInt32LE(header.length, 4)
  prefix.writeUInt32LE(crc32(header), 8)
  prefix.writeUInt32LE(
    payload.reduce((sum, chunk) => crc32(chunk, sum), 0),
    12,
  )
  return [prefix, header, ...payload]
}

/** What stands before the payload of a segment's file. */
export interface SegmentPrefix {
  header: SegmentHeader
  payloadOffset: number
  payloadCrc: number
}

/** Reads the beginning of a segment's file, `prefixPeekBytes` of it or all there is; undefined when that is damaged. */
export function readSegmentPrefix(bytes: Buffer): SegmentPrefix | undefined {
  if (bytes.length < prefixBytes || bytes.readUInt32LE(0) !== magic) return undefined
  const payloadOffset = prefixBytes + bytes.readUInt32LE(4)
  if (payloadOffset > Math.min(bytes.length, prefixPeekBytes)) return undefined
  const header = bytes.subarray(prefixBytes, payloadOffset)
  if (crc32(header) !== bytes.readUInt32LE(8)) return undefined
  try {
    return {
      header: headerSchema.parse(JSON.parse(header.toString())),
      payloadOffset,
      payloadCrc: bytes.readUInt32LE(12),
    }
  } catch {
    return undefined
  }
}

/** Enough of a file to read what stands before the payload. */
export const prefixPeekBytes = prefixBytes + maxHeaderBytes
