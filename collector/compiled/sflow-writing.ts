// Writes a FlowMessage of a sample's records: field by field what `encode.ts` writes of a FlowRecord, straight from the datagram.

import { EtherType, Layer } from '../decode/packet-cursor.ts'
import {
  bytesTag,
  lowBytesTag,
  lowTag,
  tag,
  writeVarint,
  writeVarint64,
} from '../encode/protobuf.ts'
import type { SampledPacket } from './sflow-packet.ts'
import type { SampleRecords } from './sflow-records.ts'

const vlanIdBits = 0x0fff

/** Fields 6, 7, 9 and 10: ends, frame length, one packet. */
export function writeEnds(
  { header, packet: { family, ip } }: SampleRecords,
  wire: DataView,
  target: Uint8Array,
  out: DataView,
  at: number,
): number {
  if (family === 4) {
    at = writeAddress(wire, ip + 12, 4, out, lowBytesTag(target, at, 6))
    at = writeAddress(wire, ip + 16, 4, out, lowBytesTag(target, at, 7))
  } else {
    at = writeAddress(wire, ip + 8, 16, out, lowBytesTag(target, at, 6))
    at = writeAddress(wire, ip + 24, 16, out, lowBytesTag(target, at, 7))
  }
  const frameBytes = wire.getUint32(header + 4)
  if (frameBytes !== 0) at = writeVarint(target, lowTag(target, at, 9), frameBytes)
  return writeVarint(target, lowTag(target, at, 10), 1)
}

/** Fields 12 to 17: what router and gateway know. */
export function writeRouting(
  records: SampleRecords,
  wire: DataView,
  target: Uint8Array,
  out: DataView,
  at: number,
): number {
  const { router, nextHop, nextHopBytes, masks, gateway, asNumbers, asPath, asPathLength } = records
  if (router !== 0 && nextHopBytes !== 0) {
    at = writeAddress(wire, nextHop, nextHopBytes, out, lowBytesTag(target, at, 12))
  }
  if (gateway !== 0) {
    const routerAs = wire.getUint32(asNumbers)
    const hasPath = asPathLength !== 0
    const nextHopAs = hasPath ? wire.getUint32(asPath) : 0
    const sourceAs = wire.getUint32(asNumbers + 4) || routerAs
    const destinationAs = hasPath ? wire.getUint32(asPath + 4 * asPathLength - 4) : routerAs
    if (nextHopAs !== 0) at = writeVarint(target, lowTag(target, at, 13), nextHopAs)
    if (sourceAs !== 0) at = writeVarint(target, lowTag(target, at, 14), sourceAs)
    if (destinationAs !== 0) at = writeVarint(target, lowTag(target, at, 15), destinationAs)
  }
  if (router !== 0) {
    at = writeUint(target, at, 16, wire.getUint8(masks + 3))
    at = writeUint(target, at, 17, wire.getUint8(masks + 7))
  }
  return at
}

/** Fields 20 to 26: of the IP header, and of what follows it. */
export function writePacket(
  { family, ip, protocol, transport, transportLayer }: SampledPacket,
  wire: DataView,
  target: Uint8Array,
  at: number,
): number {
  at = writeUint(target, at, 20, protocol)
  if (transportLayer === Layer.tcp || transportLayer === Layer.udp) {
    at = writeUint(target, at, 21, wire.getUint16(transport))
    at = writeUint(target, at, 22, wire.getUint16(transport + 2))
  }
  at = writeUint(
    target,
    at,
    23,
    family === 4 ? wire.getUint8(ip + 1) : (wire.getUint16(ip) >> 4) & 0xff,
  )
  at = writeUint(target, at, 25, wire.getUint8(family === 4 ? ip + 8 : ip + 7))
  return transportLayer === Layer.tcp
    ? writeUint(target, at, 26, wire.getUint16(transport + 12) & 0x0fff)
    : at
}

