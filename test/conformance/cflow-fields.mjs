// The fields of NetFlow and IPFIX records by the names that tshark gives them, and which of ours each is for.

import { descendants, integerOf } from './pdml.mjs'

/**
 * Ours, with tshark's names for it. Of several the first in this list that is not zero counts, and of those with one name
 * the first on the wire.
 */
export const numbers = {
  src_as: ['cflow.srcas'],
  dst_as: ['cflow.dstas'],
  in_if: ['cflow.inputint', 'cflow.ingress_physical_interface'],
  out_if: ['cflow.outputint', 'cflow.egress_physical_interface'],
  proto: ['cflow.protocol'],
  src_port: ['cflow.srcport'],
  dst_port: ['cflow.dstport'],
  ip_tos: ['cflow.tos', 'cflow.post_tos'],
  forwarding_status: ['Forwarding Status'],
  ip_ttl: ['cflow.ttl_min', 'cflow.ip_ttl', 'cflow.ttl_max'],
  tcp_flags: ['cflow.tcpflags'],
  vlan_id: ['cflow.vlanid', 'cflow.dot1q_vlan_id'],
  icmp_type: ['cflow.icmp_ipv4_type', 'cflow.icmp_ipv6_type'],
  icmp_code: ['cflow.icmp_ipv4_code', 'cflow.icmp_ipv6_code'],
  src_vlan: ['cflow.vlanid', 'cflow.dot1q_vlan_id'],
  dst_vlan: ['cflow.post_vlanid', 'cflow.post_dot1q_vlan_id'],
  fragment_id: ['cflow.frag_ident'],
  fragment_offset: ['cflow.fragment_offset'],
  ipv6_flow_label: ['cflow.ipv6flowlabel'],
  ingress_vrf_id: ['cflow.ingress_vrfid'],
  egress_vrf_id: ['cflow.egress_vrfid'],
  bi_flow_direction: ['cflow.biflow_direction'],
  flow_direction: ['cflow.direction'],
  observation_point_id: ['cflow.observation_point_id'],
  post_nat_src_port: ['cflow.post_naptsource_transport_port'],
  post_nat_dst_port: ['cflow.post_naptdestination_transport_port'],
  nat_event: ['cflow.nat_event'],
  firewall_event: ['cflow.firewall_event'],
  flow_end_reason: ['cflow.flow_end_reason'],
  customer_vlan_id: ['cflow.dot1q_customer_vlan_id'],
  post_customer_vlan_id: ['cflow.post_dot1q_customer_vlan_id'],
}
/**
 * What was counted since the record before, and what since the flow began: that counts where the former is not exported.
 */
export const counters = {
  bytes: {
    deltas: [
      'cflow.octets',
      'cflow.initiator_octets',
      'cflow.post_octets',
      'cflow.layer2_octet_delta_count',
    ],
    totals: ['cflow.permanent_octets'],
  },
  packets: {
    deltas: ['cflow.packets', 'cflow.initiator_packets', 'cflow.post_packets'],
    totals: ['cflow.permanent_packets'],
  },
}

export const macs = {
  src_mac: ['cflow.srcmac', 'cflow.post_srcmac'],
  dst_mac: ['cflow.dstmac', 'cflow.post_dstmac'],
}

/** Of IPv4 and of IPv6. */
export const addresses = {
  src_addr: ['cflow.srcaddr', 'cflow.srcaddrv6'],
  dst_addr: ['cflow.dstaddr', 'cflow.dstaddrv6'],
  next_hop: ['cflow.nexthop', 'cflow.nexthopv6'],
  bgp_next_hop: ['cflow.bgpnexthop', 'cflow.bgpnexthopv6'],
  post_nat_src_addr: ['cflow.post_natsource_ipv4_address', 'cflow.post_nat_source_ipv6_address'],
  post_nat_dst_addr: [
    'cflow.post_natdestination_ipv4_address',
    'cflow.post_nat_destination_ipv6_address',
  ],
}
export const prefixLengths = {
  src_net: ['cflow.srcmask', 'cflow.srcmaskv6'],
  dst_net: ['cflow.dstmask', 'cflow.dstmaskv6'],
}

