// One data record of NetFlow or IPFIX to its flows. README.md says why each rule is as it is.

import {
  addresses,
  counters,
  fieldsOf,
  first,
  firstNumber,
  macs,
  numbers,
  prefixLengths,
} from './cflow-fields.mjs'
import { rateOf } from './cflow-options.mjs'
import { durationOf, integerOf, nanosecondsOf } from './pdml.mjs'

const types = { 5: 'NETFLOW_V5', 9: 'NETFLOW_V9', 10: 'IPFIX' }
const icmpProtocols = [1, 58]
/** As in schema/flow.proto. */
export const samplingSources = { assumed: 0, exporter: 1 }

/** Fields of the first direction of a biflow that the second has the other way round (RFC 5103 section 4). */
const swapped = [
  ['src_addr', 'dst_addr'],
  ['src_port', 'dst_port'],
  ['src_net', 'dst_net'],
  ['src_as', 'dst_as'],
  ['src_mac', 'dst_mac'],
  ['src_vlan', 'dst_vlan'],
  ['in_if', 'out_if'],
  ['ingress_vrf_id', 'egress_vrf_id'],
  ['customer_vlan_id', 'post_customer_vlan_id'],
  ['post_nat_src_addr', 'post_nat_dst_addr'],
  ['post_nat_src_port', 'post_nat_dst_port'],
]

/** These a direction has of its own, or not at all. */
const ownOfDirection = ['tcp_flags', 'ip_tos', 'ip_ttl']

/** One flow; two of a record that tells of both directions. */
export function flowsOf(record, message, exporters) {
  const fields = fieldsOf(record)
  const forward = fields.filter(({ isReverse }) => !isReverse)
  const flow = flowOf(forward, message, exporters)
  return [flow, ...secondDirection(flow, fields)]
}

function flowOf(fields, message, exporters) {
  const rate = rateOf(fields, message, exporters)
  const flow = {
    type: types[message.version],
    sampling_rate: Number(rate ?? 1n),
    sampling_source: rate === undefined ? samplingSources.assumed : samplingSources.exporter,
    sequence_num: message.sequence,
    sampler_address: message.address,
    observation_domain_id: message.domain,
  }
  for (const [name, sources] of Object.entries(numbers)) flow[name] = firstNumber(fields, sources)
  for (const name of Object.keys(counters)) flow[name] = countOf(fields, name)
  for (const [name, sources] of Object.entries(macs)) {
    flow[name] = first(fields, sources)?.show
  }
  flow.tcp_flags &= 0xfff
  const family = familyOf(fields, message)
  for (const [name, sources] of Object.entries(addresses)) {
    flow[name] = addressOf(fields, sources, family)
  }
  for (const [name, [four, six]] of Object.entries(prefixLengths)) {
    flow[name] = firstNumber(fields, family === 6 ? [six, four] : [four, six])
  }
  flow.etype = { 4: 0x0800, 6: 0x86dd }[family] ?? firstNumber(fields, ['cflow.ethernet_type'])
  const dscp = firstNumber(fields, ['cflow.ip_dscp'])
  flow.ip_tos ||= dscp << 2
  flow.ip_flags = firstNumber(fields, ['cflow.ip_fragment_flags']) >> 5
  flow.vni = firstNumber(fields, ['cflow.layer2_segment_id']) & 0xff_ff_ff
  Object.assign(flow, icmpOf(flow, fields), timesOf(fields, message, exporters))
  flow.mpls_label = labelsOf(fields)
  flow.mpls_ip = fields
    .filter(({ name }) => ['cflow.toplabeladdr', 'cflow.toplabeladdr_v6'].includes(name))
    .filter((field) => integerOf(field) !== 0n)
    .map(({ show }) => show)
  flow.application_id = fields
    .filter(({ name }) => name.startsWith('cflow.appl_id.'))
    .map(({ value }) => value)
    .join('')
  return flow
}

function countOf(fields, name) {
  const { deltas, totals } = counters[name]
  const hasDelta = fields.some((field) => deltas.includes(field.name))
  return firstNumber(fields, hasDelta ? deltas : totals)
}

/** By the addresses that are not zero, the first of them; else by ipVersion; else by the addresses there are. */
function familyOf(fields, { version }) {
  if (version === 5) return 4
  const isOf4 = ({ name }) => ['cflow.srcaddr', 'cflow.dstaddr'].includes(name)
  const isOf6 = ({ name }) => ['cflow.srcaddrv6', 'cflow.dstaddrv6'].includes(name)
  const all = fields.filter((field) => isOf4(field) || isOf6(field))
  const ipVersion = firstNumber(fields, ['cflow.ip_version'])
  const family = (field) => field && (isOf4(field) ? 4 : 6)
  return family(all.find((field) => integerOf(field) !== 0n)) ?? (ipVersion || family(all[0]))
}

