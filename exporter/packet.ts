// The beginning of an Ethernet frame, as a router samples it: Ethernet II, 802.1Q, IPv4 or IPv6, then TCP, UDP or ICMP, and a
// payload of zero bytes. Lengths and checksums are those of the whole frame.

import { type ExportedFlow, IpProtocol, writeAddress } from './flow.ts'

const fcsBytes = 4
/** Ethernet with tag, IPv6 and TCP: no header is longer. */
export const longestHeaderBytes = 18 + 40 + 20

/**
 * Writes the first bytes of the frame of `flow` (`flow.bytes` long with its FCS) at `offset`, at most `maxBytes`, and answers how
 * many. `maxBytes` holds at least the longest header.
 * @throws RangeError when the frame is too short for its own headers.
 */
export function writeFrameStart(
  target: Buffer,
  offset: number,
  flow: ExportedFlow,
  maxBytes: number,
): number {
  const frameBytes = Number(flow.bytes) - fcsBytes
  const capturedBytes = Math.min(frameBytes, maxBytes)
  if (offset + Math.max(capturedBytes, longestHeaderBytes) > target.length) {
    throw new RangeError('the sampled frame does not fit into the datagram')
  }
  // The bytes of an earlier datagram must not show as payload.
  target.fill(0, offset, offset + capturedBytes)
  const ipOffset = writeEthernet(target, offset, flow)
  const ipBytes = frameBytes - (ipOffset - offset)
  const isIpv4 = flow.srcAddr.length === 4
  const headerBytes = (isIpv4 ? 20 : 40) + transportHeaderBytes(flow.proto)
  if (ipBytes < headerBytes) {
    throw new RangeError(`a frame of ${flow.bytes} bytes is too short for its headers`)
  }
  const transportOffset = isIpv4
    ? writeIpv4(target, ipOffset, flow, ipBytes)
    : writeIpv6(target, ipOffset, flow, ipBytes)
  writeTransport(target, transportOffset, flow, ipOffset + ipBytes - transportOffset)
  return capturedBytes
}

/** Destination and source MAC, the tag (0x8100, VLAN id u16) unless vlanId is 0, EtherType u16. */
function writeEthernet(target: Buffer, start: number, flow: ExportedFlow): number {
  let offset = target.writeUIntBE(flow.dstMac, start, 6)
  offset = target.writeUIntBE(flow.srcMac, offset, 6)
  if (flow.vlanId !== 0) {
    offset = target.writeUInt16BE(0x8100, offset)
    offset = target.writeUInt16BE(flow.vlanId, offset)
  }
  return target.writeUInt16BE(flow.srcAddr.length === 4 ? 0x0800 : 0x86dd, offset)
}

/**
 * RFC 791: version and header length u8, ToS u8, total length u16, identification u16, flags and fragment offset u16 (don't
 * fragment), TTL u8, protocol u8, header checksum u16, source, destination.
 */
function writeIpv4(target: Buffer, start: number, flow: ExportedFlow, totalBytes: number): number {
  target.writeUInt8(0x45, start)
  target.writeUInt8(flow.tos, start + 1)
  target.writeUInt16BE(totalBytes, start + 2)
  target.writeUInt16BE(0x4000, start + 6)
  target.writeUInt8(flow.ttl, start + 8)
  target.writeUInt8(flow.proto, start + 9)
  writeAddress(target, flow.srcAddr, start + 12, 4)
  writeAddress(target, flow.dstAddr, start + 16, 4)
  target.writeUInt16BE(checksum(sumWords(target, start, start + 20)), start + 10)
  return start + 20
}

/** RFC 8200: version, traffic class and flow label u32, payload length u16, next header u8, hop limit u8, source, destination. */
function writeIpv6(target: Buffer, start: number, flow: ExportedFlow, totalBytes: number): number {
  target.writeUInt8(0x60 | (flow.tos >> 4), start)
  target.writeUInt8((flow.tos << 4) & 0xff, start + 1)
  target.writeUInt16BE(totalBytes - 40, start + 4)
  target.writeUInt8(flow.proto, start + 6)
  target.writeUInt8(flow.ttl, start + 7)
  writeAddress(target, flow.srcAddr, start + 8, 16)
  writeAddress(target, flow.dstAddr, start + 24, 16)
  return start + 40
}

function transportHeaderBytes(proto: number): number {
  switch (proto) {
    case IpProtocol.tcp:
      return 20
    case IpProtocol.udp:
    case IpProtocol.icmp:
    case IpProtocol.icmpv6:
      return 8
    default:
      return 0
  }
}

/** Other protocols than these have no header here, only payload. */
function writeTransport(target: Buffer, start: number, flow: ExportedFlow, lengthBytes: number) {
  const pseudoHeader = () => sumPseudoHeader(flow, lengthBytes)
  switch (flow.proto) {
    // RFC 9293: ports, sequence u32, acknowledgement u32, data offset and flags u16, window u16, checksum u16, urgent u16.
    case IpProtocol.tcp:
      target.writeUInt16BE(flow.srcPort, start)
      target.writeUInt16BE(flow.dstPort, start + 2)
      target.writeUInt16BE((5 << 12) | flow.tcpFlags, start + 12)
      target.writeUInt16BE(0xffff, start + 14)
      target.writeUInt16BE(
        checksum(sumWords(target, start, start + 20) + pseudoHeader()),
        start + 16,
      )
      break
    // RFC 768: ports, length u16, checksum u16, where 0 would mean none.
    case IpProtocol.udp:
      target.writeUInt16BE(flow.srcPort, start)
      target.writeUInt16BE(flow.dstPort, start + 2)
      target.writeUInt16BE(lengthBytes, start + 4)
      target.writeUInt16BE(
        checksum(sumWords(target, start, start + 8) + pseudoHeader()) || 0xffff,
        start + 6,
      )
      break
    // RFC 792, RFC 4443: type u8, code u8, checksum u16, rest of the header u32. Only ICMPv6 sums a pseudo header.
    case IpProtocol.icmp:
      target.writeUInt16BE(flow.dstPort, start)
      target.writeUInt16BE(checksum(sumWords(target, start, start + 8)), start + 2)
      break
    case IpProtocol.icmpv6:
      target.writeUInt16BE(flow.dstPort, start)
      target.writeUInt16BE(checksum(sumWords(target, start, start + 8) + pseudoHeader()), start + 2)
      break
  }
}

/** RFC 793 3.1 and RFC 8200 8.1: addresses, protocol, and the length of transport header and payload. */
function sumPseudoHeader(flow: ExportedFlow, lengthBytes: number): number {
  const addresses =
    sumWords(flow.srcAddr, 0, flow.srcAddr.length) + sumWords(flow.dstAddr, 0, flow.dstAddr.length)
  return addresses + flow.proto + lengthBytes
}

function sumWords(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!
  return sum
}

/** RFC 1071: the complement of the ones' complement sum. */
function checksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16)
  return ~folded & 0xffff
}
