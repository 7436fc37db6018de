// The flow that decoders fill and the encoder reads: one object, used again for every record.

import { NumberList } from './number-list.ts'

/** An IP address of 0 (unset), 4 or 16 network-order bytes, held in a buffer of its own. */
export class Address {
  readonly bytes = new Uint8Array(16)
  length = 0

  /**
   * Copies `length` bytes (4 or 16; anything else leaves it unset) from `source` at `offset`; the caller has checked
   * that they are there. An IPv4-mapped IPv6 address is stored as IPv4 (FlowMessage's convention).
   */
  set(source: Uint8Array, offset: number, length: number): void {
    if (length === 16 && isIpv4Mapped(source, offset)) {
      offset += 12
      length = 4
    }
    if (length !== 4 && length !== 16) {
      this.length = 0
      return
    }
    for (let i = 0; i < length; i++) this.bytes[i] = source[offset + i]!
    this.length = length
  }

  /** `address` is 32 bits. */
  setIpv4(address: number): void {
    const { bytes } = this
    bytes[0] = address >>> 24
    bytes[1] = address >>> 16
    bytes[2] = address >>> 8
    bytes[3] = address
    this.length = 4
  }

  /** Makes it the zero address of 4 or 16 bytes: 0.0.0.0 or ::. */
  setZero(length: number): void {
    this.bytes.fill(0)
    this.length = length
  }

  copy(other: Address): void {
    this.length = other.length
    for (let i = 0; i < other.length; i++) this.bytes[i] = other.bytes[i]!
  }

  equals(other: Address): boolean {
    if (this.length !== other.length) return false
    for (let i = 0; i < this.length; i++) if (this.bytes[i] !== other.bytes[i]) return false
    return true
  }

  /** True when unset or all zero: exporters write 0.0.0.0 for "none". */
  isZero(): boolean {
    for (let i = 0; i < this.length; i++) if (this.bytes[i] !== 0) return false
    return true
  }
}

/** ::ffff:a.b.c.d, RFC 4291 2.5.5.2. */
function isIpv4Mapped(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff
}

/** FlowMessage.FlowType. */
export const FlowType = { unknown: 0, sflow5: 1, netflow5: 2, netflow9: 3, ipfix: 4 } as const
export type FlowType = (typeof FlowType)[keyof typeof FlowType]

/** As FlowMessage names them, by number. */
export const flowTypeNames = [
  'FLOWUNKNOWN',
  'SFLOW_5',
  'NETFLOW_V5',
  'NETFLOW_V9',
  'IPFIX',
] as const

/** FlowMessage.sampling_source: who said what sampling_rate is. */
export const SamplingSource = { assumed: 0, exporter: 1, routerDefault: 2, override: 3 } as const
export type SamplingSource = (typeof SamplingSource)[keyof typeof SamplingSource]

/** As the tables name them, by number. */
export const samplingSourceNames = ['assumed', 'exporter', 'router_default', 'override'] as const

/** FlowMessage.router_role: core routers export what edge routers export as well. */
export const RouterRole = { edge: 0, core: 1 } as const
export type RouterRole = (typeof RouterRole)[keyof typeof RouterRole]

/**
 * Every field of FlowMessage (schema/flow.proto; same meaning, camelCase names). Zero, or a length of zero, means unset.
 *
 * 64-bit counters are two unsigned 32-bit halves, so that no value is rounded. Times are whole seconds since 1970 and nanoseconds
 * within the second. A decoder owns the object between `reset()` and `emit(flow)`; who gets it in `emit` must copy what it keeps.
 */
export class FlowRecord {
  type: FlowType = FlowType.unknown
  sequenceNumber = 0

  /** 1 in N, as the exporter announced it; 0 when it announced none. Sampling at ingest makes it non-zero. */
  samplingRate = 0
  samplingSource: SamplingSource = SamplingSource.assumed

  readonly samplerAddress = new Address()
  /** Set only when it differs from samplerAddress. */
  readonly udpSource = new Address()
  /** Given at ingest, as the sampling rate is. */
  routerRole: RouterRole = RouterRole.edge

  readonly srcAddr = new Address()
  readonly dstAddr = new Address()
  readonly nextHop = new Address()
  readonly bgpNextHop = new Address()

  bytesHigh = 0
  bytesLow = 0
  packetsHigh = 0
  packetsLow = 0

  nextHopAs = 0
  srcAs = 0
  dstAs = 0
  /** Prefix lengths. */
  srcNet = 0
  dstNet = 0
  inIf = 0
  outIf = 0

