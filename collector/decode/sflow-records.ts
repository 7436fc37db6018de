// Flow records: what an sFlow agent says about one sampled packet. sFlow v5 section 5.3; later structures at
// sflow.org/developers/structures.php.

import type { Address, FlowRecord } from '../flow.ts'
import { readUint32, readUint48 } from './bytes.ts'
import type { DataRecord } from './data-record.ts'

/** Formats of enterprise 0. All others are stepped over. */
const Format = {
  sampledHeader: 1,
  sampledEthernet: 2,
  sampledIpv4: 3,
  sampledIpv6: 4,
  extendedSwitch: 1001,
  extendedRouter: 1002,
  extendedGateway: 1003,
  extendedNat: 1007,
  extendedNatPort: 1020,
  extendedVniEgress: 1029,
  extendedVniIngress: 1030,
} as const

const HeaderProtocol = { ethernet: 1, ipv4: 11, ipv6: 12, mpls: 13 } as const

const ipv4EtherType = 0x0800
const ipv6EtherType = 0x86dd

/** AS numbers and communities of one path that are kept. */
const maxPathLength = 1000

/**
 * Reads the record from `offset` to `end` into the flow. Returns false when it is too short for what it should hold.
 */
export function readFlowRecord(
  record: DataRecord,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const { flow } = record
  switch (format) {
    case Format.sampledHeader:
      return readSampledHeader(record, bytes, offset, end)
    case Format.sampledEthernet:
      return readSampledEthernet(flow, bytes, offset, end)
    case Format.sampledIpv4:
      return readSampledIp(flow, bytes, offset, end, 4)
    case Format.sampledIpv6:
      return readSampledIp(flow, bytes, offset, end, 16)
    case Format.extendedSwitch:
      return readExtendedSwitch(flow, bytes, offset, end)
    case Format.extendedRouter:
      return readExtendedRouter(flow, bytes, offset, end)
    case Format.extendedGateway:
      return readExtendedGateway(flow, bytes, offset, end)
    case Format.extendedNat:
      return readExtendedNat(flow, bytes, offset, end)
    case Format.extendedNatPort:
      return readExtendedNatPort(flow, bytes, offset, end)
    case Format.extendedVniEgress:
    case Format.extendedVniIngress:
      return readExtendedVni(flow, bytes, offset, end)
    default:
      return true
  }
}

/**
 *    0  header protocol 4     8  stripped      4    16  header
 *    4  frame length    4    12  header length 4
 */
function readSampledHeader(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 16) return false
  const { flow, packet } = record
  if (record.hasPacket) return true
  record.hasPacket = true
  flow.bytesLow = readUint32(bytes, offset + 4)
  const start = offset + 16
  const headerEnd = start + Math.min(readUint32(bytes, offset + 12), end - start)
  switch (readUint32(bytes, offset)) {
    case HeaderProtocol.ethernet:
      packet.readEthernet(flow, bytes, start, headerEnd)
      break
    case HeaderProtocol.ipv4:
    case HeaderProtocol.ipv6:
      packet.readIp(flow, bytes, start, headerEnd)
      break
    case HeaderProtocol.mpls:
      packet.readMpls(flow, bytes, start, headerEnd)
      break
  }
  return true
}

// The records below say less than the packet's own header does. They fill what it left open, wherever they stand.

/**
 *    0  frame length 4    12  destination MAC 6, 2 unused
 *    4  source MAC   6, 2 unused              20  EtherType 4
 */
function readSampledEthernet(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 24) return false
  setBytes(flow, readUint32(bytes, offset))
  flow.srcMac ||= readUint48(bytes, offset + 4)
  flow.dstMac ||= readUint48(bytes, offset + 12)
  flow.etype ||= readUint32(bytes, offset + 20) & 0xffff
  return true
}

/**
 *    0  length      4   of the IP packet      8 + 2a  source port      4
 *    4  protocol    4                        12 + 2a  destination port 4
 *    8  source      a                        16 + 2a  TCP flags        4
 *    8 + a  destination a                    20 + 2a  ToS or priority  4
 */
function readSampledIp(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
  a: number,
): boolean {
  if (end - offset < 24 + 2 * a) return false
  setBytes(flow, readUint32(bytes, offset))
  if (flow.srcAddr.length > 0) return true
  const ports = offset + 8 + 2 * a
  flow.etype = a === 4 ? ipv4EtherType : ipv6EtherType
  flow.proto = readUint32(bytes, offset + 4) & 0xff
  flow.srcAddr.set(bytes, offset + 8, a)
  flow.dstAddr.set(bytes, offset + 8 + a, a)
  flow.srcPort = readUint32(bytes, ports) & 0xffff
  flow.dstPort = readUint32(bytes, ports + 4) & 0xffff
  flow.tcpFlags = readUint32(bytes, ports + 8) & 0x0fff
  flow.ipTos = readUint32(bytes, ports + 12) & 0xff
  return true
}