/** What else is used of data records and of options. */
const others = [
  'MPLS-Label1 MPLS-Label2 MPLS-Label3 MPLS-Label4 MPLS-Label5',
  'MPLS-Label6 MPLS-Label7 MPLS-Label8 MPLS-Label9 MPLS-Label10',
  'cflow.toplabeladdr cflow.toplabeladdr_v6 cflow.layer2_segment_id cflow.ip_version cflow.ip_dscp',
  'cflow.icmp_type_code_ipv4 cflow.icmp_type_code_ipv6 cflow.ethernet_type cflow.ip_fragment_flags',
  'cflow.appl_id.classification_engine_id cflow.appl_id.selector_id cflow.appl_name cflow.appl_desc',
  'cflow.timedelta cflow.timestart cflow.timeend cflow.abstimestart cflow.abstimeend',
  'cflow.observation_time_milliseconds cflow.sys_init_time',
  'cflow.responder_octets cflow.responder_packets cflow.if_name cflow.if_descr cflow.vrfname',
  'cflow.sampler_id cflow.sampler_name cflow.sampler_random_interval cflow.sampling_interval',
  'cflow.selector_id cflow.selector_name cflow.sampling_packet_interval cflow.sampling_packet_space',
  'cflow.sampling_size cflow.sampling_population',
]
/** What no field of a flow takes: another field says it better, it is told of the exporter, or it is a vendor's own. */
const unused = [
  'cflow.padding cflow.flow_id cflow.flows cflow.ipv6_exthdr cflow.srcprefix cflow.engine_id cflow.tcp_seq_num',
  'cflow.mpls_top_label_prefix_length cflow.toplabeltype cflow.delta_octets_squared cflow.flow_exporter',
  'cflow.mp_id cflow.exporter_addr cflow.scope_system cflow.flowsexp cflow.packetsexp cflow.octetsexp',
  'cflow.flow_active_timeout cflow.flow_inactive_timeout cflow.sampling_algorithm cflow.selector_algorithm',
  'cflow.drop_total_packets cflow.ignore_packets cflow.notsent_packets cflow.mpls_vpn_rd',
  'cflow.fw_ext_event cflow.ingress_acl_id cflow.egress_acl_id cflow.aaa_username',
  'cflow.src_traffic_index cflow.dst_traffic_index cflow.mpls_label_length',
  'cflow.private_enterprise_number cflow.unknown_field_type cflow.enterprise_private_entry',
]
const known = new Set([
  ...Object.values(numbers).flat(),
  ...Object.values(counters).flatMap(({ deltas, totals }) => [...deltas, ...totals]),
  ...Object.values(macs).flat(),
  ...Object.values(addresses).flat(),
  ...Object.values(prefixLengths).flat(),
  ...[...others, ...unused].flatMap((line) => line.split(' ')),
])

/**
 * The fields of a record: named, each with its bytes; those that tshark gives no name have the beginning of their text.
 */
export function fieldsOf(record) {
  const fields = []
  for (const field of descendants(record)) {
    const isPart = /^cflow\.(tcpflags\.|mpls_(label|exp|bos)|forwarding_status|string_len)/.test(
      field.name,
    )
    if (field.tag !== 'field' || isPart) continue
    const name = field.name === '' ? field.show.replace(/: .*/, '') : field.name
    if (!known.has(name) && !name.startsWith('cflow.pie.')) throw new Error(`what is ${name}?`)
    fields.push({ ...field, name, isReverse: field.showname?.includes('(Reverse Type') ?? false })
  }
  return fields
}

/** The first that is not zero: of `sources` in their order, of one in the order of the wire. */
export function first(fields, sources) {
  for (const source of sources) {
    const field = fields.find((one) => one.name === source && integerOf(one) !== 0n)
    if (field !== undefined) return field
  }
  return undefined
}

export function firstNumber(fields, sources) {
  const field = first(fields, sources)
  return field === undefined ? 0 : plain(integerOf(field))
}

/** What a double cannot hold is a decimal string. */
function plain(value) {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
}
