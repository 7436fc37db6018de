// FlowRecord -> FlowMessage (schema/flow.proto), length-delimited protobuf.
//
// Written by hand because every flow passes here: nothing is allocated on the way. The fields stand
// in groups of one function each, since V8 inlines into a function up to a budget: this is a
// quarter faster than one function of all fields.

import type { FlowRecord } from '../flow.ts'
import {
  bytesTag,
  lowBytesTag,
  lowTag,
  maxAddressBytes,
  tag,
  writeAddress,
  writeAddresses,
  writeBytes,
  writeNanoseconds,
  writeNumber,
  writePacked,
  writeVarint,
  writeVarint64,
} from './protobuf.ts'

/**
 * Elements that are written of as_path and of bgp_communities, each: what sFlow's gateway record is
 * read up to.
 */
const maxRouteElements = 1_000
/**
 * Elements that are written of each other list. No real stack of labels, layers or segments is as
 * deep.
 */
const maxStackElements = 64

const singularFields = 61
const maxTagBytes = 2
const maxLengthBytes = 2
const maxVarint32Bytes = 5

/**
 * Upper bound of the bytes that encodeFlow writes for any flow; a caller makes sure that much room
 * is left. Lists are cut: as_path and bgp_communities after 1,000 elements each, the other lists
 * after 64.
 */
export const maxFlowBytes =
  maxLengthBytes +
  singularFields * (maxTagBytes + 1 + maxAddressBytes) +
  2 * (maxTagBytes + maxLengthBytes + maxRouteElements * maxVarint32Bytes) +
  4 * (maxTagBytes + maxLengthBytes + maxStackElements * maxVarint32Bytes) +
  2 * maxStackElements * (maxTagBytes + 1 + maxAddressBytes)

/**
 * Writes `flow` as one length-delimited FlowMessage into `target` at `offset` and returns the
 * offset behind it. Zero and unset fields are left out, fields are in the order of their numbers,
 * repeated scalars are packed. Numbers are taken as unsigned 32 bits; the sampling rate and MACs as
 * 53. `flow` is only read.
 */
export function encodeFlow(flow: FlowRecord, target: Uint8Array, offset: number): number {
  // The length stands before the message and is known behind it. Most IPv4 flows fit a length of
  // one byte (below 128), IPv6 flows hardly ever; a wrong guess costs a move of the message, which
  // is a sixth of its encoding. Writing two bytes always would be no faster, and not canonical.
  const guess = flow.srcAddr.length === 16 ? 2 : 1
  const start = offset + guess
  let end = writeEndpoints(flow, target, start)
  end = writeRouting(flow, target, end)
  end = writePacket(flow, target, end)
  end = writeLinkAndIp(flow, target, end)
  end = writeContext(flow, target, end)
  end = writeTimes(flow, target, end)
  end = writeOwnFields(flow, target, end)

  const length = end - start
  // Two bytes reach to 16,383, beyond maxFlowBytes.
  const lengthBytes = length < 0x80 ? 1 : 2
  if (lengthBytes !== guess) target.copyWithin(offset + lengthBytes, start, end)
  writeVarint(target, offset, length)
  return offset + lengthBytes + length
}

/** Fields 1 to 12. */
function writeEndpoints(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.type !== 0) at = writeVarint(target, lowTag(target, at, 1), flow.type)
  if (flow.samplingRate !== 0) at = writeNumber(target, lowTag(target, at, 3), flow.samplingRate)
  if (flow.sequenceNumber !== 0) {
    at = writeVarint(target, lowTag(target, at, 4), flow.sequenceNumber)
  }
  if (flow.srcAddr.length !== 0) at = writeAddress(target, lowBytesTag(target, at, 6), flow.srcAddr)
  if (flow.dstAddr.length !== 0) at = writeAddress(target, lowBytesTag(target, at, 7), flow.dstAddr)
  if (flow.bytesLow !== 0 || flow.bytesHigh !== 0) {
    at = writeVarint64(target, lowTag(target, at, 9), flow.bytesHigh, flow.bytesLow)
  }
  if (flow.packetsLow !== 0 || flow.packetsHigh !== 0) {
    at = writeVarint64(target, lowTag(target, at, 10), flow.packetsHigh, flow.packetsLow)
  }
  if (flow.samplerAddress.length !== 0) {
    at = writeAddress(target, lowBytesTag(target, at, 11), flow.samplerAddress)
  }
  if (flow.nextHop.length !== 0) {
    at = writeAddress(target, lowBytesTag(target, at, 12), flow.nextHop)
  }
  return at
}