/** Fields 27 to 38: of the frame, of ICMP, and the rest of the IP header. */
export function writeLinkAndIp(
  { packet, vlans }: SampleRecords,
  wire: DataView,
  target: Uint8Array,
  at: number,
): number {
  const { ethernet, vlanTag, family, ip, transport, transportLayer } = packet
  at = writeMac(target, at, 27, wire, ethernet + 6)
  at = writeMac(target, at, 28, wire, ethernet)
  if (vlanTag !== 0) at = writeUint(target, at, 29, wire.getUint16(vlanTag) & vlanIdBits)
  at = writeUint(target, at, 30, family === 4 ? EtherType.ipv4 : EtherType.ipv6)
  if (transportLayer === Layer.icmp || transportLayer === Layer.icmpv6) {
    at = writeUint(target, at, 31, wire.getUint8(transport))
    at = writeUint(target, at, 32, wire.getUint8(transport + 1))
  }
  if (vlans !== 0) {
    const source = wire.getUint32(vlans)
    const destination = wire.getUint32(vlans + 8)
    if (source <= vlanIdBits) at = writeUint(target, at, 33, source)
    if (destination <= vlanIdBits) at = writeUint(target, at, 34, destination)
  }
  if (family === 6) return writeUint(target, at, 37, wire.getUint32(ip) & 0xfffff)
  at = writeUint(target, at, 35, wire.getUint16(ip + 4))
  return writeUint(target, at, 38, wire.getUint8(ip + 6) >> 5)
}

/** Fields 100 to 104: the way beyond the router, and the headers that were read. */
export function writePathAndLayers(
  records: SampleRecords,
  wire: DataView,
  target: Uint8Array,
  out: DataView,
  at: number,
): number {
  const { gateway, bgpNextHop, bgpNextHopBytes, packet } = records
  if (gateway !== 0) {
    if (bgpNextHopBytes !== 0) {
      at = writeAddress(wire, bgpNextHop, bgpNextHopBytes, out, bytesTag(target, at, 100))
    }
    at = writeNumbers(target, at, 101, wire, records.communities, records.communitiesLength)
    at = writeNumbers(target, at, 102, wire, records.asPath, records.asPathLength)
  }
  const { vlanTag, family, ipBytes, transportLayer, transportBytes } = packet
  const layers = vlanTag === 0 ? 3 : 4
  at = bytesTag(target, at, 103)
  target[at++] = layers
  target[at++] = Layer.ethernet
  if (layers === 4) target[at++] = Layer.dot1q
  target[at++] = family === 4 ? Layer.ipv4 : Layer.ipv6
  target[at++] = transportLayer
  at = bytesTag(target, at, 104)
  target[at++] = layers
  target[at++] = 14
  if (layers === 4) target[at++] = 4
  target[at++] = ipBytes
  target[at++] = transportBytes
  return at
}

/** Of a field from 16 on. */
export function writeUint(target: Uint8Array, at: number, field: number, value: number): number {
  return value === 0 ? at : writeVarint(target, tag(target, at, field), value)
}

function writeMac(
  target: Uint8Array,
  at: number,
  field: number,
  wire: DataView,
  offset: number,
): number {
  const high = wire.getUint16(offset)
  const low = wire.getUint32(offset + 2)
  if (high === 0 && low === 0) return at
  return writeVarint64(target, tag(target, at, field), high, low)
}

function writeAddress(
  wire: DataView,
  offset: number,
  length: number,
  out: DataView,
  at: number,
): number {
  out.setUint8(at, length)
  for (let i = 0; i < length; i += 4) out.setInt32(at + 1 + i, wire.getInt32(offset + i))
  return at + 1 + length
}

/** Packed, as few that their length takes one byte. */
function writeNumbers(
  target: Uint8Array,
  at: number,
  field: number,
  wire: DataView,
  offset: number,
  count: number,
): number {
  if (count === 0) return at
  const start = bytesTag(target, at, field) + 1
  let end = start
  for (let i = 0; i < count; i++) end = writeVarint(target, end, wire.getUint32(offset + 4 * i))
  target[start - 1] = end - start
  return end
}
