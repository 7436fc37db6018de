// What samples, flow records and counter records of sFlow have in common: a format, a length, and that what is not known
// is stepped over. sFlow v5 section 5, data_format.

import { readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'

const headerBytes = 8

/** Reads the structure from `offset` to `end`, without its header. */
export type ReadStructure = (
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
) => void

/**
 * Walks over `count` structures, or as many as there are before `end`.
 *
 *   0  format 4   enterprise 20 bits, format 12 bits
 *   4  length 4   without these 8
 */
export function readStructures(
  context: DecodeContext,
  read: ReadStructure,
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const left = end - offset - headerBytes
    const length = left >= 0 ? readUint32(bytes, offset + 4) : 0
    if (left < 0 || length > left) {
      fail(context, 'bad-length', end - offset)
      return
    }
    const body = offset + headerBytes
    read(context, readUint32(bytes, offset), bytes, body, body + length)
    offset = Math.min(body + paddedLength(length), end)
  }
}

/** XDR fills up to 4 bytes; some agents leave the length as it was. */
function paddedLength(length: number): number {
  return Math.ceil(length / 4) * 4
}
