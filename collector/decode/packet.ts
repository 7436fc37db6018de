// The first bytes of a packet, as a switch sampled them: sFlow's raw packet header (sFlow v5, 5.3) and the packet
// sections of IPFIX (RFC 7133, RFC 5477).
//
// They are normally cut off somewhere. That is no error: what lies behind the cut is missing in the flow. Only etype, proto
// and vlanId, which name the last of several headers, then name the last one that is there.
//
// Each field is of the outermost header that has it. Inside a tunnel only the layers are noted.

import type { FlowRecord } from '../flow.ts'
import type { Compat } from './compat.ts'
import {
  readAuthentication,
  readIpv4,
  readIpv6,
  readIpv6Fragment,
  readIpv6Options,
  readIpv6Routing,
} from './ip-headers.ts'
import { readEthernet, readMplsLabels, readVlanTag } from './link-headers.ts'
import {
  EtherType,
  IpProtocol,
  Layer,
  type Next,
  nextByIpVersion,
  nothing,
  PacketCursor,
  UdpTunnel,
} from './packet-cursor.ts'
import { readDccp, readIcmp, readSctp, readTcp, readUdp, readUdpLite } from './transport-headers.ts'
import { readGeneve, readGre, readTeredo, readVxlan } from './tunnel-headers.ts'

/** Headers read of one packet. Each consumes bytes; this only keeps a crafted chain short. */
const maxHeaders = 16

/** Reads packets into flows, one after the other. */
export class PacketReader {
  private readonly cursor: PacketCursor
  /**
   * The last packet's length on the wire, as its outermost IP header tells it, with what stood before that header; 0
   * without one.
   */
  wireBytes = 0

  constructor(compat: Compat = 'none') {
    this.cursor = new PacketCursor(compat)
  }

  /** A frame from its Ethernet header on: `bytes` from `offset` to `end`. */
  readEthernet(flow: FlowRecord, bytes: Uint8Array, offset: number, end: number): void {
    this.cursor.begin(flow, bytes, offset, end)
    this.read(EtherType.ethernet)
  }

  /** A packet from its IP header on; its first four bits tell the version. */
  readIp(flow: FlowRecord, bytes: Uint8Array, offset: number, end: number): void {
    this.cursor.begin(flow, bytes, offset, end)
    this.read(nextByIpVersion(bytes, offset, end))
  }

  /** A packet from its MPLS label stack on. */
  readMpls(flow: FlowRecord, bytes: Uint8Array, offset: number, end: number): void {
    this.cursor.begin(flow, bytes, offset, end)
    this.read(EtherType.mpls)
  }

  private read(first: Next): void {
    const { cursor } = this
    const start = cursor.offset
    this.wireBytes = 0
    let next = first
    for (let headers = 0; headers < maxHeaders && next !== nothing; headers++) {
      const before = cursor.offset - start
      const hadIp = cursor.hasIp
      next = readHeader(cursor, next)
      if (cursor.hasIp && !hadIp) this.wireBytes = before + cursor.ipBytes
    }
  }
}

/** Reads the header that `next` names. Returns what follows it. */
function readHeader(cursor: PacketCursor, next: Next): Next {
  switch (next) {
    case EtherType.ethernet:
      return readEthernet(cursor)
    case EtherType.dot1q:
    case EtherType.dot1ad:
    case EtherType.qInQ:
      return readVlanTag(cursor)
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      return readMplsLabels(cursor)
    case EtherType.ipv4:
    case IpProtocol.ipv4:
      return readIpv4(cursor)
    case EtherType.ipv6:
    case IpProtocol.ipv6:
      return readIpv6(cursor)
    case IpProtocol.hopByHop:
    case IpProtocol.destinationOptions:
      return readIpv6Options(cursor)
    case IpProtocol.routing:
      return readIpv6Routing(cursor)
    case IpProtocol.fragment:
      return readIpv6Fragment(cursor)
    case IpProtocol.authentication:
      return readAuthentication(cursor)
    case IpProtocol.tcp:
      return readTcp(cursor)
    case IpProtocol.udp:
      return readUdp(cursor)
    case IpProtocol.icmp:
      return readIcmp(cursor, Layer.icmp)
    case IpProtocol.icmpv6:
      return readIcmp(cursor, Layer.icmpv6)
    case IpProtocol.sctp:
      return readSctp(cursor)
    case IpProtocol.udpLite:
      return readUdpLite(cursor)
    case IpProtocol.dccp:
      return readDccp(cursor)
    case IpProtocol.gre:
      return readGre(cursor)
    case UdpTunnel.vxlan:
      return readVxlan(cursor)
    case UdpTunnel.geneve:
      return readGeneve(cursor)
    case UdpTunnel.teredo:
      return readTeredo(cursor)
    default:
      return nothing
  }
}
