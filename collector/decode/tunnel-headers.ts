// Tunnels of a sampled packet: GRE, VXLAN, Geneve, Teredo. (IP in IP needs no header of its own.)

import { readUint16, readUint32 } from './bytes.ts'
import { EtherType, Layer, type Next, nothing, type PacketCursor } from './packet-cursor.ts'

/**
 * RFC 2784 2, RFC 2890 2
 *
 *   0  checksum, routing, key, sequence number present 1 bit each, ... version 3 bits
 *   2  EtherType 2
 *   4  4 for each that is present
 *
 * With routing, or in another version than 0, what follows is not known.
 */
export function readGre(cursor: PacketCursor): Next {
  if (!cursor.has(4)) return nothing
  const flags = readUint16(cursor.bytes, cursor.offset)
  const etherType = readUint16(cursor.bytes, cursor.offset + 2)
  const isKnown = (flags & 0x4007) === 0
  const present = ((flags >> 15) & 1) + ((flags >> 13) & 1) + ((flags >> 12) & 1)
  cursor.enterTunnel(Layer.gre, isKnown ? 4 + 4 * present : 4)
  return isKnown ? etherType : nothing
}

/**
 * RFC 7348 5
 *
 *   0  flags 1, of which 8 says that there is a VNI    4  VNI      3
 *   1  reserved 3                                      7  reserved 1
 */
export function readVxlan(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset, flow } = cursor
  if ((bytes[offset]! & 0x08) === 0) return nothing
  if (!cursor.inside) flow.vni = readUint32(bytes, offset + 4) >>> 8
  cursor.enterTunnel(Layer.custom, 8)
  return EtherType.ethernet
}

/**
 * RFC 8926 3.4
 *
 *   0  version 2 bits, length of options 6 bits in units of 4 bytes    4  VNI      3
 *   1  flags     1                                                     7  reserved 1
 *   2  EtherType 2                                                     8  options
 */
export function readGeneve(cursor: PacketCursor): Next {
  if (!cursor.has(8)) return nothing
  const { bytes, offset, flow } = cursor
  const version = bytes[offset]! >> 6
  if (version !== 0) return nothing
  if (!cursor.inside) flow.vni = readUint32(bytes, offset + 4) >>> 8
  cursor.enterTunnel(Layer.geneve, 8 + (bytes[offset]! & 0x3f) * 4)
  return readUint16(bytes, offset + 2)
}

/**
 * RFC 4380 5.1.1: an IPv6 packet, with one or both of these before it, in this order:
 *
 *   authentication                               origin
 *     0  1 in 2 bytes                              0  0 in 2 bytes
 *     2  length of the client's identifier 1       2  port    2
 *     3  length of the authentication      1       4  address 4
 *     4  these two, nonce 8, confirmation 1
 *
 * They are the layer's bytes: there may be none.
 */
export function readTeredo(cursor: PacketCursor): Next {
  const { bytes, offset, end } = cursor
  let packet = offset
  if (end - packet >= 4 && readUint16(bytes, packet) === 1) {
    packet += 13 + bytes[packet + 2]! + bytes[packet + 3]!
  }
  if (end - packet >= 8 && readUint16(bytes, packet) === 0) packet += 8
  const isIpv6 = packet < end && bytes[packet]! >> 4 === 6
  if (!isIpv6) return nothing
  cursor.enterTunnel(Layer.teredo, packet - offset)
  return EtherType.ipv6
}
