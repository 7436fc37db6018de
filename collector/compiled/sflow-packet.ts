// The headers of a sampled packet, where they are the ones that nearly all packets have: Ethernet, at most one 802.1Q tag, IPv4 or IPv6 without extension headers,
// TCP, UDP or ICMP. What they mean stands in `decode/`; here they are only found.

import { EtherType, Layer, nextPort, UdpTunnel } from '../decode/packet-cursor.ts'

const ethernetBytes = 14
const vlanTagBytes = 4
const ipv4Bytes = 20
const ipv6Bytes = 40
const icmpBytes = 8
const udpBytes = 8
/** Of a TCP header, up to its flags. */
const tcpFlagsEnd = 14
const tcpBytes = 20

/** IP protocol numbers. */
const Protocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const

/** Where the headers are in the datagram, and how long those are that have no fixed length. */
export class SampledPacket {
  ethernet = 0
  /** 0 without one. */
  vlanTag = 0
  family: 4 | 6 = 4
  ip = 0
  ipBytes = 0
  protocol = 0
  transport = 0
  /** As a layer of FlowMessage. */
  transportLayer: number = Layer.tcp
  /** As much of it as was sampled. */
  transportBytes = 0
}

/** Finds the headers from `offset` to `end`. False for any other packet, and for one that is cut off in front of what a flow takes of it. */
export function findHeaders(
  packet: SampledPacket,
  wire: DataView,
  offset: number,
  end: number,
): boolean {
  // As much as the shortest of them takes.
  if (end - offset < ethernetBytes + ipv4Bytes) return false
  packet.ethernet = offset
  packet.vlanTag = 0
  let etherType = wire.getUint16(offset + 12)
  let ip = offset + ethernetBytes
  if (etherType === EtherType.dot1q) {
    packet.vlanTag = ip
    etherType = wire.getUint16(ip + 2)
    ip += vlanTagBytes
  }
  packet.ip = ip
  if (etherType === EtherType.ipv4) return findInIpv4(packet, wire, ip, end)
  return etherType === EtherType.ipv6 && findInIpv6(packet, wire, ip, end)
}

function findInIpv4(packet: SampledPacket, wire: DataView, ip: number, end: number): boolean {
  if (end - ip < ipv4Bytes) return false
  const versionAndWords = wire.getUint8(ip)
  const headerBytes = (versionAndWords & 0x0f) * 4
  const isFragment = (wire.getUint16(ip + 6) & 0x1fff) !== 0
  if (versionAndWords >> 4 !== 4 || headerBytes < ipv4Bytes || isFragment) return false
  packet.family = 4
  packet.ipBytes = headerBytes
  packet.protocol = wire.getUint8(ip + 9)
  return findTransport(packet, wire, ip + headerBytes, end, Protocol.icmp, Layer.icmp)
}

function findInIpv6(packet: SampledPacket, wire: DataView, ip: number, end: number): boolean {
  if (end - ip < ipv6Bytes || wire.getUint8(ip) >> 4 !== 6) return false
  if (isMapped(wire, ip + 8) || isMapped(wire, ip + 24)) return false
  packet.family = 6
  packet.ipBytes = ipv6Bytes
  packet.protocol = wire.getUint8(ip + 6)
  return findTransport(packet, wire, ip + ipv6Bytes, end, Protocol.icmpv6, Layer.icmpv6)
}

/** `icmp` is the protocol number of the family's own. */
function findTransport(
  packet: SampledPacket,
  wire: DataView,
  at: number,
  end: number,
  icmp: number,
  icmpLayer: number,
): boolean {
  packet.transport = at
  const left = end - at
  switch (packet.protocol) {
    case Protocol.tcp:
      if (left < tcpFlagsEnd) return false
      packet.transportLayer = Layer.tcp
      packet.transportBytes = Math.min(left, Math.max(tcpBytes, (wire.getUint8(at + 12) >> 4) * 4))
      return true
    case Protocol.udp:
      packet.transportLayer = Layer.udp
      packet.transportBytes = udpBytes
      // Where there may be a tunnel, the interpreter looks into it.
      return (
        left >= udpBytes &&
        !isTunnelPort(wire.getUint16(at)) &&
        !isTunnelPort(wire.getUint16(at + 2))
      )
    case icmp:
      packet.transportLayer = icmpLayer
      packet.transportBytes = Math.min(left, icmpBytes)
      return left >= 2
    default:
      return false
  }
}

function isTunnelPort(port: number): boolean {
  const next = nextPort(port)
  return next === UdpTunnel.vxlan || next === UdpTunnel.geneve || next === UdpTunnel.teredo
}

/** An IPv4 address in 16 bytes is an IPv4 one. */
export function isMapped(wire: DataView, at: number): boolean {
  return wire.getInt32(at + 8) === 0xffff && wire.getInt32(at) === 0 && wire.getInt32(at + 4) === 0
}
