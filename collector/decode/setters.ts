// How elements that are more than a small integer find their way into a flow.

import type { Address } from '../flow.ts'
import { allZero, readUint, readUint48, readUintHigh } from './bytes.ts'
import { BiflowDirection, type DataRecord } from './data-record.ts'
import type { SetBytes } from './element-setter.ts'

export function setOctets(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const { flow } = record
  if (flow.bytesLow !== 0 || flow.bytesHigh !== 0) return
  flow.bytesHigh = readUintHigh(bytes, offset, length)
  flow.bytesLow = readUint(bytes, offset, length)
}

export function setPackets(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const { flow } = record
  if (flow.packetsLow !== 0 || flow.packetsHigh !== 0) return
  flow.packetsHigh = readUintHigh(bytes, offset, length)
  flow.packetsLow = readUint(bytes, offset, length)
}

/**
 * A counter of what one side of a session sent: it is the flow's if that side is the flow's source. The record is from
 * the initiator to the responder unless biflowDirection says otherwise, and the flow then says so.
 */
export function ofSide(side: number, set: SetBytes): SetBytes {
  return (record, bytes, offset, length) => {
    const { flow, isReverse } = record
    flow.biFlowDirection ||= isReverse
      ? BiflowDirection.reverseInitiator
      : BiflowDirection.initiator
    if (sourceSide(record) === side) set(record, bytes, offset, length)
  }
}

function sourceSide({ flow: { biFlowDirection }, isReverse }: DataRecord): number {
  const { initiator, reverseInitiator } = BiflowDirection
  if (biFlowDirection === initiator || biFlowDirection === reverseInitiator) return biFlowDirection
  return isReverse ? reverseInitiator : initiator
}

/** In the reverse flow the other end is the source. No value says that the destination is outside a perimeter. */
export function setBiflowDirection({ flow, isReverse }: DataRecord, value: number): void {
  const { initiator, reverseInitiator } = BiflowDirection
  if (!isReverse) flow.biFlowDirection ||= value & 0xff
  else if (value === initiator) flow.biFlowDirection = reverseInitiator
  else if (value === reverseInitiator) flow.biFlowDirection = initiator
}

/** 0 is ingress, 1 egress: at one interface, what answers the packets that come in goes out. */
export function setFlowDirection({ flow, isReverse }: DataRecord, value: number): void {
  if (!isReverse) flow.flowDirection ||= value & 0xff
  else if (value === 0) flow.flowDirection = 1
}

/**
 * The exporter's address as it knows it itself: its datagrams may come through address translation or a relay. Then the
 * UDP source is noted apart.
 */
export function setExporter(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (record.hasExporter || (length !== 4 && length !== 16)) return
  if (allZero(bytes, offset, offset + length)) return
  const { samplerAddress, udpSource } = record.flow
  record.hasExporter = true
  udpSource.copy(samplerAddress)
  samplerAddress.set(bytes, offset, length)
  if (samplerAddress.equals(udpSource)) udpSource.length = 0
}

/** The source or destination: the first that is not zero, and of two the one of the family that ipVersion names. */
export function setAddress(
  record: DataRecord,
  address: Address,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (length !== 4 && length !== 16) return
  if (address.isZero()) {
    // Of two that are zero, too, the first stays: it may be the 0.0.0.0 of a host that asks for its address.
    const isNews = address.length === 0 || !allZero(bytes, offset, offset + length)
    if (isNews) address.set(bytes, offset, length)
    return
  }
  const wanted = record.ipVersion === 6 ? 16 : 4
  if (record.ipVersion === 0 || address.length === wanted || length !== wanted) return
  if (!allZero(bytes, offset, offset + length)) address.set(bytes, offset, length)
}

/** Any other address: the first that is not zero; of several zeros, the first. */
export function fillAddress(
  address: Address,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (!address.isZero()) return
  if (address.length === 0 || !allZero(bytes, offset, offset + length)) {
    address.set(bytes, offset, length)
  }
}

export function setSrcMac(
  { flow }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (length === 6 && flow.srcMac === 0) flow.srcMac = readUint48(bytes, offset)
}

export function setDstMac(
  { flow }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (length === 6 && flow.dstMac === 0) flow.dstMac = readUint48(bytes, offset)
}

export function setVlan({ flow }: DataRecord, value: number): void {
  flow.vlanId ||= value & 0x0fff
  flow.srcVlan ||= value & 0x0fff
}

export function setIcmpTypeCode(record: DataRecord, value: number): void {
  record.hasIcmp = true
  if (record.flow.icmpType !== 0 || record.flow.icmpCode !== 0) return
  record.flow.icmpType = (value >> 8) & 0xff
  record.flow.icmpCode = value & 0xff
}

export function setIcmpType(record: DataRecord, value: number): void {
  record.hasIcmp = true
  record.flow.icmpType ||= value & 0xff
}

export function setIcmpCode(record: DataRecord, value: number): void {
  record.hasIcmp = true
  record.flow.icmpCode ||= value & 0xff
}

export function setMplsLabel({ flow }: DataRecord, depth: number, value: number): void {
  if (value === 0) return
  while (flow.mplsLabel.length <= depth) flow.mplsLabel.push(0)
  if (flow.mplsLabel.at(depth) === 0) flow.mplsLabel.set(depth, (value >>> 4) & 0xfffff)
}

export function addMplsIp(
  { flow }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (length !== 4 && length !== 16) return
  if (allZero(bytes, offset, offset + length)) return
  flow.mplsIp.push(bytes.slice(offset, offset + length))
}

export function setApplicationId(
  { flow }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (flow.applicationIdLength > 0 || length > flow.applicationId.length) return
  if (allZero(bytes, offset, offset + length)) return
  for (let i = 0; i < length; i++) flow.applicationId[i] = bytes[offset + i]!
  flow.applicationIdLength = length
}

/** RouterOS 6 writes the interval of data records with its least significant byte first. */
export function readSamplingInterval(
  { sampling }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  if (!sampling.isLittleEndian || length > 8) return readUint(bytes, offset, length)
  let interval = 0
  for (let i = length - 1; i >= 0; i--) interval = interval * 256 + bytes[offset + i]!
  return interval
}

/** A float64, or a float32 in reduced size. RFC 7011 6.1.4 and 6.2. */
export function setSamplingProbability(
  { sampling }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length)
  if (length === 8) sampling.probability ||= view.getFloat64(0)
  else if (length === 4) sampling.probability ||= view.getFloat32(0)
}

/** RFC 7133: an Ethernet frame (dataLinkFrameType 1), or what is left of it, from its start. */
export function readFrameSection(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (record.hasPacket || record.dataLinkFrameType > 1) return
  record.packet.readEthernet(record.flow, bytes, offset, offset + length)
  notePacket(record, length)
}

/** RFC 5477 8.5: the label stack of a packet. */
export function readLabelStack(
  { packet, flow }: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  packet.readMpls(flow, bytes, offset, offset + length)
}

/** RFC 5477 8.5.2: a packet from its IP header on. */
export function readIpSection(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  if (record.hasPacket) return
  record.packet.readIp(record.flow, bytes, offset, offset + length)
  notePacket(record, length)
}

/** The section may be cut off; the IP header in it says how long the packet was. */
function notePacket(record: DataRecord, sectionBytes: number): void {
  record.hasPacket = true
  record.hasIcmp = true
  record.frameBytes ||= Math.max(sectionBytes, record.packet.wireBytes)
}
