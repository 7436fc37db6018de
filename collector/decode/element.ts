// What each information element does to a flow. Names and ids: IANA IPFIX registry (RFC 7012), which NetFlow v9 shares
// (RFC 3954 8).

import { readUintNumber } from './bytes.ts'
import { BiflowDirection } from './data-record.ts'
import type { SetBytes, SetUint } from './element-setter.ts'
import {
  addMplsIp,
  fillAddress,
  ofSide,
  readFrameSection,
  readIpSection,
  readLabelStack,
  readSamplingInterval,
  setAddress,
  setApplicationId,
  setBiflowDirection,
  setDstMac,
  setExporter,
  setFlowDirection,
  setIcmpCode,
  setIcmpType,
  setIcmpTypeCode,
  setMplsLabel,
  setOctets,
  setPackets,
  setSamplingProbability,
  setSrcMac,
  setVlan,
} from './setters.ts'

export type Element = {
  readonly name: string
  /**
   * Several elements may fill one field of a flow. Of those in a template, the lowest rank with a value that is not
   * zero wins, and of equal ranks the first: exporters of mixed IPv4 and IPv6 templates write zeros where the other
   * family has its values.
   */
  readonly rank: number
  /** Elements in whose company this one is left out. */
  readonly unless?: readonly number[]
  /** Elements without any of which this one says nothing. */
  readonly onlyWith?: readonly number[]
} & ({ readonly setUint: SetUint } | { readonly setBytes: SetBytes })

export function uint(name: string, setUint: SetUint, rank = 1): Element {
  return { name, rank, setUint }
}

export function bytes(name: string, setBytes: SetBytes, rank = 1): Element {
  return { name, rank, setBytes }
}

/**
 * A counter since the start of the flow. Beside one that counts since the last report it must not be used, not even
 * when that is 0: it would count again what was reported before.
 */
function total(name: string, setBytes: SetBytes, unless: readonly number[]): Element {
  return { name, rank: 3, unless, setBytes }
}

const sessionCounters = [231, 232, 298, 299]

/**
 * A counter of one side of a session, since the last report. Where the flow has counters of its own, whose direction is
 * known, these would count its packets once more.
 */
function session(name: string, setBytes: SetBytes): Element {
  return { name, rank: 4, unless: [1, 2, 23, 24], setBytes }
}

/** What tells how to read the others. */
const hint = -1
/** A sampled packet: elements only fill what it leaves open. */
const packet = 0

