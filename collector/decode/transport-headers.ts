// TCP, UDP, ICMP and GRE of a sampled packet.

import { readUint16, readUint32 } from './bytes.ts'
import { Layer, type Next, nothing, type PacketCursor } from './packet-cursor.ts'

const vxlanPort = 4789

/**
 * RFC 9293 3.1
 *
 *   0  source port      2    8  acknowledgment 4
 *   2  destination port 2   12  data offset 4 bits, flags 12 bits
 *   4  sequence         4
 */
export function readTcp(cursor: PacketCursor): Next {
  if (!readPorts(cursor)) return nothing
  const { bytes, offset, flow } = cursor
  const hasFlags = cursor.has(14)
  if (hasFlags && !cursor.inside) flow.tcpFlags = readUint16(bytes, offset + 12) & 0x0fff
  cursor.pass(Layer.tcp, hasFlags ? Math.max(20, (bytes[offset + 12]! >> 4) * 4) : 20)
  return nothing
}

/**
 * RFC 768; VXLAN, RFC 7348 5.
 *
 *   0  source port      2    8  flags 1, 8 when there is a VNI
 *   2  destination port 2   12  VNI   3
 *   4  length           2
 */
export function readUdp(cursor: PacketCursor): Next {
  if (!readPorts(cursor)) return nothing
  const { bytes, offset, flow } = cursor
  const isVxlan = !cursor.inside && flow.dstPort === vxlanPort && cursor.has(16)
  if (isVxlan && (bytes[offset + 8]! & 0x08) !== 0) flow.vni = readUint32(bytes, offset + 12) >>> 8
  cursor.pass(Layer.udp, 8)
  return nothing
}

function readPorts(cursor: PacketCursor): boolean {
  if (!cursor.has(4)) return false
  if (!cursor.inside) {
    cursor.flow.srcPort = readUint16(cursor.bytes, cursor.offset)
    cursor.flow.dstPort = readUint16(cursor.bytes, cursor.offset + 2)
  }
  return true
}

/** RFC 792, RFC 4443 2.1: type 1, code 1, checksum 2, rest 4. */
export function readIcmp(cursor: PacketCursor, layer: number): Next {
  if (!cursor.has(2)) return nothing
  if (!cursor.inside) {
    cursor.flow.icmpType = cursor.bytes[cursor.offset]!
    cursor.flow.icmpCode = cursor.bytes[cursor.offset + 1]!
  }
  cursor.pass(layer, 8)
  return nothing
}

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
  cursor.pass(Layer.gre, isKnown ? 4 + 4 * present : 4)
  return isKnown ? etherType : nothing
}
