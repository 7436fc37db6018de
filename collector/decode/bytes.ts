// Big-endian reads. Callers have checked that the bytes are there: bounds are the business of whoever walks
// sets, samples and records, and these are what that costs nothing on top of.

export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!) >>>
    0
  )
}

/** The value of a MAC address. */
export function readUint48(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 2 ** 32 + readUint32(bytes, offset + 2)
}

/**
 * An integer of any length, its low 32 bits. Exporters shorten integers (RFC 7011 6.2, also seen in NetFlow v9) and
 * lengthen them (8-byte ifIndex). A length of 0 reads as 0, and so does one above 8: no integer element is that long.
 */
export function readUint(bytes: Uint8Array, offset: number, length: number): number {
  switch (length) {
    case 1:
      return bytes[offset]!
    case 2:
      return readUint16(bytes, offset)
    case 3:
      return (readUint16(bytes, offset) << 8) | bytes[offset + 2]!
    case 4:
      return readUint32(bytes, offset)
    case 5:
    case 6:
    case 7:
    case 8:
      return readUint32(bytes, offset + length - 4)
    default:
      return 0
  }
}

/** What `readUint` leaves out: the bits above the low 32 of an integer of up to 8 bytes. */
export function readUintHigh(bytes: Uint8Array, offset: number, length: number): number {
  return length > 4 && length <= 8 ? readUint(bytes, offset, length - 4) : 0
}

/** An integer of up to 8 bytes, exact up to 2^53. */
export function readUintNumber(bytes: Uint8Array, offset: number, length: number): number {
  return readUintHigh(bytes, offset, length) * 2 ** 32 + readUint(bytes, offset, length)
}

/** Whether every byte from `offset` up to `end` is zero. */
export function allZero(bytes: Uint8Array, offset: number, end: number): boolean {
  for (let i = offset; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
