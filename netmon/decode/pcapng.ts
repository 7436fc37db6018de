// pcapng, draft-ietf-opsawg-pcapng: block structure 3.1, options 3.5, section header 4.1, interface
// description 4.2, enhanced packet 4.3, simple packet 4.4. Other blocks are passed over.

import { type CapturedPacket, DamagedCapture, maxPacketBytes } from './captured-packet.ts'
import { type FileBytes, maxTakeBytes } from './file-bytes.ts'

const sectionHeader = 0x0a0d0d0a
const interfaceDescription = 1
const simplePacket = 3
const enhancedPacket = 6

const byteOrderMagic = 0x1a2b3c4d
const maxInterfaces = 65_536

interface Interface {
  linkType: number
  /** 0: no limit. */
  snapLength: number
  /** Integers of 64 bits: nanoseconds since 1970 do not fit a number. */
  unitsPerSecond: bigint
  offsetSeconds: bigint
}

/** Reads on behind the first block's type, which is a section header's. */
export function* readPcapngPackets(file: FileBytes): Generator<CapturedPacket> {
  let littleEndian = readSectionHeader(file, file.position - 4)
  let interfaces: Interface[] = []

  while (!file.isAtEnd()) {
    const blockStart = file.position
    const type = viewOf(file.take(4), blockStart).getUint32(0, littleEndian)
    if (type === sectionHeader) {
      littleEndian = readSectionHeader(file, blockStart)
      interfaces = []
      continue
    }
    const body = readBody(file, blockStart, littleEndian, isRead(type))
    if (body === undefined) continue
    if (type === interfaceDescription) {
      if (interfaces.length === maxInterfaces) throw damaged(blockStart, 'too many interfaces')
      interfaces.push(readInterface(body, littleEndian, blockStart))
    } else if (type === enhancedPacket) {
      yield readEnhancedPacket(body, littleEndian, interfaces, blockStart)
    } else {
      yield readSimplePacket(body, littleEndian, interfaces[0], blockStart)
    }
  }
}

function isRead(type: number): boolean {
  return type === interfaceDescription || type === enhancedPacket || type === simplePacket
}

// (type 4), total length 4, byte-order magic 4, major version 2, minor 2, section length 8,
// options, total length 4
/**
 * Returns whether the section is little-endian: its length, too, is in the byte order that the
 * magic tells.
 */
function readSectionHeader(file: FileBytes, blockStart: number): boolean {
  const view = viewOf(file.take(8), blockStart)
  const littleEndian = view.getUint32(4, true) === byteOrderMagic
  if (!littleEndian && view.getUint32(4, false) !== byteOrderMagic) {
    throw damaged(blockStart, 'a section header without byte-order magic')
  }
  const length = view.getUint32(0, littleEndian)
  if (length < 28 || length % 4 !== 0) throw damaged(blockStart, `a block of ${length} bytes`)
  if (!file.skip(length - 16)) throw endsWithin(blockStart)
  checkTrailer(file, length, littleEndian, blockStart)
  return littleEndian
}

// (type 4), total length 4, body, total length 4
/** The body of a block; undefined when it is not wanted and was skipped. */
function readBody(
  file: FileBytes,
  blockStart: number,
  littleEndian: boolean,
  wanted: boolean,
): DataView | undefined {
  const length = viewOf(file.take(4), blockStart).getUint32(0, littleEndian)
  if (length < 12 || length % 4 !== 0 || (wanted && length > maxTakeBytes)) {
    throw damaged(blockStart, `a block of ${length} bytes`)
  }
  if (!wanted) {
    if (!file.skip(length - 12)) throw endsWithin(blockStart)
    checkTrailer(file, length, littleEndian, blockStart)
    return undefined
  }
  const rest = viewOf(file.take(length - 8), blockStart)
  if (rest.getUint32(length - 12, littleEndian) !== length) throw lengthsDiffer(blockStart)
  return new DataView(rest.buffer, rest.byteOffset, length - 12)
}