/** Fields 13 to 19. */
function writeRouting(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.nextHopAs !== 0) at = writeVarint(target, lowTag(target, at, 13), flow.nextHopAs)
  if (flow.srcAs !== 0) at = writeVarint(target, lowTag(target, at, 14), flow.srcAs)
  if (flow.dstAs !== 0) at = writeVarint(target, lowTag(target, at, 15), flow.dstAs)
  if (flow.srcNet !== 0) at = writeVarint(target, tag(target, at, 16), flow.srcNet)
  if (flow.dstNet !== 0) at = writeVarint(target, tag(target, at, 17), flow.dstNet)
  if (flow.inIf !== 0) at = writeVarint(target, tag(target, at, 18), flow.inIf)
  if (flow.outIf !== 0) at = writeVarint(target, tag(target, at, 19), flow.outIf)
  return at
}

/** Fields 20 to 26. */
function writePacket(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.proto !== 0) at = writeVarint(target, tag(target, at, 20), flow.proto)
  if (flow.srcPort !== 0) at = writeVarint(target, tag(target, at, 21), flow.srcPort)
  if (flow.dstPort !== 0) at = writeVarint(target, tag(target, at, 22), flow.dstPort)
  if (flow.ipTos !== 0) at = writeVarint(target, tag(target, at, 23), flow.ipTos)
  if (flow.forwardingStatus !== 0) {
    at = writeVarint(target, tag(target, at, 24), flow.forwardingStatus)
  }
  if (flow.ipTtl !== 0) at = writeVarint(target, tag(target, at, 25), flow.ipTtl)
  if (flow.tcpFlags !== 0) at = writeVarint(target, tag(target, at, 26), flow.tcpFlags)
  return at
}

/** Fields 27 to 42. */
function writeLinkAndIp(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.srcMac !== 0) at = writeNumber(target, tag(target, at, 27), flow.srcMac)
  if (flow.dstMac !== 0) at = writeNumber(target, tag(target, at, 28), flow.dstMac)
  if (flow.vlanId !== 0) at = writeVarint(target, tag(target, at, 29), flow.vlanId)
  if (flow.etype !== 0) at = writeVarint(target, tag(target, at, 30), flow.etype)
  if (flow.icmpType !== 0) at = writeVarint(target, tag(target, at, 31), flow.icmpType)
  if (flow.icmpCode !== 0) at = writeVarint(target, tag(target, at, 32), flow.icmpCode)
  if (flow.srcVlan !== 0) at = writeVarint(target, tag(target, at, 33), flow.srcVlan)
  if (flow.dstVlan !== 0) at = writeVarint(target, tag(target, at, 34), flow.dstVlan)
  if (flow.fragmentId !== 0) at = writeVarint(target, tag(target, at, 35), flow.fragmentId)
  if (flow.fragmentOffset !== 0) at = writeVarint(target, tag(target, at, 36), flow.fragmentOffset)
  if (flow.ipv6FlowLabel !== 0) at = writeVarint(target, tag(target, at, 37), flow.ipv6FlowLabel)
  if (flow.ipFlags !== 0) at = writeVarint(target, tag(target, at, 38), flow.ipFlags)
  if (flow.ingressVrfId !== 0) at = writeVarint(target, tag(target, at, 39), flow.ingressVrfId)
  if (flow.egressVrfId !== 0) at = writeVarint(target, tag(target, at, 40), flow.egressVrfId)
  if (flow.biFlowDirection !== 0) {
    at = writeVarint(target, tag(target, at, 41), flow.biFlowDirection)
  }
  if (flow.flowDirection !== 0) at = writeVarint(target, tag(target, at, 42), flow.flowDirection)
  return at
}

