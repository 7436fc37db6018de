// IPv4, and IPv6 with its extension headers, of a sampled packet.

import { readUint16, readUint32 } from './bytes.ts'
import {
  EtherType,
  IpProtocol,
  Layer,
  type Next,
  nextProtocol,
  nothing,
  type PacketCursor,
} from './packet-cursor.ts'

const segmentRouting = 4
const maxSegments = 16

/**
 * RFC 791 3.1
 *
 *   0  version 4 bits, IHL 4 bits       8  TTL         1
 *   1  ToS           1                  9  protocol    1
 *   2  total length  2                 10  checksum    2
 *   4  id            2                 12  source      4
 *   6  flags 3 bits, fragment offset   16  destination 4
 *      13 bits                         20  options, up to IHL x 4
 */
export function readIpv4(cursor: PacketCursor): Next {
  if (!cursor.has(20)) return nothing
  const { bytes, offset, flow } = cursor
  const headerBytes = (bytes[offset]! & 0x0f) * 4
  if (bytes[offset]! >> 4 !== 4 || headerBytes < 20) return nothing
  const protocol = bytes[offset + 9]!
  const fragment = readUint16(bytes, offset + 6)
  const fragmentOffset = fragment & 0x1fff

  if (cursor.hasIp) cursor.inside = true
  cursor.hasIp = true
  if (!cursor.inside) {
    cursor.ipBytes = readUint16(bytes, offset + 2)
    flow.etype = EtherType.ipv4
    flow.srcAddr.set(bytes, offset + 12, 4)
    flow.dstAddr.set(bytes, offset + 16, 4)
    flow.proto = protocol
    flow.ipTos = bytes[offset + 1]!
    flow.ipTtl = bytes[offset + 8]!
    flow.fragmentId = readUint16(bytes, offset + 4)
    flow.fragmentOffset = fragmentOffset
    flow.ipFlags = fragment >> 13
  }
  cursor.pass(Layer.ipv4, headerBytes)
  // Only the first fragment has the ports.
  const next = nextProtocol(protocol)
  return fragmentOffset === 0 && !isIpv6Only(next) ? next : nothing
}

/** Extension headers of IPv6: behind an IPv4 header these numbers mean nothing that we know how to step over. */
function isIpv6Only(next: Next): boolean {
  return (
    next === IpProtocol.hopByHop ||
    next === IpProtocol.routing ||
    next === IpProtocol.fragment ||
    next === IpProtocol.destinationOptions
  )
}

/**
 * RFC 8200 3
 *
 *   0  version 4 bits, traffic class 8, flow label 20
 *   4  payload length 2     8  source      16
 *   6  next header    1    24  destination 16
 *   7  hop limit      1
 */
export function readIpv6(cursor: PacketCursor): Next {
  if (!cursor.has(40)) return nothing
  const { bytes, offset, flow } = cursor
  if (bytes[offset]! >> 4 !== 6) return nothing
  const nextHeader = bytes[offset + 6]!

  if (cursor.hasIp) cursor.inside = true
  cursor.hasIp = true
  if (!cursor.inside) {
    cursor.ipBytes = 40 + readUint16(bytes, offset + 4)
    flow.etype = EtherType.ipv6
    flow.srcAddr.set(bytes, offset + 8, 16)
    flow.dstAddr.set(bytes, offset + 24, 16)
    flow.proto = nextHeader
    flow.ipTos = (readUint16(bytes, offset) >> 4) & 0xff
    flow.ipTtl = bytes[offset + 7]!
    flow.ipv6FlowLabel = readUint32(bytes, offset) & 0xfffff
  }
  cursor.pass(Layer.ipv6, 40)
  return nextProtocol(nextHeader)
}

/**
 * What an extension header hands on to. In the end the flow's protocol is what the packet carries, not a header before
 * it; GoFlow2 keeps the first.
 */
function handOn(cursor: PacketCursor, nextHeader: number): Next {
  if (!cursor.inside && cursor.compat !== 'goflow2') cursor.flow.proto = nextHeader
  return nextProtocol(nextHeader)
}

/**
 * Hop-by-hop and destination options, RFC 8200 4.3 and 4.6.
 *
 *   0  next header 1
 *   1  length      1   units of 8 bytes after the first
 */
export function readIpv6Options(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset } = cursor
  const length = (bytes[offset + 1]! + 1) * 8
  const isWhole = cursor.has(length)
  cursor.pass(Layer.custom, length)
  return isWhole ? handOn(cursor, bytes[offset]!) : nothing
}

/**
 * RFC 8200 4.4; segment routing, type 4, RFC 8754 2.
 *
 *   0  next header  1    3  segments left 1
 *   1  length       1    4  last entry 1, flags 1, tag 2
 *   2  routing type 1    8  segments 16 each, then TLVs
 */
export function readIpv6Routing(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset, flow } = cursor
  const length = (bytes[offset + 1]! + 1) * 8
  const isWhole = cursor.has(length)
  if (!cursor.inside && !flow.layerStack.includes(Layer.ipv6Routing)) {
    flow.ipv6RoutingHeaderSegLeft = bytes[offset + 3]!
    if (bytes[offset + 2] === segmentRouting) {
      const segments = Math.min(bytes[offset + 4]! + 1, maxSegments)
      const end = Math.min(offset + length, cursor.end)
      for (let i = 0, at = offset + 8; i < segments && end - at >= 16; i++, at += 16) {
        flow.ipv6RoutingHeaderAddresses.push(bytes.slice(at, at + 16))
      }
    }
  }
  cursor.pass(Layer.ipv6Routing, length)
  return isWhole ? handOn(cursor, bytes[offset]!) : nothing
}

/**
 * RFC 8200 4.5
 *
 *   0  next header 1
 *   1  reserved    1
 *   2  fragment offset 13 bits, reserved 2 bits, more fragments 1 bit
 *   4  id          4
 */
export function readIpv6Fragment(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset, flow } = cursor
  const fragment = readUint16(bytes, offset + 2)
  if (!cursor.inside && !flow.layerStack.includes(Layer.ipv6Fragment)) {
    flow.fragmentOffset = fragment >> 3
    flow.ipFlags = fragment & 7
    flow.fragmentId = readUint32(bytes, offset + 4)
  }
  cursor.pass(Layer.ipv6Fragment, 8)
  const next = handOn(cursor, bytes[offset]!)
  return fragment >> 3 === 0 ? next : nothing
}

/**
 * RFC 4302 2
 *
 *   0  next header 1
 *   1  length      1   units of 4 bytes after the first two
 */
export function readAuthentication(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset } = cursor
  const length = (bytes[offset + 1]! + 2) * 4
  const isWhole = cursor.has(length)
  cursor.pass(Layer.custom, length)
  return isWhole ? handOn(cursor, bytes[offset]!) : nothing
}
