// The protobuf encoding (protobuf.dev/programming-guides/encoding), as far as FlowMessage needs it.
// Each function writes into `target` at `at` and returns the offset behind what it wrote; the
// caller has made sure of the room.

import type { Address } from '../flow.ts'
import type { NumberList } from '../number-list.ts'

/** Bytes that are written of any address. */
export const maxAddressBytes = 16

// A tag is number << 3 | wire type as a varint: one byte for the numbers 1 to 15, two for 16 to
// 2047. The wire type of varints is 0, that of bytes (and packed lists) 2. Storing into a
// Uint8Array keeps the low eight bits.

export function lowTag(target: Uint8Array, at: number, field: number): number {
  target[at] = field << 3
  return at + 1
}

export function lowBytesTag(target: Uint8Array, at: number, field: number): number {
  target[at] = (field << 3) | 2
  return at + 1
}

export function tag(target: Uint8Array, at: number, field: number): number {
  target[at] = (field << 3) | 0x80
  target[at + 1] = field >> 4
  return at + 2
}

export function bytesTag(target: Uint8Array, at: number, field: number): number {
  target[at] = (field << 3) | 0x82
  target[at + 1] = field >> 4
  return at + 2
}

/** An unsigned 32-bit integer. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  value >>>= 0
  while (value > 0x7f) {
    target[at++] = value | 0x80
    value >>>= 7
  }
  target[at] = value
  return at + 1
}

/** An unsigned 64-bit integer of two 32-bit halves. */
export function writeVarint64(target: Uint8Array, at: number, high: number, low: number): number {
  high >>>= 0
  while (high !== 0) {
    target[at++] = low | 0x80
    low = (low >>> 7) | (high << 25)
    high >>>= 7
  }
  return writeVarint(target, at, low)
}

/** An integer of up to 53 bits. */
export function writeNumber(target: Uint8Array, at: number, value: number): number {
  return writeVarint64(target, at, Math.floor(value / 2 ** 32), value >>> 0)
}

/**
 * seconds * 10^9 + nanos, exactly. 10^9 is 5^9 * 2^9, and 5^9 * seconds stays below 2^53 for 32
 * bits of seconds: the nine bits of the shift are added when the value is cut into halves.
 */
export function writeNanoseconds(
  target: Uint8Array,
  at: number,
  seconds: number,
  nanos: number,
): number {
  const units = seconds * 5 ** 9 + (nanos >>> 9)
  const high = Math.floor(units / 2 ** 23)
  const low = (units - high * 2 ** 23) * 2 ** 9 + (nanos & 0x1ff)
  // From 1972 to 2262 it takes nine bytes; every flow has three times.
  if (high < 2 ** 24 || high >= 2 ** 31) return writeVarint64(target, at, high, low)
  target[at] = low | 0x80
  target[at + 1] = (low >>> 7) | 0x80
  target[at + 2] = (low >>> 14) | 0x80
  target[at + 3] = (low >>> 21) | 0x80
  target[at + 4] = (low >>> 28) | (high << 4) | 0x80
  target[at + 5] = (high >>> 3) | 0x80
  target[at + 6] = (high >>> 10) | 0x80
  target[at + 7] = (high >>> 17) | 0x80
  target[at + 8] = high >>> 24
  return at + 9
}

export function writeAddress(target: Uint8Array, at: number, address: Address): number {
  return writeBytes(target, at, address.bytes, address.length)
}

/** `length` below 128. A loop, since `set` would need a view and costs more for so few bytes. */
export function writeBytes(
  target: Uint8Array,
  at: number,
  bytes: Uint8Array,
  length: number,
): number {
  target[at++] = length
  for (let i = 0; i < length; i++) target[at + i] = bytes[i]!
  return at + length
}

/** The first `limit` of `values`, packed: all in one field of bytes. */
export function writePacked(
  target: Uint8Array,
  at: number,
  field: number,
  values: NumberList,
  limit: number,
): number {
  const count = Math.min(values.length, limit)
  let length = 0
  for (let i = 0; i < count; i++) length += varintLength(values.at(i))
  at = writeVarint(target, bytesTag(target, at, field), length)
  for (let i = 0; i < count; i++) at = writeVarint(target, at, values.at(i))
  return at
}

function varintLength(value: number): number {
  // 32 - clz32 significant bits, at least one, seven to a byte.
  return Math.ceil((32 - Math.clz32(value | 1)) / 7)
}

/** The first `limit` of `addresses`, one field each: bytes cannot be packed. */
export function writeAddresses(
  target: Uint8Array,
  at: number,
  field: number,
  addresses: readonly Uint8Array[],
  limit: number,
): number {
  const count = Math.min(addresses.length, limit)
  for (let i = 0; i < count; i++) {
    const address = addresses[i]!
    const length = Math.min(address.length, maxAddressBytes)
    at = writeBytes(target, bytesTag(target, at, field), address, length)
  }
  return at
}
