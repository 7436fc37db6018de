// Addresses in sFlow: a type, and the bytes that go with it. sFlow v5 section 5, address.

import type { Address } from '../flow.ts'
import { readUint32 } from './bytes.ts'

/**
 * Reads a type of 4 bytes and the address that goes with it. Returns where it ends, or -1 when that cannot be known or
 * is beyond `end`.
 */
export function readAddress(
  address: Address,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  if (end - offset < 4) return -1
  const length = addressLength(readUint32(bytes, offset))
  if (length === -1 || end - offset - 4 < length) return -1
  address.set(bytes, offset + 4, length)
  return offset + 4 + length
}

/** Bytes of an address by its type: unknown, IPv4, IPv6. -1 for any other, which has no known length. */
export function addressLength(type: number): number {
  if (type === 0) return 0
  if (type === 1) return 4
  return type === 2 ? 16 : -1
}