/** A raw header, before or after, knows the length better. */
function setBytes(flow: FlowRecord, bytes: number): void {
  flow.bytesLow ||= bytes
}

/**
 *   0  source VLAN 4    8  destination VLAN 4
 *   4  priority    4   12  priority         4
 *
 * An untagged port has none: some agents write 2^32 - 1.
 */
function readExtendedSwitch(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 16) return false
  flow.srcVlan = vlanId(readUint32(bytes, offset))
  flow.dstVlan = vlanId(readUint32(bytes, offset + 8))
  return true
}

function vlanId(value: number): number {
  return value <= 0x0fff ? value : 0
}

/**
 *   0  next hop                4 + a
 *   4 + a  source mask         4
 *   8 + a  destination mask    4
 */
function readExtendedRouter(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const masks = readAddress(flow.nextHop, bytes, offset, end)
  if (masks === -1 || end - masks < 8) return false
  flow.srcNet = readUint32(bytes, masks) & 0xff
  flow.dstNet = readUint32(bytes, masks + 4) & 0xff
  return true
}

/**
 *   0  next hop           4 + a
 *   4 + a  router's AS    4
 *   8 + a  source AS      4
 *  12 + a  source peer AS 4
 *  16 + a  segment count  4, each: type 4, AS count 4, that many AS numbers
 *          community count 4, that many communities
 *          local preference 4
 *
 * AS numbers of 0 stand for the router's own AS, as does a path without any.
 */
function readExtendedGateway(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const numbers = readAddress(flow.bgpNextHop, bytes, offset, end)
  if (numbers === -1 || end - numbers < 16) return false
  const routerAs = readUint32(bytes, numbers)
  flow.srcAs = readUint32(bytes, numbers + 4) || routerAs
  flow.dstAs = routerAs
  const segments = readUint32(bytes, numbers + 12)

  let at = numbers + 16
  for (let i = 0; i < segments; i++) {
    if (end - at < 8) return false
    at = readNumbers(flow.asPath, bytes, at + 4, end)
    if (at === -1) return false
  }
  if (flow.asPath.length > 0) {
    flow.nextHopAs = flow.asPath[0]!
    flow.dstAs = flow.asPath.at(-1)!
  }
  return end - at >= 4 && readNumbers(flow.bgpCommunities, bytes, at, end) !== -1
}

/** Reads a count and that many numbers into `list`. Returns where they end, or -1 when that is beyond `end`. */
function readNumbers(list: number[], bytes: Uint8Array, offset: number, end: number): number {
  const count = readUint32(bytes, offset)
  const start = offset + 4
  if (count > (end - start) / 4) return -1
  const next = start + count * 4
  for (let at = start; at < next && list.length < maxPathLength; at += 4) {
    list.push(readUint32(bytes, at))
  }
  return next
}

/** Addresses after translation: source 4 + a, destination 4 + a. */
function readExtendedNat(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const destination = readAddress(flow.postNatSrcAddr, bytes, offset, end)
  return destination !== -1 && readAddress(flow.postNatDstAddr, bytes, destination, end) !== -1
}

/** Ports after translation: source 4, destination 4. */
function readExtendedNatPort(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 8) return false
  flow.postNatSrcPort = readUint32(bytes, offset) & 0xffff
  flow.postNatDstPort = readUint32(bytes, offset + 4) & 0xffff
  return true
}

/** The virtual network at ingress or egress: 4. */
function readExtendedVni(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 4) return false
  flow.vni ||= readUint32(bytes, offset) & 0xffffff
  return true
}

/**
 * Reads a type of 4 bytes and the address that goes with it. Returns where it ends, or -1 when that cannot be known or
 * is beyond `end`.
 */
function readAddress(address: Address, bytes: Uint8Array, offset: number, end: number): number {
  if (end - offset < 4) return -1
  const length = addressLength(readUint32(bytes, offset))
  if (length === -1 || end - offset - 4 < length) return -1
  address.set(bytes, offset + 4, length)
  return offset + 4 + length
}

/** Bytes of an address by its type: unknown, IPv4, IPv6. -1 for any other, which has no known length. */
export function addressLength(type: number): number {
  if (type === 0) return 0
  if (type === 1) return 4
  return type === 2 ? 16 : -1
}
