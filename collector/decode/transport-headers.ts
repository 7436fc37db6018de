// TCP, UDP, SCTP, DCCP and ICMP of a sampled packet.

import { readUint16 } from './bytes.ts'
import {
  Layer,
  type Next,
  nextPort,
  nothing,
  type PacketCursor,
  UdpTunnel,
} from './packet-cursor.ts'

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
 * RFC 768
 *
 *   0  source port      2    4  length   2
 *   2  destination port 2    6  checksum 2
 */
export function readUdp(cursor: PacketCursor): Next {
  if (!readPorts(cursor)) return nothing
  const next = cursor.has(8) ? nextInUdp(cursor.bytes, cursor.offset) : nothing
  cursor.pass(Layer.udp, 8)
  return next
}

/**
 * The source port of VXLAN (RFC 7348 5) and Geneve (RFC 8926 3.3) is a hash of what they carry; Teredo's servers answer from
 * theirs (RFC 4380 5.2.1). A datagram of 8 bytes carries nothing: what follows is padding of its frame.
 */
function nextInUdp(bytes: Uint8Array, offset: number): Next {
  if (readUint16(bytes, offset + 4) === 8) return nothing
  const destination = nextPort(readUint16(bytes, offset + 2))
  if (destination === UdpTunnel.vxlan || destination === UdpTunnel.geneve) return destination
  const source = nextPort(readUint16(bytes, offset))
  const isTeredo = destination === UdpTunnel.teredo || source === UdpTunnel.teredo
  return isTeredo ? UdpTunnel.teredo : nothing
}

/** RFC 3828 3.1: as UDP, with the checksum's coverage in place of the length. */
export function readUdpLite(cursor: PacketCursor): Next {
  if (readPorts(cursor)) cursor.pass(Layer.custom, 8)
  return nothing
}

/** RFC 9260 3.1: source port 2, destination port 2, verification tag 4, checksum 4. */
export function readSctp(cursor: PacketCursor): Next {
  if (readPorts(cursor)) cursor.pass(Layer.custom, 12)
  return nothing
}

/** RFC 4340 5.1: source port 2, destination port 2, data offset 1 in units of 4 bytes, ... at least 12 in all. */
export function readDccp(cursor: PacketCursor): Next {
  if (!readPorts(cursor)) return nothing
  const words = cursor.has(5) ? cursor.bytes[cursor.offset + 4]! : 0
  cursor.pass(Layer.custom, Math.max(12, words * 4))
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
