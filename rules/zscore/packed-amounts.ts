// Minutes of very many prefixes on their way from the store: each amount is one number with its minute, and each prefix one row of them, in binary. As JSON,
// with minutes beside amounts, the same took the store half as long again.

import type { Readable } from 'node:stream'
import { StoreError } from '../store-error.ts'

/** Minutes are counted from some first one: 10 bits, the upper ones. */
export const mostPackedMinutes = 1_024
const amountBits = 54
/** Greater amounts are this one: bytes of 2.4 Pbit/s, over a minute. */
const mostAmount = 2n ** BigInt(amountBits) - 1n
/** Begins each row, so that the text of an error is not read as one. */
const rowMark = 0x6e6d706b
const markBytes = 4

/** What a statement selects for `readPacked`, by `GROUP BY prefix`; `first` is the minute that others are counted from. */
export function packedColumns(column: 'bytes' | 'packets'): string {
  return `toUInt32(${rowMark}), toString(prefix), groupArray(
    toUInt64(least(${column}, toUInt128(${mostAmount}))) + bitShiftLeft(toUInt64(intDiv(toUnixTimestamp(minute) - {first:UInt32}, 60)), ${amountBits}))`
}

/** `amounts` and `offsets` (minutes after the first one) are lent for the call; the first `count` of them count. */
export type TakePacked = (
  prefix: string,
  count: number,
  offsets: Uint16Array,
  amounts: Float64Array,
) => void

/** Rows of `packedColumns` in the format RowBinary. @throws StoreError when they are cut off, or are no such rows. */
export async function readPacked(stream: Readable, take: TakePacked): Promise<void> {
  const row = createRow()
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      const end = row.read(bytes, at)
      if (end === undefined) break
      take(row.prefix(), row.count(), row.offsets(), row.amounts())
      at = end
    }
    rest = bytes.subarray(at)
  }
  if (rest.length > 0) throw new StoreError('the minutes of prefixes were cut off')
}

function createRow() {
  let prefix = ''
  let count = 0
  let words = new Uint32Array(2 * mostPackedMinutes)
  let offsets = new Uint16Array(mostPackedMinutes)
  let amounts = new Float64Array(mostPackedMinutes)
  return {
    prefix: () => prefix,
    count: () => count,
    offsets: () => offsets,
    amounts: () => amounts,
    /** Where the row ends that begins here; undefined: not all of it is there yet. */
    read(bytes: Buffer, start: number): number | undefined {
      if (bytes.length < start + markBytes) return undefined
      if (bytes.readUInt32LE(start) !== rowMark) throw notRows(bytes, start)
      const name = readLength(bytes, start + markBytes)
      if (name === undefined) return undefined
      const nameEnd = name.next + name.length
      const packed = readLength(bytes, nameEnd)
      if (packed === undefined || bytes.length < packed.next + 8 * packed.length) return undefined
      prefix = bytes.toString('latin1', name.next, nameEnd)
      count = packed.length
      if (count > amounts.length) {
        // Parts that were not merged yet have several rows of a minute.
        words = new Uint32Array(2 * count)
        offsets = new Uint16Array(count)
        amounts = new Float64Array(count)
      }
      const end = packed.next + 8 * count
      // To where numbers are aligned. Both sides are little-endian.
      bytes.copy(new Uint8Array(words.buffer), 0, packed.next, end)
      for (let index = 0; index < count; index++) {
        const upper = words[2 * index + 1]!
        offsets[index] = upper >>> (amountBits - 32)
        amounts[index] = (upper & (2 ** (amountBits - 32) - 1)) * 2 ** 32 + words[2 * index]!
      }
      return end
    },
  }
}

/** A number of 7 bits a byte, the lowest first, and where what it is about begins; undefined: not all of it is there yet. */
function readLength(bytes: Buffer, start: number): { length: number; next: number } | undefined {
  let length = 0
  for (let at = start, scale = 1; at < bytes.length; at++, scale *= 128) {
    const byte = bytes[at]!
    length += (byte & 127) * scale
    if (byte < 128) return { length, next: at + 1 }
  }
  return undefined
}

function notRows(bytes: Buffer, start: number): StoreError {
  return new StoreError(
    `the store broke off the minutes of prefixes: ${bytes.toString('latin1', start, start + 300)}`,
  )
}