/** Fields 70 to 106: the observation point, and what a sampled header or a gateway record adds. */
function writeContext(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.observationDomainId !== 0) {
    at = writeVarint(target, tag(target, at, 70), flow.observationDomainId)
  }
  if (flow.observationPointId !== 0) {
    at = writeVarint(target, tag(target, at, 71), flow.observationPointId)
  }
  if (flow.mplsTtl.length > 0) at = writePacked(target, at, 80, flow.mplsTtl, maxStackElements)
  if (flow.mplsLabel.length > 0) at = writePacked(target, at, 81, flow.mplsLabel, maxStackElements)
  if (flow.mplsIp.length > 0) at = writeAddresses(target, at, 82, flow.mplsIp, maxStackElements)
  if (flow.bgpNextHop.length !== 0) {
    at = writeAddress(target, bytesTag(target, at, 100), flow.bgpNextHop)
  }
  if (flow.bgpCommunities.length > 0) {
    at = writePacked(target, at, 101, flow.bgpCommunities, maxRouteElements)
  }
  if (flow.asPath.length > 0) at = writePacked(target, at, 102, flow.asPath, maxRouteElements)
  if (flow.layerStack.length > 0) {
    at = writePacked(target, at, 103, flow.layerStack, maxStackElements)
  }
  if (flow.layerSize.length > 0) at = writePacked(target, at, 104, flow.layerSize, maxStackElements)
  if (flow.ipv6RoutingHeaderAddresses.length > 0) {
    at = writeAddresses(target, at, 105, flow.ipv6RoutingHeaderAddresses, maxStackElements)
  }
  if (flow.ipv6RoutingHeaderSegLeft !== 0) {
    at = writeVarint(target, tag(target, at, 106), flow.ipv6RoutingHeaderSegLeft)
  }
  return at
}

/** Fields 110 to 112. */
function writeTimes(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.timeReceivedNanos !== 0 || flow.timeReceivedSeconds !== 0) {
    at = tag(target, at, 110)
    at = writeNanoseconds(target, at, flow.timeReceivedSeconds, flow.timeReceivedNanos)
  }
  if (flow.timeFlowStartNanos !== 0 || flow.timeFlowStartSeconds !== 0) {
    at = tag(target, at, 111)
    at = writeNanoseconds(target, at, flow.timeFlowStartSeconds, flow.timeFlowStartNanos)
  }
  if (flow.timeFlowEndNanos !== 0 || flow.timeFlowEndSeconds !== 0) {
    at = tag(target, at, 112)
    at = writeNanoseconds(target, at, flow.timeFlowEndSeconds, flow.timeFlowEndNanos)
  }
  return at
}

/** Fields from 1001 on. */
function writeOwnFields(flow: FlowRecord, target: Uint8Array, at: number): number {
  if (flow.samplingSource !== 0) {
    at = writeVarint(target, tag(target, at, 1001), flow.samplingSource)
  }
  if (flow.udpSource.length !== 0) {
    at = writeAddress(target, bytesTag(target, at, 1002), flow.udpSource)
  }
  if (flow.routerRole !== 0) at = writeVarint(target, tag(target, at, 1003), flow.routerRole)
  if (flow.postNatSrcAddr.length !== 0) {
    at = writeAddress(target, bytesTag(target, at, 1010), flow.postNatSrcAddr)
  }
  if (flow.postNatDstAddr.length !== 0) {
    at = writeAddress(target, bytesTag(target, at, 1011), flow.postNatDstAddr)
  }
  if (flow.postNatSrcPort !== 0) {
    at = writeVarint(target, tag(target, at, 1012), flow.postNatSrcPort)
  }
  if (flow.postNatDstPort !== 0) {
    at = writeVarint(target, tag(target, at, 1013), flow.postNatDstPort)
  }
  if (flow.natEvent !== 0) at = writeVarint(target, tag(target, at, 1014), flow.natEvent)
  if (flow.applicationIdLength !== 0) {
    at = bytesTag(target, at, 1020)
    at = writeBytes(target, at, flow.applicationId, flow.applicationIdLength)
  }
  if (flow.firewallEvent !== 0) at = writeVarint(target, tag(target, at, 1021), flow.firewallEvent)
  if (flow.flowEndReason !== 0) at = writeVarint(target, tag(target, at, 1022), flow.flowEndReason)
  if (flow.dropReason !== 0) at = writeVarint(target, tag(target, at, 1023), flow.dropReason)
  if (flow.customerVlanId !== 0) {
    at = writeVarint(target, tag(target, at, 1030), flow.customerVlanId)
  }
  if (flow.postCustomerVlanId !== 0) {
    at = writeVarint(target, tag(target, at, 1031), flow.postCustomerVlanId)
  }
  if (flow.vni !== 0) at = writeVarint(target, tag(target, at, 1032), flow.vni)
  return at
}
