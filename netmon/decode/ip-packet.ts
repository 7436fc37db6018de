// An IP packet, down to the UDP datagram in it: IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768).
// Checksums are not looked at: what is captured on the machine that sends it often has none yet.

import { readUint16, readUint32 } from '../../collector/decode/bytes.ts'
import type { Reassembler } from './fragments.ts'

/** Views of the frame, or of a buffer of the datagram's own when it came in fragments. */
export interface UdpDatagram {
  /** 4 or 16 bytes. */
  readonly sourceAddress: Uint8Array
  readonly sourcePort: number
  readonly payload: Uint8Array
}

/** Why a frame gave no datagram. */
export type FrameReason =
  | 'unknown-link-type' // none of those read here
  | 'not-udp' // ARP, TCP, ...
  | 'truncated' // the capture has only the beginning of the packet
  | 'bad-length' // lengths in the packet disagree
  | 'fragment' // kept until the rest of its datagram has come

/** IP protocol numbers, IPv6 extension headers among them. */
const Protocol = {
  hopByHop: 0,
  udp: 17,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destinationOptions: 60,
} as const

export function readIp(
  bytes: Uint8Array,
  timeMs: number,
  reassembler: Reassembler,
): UdpDatagram | FrameReason {
  if (bytes.length === 0) return 'truncated'
  const version = bytes[0]! >> 4
  if (version === 4) return readIpv4(bytes, timeMs, reassembler)
  return version === 6 ? readIpv6(bytes, timeMs, reassembler) : 'not-udp'
}

// version 4 bits, header length 4 bits in units of 4 bytes, ToS 1, total length 2, id 2, flags 3
// bits and fragment offset 13 bits in units of 8 bytes, TTL 1, protocol 1, checksum 2, source 4,
// destination 4, options; RFC 791 3.1
function readIpv4(
  bytes: Uint8Array,
  timeMs: number,
  reassembler: Reassembler,
): UdpDatagram | FrameReason {
  if (bytes.length < 20) return 'truncated'
  const headerLength = (bytes[0]! & 0x0f) * 4
  // Segmentation offload leaves a length of 0: then it is what was captured.
  const totalLength = readUint16(bytes, 2) || bytes.length
  if (headerLength < 20 || totalLength < headerLength) return 'bad-length'
  if (totalLength > bytes.length) return 'truncated'
  if (bytes[9] !== Protocol.udp) return 'not-udp'

  const sourceAddress = bytes.subarray(12, 16)
  const body = bytes.subarray(headerLength, totalLength)
  const flags = readUint16(bytes, 6)
  const more = (flags & 0x2000) !== 0
  const offset = (flags & 0x1fff) * 8
  if (!more && offset === 0) return readUdp(sourceAddress, body)
  const id = readUint16(bytes, 4)
  const key = fragmentKey(bytes.subarray(12, 20), id)
  return reassembled(sourceAddress, reassembler.add({ key, offset, more, body }, timeMs))
}

// version 4 bits, traffic class 8 bits, flow label 20 bits, payload length 2, next header 1, hop
// limit 1, source 16, destination 16; RFC 8200 3
function readIpv6(
  bytes: Uint8Array,
  timeMs: number,
  reassembler: Reassembler,
): UdpDatagram | FrameReason {
  if (bytes.length < 40) return 'truncated'
  const end = 40 + (readUint16(bytes, 4) || bytes.length - 40)
  if (end > bytes.length) return 'truncated'
  const sourceAddress = bytes.subarray(8, 24)

  let next = bytes[6]!
  let at = 40
  while (next !== Protocol.udp) {
    // All extension headers begin with next header 1, length 1; and none is shorter than 8. RFC
    // 8200 4, RFC 4302 2.
    if (!isExtension(next)) return 'not-udp'
    if (end - at < 8) return 'bad-length'
    if (next === Protocol.fragment) {
      // next header 1, reserved 1, offset 13 bits, reserved 2 bits, more 1 bit, id 4; RFC 8200 4.5
      const place = readUint16(bytes, at + 2)
      const isWhole = (place & 0xfff9) === 0
      if (!isWhole) {
        if (bytes[at] !== Protocol.udp) return 'not-udp'
        const fragment = {
          key: fragmentKey(bytes.subarray(8, 40), readUint32(bytes, at + 4)),
          offset: place & 0xfff8,
          more: (place & 1) !== 0,
          body: bytes.subarray(at + 8, end),
        }
        return reassembled(sourceAddress, reassembler.add(fragment, timeMs))
      }
    }
    const length = extensionLength(next, bytes[at + 1]!)
    next = bytes[at]!
    at += length
    if (at > end) return 'bad-length'
  }
  return readUdp(sourceAddress, bytes.subarray(at, end))
}

function isExtension(protocol: number): boolean {
  return (
    protocol === Protocol.hopByHop ||
    protocol === Protocol.routing ||
    protocol === Protocol.fragment ||
    protocol === Protocol.authentication ||
    protocol === Protocol.destinationOptions
  )
}

/** Bytes of an extension header, which counts itself in units of its own. */
function extensionLength(protocol: number, length: number): number {
  if (protocol === Protocol.fragment) return 8
  return protocol === Protocol.authentication ? (length + 2) * 4 : (length + 1) * 8
}

/**
 * What fragments of one datagram have in common, besides the protocol. RFC 791 2.3, RFC 8200 4.5.
 */
function fragmentKey(addresses: Uint8Array, id: number): string {
  return `${Buffer.from(addresses).toString('latin1')}${id}`
}

function reassembled(
  sourceAddress: Uint8Array,
  body: Uint8Array | 'fragment' | 'bad-length',
): UdpDatagram | FrameReason {
  return typeof body === 'string' ? body : readUdp(sourceAddress, body)
}

// source port 2, destination port 2, length 2 with this header, checksum 2
function readUdp(sourceAddress: Uint8Array, bytes: Uint8Array): UdpDatagram | FrameReason {
  if (bytes.length < 8) return 'bad-length'
  const length = readUint16(bytes, 4)
  if (length < 8 || length > bytes.length) return 'bad-length'
  return { sourceAddress, sourcePort: readUint16(bytes, 0), payload: bytes.subarray(8, length) }
}