/** Of the flow's family if there is one, the first that is not zero. */
function addressOf(fields, [four, six], family) {
  const sources = family === 6 ? [six, four] : [four, six]
  return (first(fields, sources) ?? fields.find(({ name }) => sources.includes(name)))?.show
}

/** RFC 7011 has elements for ICMP; without them type and code are in the destination port. */
function icmpOf(flow, fields) {
  const both = first(fields, ['cflow.icmp_type_code_ipv4', 'cflow.icmp_type_code_ipv6'])
  const hasElement = fields.some(({ name }) => name.startsWith('cflow.icmp_'))
  if (both !== undefined) {
    const value = Number(integerOf(both))
    return { icmp_type: value >> 8, icmp_code: value & 0xff }
  }
  if (!hasElement && icmpProtocols.includes(flow.proto) && flow.src_port === 0) {
    return { icmp_type: flow.dst_port >> 8, icmp_code: flow.dst_port & 0xff }
  }
  return {}
}

/**
 * MPLS_LABEL_1 ... 10, each 20 bits of label, 3 of class and 1 that ends the stack; what is all zero at the end is no
 * label.
 */
function labelsOf(fields) {
  const labels = []
  for (const { name, value } of fields) {
    const [, index] = name.match(/^MPLS-Label(\d+)$/) ?? []
    if (index !== undefined) labels[index - 1] = Number.parseInt(value, 16)
  }
  while (labels.at(-1) === 0) labels.pop()
  return labels.map((entry) => entry >> 4)
}

/**
 * Start and end. What the exporter does not tell follows from the duration (0 if not told either) and from the time of
 * the export, at which a flow is over.
 */
function timesOf(fields, message, exporters) {
  const init = fields.find(({ name }) => name === 'cflow.sys_init_time')
  const initTime = init ? nanosecondsOf(init.show) : exporters.initTimes.get(message.session)
  const time = (name) => {
    const absolute = fields.find((field) => field.name === `cflow.abstime${name}`)
    // An uptime of 0 is shown as if it were absolute.
    const isUptime = absolute?.value === '00000000'
    if (absolute !== undefined && !isUptime) return nanosecondsOf(absolute.show)
    const uptime = isUptime ? absolute : fields.find((field) => field.name === `cflow.time${name}`)
    if (uptime === undefined) return undefined
    const uptimeMs = Number(integerOf(uptime))
    if (message.version !== 10) {
      const agoMs = (message.uptimeMs - uptimeMs) | 0
      return message.exportTime - BigInt(agoMs) * 1_000_000n
    }
    return initTime === undefined ? undefined : initTime + BigInt(uptimeMs) * 1_000_000n
  }
  const event = fields.find(({ name }) => name === 'cflow.observation_time_milliseconds')
  const start = time('start')
  const end = time('end') ?? (event && nanosecondsOf(event.show))
  // The exporter's, or the difference of two uptimes that are not told from when they count.
  const told = fields.find(({ name }) => name === 'cflow.timedelta')
  const duration = told === undefined ? 0n : durationOf(told.show)
  const last = end ?? (start === undefined ? message.exportTime : start + duration)
  return { time_flow_start_ns: String(start ?? last - duration), time_flow_end_ns: String(last) }
}

/**
 * The other direction: reverse elements (RFC 5103 section 6.1), or the responder's of Cisco's firewalls. Without packets
 * and octets there is none.
 */
function secondDirection(flow, fields) {
  const reverse = fields.filter(({ isReverse }) => isReverse)
  const responder = fields
    .filter(({ name }) => /^cflow\.responder_(octets|packets)$/.test(name))
    .map((field) => ({ ...field, name: field.name.replace('responder_', '') }))
  const own = [...reverse, ...responder]
  const bytes = countOf(own, 'bytes')
  const packets = countOf(own, 'packets')
  if (packets === 0 && bytes === 0) return []
  const second = { ...flow, bytes, packets }
  for (const [one, other] of swapped) {
    second[one] = flow[other]
    second[other] = flow[one]
  }
  for (const name of ownOfDirection) second[name] = firstNumber(own, numbers[name])
  return [second]
}
