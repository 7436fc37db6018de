// What flows can be told apart and filtered by. Nothing here needs Node: the console bundles it with the filter language.

import { vectors } from '../../rules/ddos/vectors.ts'

export type FieldType =
  /** An IPv4 or IPv6 address; tested against addresses and networks. */
  | 'address'
  /** An address, or the name of a router. */
  | 'exporter'
  /** A prefix that a rule has. */
  | 'prefix'
  /** Whole numbers from 0 to `most`. */
  | 'number'
  /** A port by number or by the name of its service. */
  | 'port'
  /** An AS number, also as AS64500. */
  | 'as'
  /** An IP protocol by number or name. */
  | 'protocol'
  /** TCP flags by number or by names that are joined with `+`. */
  | 'flags'
  /** One of `choices`. */
  | 'choice'

export interface Field {
  readonly name: string
  readonly title: string
  readonly type: FieldType
  /** Of numbers. */
  readonly most?: number
  /** Of `choice`. */
  readonly choices?: readonly string[]
  /** Flows can be added up by it. */
  readonly isDimension: boolean
  /** Flows can be chosen by it. */
  readonly isFilter: boolean
  /** The field with the same meaning for the other direction. */
  readonly reverse?: string
}

const most16 = 0xffff
const most32 = 0xffffffff

const both = { isDimension: true, isFilter: true } as const
const number = (most: number) => ({ type: 'number', most, ...both }) as const
const port = { type: 'port', most: most16, ...both } as const
const as = { type: 'as', most: most32, ...both } as const

/** As raw's column and the rollups have them: of the sums, `total` is everything, and so no kind. */
const kindsOfPackets = vectors.filter((vector) => vector !== 'total')

/** In the order in which menus show them. */
export const fields: readonly Field[] = [
  { name: 'exporter', title: 'Exporter', type: 'exporter', ...both },
  {
    name: 'router_role',
    title: "Exporter's role",
    type: 'choice',
    choices: ['edge', 'core'],
    ...both,
  },
  { name: 'in_if', title: 'Input interface', reverse: 'out_if', ...number(most32) },
  { name: 'out_if', title: 'Output interface', reverse: 'in_if', ...number(most32) },
  { name: 'proto', title: 'Protocol', type: 'protocol', ...both },
  { name: 'port', title: 'Service port', ...port },
  { name: 'src_as', title: 'Source AS', reverse: 'dst_as', ...as },
  { name: 'dst_as', title: 'Destination AS', reverse: 'src_as', ...as },
  {
    name: 'family',
    title: 'IP version',
    type: 'choice',
    choices: ['ipv4', 'ipv6', 'other'],
    ...both,
  },
  { name: 'tcp_flags', title: 'TCP flags', type: 'flags', ...both },
  { name: 'host', title: 'Own host', type: 'address', ...both },
  { name: 'prefix', title: "Rules' prefix", type: 'prefix', ...both },
  { name: 'vector', title: 'Kind of packets', type: 'choice', choices: kindsOfPackets, ...both },
  { name: 'src_addr', title: 'Source address', type: 'address', reverse: 'dst_addr', ...both },
  { name: 'dst_addr', title: 'Destination address', type: 'address', reverse: 'src_addr', ...both },
  {
    name: 'src_net',
    title: 'Source network (/24, /48)',
    type: 'address',
    reverse: 'dst_net',
    isDimension: true,
    isFilter: false,
  },
  {
    name: 'dst_net',
    title: 'Destination network (/24, /48)',
    type: 'address',
    reverse: 'src_net',
    isDimension: true,
    isFilter: false,
  },
  { name: 'src_port', title: 'Source port', reverse: 'dst_port', ...port },
  { name: 'dst_port', title: 'Destination port', reverse: 'src_port', ...port },
  { name: 'next_hop', title: 'Next hop', type: 'address', ...both },
  { name: 'next_hop_as', title: 'Next hop AS', ...as },
  { name: 'bgp_next_hop', title: 'BGP next hop', type: 'address', ...both },
  { name: 'src_vlan', title: 'Source VLAN', reverse: 'dst_vlan', ...number(most16) },
  { name: 'dst_vlan', title: 'Destination VLAN', reverse: 'src_vlan', ...number(most16) },
  { name: 'etype', title: 'EtherType', ...number(most16) },
  { name: 'ip_tos', title: 'Type of service', ...number(255) },
  { name: 'ip_ttl', title: 'Time to live', ...number(255) },
  { name: 'icmp_type', title: 'ICMP type', ...number(255) },
  { name: 'icmp_code', title: 'ICMP code', ...number(255) },
  { name: 'ingress_vrf_id', title: 'Ingress VRF', reverse: 'egress_vrf_id', ...number(most32) },
  { name: 'egress_vrf_id', title: 'Egress VRF', reverse: 'ingress_vrf_id', ...number(most32) },
  { name: 'flow_direction', title: 'Direction at the interface', ...number(255) },
  { name: 'forwarding_status', title: 'Forwarding status', ...number(most32) },
  { name: 'drop_reason', title: 'Drop reason', ...number(most32) },
  { name: 'observation_domain_id', title: 'Observation domain', ...number(most32) },
  {
    name: 'type',
    title: 'Export protocol',
    type: 'choice',
    choices: ['FLOWUNKNOWN', 'SFLOW_5', 'NETFLOW_V5', 'NETFLOW_V9', 'IPFIX'],
    ...both,
  },
  {
    name: 'sampling_source',
    title: 'Source of the sampling rate',
    type: 'choice',
    choices: ['assumed', 'exporter', 'router_default', 'override'],
    ...both,
  },
  { name: 'sampling_rate', title: 'Sampling rate', ...number(most32) },
  {
    name: 'bytes',
    title: 'Bytes of the flow, as exported',
    type: 'number',
    most: Number.MAX_SAFE_INTEGER,
    isDimension: false,
    isFilter: true,
  },
  {
    name: 'packets',
    title: 'Packets of the flow, as exported',
    type: 'number',
    most: Number.MAX_SAFE_INTEGER,
    isDimension: false,
    isFilter: true,
  },
]

const byName = new Map(fields.map((field) => [field.name, field]))

/** Other names that people look for. */
const aliases: Readonly<Record<string, string>> = {
  router: 'exporter',
  sampler_address: 'exporter',
}

/** Case does not matter. Undefined when there is none. */
export function findField(name: string): Field | undefined {
  const lower = name.toLowerCase()
  return byName.get(lower) ?? byName.get(Object.hasOwn(aliases, lower) ? aliases[lower]! : '')
}

/** What the other direction is told apart by. */
export function reversed(name: string): string {
  return byName.get(name)?.reverse ?? name
}
