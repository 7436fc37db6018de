// Where the reading of a packet stands, and what its headers need to know of those before them.

import type { FlowRecord } from '../flow.ts'
import type { Compat } from './compat.ts'

/** FlowMessage.LayerStack. Every header that is read has its layer; what has no number there is `custom`. */
export const Layer = {
  ethernet: 0,
  ipv4: 1,
  ipv6: 2,
  tcp: 3,
  udp: 4,
  mpls: 5,
  dot1q: 6,
  icmp: 7,
  icmpv6: 8,
  gre: 9,
  ipv6Routing: 10,
  ipv6Fragment: 11,
  geneve: 12,
  teredo: 13,
  custom: 99,
} as const

export const EtherType = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  dot1q: 0x8100,
  dot1ad: 0x88a8,
  qInQ: 0x9100, // before 802.1ad had a number
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  ethernet: 0x6558, // a frame in a tunnel, RFC 1701
} as const

/** One number tells what follows a header: an EtherType below these, an IP protocol or a UDP port above them. */
const ipProtocols = 0x10000
const udpPorts = 0x20000

export const IpProtocol = {
  hopByHop: ipProtocols + 0,
  icmp: ipProtocols + 1,
  ipv4: ipProtocols + 4,
  tcp: ipProtocols + 6,
  udp: ipProtocols + 17,
  dccp: ipProtocols + 33,
  ipv6: ipProtocols + 41,
  routing: ipProtocols + 43,
  fragment: ipProtocols + 44,
  gre: ipProtocols + 47,
  authentication: ipProtocols + 51,
  icmpv6: ipProtocols + 58,
  destinationOptions: ipProtocols + 60,
  sctp: ipProtocols + 132,
  udpLite: ipProtocols + 136,
} as const

/** Tunnels over UDP, by their registered ports. */
export const UdpTunnel = {
  teredo: udpPorts + 3544,
  vxlan: udpPorts + 4789,
  geneve: udpPorts + 6081,
} as const

/** What follows a header: an EtherType, an IP protocol, a tunnel over UDP, or nothing that is read. */
export type Next = number
export const nothing: Next = -1

export function nextProtocol(protocol: number): Next {
  return ipProtocols + protocol
}

export function nextPort(port: number): Next {
  return udpPorts + port
}

/** IPv4 or IPv6 by the first four bits of what is at `offset`. */
export function nextByIpVersion(bytes: Uint8Array, offset: number, end: number): Next {
  const version = offset < end ? bytes[offset]! >> 4 : 0
  if (version === 4) return EtherType.ipv4
  return version === 6 ? EtherType.ipv6 : nothing
}

export class PacketCursor {
  readonly compat: Compat
  flow!: FlowRecord
  bytes!: Uint8Array
  offset = 0
  end = 0
  hasEthernet = false
  hasIp = false
  vlanTags = 0
  /**
   * Inside a tunnel: from here on the flow only learns which layers there are. Its addresses and ports are those of the
   * outermost packet.
   */
  inside = false
  /** The length that the outermost IP header tells; 0 without one. */
  ipBytes = 0

  constructor(compat: Compat) {
    this.compat = compat
  }

  begin(flow: FlowRecord, bytes: Uint8Array, offset: number, end: number): void {
    this.flow = flow
    this.bytes = bytes
    this.offset = offset
    this.end = end
    this.hasEthernet = false
    this.hasIp = false
    this.vlanTags = 0
    this.inside = false
    this.ipBytes = 0
  }

  has(length: number): boolean {
    return this.end - this.offset >= length
  }

  /** Notes a layer of `size` bytes, or as many as are left of it, and moves past it. */
  pass(layer: number, size: number): void {
    const length = Math.min(size, this.end - this.offset)
    this.flow.layerStack.push(layer)
    this.flow.layerSize.push(length)
    this.offset += length
  }

  /** The same for the header of a tunnel. */
  enterTunnel(layer: number, size: number): void {
    this.pass(layer, size)
    this.inside = true
  }
}