/** Elements that make something of a flow, by id. All others are stepped over. */
export const elements: Readonly<Record<number, Element>> = {
  // Packets
  316: { ...bytes('mplsLabelStackSection', readLabelStack, hint), unless: [315] },
  313: bytes('ipHeaderPacketSection', readIpSection, packet),
  315: bytes('dataLinkFrameSection', readFrameSection, packet),
  408: uint('dataLinkFrameType', (r, v) => (r.dataLinkFrameType ||= v), hint),

  // Volume
  1: bytes('octetDeltaCount', setOctets),
  23: bytes('postOctetDeltaCount', setOctets, 2),
  85: total('octetTotalCount', setOctets, [1, 23, 231, 232]),
  231: session('initiatorOctets', ofSide(BiflowDirection.initiator, setOctets)),
  232: session('responderOctets', ofSide(BiflowDirection.reverseInitiator, setOctets)),
  352: bytes('layer2OctetDeltaCount', setOctets, 5),
  312: uint('dataLinkFrameSize', (r, v) => (r.frameBytes ||= v), hint),
  2: bytes('packetDeltaCount', setPackets),
  24: bytes('postPacketDeltaCount', setPackets, 2),
  86: total('packetTotalCount', setPackets, [2, 24, 298, 299]),
  298: session('initiatorPackets', ofSide(BiflowDirection.initiator, setPackets)),
  299: session('responderPackets', ofSide(BiflowDirection.reverseInitiator, setPackets)),

  // Addresses
  60: uint('ipVersion', (r, v) => (r.ipVersion ||= v), hint),
  8: bytes('sourceIPv4Address', (r, b, o, n) => setAddress(r, r.flow.srcAddr, b, o, n)),
  27: bytes('sourceIPv6Address', (r, b, o, n) => setAddress(r, r.flow.srcAddr, b, o, n)),
  12: bytes('destinationIPv4Address', (r, b, o, n) => setAddress(r, r.flow.dstAddr, b, o, n)),
  28: bytes('destinationIPv6Address', (r, b, o, n) => setAddress(r, r.flow.dstAddr, b, o, n)),
  9: uint('sourceIPv4PrefixLength', (r, v) => (r.flow.srcNet ||= v & 0xff)),
  29: uint('sourceIPv6PrefixLength', (r, v) => (r.flow.srcNet ||= v & 0xff), 2),
  13: uint('destinationIPv4PrefixLength', (r, v) => (r.flow.dstNet ||= v & 0xff)),
  30: uint('destinationIPv6PrefixLength', (r, v) => (r.flow.dstNet ||= v & 0xff), 2),
  256: uint('ethernetType', (r, v) => (r.ethernetType ||= v & 0xffff)),

  // Transport
  4: uint('protocolIdentifier', (r, v) => (r.flow.proto ||= v & 0xff)),
  7: uint('sourceTransportPort', (r, v) => (r.flow.srcPort ||= v & 0xffff)),
  180: uint('udpSourcePort', (r, v) => (r.flow.srcPort ||= v & 0xffff), 2),
  182: uint('tcpSourcePort', (r, v) => (r.flow.srcPort ||= v & 0xffff), 2),
  11: uint('destinationTransportPort', (r, v) => (r.flow.dstPort ||= v & 0xffff)),
  181: uint('udpDestinationPort', (r, v) => (r.flow.dstPort ||= v & 0xffff), 2),
  183: uint('tcpDestinationPort', (r, v) => (r.flow.dstPort ||= v & 0xffff), 2),
  // 12 bits: RFC 3168 and RFC 3540 flags; the four above are the data offset, RFC 9293 3.1.
  6: uint('tcpControlBits', (r, v) => (r.flow.tcpFlags ||= v & 0x0fff)),
  32: uint('icmpTypeCodeIPv4', setIcmpTypeCode),
  139: uint('icmpTypeCodeIPv6', setIcmpTypeCode),
  176: uint('icmpTypeIPv4', setIcmpType, 2),
  178: uint('icmpTypeIPv6', setIcmpType, 2),
  177: uint('icmpCodeIPv4', setIcmpCode, 2),
  179: uint('icmpCodeIPv6', setIcmpCode, 2),

  // The IP header
  5: uint('ipClassOfService', (r, v) => (r.flow.ipTos ||= v & 0xff)),
  195: uint('ipDiffServCodePoint', (r, v) => (r.flow.ipTos ||= (v & 0x3f) << 2), 2),
  // What the packets leave with; best effort on arrival is no reason to look there.
  55: {
    ...uint('postIpClassOfService', (r, v) => (r.flow.ipTos ||= v & 0xff), 3),
    unless: [5, 195],
  },
  98: {
    ...uint('postIpDiffServCodePoint', (r, v) => (r.flow.ipTos ||= (v & 0x3f) << 2), 4),
    unless: [5, 195],
  },
  192: uint('ipTTL', (r, v) => (r.flow.ipTtl ||= v & 0xff)),
  52: uint('minimumTTL', (r, v) => (r.flow.ipTtl ||= v & 0xff), 2),
  53: uint('maximumTTL', (r, v) => (r.flow.ipTtl ||= v & 0xff), 3),
  31: uint('flowLabelIPv6', (r, v) => (r.flow.ipv6FlowLabel ||= v & 0xfffff)),
  54: uint('fragmentIdentification', (r, v) => (r.flow.fragmentId ||= v)),
  88: uint('fragmentOffset', (r, v) => (r.flow.fragmentOffset ||= v)),
  // The flags of the IPv4 header in its own three bits.
  197: uint('fragmentFlags', (r, v) => (r.flow.ipFlags ||= (v & 0xff) >> 5)),

  // Interfaces, the link below, forwarding
  10: uint('ingressInterface', (r, v) => (r.flow.inIf ||= v)),
  252: uint('ingressPhysicalInterface', (r, v) => (r.flow.inIf ||= v), 2),
  14: uint('egressInterface', (r, v) => (r.flow.outIf ||= v)),
  253: uint('egressPhysicalInterface', (r, v) => (r.flow.outIf ||= v), 2),
  234: uint('ingressVRFID', (r, v) => (r.flow.ingressVrfId ||= v)),
  235: uint('egressVRFID', (r, v) => (r.flow.egressVrfId ||= v)),
  61: uint('flowDirection', setFlowDirection),
  239: uint('biflowDirection', setBiflowDirection),
  89: uint('forwardingStatus', (r, v) => (r.flow.forwardingStatus ||= v)),
  56: bytes('sourceMacAddress', setSrcMac),
  81: bytes('postSourceMacAddress', setSrcMac, 2),
  80: bytes('destinationMacAddress', setDstMac),
  57: bytes('postDestinationMacAddress', setDstMac, 2),
  58: uint('vlanId', setVlan),
  243: uint('dot1qVlanId', setVlan, 2),
  59: uint('postVlanId', (r, v) => (r.flow.dstVlan ||= v & 0x0fff)),
  254: uint('postDot1qVlanId', (r, v) => (r.flow.dstVlan ||= v & 0x0fff), 2),
  245: uint('dot1qCustomerVlanId', (r, v) => (r.flow.customerVlanId ||= v & 0x0fff)),
  255: uint('postDot1qCustomerVlanId', (r, v) => (r.flow.postCustomerVlanId ||= v & 0x0fff)),
  // The octet above the low 24 bits says what kind of network it is.
  351: uint('layer2SegmentId', (r, v) => (r.flow.vni ||= v & 0xffffff)),

  // Routing
  16: uint('bgpSourceAsNumber', (r, v) => (r.flow.srcAs ||= v)),
  17: uint('bgpDestinationAsNumber', (r, v) => (r.flow.dstAs ||= v)),
  128: uint('bgpNextAdjacentAsNumber', (r, v) => (r.flow.nextHopAs ||= v)),
  15: bytes('ipNextHopIPv4Address', (r, b, o, n) => fillAddress(r.flow.nextHop, b, o, n)),
  62: bytes('ipNextHopIPv6Address', (r, b, o, n) => fillAddress(r.flow.nextHop, b, o, n), 2),
  18: bytes('bgpNextHopIPv4Address', (r, b, o, n) => fillAddress(r.flow.bgpNextHop, b, o, n)),
  63: bytes('bgpNextHopIPv6Address', (r, b, o, n) => fillAddress(r.flow.bgpNextHop, b, o, n), 2),

  // MPLS: label 20 bits, traffic class 3, bottom of stack 1
  70: uint('mplsTopLabelStackSection', (r, v) => setMplsLabel(r, 0, v)),
  71: uint('mplsLabelStackSection2', (r, v) => setMplsLabel(r, 1, v)),
  72: uint('mplsLabelStackSection3', (r, v) => setMplsLabel(r, 2, v)),
  73: uint('mplsLabelStackSection4', (r, v) => setMplsLabel(r, 3, v)),
  74: uint('mplsLabelStackSection5', (r, v) => setMplsLabel(r, 4, v)),
  75: uint('mplsLabelStackSection6', (r, v) => setMplsLabel(r, 5, v)),
  76: uint('mplsLabelStackSection7', (r, v) => setMplsLabel(r, 6, v)),
  77: uint('mplsLabelStackSection8', (r, v) => setMplsLabel(r, 7, v)),
  78: uint('mplsLabelStackSection9', (r, v) => setMplsLabel(r, 8, v)),
  79: uint('mplsLabelStackSection10', (r, v) => setMplsLabel(r, 9, v)),
  47: bytes('mplsTopLabelIPv4Address', addMplsIp),
  140: bytes('mplsTopLabelIPv6Address', addMplsIp),

  // Times
  150: uint('flowStartSeconds', (r, v) => r.times.start.setSeconds(v)),
  151: uint('flowEndSeconds', (r, v) => r.times.end.setSeconds(v)),
  152: bytes('flowStartMilliseconds', (r, b, o, n) => r.times.start.setMs(readUintNumber(b, o, n))),
  153: bytes('flowEndMilliseconds', (r, b, o, n) => r.times.end.setMs(readUintNumber(b, o, n))),
  154: bytes('flowStartMicroseconds', (r, b, o, n) => r.times.start.setNtp(b, o, n)),
  155: bytes('flowEndMicroseconds', (r, b, o, n) => r.times.end.setNtp(b, o, n)),
  156: bytes('flowStartNanoseconds', (r, b, o, n) => r.times.start.setNtp(b, o, n)),
  157: bytes('flowEndNanoseconds', (r, b, o, n) => r.times.end.setNtp(b, o, n)),
  158: uint('flowStartDeltaMicroseconds', (r, v) =>
    r.times.start.setMicrosBefore(r.message.exportSeconds, v),
  ),
  159: uint('flowEndDeltaMicroseconds', (r, v) =>
    r.times.end.setMicrosBefore(r.message.exportSeconds, v),
  ),
  22: uint('flowStartSysUpTime', (r, v) => r.times.setStartUptime(v)),
  21: uint('flowEndSysUpTime', (r, v) => r.times.setEndUptime(v)),
  160: bytes('systemInitTimeMilliseconds', (r, b, o, n) => {
    r.times.systemInitMs ||= readUintNumber(b, o, n)
  }),
  161: uint('flowDurationMilliseconds', (r, v) => (r.times.durationMs ||= v)),
  162: uint('flowDurationMicroseconds', (r, v) => (r.times.durationMs ||= v / 1000), 2),
  322: uint('observationTimeSeconds', (r, v) => r.times.observed.setSeconds(v), 2),
  323: bytes('observationTimeMilliseconds', (r, b, o, n) =>
    r.times.observed.setMs(readUintNumber(b, o, n)),
  ),
  324: bytes('observationTimeMicroseconds', (r, b, o, n) => r.times.observed.setNtp(b, o, n)),
  325: bytes('observationTimeNanoseconds', (r, b, o, n) => r.times.observed.setNtp(b, o, n)),

  // Sampling
  34: bytes('samplingInterval', (r, b, o, n) => {
    r.sampling.samplingInterval ||= readSamplingInterval(r, b, o, n)
  }),
  50: bytes('samplerRandomInterval', (r, b, o, n) => {
    r.sampling.samplerRandomInterval ||= readSamplingInterval(r, b, o, n)
  }),
  305: uint('samplingPacketInterval', (r, v) => (r.sampling.packetInterval ||= v)),
  306: uint('samplingPacketSpace', (r, v) => r.sampling.setPacketSpace(v)),
  309: uint('samplingSize', (r, v) => (r.sampling.size ||= v)),
  310: uint('samplingPopulation', (r, v) => (r.sampling.population ||= v)),
  311: bytes('samplingProbability', setSamplingProbability),
  48: uint('samplerId', (r, v) => r.sampling.setSamplerId(v)),
  302: uint('selectorId', (r, v) => r.sampling.setSelectorId(v)),
  141: uint('lineCardId', (r, v) => (r.lineCardId ||= v)),
  145: uint('templateId', (r, v) => (r.templateId ||= v)),

  // Address translation and firewalls
  225: bytes('postNATSourceIPv4Address', (r, b, o, n) =>
    fillAddress(r.flow.postNatSrcAddr, b, o, n),
  ),
  281: bytes(
    'postNATSourceIPv6Address',
    (r, b, o, n) => fillAddress(r.flow.postNatSrcAddr, b, o, n),
    2,
  ),
  226: bytes('postNATDestinationIPv4Address', (r, b, o, n) =>
    fillAddress(r.flow.postNatDstAddr, b, o, n),
  ),
  282: bytes(
    'postNATDestinationIPv6Address',
    (r, b, o, n) => fillAddress(r.flow.postNatDstAddr, b, o, n),
    2,
  ),
  227: uint('postNAPTSourceTransportPort', (r, v) => (r.flow.postNatSrcPort ||= v & 0xffff)),
  228: uint('postNAPTDestinationTransportPort', (r, v) => (r.flow.postNatDstPort ||= v & 0xffff)),
  230: uint('natEvent', (r, v) => (r.flow.natEvent ||= v & 0xff)),
  233: uint('firewallEvent', (r, v) => (r.flow.firewallEvent ||= v & 0xff)),

  // The rest
  130: bytes('exporterIPv4Address', setExporter),
  131: bytes('exporterIPv6Address', setExporter, 2),
  148: {
    ...bytes('flowId', (r, b, o, n) => (r.flowId ||= readUintNumber(b, o, n))),
    onlyWith: sessionCounters,
  },
  95: bytes('applicationId', setApplicationId),
  136: uint('flowEndReason', (r, v) => (r.flow.flowEndReason ||= v & 0xff)),
  138: uint('observationPointId', (r, v) => (r.flow.observationPointId ||= v)),
}

