// sFlow version 5 (sflow_version_5.txt): from the fields that tshark shows to the flows that `netmon decode` prints.

import { samplingSources } from './cflow-flow.mjs'
import { descendants, find, integerOf } from './pdml.mjs'

/** LayerStack of schema/flow.proto by tshark's protocols. */
const layers = {
  eth: 0,
  ip: 1,
  ipv6: 2,
  tcp: 3,
  udp: 4,
  mpls: 5,
  vlan: 6,
  icmp: 7,
  icmpv6: 8,
  gre: 9,
}

/** The flows of one datagram. */
export function readSflow(datagram) {
  const sequence = numberOf(datagram, 'sflow_245.sequence_number')
  const agent = find(datagram, 'sflow_245.agent') ?? find(datagram, 'sflow_245.agent.v6')
  return datagram.children
    .filter((sample) => find(sample, 'sflow.flow_sample.sampling_rate') !== undefined)
    .map((sample) => ({
      type: 'SFLOW_5',
      sampling_rate: numberOf(sample, 'sflow.flow_sample.sampling_rate'),
      sampling_source: samplingSources.exporter,
      sequence_num: sequence,
      sampler_address: agent.show,
      packets: 1,
      src_port: 0,
      dst_port: 0,
      tcp_flags: 0,
      in_if: interfaceOf(sample, 'input'),
      out_if: interfaceOf(sample, 'output'),
      ...headerFields(sample),
      ...switchFields(sample),
      ...routerFields(sample),
      ...gatewayFields(sample),
    }))
}

function numberOf(element, name) {
  const field = find(element, name)
  return field && Number(integerOf(field))
}

/** An ifIndex; discarded packets and those of several interfaces have none. 0x3fffffff is the agent itself. */
function interfaceOf(sample, direction) {
  const format =
    numberOf(sample, `sflow.flow_sample.${direction}_interface_format`) ??
    numberOf(sample, `sflow.flow_sample.${direction}_interface.format`)
  const index = numberOf(sample, `sflow.flow_sample.${direction}_interface_value`)
  return format === 0 && index !== 0x3fffffff ? index : 0
}

function headerFields(sample) {
  const record = recordOf(sample, 'sflow_245.header.frame_length')
  if (record === undefined) return {}
  const protocols = [...descendants(record)].filter(({ tag }) => tag === 'proto')
  const byName = (name) => protocols.find((protocol) => protocol.name === name)
  const fields = {
    bytes: numberOf(record, 'sflow_245.header.frame_length'),
    layer_stack: [],
    layer_size: [],
  }
  for (const { name, size } of protocols.filter(({ name }) => name in layers)) {
    fields.layer_stack.push(layers[name])
    fields.layer_size.push(Number(size))
  }
  const eth = byName('eth')
  if (eth !== undefined) {
    fields.src_mac = find(eth, 'eth.src').show
    fields.dst_mac = find(eth, 'eth.dst').show
    fields.etype = numberOf(eth, 'eth.type')
  }
  const tags = protocols.filter(({ name }) => name === 'vlan')
  if (tags.length > 0) {
    fields.vlan_id = Number(find(tags.at(-1), 'vlan.id').show)
    fields.etype = numberOf(tags.at(-1), 'vlan.etype')
  }
  // The inner of two tags is the customer's (IEEE 802.1Q).
  if (tags.length > 1) fields.customer_vlan_id = fields.vlan_id
  const ip = byName('ip')
  if (ip !== undefined) {
    Object.assign(fields, {
      src_addr: find(ip, 'ip.src').show,
      dst_addr: find(ip, 'ip.dst').show,
      proto: numberOf(ip, 'ip.proto'),
      ip_tos: numberOf(ip, 'ip.dsfield'),
      ip_ttl: numberOf(ip, 'ip.ttl'),
      fragment_id: numberOf(ip, 'ip.id'),
      fragment_offset: Number(find(ip, 'ip.frag_offset').show) / 8,
      ip_flags: Number(find(ip, 'ip.flags').show),
    })
  }
  for (const name of ['tcp', 'udp']) {
    const transport = byName(name)
    if (transport === undefined) continue
    fields.src_port = numberOf(transport, `${name}.srcport`)
    fields.dst_port = numberOf(transport, `${name}.dstport`)
    if (name === 'tcp') fields.tcp_flags = Number(find(transport, 'tcp.flags').show)
  }
  return fields
}

function switchFields(sample) {
  return {
    src_vlan: numberOf(sample, 'sflow_245.vlan.in'),
    dst_vlan: numberOf(sample, 'sflow_245.vlan.out'),
  }
}

function routerFields(sample) {
  const record = recordOf(sample, 'sflow_245.nexthop.src_mask')
  if (record === undefined) return {}
  return {
    next_hop: find(record, 'sflow_245.nexthop').show,
    src_net: numberOf(record, 'sflow_245.nexthop.src_mask'),
    dst_net: numberOf(record, 'sflow_245.nexthop.dst_mask'),
  }
}

/** tshark names communities as it does the systems of the path: they stand after their number. */
function gatewayFields(sample) {
  const record = recordOf(sample, 'sflow_245.peerAS')
  if (record === undefined) return {}
  const path = []
  const communities = []
  let isCommunity = false
  for (const field of descendants(record)) {
    if (field.name === 'sflow_245.communityEntries') isCommunity = true
    if (field.name !== 'sflow_245.dstAS') continue
    ;(isCommunity ? communities : path).push(Number(integerOf(field)))
  }
  const router = numberOf(record, 'sflow_245.as')
  return {
    bgp_next_hop: find(record, 'sflow_245.nexthop').show,
    next_hop_as: path[0],
    src_as: numberOf(record, 'sflow_245.srcAS') || router,
    dst_as: path.at(-1) ?? router,
    as_path: path,
    bgp_communities: communities,
  }
}

const recordOf = (sample, name) =>
  sample.children.find((record) => record.children?.some((field) => field.name === name))
