// A queue of datagrams from one thread to another, in memory that both see. One writes, one reads, nobody locks and nothing is allocated; what does
// not fit is refused. Positions only grow and wrap at 2^32; their difference is what is in use.
//
// A record is contiguous and begins at a multiple of 8:
//    0  length of the datagram 4, or `skip` where the room to the end is too small for a record
//    4  UDP port               2
//    6  length of the address  2   4 or 16
//    8  address               16
//   24  datagram

import type { Source } from '../exporters/source.ts'

const headerBytes = 24
const skip = 0xffff_ffff
/** No UDP datagram is longer. */
const maxDatagramBytes = 65_535

// The two positions stand in cache lines of their own: each is written by one thread and read by the other.
const writtenAt = 0
const readAt = 16
const idleAt = 32
const controlBytes = 256

/** What one record was. Filled again for the next; `datagram` and `address` are views of the reader's own memory. */
export interface Handed {
  datagram: Uint8Array
  /** Network order, 4 or 16 bytes. */
  address: Uint8Array
  port: number
}

export interface RingWriter {
  /** Copies a datagram and where it came from. False when there is no room. */
  write(datagram: Uint8Array, source: Source): boolean
  /** Whether the reader has gone to rest since it last read: it is to be woken. Answers true once for each rest. */
  wasIdle(): boolean
}

export interface RingReader {
  /** Takes the oldest record out; undefined when there is none. */
  take(): Handed | undefined
  /** Goes to rest. False when something was written meanwhile, and there is work after all. */
  rest(): boolean
}

/** `dataBytes` is a power of two, and room for some of the largest datagrams. */
export function createRing(dataBytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(controlBytes + dataBytes)
  new Int32Array(memory)[idleAt] = 1
  return memory
}

export function createRingWriter(memory: SharedArrayBuffer): RingWriter {
  const { control, bytes, words, capacity } = open(memory)
  let written = Atomics.load(control, writtenAt) >>> 0
  return {
    write(datagram, { address: _, bytes: address, port }) {
      const size = sizeOf(datagram.length)
      const offset = written & (capacity - 1)
      const toEnd = capacity - offset
      const skipped = toEnd < size ? toEnd : 0
      const used = (written - Atomics.load(control, readAt)) >>> 0
      if (used + skipped + size > capacity) return false
      if (skipped > 0) words[offset >> 2] = skip
      const at = skipped > 0 ? 0 : offset
      words[at >> 2] = datagram.length
      words[(at >> 2) + 1] = (port << 16) | address.length
      bytes.set(address, at + 8)
      bytes.set(datagram, at + headerBytes)
      written = (written + skipped + size) >>> 0
      // From here on the reader sees it.
      Atomics.store(control, writtenAt, written)
      return true
    },
    wasIdle: () => Atomics.exchange(control, idleAt, 0) === 1,
  }
}

export function createRingReader(memory: SharedArrayBuffer): RingReader {
  const { control, bytes, words, capacity } = open(memory)
  const own = new Uint8Array(maxDatagramBytes)
  const ownAddress = new Uint8Array(16)
  const handed: Handed = { datagram: own, address: ownAddress, port: 0 }
  let read = Atomics.load(control, readAt) >>> 0
  const isEmpty = () => read === Atomics.load(control, writtenAt) >>> 0
  return {
    take() {
      if (isEmpty()) return undefined
      let at = read & (capacity - 1)
      if (words[at >> 2] === skip) {
        read = (read + capacity - at) >>> 0
        at = 0
      }
      const lengthBytes = words[at >> 2]!
      const portAndAddress = words[(at >> 2) + 1]!
      const addressLength = portAndAddress & 0xffff
      ownAddress.set(bytes.subarray(at + 8, at + 8 + addressLength))
      own.set(bytes.subarray(at + headerBytes, at + headerBytes + lengthBytes))
      handed.datagram = own.subarray(0, lengthBytes)
      handed.address = ownAddress.subarray(0, addressLength)
      handed.port = portAndAddress >>> 16
      read = (read + sizeOf(lengthBytes)) >>> 0
      // From here on the writer may use its place again.
      Atomics.store(control, readAt, read)
      return handed
    },
    rest() {
      Atomics.store(control, idleAt, 1)
      // What was written before the line above has found nobody to wake.
      return isEmpty() || Atomics.exchange(control, idleAt, 0) === 0
    },
  }
}

function sizeOf(datagramBytes: number): number {
  return (headerBytes + datagramBytes + 7) & ~7
}

function open(memory: SharedArrayBuffer) {
  const capacity = memory.byteLength - controlBytes
  return {
    capacity,
    control: new Int32Array(memory, 0, controlBytes / 4),
    bytes: new Uint8Array(memory, controlBytes),
    words: new Uint32Array(memory, controlBytes),
  }
}