/** NetFlow v9 only: what Cisco's ASA called these before 8.4. Ids above 32,767 have another meaning in IPFIX. */
export const netflow9Elements: Readonly<Record<number, Element>> = {
  40001: bytes(
    'xlateSourceAddress',
    (r, b, o, n) => fillAddress(r.flow.postNatSrcAddr, b, o, n),
    2,
  ),
  40002: bytes(
    'xlateDestinationAddress',
    (r, b, o, n) => fillAddress(r.flow.postNatDstAddr, b, o, n),
    2,
  ),
  40003: uint('xlateSourcePort', (r, v) => (r.flow.postNatSrcPort ||= v & 0xffff), 2),
  40004: uint('xlateDestinationPort', (r, v) => (r.flow.postNatDstPort ||= v & 0xffff), 2),
  40005: uint('firewallEvent', (r, v) => (r.flow.firewallEvent ||= v & 0xff), 2),
}

/**
 * Scope fields of NetFlow v9 have ids of their own, RFC 3954 6.1. System (1) and cache (4) say nothing that we keep.
 */
export const netflow9Scopes: Readonly<Record<number, Element>> = {
  1: uint('System', () => {}),
  2: uint('Interface', (r, v) => (r.flow.inIf ||= v)),
  3: uint('Line Card', (r, v) => (r.lineCardId ||= v)),
  4: uint('Cache', () => {}),
  5: uint('Template', (r, v) => (r.templateId ||= v)),
}
