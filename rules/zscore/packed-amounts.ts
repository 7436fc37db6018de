// Minutes of very many prefixes on their way from the store: each amount is one number with its minute and direction, and each prefix has one list of them. As
// JSON, or row by row, the same takes the store half as long again: its own format hands lists over as they lie in memory.

import type { Readable } from 'node:stream'
import { StoreError } from '../store-error.ts'

/** Minutes are counted from some first one: 10 bits, above the direction's one. */
export const mostPackedMinutes = 1_024
const amountBits = 53
/** Greater amounts are this one: bytes of 1.2 Pbit/s, over a minute. */
const mostAmount = 2n ** BigInt(amountBits) - 1n
/** Ends each row, so that the text of an error is not read as one. */
const rowMark = 0x6e6d706b

export type AmountColumn = 'bytes' | 'packets' | 'flows' | 'samples'

/** Of lists that were not merged yet, with several rows of a minute; what is longer is no answer. */
const mostRows = 2 ** 24

/** What a statement selects for `readPacked`, by `GROUP BY prefix`; `first` is the minute that others are counted from. */
export function packedColumns(columns: readonly AmountColumn[]): string {
  return `CAST(prefix, 'String') AS name, ${columns.map(packedList).join(', ')}, toUInt32(${rowMark}) AS mark`
}

function packedList(column: AmountColumn): string {
  return `groupArray(
    bitShiftLeft(toUInt64(intDiv(toUnixTimestamp(minute) - {first:UInt32}, 60) * 2 + (direction = 'out')), ${amountBits})
      + toUInt64(least(${column}, toUInt128(${mostAmount})))) AS amounts_${column}`
}

/** Some of what a prefix has, lent for the call: the first `count` words count. */
export interface PackedRun {
  count: number
  words: BigUint64Array
}

/** May be called several times for a prefix and column; `column` is its place among those that were selected. */
export type TakePacked = (prefix: string, column: number, run: PackedRun) => void

/** Adds them to sums of minutes, in turn from `firstSlot` on. Whole numbers, so that sums are the same in whatever order they come, up to 2^53. */
export function addPacked(
  { count, words }: PackedRun,
  firstSlot: number,
  into: Record<'in' | 'out', Float64Array>,
): void {
  // Both sides are little-endian.
  const halves = new Uint32Array(words.buffer)
  const { in: inwards, out: outwards } = into
  for (let index = 0; index < 2 * count; index += 2) {
    const upper = halves[index + 1]!
    const place = upper >>> (amountBits - 32)
    const sums = (place & 1) === 0 ? inwards : outwards
    const slot = (firstSlot + (place >>> 1)) % mostPackedMinutes
    const amount = (upper & (2 ** (amountBits - 32) - 1)) * 2 ** 32 + halves[index]!
    sums[slot] = sums[slot]! + amount
  }
}

/**
 * Blocks of `packedColumns` in the format Native, as ClickHouse writes them to clients that tell no version. What was taken is not whole when this throws.
 * @throws StoreError when they are cut off, or are no such blocks.
 */
export async function readPacked(
  stream: Readable,
  columns: readonly AmountColumn[],
  take: TakePacked,
): Promise<void> {
  const input = createInput(stream)
  const run = { count: 0, words: new BigUint64Array(mostPackedMinutes) }
  while (await input.has(1)) {
    const width = await readLength(input)
    const rows = await readLength(input)
    if (width !== columns.length + 2 || rows > mostRows) throw notBlocks(input)
    await readHead(input, 'name', 'String')
    const prefixes: string[] = []
    for (let row = 0; row < rows; row++) prefixes.push(await readText(input))
    for (const [index, column] of columns.entries()) {
      await readHead(input, `amounts_${column}`, 'Array(UInt64)')
      await readLists(input, run, prefixes, (prefix) => take(prefix, index, run))
    }
    await readHead(input, 'mark', 'UInt32')
    for (let row = 0; row < rows; row++) {
      if ((await input.take(4)).readUInt32LE() !== rowMark) throw notBlocks(input)
    }
  }
}

/** Where each list ends, then all of them, one after the other. */
async function readLists(
  input: Input,
  run: PackedRun,
  prefixes: readonly string[],
  take: (prefix: string) => void,
): Promise<void> {
  const ends: number[] = []
  for (const _ of prefixes) {
    const end = Number((await input.take(8)).readBigUInt64LE())
    if (end < (ends.at(-1) ?? 0)) throw notBlocks(input)
    ends.push(end)
  }
  const aligned = new Uint8Array(run.words.buffer)
  let start = 0
  for (const [row, prefix] of prefixes.entries()) {
    for (let left = ends[row]! - start; left > 0; left -= run.count) {
      const packed = await input.some(8, 8 * Math.min(left, mostPackedMinutes))
      aligned.set(packed)
      run.count = packed.length / 8
      take(prefix)
    }
    start = ends[row]!
  }
}

async function readHead(input: Input, ...expected: string[]): Promise<void> {
  for (const text of expected) {
    if ((await readText(input)) !== text) throw notBlocks(input)
  }
}

/** A prefix, or what a column is called. */
async function readText(input: Input): Promise<string> {
  const length = await readLength(input)
  if (length > 255) throw notBlocks(input)
  return (await input.take(length)).toString('latin1')
}

/** 7 bits a byte, the lowest first. */
async function readLength(input: Input): Promise<number> {
  let length = 0
  for (let scale = 1; scale < 2 ** 28; scale *= 128) {
    const byte = (await input.take(1))[0]!
    length += (byte & 127) * scale
    if (byte < 128) return length
  }
  throw notBlocks(input)
}

type Input = ReturnType<typeof createInput>

function createInput(stream: Readable) {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0
  /** Are so many bytes there? Waits until they are, or the stream has ended. */
  const has = async (length: number): Promise<boolean> => {
    while (bytes.length - at < length) {
      const { done, value } = await chunks.next()
      if (done === true) return false
      bytes = at === bytes.length ? value : Buffer.concat([bytes.subarray(at), value])
      at = 0
    }
    return true
  }
  const some = async (least: number, most: number): Promise<Buffer> => {
    if (bytes.length - at < least && !(await has(least))) {
      throw new StoreError('the minutes of prefixes were cut off')
    }
    const length = Math.min(most, bytes.length - at)
    const taken = bytes.subarray(at, at + length - (length % least))
    at += taken.length
    return taken
  }
  return {
    has,
    /** At least and at most so many bytes, a multiple of the least. They are lent until the next call. */
    some,
    take: (length: number) =>
      length === 0 ? Promise.resolve(bytes.subarray(at, at)) : some(length, length),
    /** What has been read last, and what comes next. */
    around: () => bytes.toString('latin1', Math.max(0, at - 20), at + 300),
  }
}

function notBlocks(input: Input): StoreError {
  return new StoreError(`the store broke off the minutes of prefixes: ${input.around()}`)
}
