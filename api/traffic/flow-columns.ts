// Stored flows as `netmon decode` writes them: FlowMessage's names in the order of its numbers, the fields that are set, and the zeros that mean
// something.

import { formatAddress, parseAddress } from '../../runtime/ip.ts'

type Kind =
  /** Left out when it is 0. */
  | 'number'
  /** Told when it is 0, too. */
  | 'count'
  | 'address'
  | 'addresses'
  | 'mac'
  | 'list'
  | 'hex'
  | 'type'
  /** An Enum8, told by its number. */
  | 'code'
  | 'codes'
  | 'seconds'
  | 'milliseconds'

/** Field of FlowMessage, kind, and raw's column where that has another name. */
const columns: readonly (readonly [name: string, kind: Kind, column?: string])[] = [
  ['type', 'type'],
  ['sampling_rate', 'number'],
  ['sequence_num', 'number'],
  ['src_addr', 'address'],
  ['dst_addr', 'address'],
  ['bytes', 'count'],
  ['packets', 'count'],
  ['sampler_address', 'address'],
  ['next_hop', 'address'],
  ['next_hop_as', 'number'],
  ['src_as', 'number'],
  ['dst_as', 'number'],
  ['src_net', 'number'],
  ['dst_net', 'number'],
  ['in_if', 'number'],
  ['out_if', 'number'],
  ['proto', 'count'],
  ['src_port', 'count'],
  ['dst_port', 'count'],
  ['ip_tos', 'number'],
  ['forwarding_status', 'number'],
  ['ip_ttl', 'number'],
  ['tcp_flags', 'count'],
  ['src_mac', 'mac'],
  ['dst_mac', 'mac'],
  ['vlan_id', 'number'],
  ['etype', 'number'],
  ['icmp_type', 'number'],
  ['icmp_code', 'number'],
  ['src_vlan', 'number'],
  ['dst_vlan', 'number'],
  ['fragment_id', 'number'],
  ['fragment_offset', 'number'],
  ['ipv6_flow_label', 'number'],
  ['ip_flags', 'number'],
  ['ingress_vrf_id', 'number'],
  ['egress_vrf_id', 'number'],
  ['bi_flow_direction', 'number'],
  ['flow_direction', 'number'],
  ['observation_domain_id', 'number'],
  ['observation_point_id', 'number'],
  ['mpls_ttl', 'list'],
  ['mpls_label', 'list'],
  ['mpls_ip', 'addresses'],
  ['bgp_next_hop', 'address'],
  ['bgp_communities', 'list'],
  ['as_path', 'list'],
  ['layer_stack', 'codes'],
  ['layer_size', 'list'],
  ['ipv6_routing_header_addresses', 'addresses'],
  ['ipv6_routing_header_seg_left', 'number'],
  ['time_received_ns', 'seconds', 'time_received'],
  ['time_flow_start_ns', 'milliseconds', 'time_flow_start'],
  ['time_flow_end_ns', 'milliseconds', 'time_flow_end'],
  ['sampling_source', 'code'],
  ['udp_source', 'address'],
  ['router_role', 'code'],
  ['post_nat_src_addr', 'address'],
  ['post_nat_dst_addr', 'address'],
  ['post_nat_src_port', 'number'],
  ['post_nat_dst_port', 'number'],
  ['nat_event', 'number'],
  ['application_id', 'hex'],
  ['firewall_event', 'number'],
  ['flow_end_reason', 'number'],
  ['drop_reason', 'number'],
  ['customer_vlan_id', 'number'],
  ['post_customer_vlan_id', 'number'],
  ['vni', 'number'],
]

export const flowFields: readonly string[] = columns.map(([name]) => name)

/** What to select of raw for `flowOfRow`: a tuple's parts, in the order of `flowFields`. */
export const flowExpressions: readonly string[] = columns.map(([name, kind, column = name]) => {
  switch (kind) {
    case 'address':
    case 'type':
      return `toString(${column})`
    case 'addresses':
      return `arrayMap(address -> toString(address), ${column})`
    case 'code':
      return `toUInt8(${column})`
    case 'codes':
      return `arrayMap(code -> toUInt8(code), ${column})`
    case 'hex':
      return `lower(hex(${column}))`
    case 'mac':
    case 'count':
      // Of 64 bits.
      return `toString(${column})`
    case 'seconds':
      return `toUnixTimestamp(${column})`
    case 'milliseconds':
      return `toString(toUnixTimestamp64Milli(${column}))`
    default:
      return name === 'sampling_rate' ? `toString(${column})` : column
  }
})

export type Flow = Record<string, string | number | readonly (string | number)[]>
export type FlowCell = string | number | readonly (string | number)[]

/** One row of `flowExpressions`. */
export function flowOfRow(row: readonly FlowCell[]): Flow {
  const flow: Flow = {}
  columns.forEach(([name, kind], index) => {
    const value = told(kind, row[index]!)
    if (value !== undefined) flow[name] = value
  })
  return flow
}

function told(kind: Kind, value: FlowCell): FlowCell | undefined {
  if (Array.isArray(value)) {
    const list = kind === 'addresses' ? value.map((each) => addressText(String(each))) : value
    return list.length === 0 ? undefined : list
  }
  const text = String(value)
  switch (kind) {
    case 'count':
      return counter(text)
    case 'address':
      return text === '::' ? undefined : addressText(text)
    case 'mac':
      return text === '0' ? undefined : macText(text)
    case 'hex':
      return text === '' ? undefined : text
    case 'type':
      return text === 'FLOWUNKNOWN' ? undefined : text
    case 'seconds':
      return text === '0' ? undefined : `${text}000000000`
    case 'milliseconds':
      return text === '0' ? undefined : `${text}000000`
    default:
      return text === '0' ? undefined : counter(text)
  }
}

/** Text when a double cannot hold it. */
function counter(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** The store shows IPv4 mapped. */
function addressText(text: string): string {
  const bytes = parseAddress(text)
  return bytes === undefined ? text : formatAddress(bytes)
}

function macText(number: string): string {
  const hex = BigInt(number).toString(16).padStart(12, '0')
  return hex.replaceAll(/(..)(?=.)/g, '$1:')
}