function checkTrailer(
  file: FileBytes,
  length: number,
  littleEndian: boolean,
  blockStart: number,
): void {
  const trailer = viewOf(file.take(4), blockStart).getUint32(0, littleEndian)
  if (trailer !== length) throw lengthsDiffer(blockStart)
}

// link type 2, reserved 2, snap length 4, options: code 2, length 2, value padded to 4
function readInterface(body: DataView, littleEndian: boolean, blockStart: number): Interface {
  if (body.byteLength < 8) throw damaged(blockStart, 'a short interface description')
  const read: Interface = {
    linkType: body.getUint16(0, littleEndian),
    snapLength: body.getUint32(4, littleEndian),
    unitsPerSecond: 1_000_000n,
    offsetSeconds: 0n,
  }
  for (let at = 8; body.byteLength - at >= 4; ) {
    const code = body.getUint16(at, littleEndian)
    const length = body.getUint16(at + 2, littleEndian)
    at += 4
    if (code === 0 || body.byteLength - at < length) break
    if (code === 9 && length === 1) {
      // if_tsresol: a negative power of ten or, with the top bit, of two.
      const resolution = body.getUint8(at)
      read.unitsPerSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f)
    } else if (code === 14 && length === 8) {
      read.offsetSeconds = body.getBigInt64(at, littleEndian) // if_tsoffset
    }
    at += (length + 3) & ~3
  }
  return read
}

// interface 4, time 8 (the upper half first), captured length 4, original length 4, the bytes,
// options
function readEnhancedPacket(
  body: DataView,
  littleEndian: boolean,
  interfaces: readonly Interface[],
  blockStart: number,
): CapturedPacket {
  if (body.byteLength < 20) throw damaged(blockStart, 'a short packet block')
  const from = interfaces[body.getUint32(0, littleEndian)]
  if (from === undefined) throw damaged(blockStart, 'a packet of an interface not described')
  const length = body.getUint32(12, littleEndian)
  if (length > maxPacketBytes || length > body.byteLength - 20) {
    throw damaged(blockStart, `a packet of ${length} bytes`)
  }
  return {
    linkType: from.linkType,
    timeMs: readTimeMs(body, littleEndian, from),
    bytes: new Uint8Array(body.buffer, body.byteOffset + 20, length),
  }
}

/** Undefined when it is before 1970 or after 2106. */
function readTimeMs(body: DataView, littleEndian: boolean, from: Interface): number | undefined {
  const high = BigInt(body.getUint32(4, littleEndian))
  const low = BigInt(body.getUint32(8, littleEndian))
  const units = (high << 32n) | low
  const ms = Number((units * 1000n) / from.unitsPerSecond + from.offsetSeconds * 1000n)
  return ms >= 0 && ms < 2 ** 32 * 1000 ? ms : undefined
}

// original length 4, the bytes, of the first interface, up to its snap length; no time
function readSimplePacket(
  body: DataView,
  littleEndian: boolean,
  from: Interface | undefined,
  blockStart: number,
): CapturedPacket {
  if (from === undefined) throw damaged(blockStart, 'a packet of an interface not described')
  if (body.byteLength < 4) throw damaged(blockStart, 'a short packet block')
  const original = body.getUint32(0, littleEndian)
  const length = Math.min(original, from.snapLength || original)
  if (length > maxPacketBytes || length > body.byteLength - 4) {
    throw damaged(blockStart, `a packet of ${length} bytes`)
  }
  const bytes = new Uint8Array(body.buffer, body.byteOffset + 4, length)
  return { linkType: from.linkType, timeMs: undefined, bytes }
}

function viewOf(bytes: Uint8Array | undefined, blockStart: number): DataView {
  if (bytes === undefined) throw endsWithin(blockStart)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function endsWithin(blockStart: number): DamagedCapture {
  return new DamagedCapture(`ends within the block that begins at byte ${blockStart}`)
}

function lengthsDiffer(blockStart: number): DamagedCapture {
  return damaged(blockStart, 'a block whose two lengths differ')
}

function damaged(blockStart: number, what: string): DamagedCapture {
  return new DamagedCapture(`is damaged at byte ${blockStart}: ${what}`)
}
