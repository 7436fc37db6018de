// node-netflowv9's fields, in the terms of a flow.

import { formatAddress } from '../../runtime/ip.ts'
import type { PlainFlow } from '../build/decoded.ts'
import type { Reading } from './child.ts'

type RawRecord = Reading['flows'][number]
type Translate = (value: number | string) => unknown

/** For each field of ours its names for what fills it: the first that is there and not zero does. */
const sameValue: Readonly<Record<string, readonly string[]>> = {
  proto: ['protocol'],
  ipTos: ['src_tos'],
  tcpFlags: ['tcp_flags'],
  srcPort: ['ipv4_src_port', 'l4_src_port', 'udpSourcePort', 'tcpSourcePort'],
  dstPort: ['ipv4_dst_port', 'l4_dst_port', 'udpDestinationPort', 'tcpDestinationPort'],
  srcNet: ['src_mask', 'ipv6_src_mask'],
  dstNet: ['dst_mask', 'ipv6_dst_mask'],
  inIf: ['input_snmp', 'ingressPhysicalInterface'],
  outIf: ['output_snmp', 'egressPhysicalInterface'],
  srcAs: ['src_as'],
  dstAs: ['dst_as'],
  ipv6FlowLabel: ['ipv6_flow_label'],
  ipTtl: ['ipTTL', 'min_ttl', 'max_ttl'],
  fragmentId: ['ipv4_ident'],
  fragmentOffset: ['fragment_offset'],
  vlanId: ['src_vlan', 'dot1qVlanId'],
  srcVlan: ['src_vlan', 'dot1qVlanId'],
  dstVlan: ['dst_vlan', 'postDot1qVlanId'],
  flowDirection: ['direction'],
  biFlowDirection: ['biflow_direction'],
  forwardingStatus: ['fw_status'],
  ingressVrfId: ['ingressVRFID'],
  egressVrfId: ['egressVRFID'],
  observationPointId: ['observationPointId'],
  samplingRate: ['sampling_interval', 'flow_sampler_random_interval'],
  flowEndReason: ['flowEndReason'],
  natEvent: ['natEvent'],
  firewallEvent: ['firewallEvent'],
  postNatSrcPort: ['postNAPTSourceTransportPort'],
  postNatDstPort: ['postNAPTDestinationTransportPort'],
}
const counters: typeof sameValue = {
  bytes: [
    'in_bytes',
    'out_bytes',
    'in_permanent_bytes',
    'initiatorOctets',
    'layer2OctetDeltaCount',
  ],
  packets: ['in_pkts', 'out_pkts', 'in_permanent_pkts', 'initiatorPackets'],
}
const addresses: typeof sameValue = {
  srcAddr: ['ipv4_src_addr', 'ipv6_src_addr'],
  dstAddr: ['ipv4_dst_addr', 'ipv6_dst_addr'],
  nextHop: ['ipv4_next_hop', 'ipv6_next_hop'],
  bgpNextHop: ['bgp_ipv4_next_hop', 'bpg_ipv6_next_hop'],
  postNatSrcAddr: ['postNATSourceIPv4Address', 'postNATSourceIPv6Address'],
  postNatDstAddr: ['postNATDestinationIPv4Address', 'postNATDestinationIPv6Address'],
}
const macs: typeof sameValue = {
  srcMac: ['in_src_mac', 'out_src_mac'],
  dstMac: ['in_dst_mac', 'out_dst_mac'],
}

/** What a flow has in the fields that the record tells of; it may have others. 0 and '' are as good as unset. */
export function flowOf(header: Reading['header'], record: RawRecord): PlainFlow {
  return {
    ...translate(record, sameValue, Number),
    ...translate(record, counters, BigInt),
    ...translate(record, addresses, addressText),
    ...translate(record, macs, (hex) => Number.parseInt(String(hex), 16)),
    ...icmp(record),
    ...mpls(record),
    ...times(header, record),
    ...(record['application_tag'] === undefined
      ? {}
      : { applicationId: record['application_tag'] }),
  }
}

/** NetFlow v5's AS numbers have the names that v9's of adjacent ones have. */
export function flowOfNetflow5(header: Reading['header'], record: RawRecord): PlainFlow {
  const { in_as: src_as = 0, out_as: dst_as = 0, ipv4_next_hop = '', ...rest } = record
  return flowOf(header, { ...rest, src_as, dst_as, ipv4_next_hop })
}

function translate(record: RawRecord, names: typeof sameValue, as: Translate): PlainFlow {
  const flow: PlainFlow = {}
  for (const [field, candidates] of Object.entries(names)) {
    const values = candidates.flatMap((name) => record[name] ?? []) as (number | string)[]
    const value = values.find((value) => !isZero(value)) ?? values[0]
    if (value !== undefined) flow[field] = as(value)
  }
  return flow
}

function isZero(value: number | string): boolean {
  return value === 0 || /^(0+|0\.0\.0\.0)$/.test(String(value))
}

/** It writes IPv4 addresses in dotted decimal, IPv6 addresses in hex. */
function addressText(value: number | string): string {
  const text = String(value)
  return text.includes('.') ? text : formatAddress(Buffer.from(text, 'hex'))
}

/** icmp_type is the type and the code. */
function icmp(record: RawRecord): PlainFlow {
  const { icmp_type, icmpTypeCodeIPv6 } = record
  const value = Number(icmp_type || icmpTypeCodeIPv6 || 0)
  if (icmp_type === undefined && icmpTypeCodeIPv6 === undefined) return {}
  return { icmpType: value >> 8, icmpCode: value & 0xff }
}

/** Stack entries of 3 bytes; those of 0 are not there, and leave a gap when others follow. */
function mpls(record: RawRecord): PlainFlow {
  const labels: number[] = []
  for (let i = 1; i <= 10; i++) {
    const entry = Number(record[`mpls_label_${i}`] ?? 0)
    if (entry !== 0) labels[i - 1] = entry >> 4
  }
  return labels.length === 0 ? {} : { mplsLabel: Array.from(labels, (label) => label ?? 0) }
}

/** RFC 3954 8: the uptime at the first and the last packet. It has 32 bits, and what they wrap to is nearest to the export. */
function times(header: Reading['header'], record: RawRecord): PlainFlow {
  const { seconds = 0, nseconds = 0, uptime = 0 } = header
  const exportNs = BigInt(seconds) * 1_000_000_000n + BigInt(nseconds)
  const at = (ms: number) => iso(exportNs - BigInt.asIntN(32, BigInt(uptime - ms)) * 1_000_000n)
  const { first_switched, last_switched, flowStartMilliseconds, flowEndMilliseconds } = record
  return {
    ...(first_switched === undefined ? {} : { start: at(Number(first_switched)) }),
    ...(last_switched === undefined ? {} : { end: at(Number(last_switched)) }),
    ...(flowStartMilliseconds ? { start: iso(BigInt(flowStartMilliseconds) * 1_000_000n) } : {}),
    ...(flowEndMilliseconds ? { end: iso(BigInt(flowEndMilliseconds) * 1_000_000n) } : {}),
  }
}

function iso(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}