  proto = 0
  srcPort = 0
  dstPort = 0
  ipTos = 0
  forwardingStatus = 0
  ipTtl = 0
  tcpFlags = 0

  /** 48-bit values. */
  srcMac = 0
  dstMac = 0
  vlanId = 0
  etype = 0
  icmpType = 0
  icmpCode = 0
  srcVlan = 0
  dstVlan = 0

  fragmentId = 0
  /** Units of 8 bytes. */
  fragmentOffset = 0
  ipv6FlowLabel = 0
  ipFlags = 0

  ingressVrfId = 0
  egressVrfId = 0
  biFlowDirection = 0
  flowDirection = 0

  observationDomainId = 0
  observationPointId = 0

  readonly mplsTtl = new NumberList()
  readonly mplsLabel = new NumberList()
  readonly mplsIp: Uint8Array[] = []
  readonly bgpCommunities = new NumberList()
  readonly asPath = new NumberList()
  readonly layerStack = new NumberList()
  readonly layerSize = new NumberList()
  readonly ipv6RoutingHeaderAddresses: Uint8Array[] = []
  ipv6RoutingHeaderSegLeft = 0

  timeReceivedSeconds = 0
  timeReceivedNanos = 0
  timeFlowStartSeconds = 0
  timeFlowStartNanos = 0
  timeFlowEndSeconds = 0
  timeFlowEndNanos = 0

  readonly postNatSrcAddr = new Address()
  readonly postNatDstAddr = new Address()
  postNatSrcPort = 0
  postNatDstPort = 0
  natEvent = 0

  /** Opaque: 1 byte of classification engine and a selector (RFC 6759). */
  readonly applicationId = new Uint8Array(16)
  applicationIdLength = 0
  firewallEvent = 0
  flowEndReason = 0
  dropReason = 0

  customerVlanId = 0
  postCustomerVlanId = 0
  vni = 0

  /** Makes it an empty flow again. */
  reset(): void {
    this.type = FlowType.unknown
    this.sequenceNumber = 0
    this.samplingRate = 0
    this.samplingSource = SamplingSource.assumed
    this.samplerAddress.length = 0
    this.udpSource.length = 0
    this.routerRole = RouterRole.edge
    this.srcAddr.length = 0
    this.dstAddr.length = 0
    this.nextHop.length = 0
    this.bgpNextHop.length = 0
    this.bytesHigh = 0
    this.bytesLow = 0
    this.packetsHigh = 0
    this.packetsLow = 0
    this.nextHopAs = 0
    this.srcAs = 0
    this.dstAs = 0
    this.srcNet = 0
    this.dstNet = 0
    this.inIf = 0
    this.outIf = 0
    this.proto = 0
    this.srcPort = 0
    this.dstPort = 0
    this.ipTos = 0
    this.forwardingStatus = 0
    this.ipTtl = 0
    this.tcpFlags = 0
    this.srcMac = 0
    this.dstMac = 0
    this.vlanId = 0
    this.etype = 0
    this.icmpType = 0
    this.icmpCode = 0
    this.srcVlan = 0
    this.dstVlan = 0
    this.fragmentId = 0
    this.fragmentOffset = 0
    this.ipv6FlowLabel = 0
    this.ipFlags = 0
    this.ingressVrfId = 0
    this.egressVrfId = 0
    this.biFlowDirection = 0
    this.flowDirection = 0
    this.observationDomainId = 0
    this.observationPointId = 0
    // Truncating an empty array is not free, and nearly every flow leaves these empty.
    this.mplsTtl.clear()
    this.mplsLabel.clear()
    if (this.mplsIp.length > 0) this.mplsIp.length = 0
    this.bgpCommunities.clear()
    this.asPath.clear()
    this.layerStack.clear()
    this.layerSize.clear()
    if (this.ipv6RoutingHeaderAddresses.length > 0) this.ipv6RoutingHeaderAddresses.length = 0
    this.ipv6RoutingHeaderSegLeft = 0
    this.timeReceivedSeconds = 0
    this.timeReceivedNanos = 0
    this.timeFlowStartSeconds = 0
    this.timeFlowStartNanos = 0
    this.timeFlowEndSeconds = 0
    this.timeFlowEndNanos = 0
    this.postNatSrcAddr.length = 0
    this.postNatDstAddr.length = 0
    this.postNatSrcPort = 0
    this.postNatDstPort = 0
    this.natEvent = 0
    this.applicationIdLength = 0
    this.firewallEvent = 0
    this.flowEndReason = 0
    this.dropReason = 0
    this.customerVlanId = 0
    this.postCustomerVlanId = 0
    this.vni = 0
  }
}
