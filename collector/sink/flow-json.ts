// A flow as a line of JSON, for people and for jq: FlowMessage's names, in the order of its
// numbers.

import { formatAddress } from '../../runtime/ip.ts'
import { type Address, type FlowRecord, FlowType, flowTypeNames } from '../flow.ts'
import type { NumberList } from '../number-list.ts'

/**
 * One JSON object without a line break: the fields that are set, and bytes, packets, ports, proto
 * and tcp_flags even when zero. Addresses and MACs are text, other bytes hexadecimal, times and
 * whatever exceeds 2^53 - 1 decimal strings.
 */
export function flowToJson(flow: FlowRecord): string {
  // JSON leaves out what is undefined.
  return JSON.stringify({
    type: flow.type === FlowType.unknown ? undefined : flowTypeNames[flow.type],
    sampling_rate: unlessZero(flow.samplingRate),
    sequence_num: unlessZero(flow.sequenceNumber),
    src_addr: addressText(flow.srcAddr),
    dst_addr: addressText(flow.dstAddr),
    bytes: counter(flow.bytesHigh, flow.bytesLow),
    packets: counter(flow.packetsHigh, flow.packetsLow),
    sampler_address: addressText(flow.samplerAddress),
    next_hop: addressText(flow.nextHop),
    next_hop_as: unlessZero(flow.nextHopAs),
    src_as: unlessZero(flow.srcAs),
    dst_as: unlessZero(flow.dstAs),
    src_net: unlessZero(flow.srcNet),
    dst_net: unlessZero(flow.dstNet),
    in_if: unlessZero(flow.inIf),
    out_if: unlessZero(flow.outIf),
    proto: flow.proto,
    src_port: flow.srcPort,
    dst_port: flow.dstPort,
    ip_tos: unlessZero(flow.ipTos),
    forwarding_status: unlessZero(flow.forwardingStatus),
    ip_ttl: unlessZero(flow.ipTtl),
    tcp_flags: flow.tcpFlags,
    src_mac: macText(flow.srcMac),
    dst_mac: macText(flow.dstMac),
    vlan_id: unlessZero(flow.vlanId),
    etype: unlessZero(flow.etype),
    icmp_type: unlessZero(flow.icmpType),
    icmp_code: unlessZero(flow.icmpCode),
    src_vlan: unlessZero(flow.srcVlan),
    dst_vlan: unlessZero(flow.dstVlan),
    fragment_id: unlessZero(flow.fragmentId),
    fragment_offset: unlessZero(flow.fragmentOffset),
    ipv6_flow_label: unlessZero(flow.ipv6FlowLabel),
    ip_flags: unlessZero(flow.ipFlags),
    ingress_vrf_id: unlessZero(flow.ingressVrfId),
    egress_vrf_id: unlessZero(flow.egressVrfId),
    bi_flow_direction: unlessZero(flow.biFlowDirection),
    flow_direction: unlessZero(flow.flowDirection),
    observation_domain_id: unlessZero(flow.observationDomainId),
    observation_point_id: unlessZero(flow.observationPointId),
    mpls_ttl: unlessEmpty(flow.mplsTtl),
    mpls_label: unlessEmpty(flow.mplsLabel),
    mpls_ip: addressTexts(flow.mplsIp),
    bgp_next_hop: addressText(flow.bgpNextHop),
    bgp_communities: unlessEmpty(flow.bgpCommunities),
    as_path: unlessEmpty(flow.asPath),
    layer_stack: unlessEmpty(flow.layerStack),
    layer_size: unlessEmpty(flow.layerSize),
    ipv6_routing_header_addresses: addressTexts(flow.ipv6RoutingHeaderAddresses),
    ipv6_routing_header_seg_left: unlessZero(flow.ipv6RoutingHeaderSegLeft),
    time_received_ns: nanoseconds(flow.timeReceivedSeconds, flow.timeReceivedNanos),
    time_flow_start_ns: nanoseconds(flow.timeFlowStartSeconds, flow.timeFlowStartNanos),
    time_flow_end_ns: nanoseconds(flow.timeFlowEndSeconds, flow.timeFlowEndNanos),
    sampling_source: unlessZero(flow.samplingSource),
    udp_source: addressText(flow.udpSource),
    router_role: unlessZero(flow.routerRole),
    post_nat_src_addr: addressText(flow.postNatSrcAddr),
    post_nat_dst_addr: addressText(flow.postNatDstAddr),
    post_nat_src_port: unlessZero(flow.postNatSrcPort),
    post_nat_dst_port: unlessZero(flow.postNatDstPort),
    nat_event: unlessZero(flow.natEvent),
    application_id: hexText(flow.applicationId, flow.applicationIdLength),
    firewall_event: unlessZero(flow.firewallEvent),
    flow_end_reason: unlessZero(flow.flowEndReason),
    drop_reason: unlessZero(flow.dropReason),
    customer_vlan_id: unlessZero(flow.customerVlanId),
    post_customer_vlan_id: unlessZero(flow.postCustomerVlanId),
    vni: unlessZero(flow.vni),
  })
}

function unlessZero(value: number): number | undefined {
  return value === 0 ? undefined : value
}

function unlessEmpty(values: NumberList): number[] | undefined {
  return values.length === 0 ? undefined : [...values]
}

function counter(high: number, low: number): number | string {
  const value = high * 2 ** 32 + low
  return Number.isSafeInteger(value) ? value : ((BigInt(high) << 32n) | BigInt(low)).toString()
}

function nanoseconds(seconds: number, nanos: number): string | undefined {
  if (seconds === 0) return nanos === 0 ? undefined : String(nanos)
  return `${seconds}${String(nanos).padStart(9, '0')}`
}

function addressText(address: Address): string | undefined {
  return address.length === 0 ? undefined : formatAddress(address.bytes, address.length)
}

function addressTexts(addresses: readonly Uint8Array[]): string[] | undefined {
  return addresses.length === 0 ? undefined : addresses.map((bytes) => formatAddress(bytes))
}

function macText(value: number): string | undefined {
  return value === 0 ? undefined : value.toString(16).padStart(12, '0').match(/../g)?.join(':')
}

function hexText(bytes: Uint8Array, length: number): string | undefined {
  return length === 0
    ? undefined
    : Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex')
}
