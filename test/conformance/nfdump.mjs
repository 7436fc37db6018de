// The second reading: the datagrams are sent to nfcapd over loopback, and nfdump prints what it stored.

import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where nfdump 1.7.1 reads otherwise than tshark. */
const misreadings = [
  ['ipfix-cisco-ipv6-sampling-option', ['forwarding_status'], 'reads it in 1 byte only, not in 4'],
  ['mixed-ipv4-ipv6-sources-b', ['forwarding_status'], 'reads it in 1 byte only, not in 4'],
  ['ipfix-huawei-vrf', ['forwarding_status'], 'does not print it'],
  [
    'ipfix-huawei-vrf',
    ['src_addr', 'dst_addr', 'proto'],
    'takes the last of several (RFC 7011 8: the inner header)',
  ],
  ['ipfix-huawei-vrf', ['time_flow_start_ns', 'time_flow_end_ns'], 'exchanges them'],
  ['ipfix-generic', ['time_flow_start_ns', 'time_flow_end_ns'], 'exchanges them'],
  ['ipfix-yaf', ['src_mac', 'dst_mac'], 'takes them out of a subTemplateMultiList (RFC 6313)'],
  ['ipfix-yaf', ['ip_tos'], 'takes that of the other direction'],
  ['nfv9-cisco-nbar', ['icmp_type'], 'does not look for it in the port'],
  ['nfv9-softflowd', ['icmp_type'], 'does not read element 139'],
  ['nfv9-zero-length-fields', ['bytes', 'packets'], 'keeps outgoing counters apart'],
].flatMap(([capture, fields, reason]) => fields.map((field) => ({ capture, field, reason })))

/** Both directions of a biflow are one of its records. */
const biflows = ['ipfix-yaf']
/** It goes on behind the last record that the header counts. */
const overruns = { 'nfv5-generic': 2 }

/**
 * What nfdump reads in the capture's datagrams, in the terms of `netmon decode`, and where it differs from `flows`, which
 * is what tshark reads. undefined when it reads nothing.
 */
export async function secondReading(capture, datagrams, flows, work) {
  const read = (await readWithNfdump(datagrams, work)).slice(0, overruns[capture])
  if (read.length === 0) return undefined
  const directions = biflows.includes(capture)
    ? read.flatMap((flow) => [flowOfNfdump(flow), secondDirection(flow)])
    : read.map(flowOfNfdump)
  if (directions.length !== flows.length) {
    throw new Error(`${capture}: ${flows.length} flows to tshark, ${directions.length} to nfdump`)
  }
  const differs = {}
  for (const [i, flow] of directions.entries()) {
    for (const [field, value] of Object.entries(flow)) {
      if (value === undefined || same(field, flows[i][field], value)) continue
      const misread = misreadings.find((one) => one.capture === capture && one.field === field)
      if (misread === undefined) {
        throw new Error(
          `${capture}, flow ${i}: ${field} is ${flows[i][field]} to tshark, ${value} to nfdump`,
        )
      }
      differs[field] = misread.reason
    }
  }
  return { flows: directions, differs }
}

/** It has no time finer than a millisecond, and 0 for what is not there. */
function same(field, one, other) {
  if (field.endsWith('_ns')) return one.slice(0, -6) === other.slice(0, -6)
  return JSON.stringify(one || 0) === JSON.stringify(other || 0) || `${one ?? ''}` === `${other}`
}

/** The flows that nfdump reads in `datagrams`, in the order of the wire. `work` is a folder that takes its files. */
async function readWithNfdump(datagrams, work) {
  const directory = join(work, 'nfdump')
  mkdirSync(directory)
  const port = await freePort()
  const options = ['-w', directory, '-b', '127.0.0.1', '-p', String(port), '-t', '3600']
  const collector = spawn('nfcapd', options, { stdio: 'ignore' })
  await sleep(700)
  const socket = createSocket('udp4')
  for (const datagram of datagrams) {
    await new Promise((sent) => socket.send(datagram, port, '127.0.0.1', sent))
    await sleep(20)
  }
  socket.close()
  await sleep(300)
  collector.kill('SIGTERM')
  await once(collector, 'exit')
  const output = execFileSync('nfdump', ['-R', directory, '-o', 'json'], {
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TZ: 'UTC' },
  }).toString()
  return output.includes('No matching flows') ? [] : JSON.parse(output)
}

async function freePort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** What nfdump prints of a flow, in the terms of `netmon decode`. It prints 0 for what the exporter did not send. */
function flowOfNfdump(flow) {
  const known = (address) => (['0.0.0.0', '::', undefined].includes(address) ? undefined : address)
  return {
    bytes: flow.in_bytes,
    packets: flow.in_packets,
    proto: flow.proto,
    // Of ICMP it prints no ports.
    src_port: flow.src_port,
    dst_port: flow.dst_port,
    tcp_flags: flow.tcp_flags && bitsOf(flow.tcp_flags),
    icmp_type: flow.icmp_type,
    icmp_code: flow.icmp_code,
    src_addr: flow.src4_addr ?? flow.src6_addr,
    dst_addr: flow.dst4_addr ?? flow.dst6_addr,
    next_hop: known(flow.ip4_next_hop) ?? known(flow.ip6_next_hop),
    bgp_next_hop: known(flow.bgp4_next_hop) ?? known(flow.bgp6_next_hop),
    src_as: flow.src_as,
    dst_as: flow.dst_as,
    src_net: flow.src_mask,
    dst_net: flow.dst_mask,
    in_if: flow.input_snmp,
    out_if: flow.output_snmp,
    ip_tos: flow.src_tos,
    forwarding_status: flow.fwd_status,
    flow_direction: flow.direction,
    src_mac: mac(flow.in_src_mac) ?? mac(flow.out_src_mac),
    dst_mac: mac(flow.in_dst_mac) ?? mac(flow.out_dst_mac),
    src_vlan: flow.src_vlan,
    dst_vlan: flow.dst_vlan,
    ingress_vrf_id: flow.ingress_vrf && Number(flow.ingress_vrf),
    egress_vrf_id: flow.egress_vrf && Number(flow.egress_vrf),
    observation_point_id: flow.observationPointID,
    mpls_label: labelsOf(flow),
    post_nat_src_addr: flow.src4_xlt_ip,
    post_nat_dst_addr: flow.dst4_xlt_ip,
    post_nat_src_port: flow.src_xlt_port && Number(flow.src_xlt_port),
    post_nat_dst_port: flow.dst_xlt_port && Number(flow.dst_xlt_port),
    firewall_event: flow.event_id && Number(flow.event_id),
    time_flow_start_ns: nanoseconds(flow.first),
    time_flow_end_ns: nanoseconds(flow.last) ?? nanoseconds(flow.t_event),
  }
}

function secondDirection(flow) {
  const {
    src_addr: dst_addr,
    dst_addr: src_addr,
    src_port: dst_port,
    dst_port: src_port,
    ...rest
  } = flowOfNfdump(flow)
  return {
    proto: rest.proto,
    bytes: flow.out_bytes,
    packets: flow.out_packets,
    src_addr,
    dst_addr,
    src_port,
    dst_port,
    time_flow_start_ns: rest.time_flow_start_ns,
    time_flow_end_ns: rest.time_flow_end_ns,
  }
}

/** "...AP.S." */
function bitsOf(letters) {
  return [...letters].reduce((bits, letter) => bits * 2 + (letter === '.' ? 0 : 1), 0)
}

const mac = (text) => (text === '00:00:00:00:00:00' ? undefined : text)

/** mpls_1 ... mpls_10, each label-class-end. */
function labelsOf(flow) {
  const entries = []
  for (let i = 1; i <= 10; i++) entries.push(flow[`mpls_${i}`] ?? '0-0-0')
  while (entries.at(-1) === '0-0-0') entries.pop()
  return entries.map((entry) => Number(entry.split('-')[0]))
}

/** Milliseconds in UTC; 1970 stands for unknown. */
function nanoseconds(text) {
  const ms = text === undefined ? 0 : Date.parse(`${text}Z`)
  return ms === 0 ? undefined : `${ms}000000`
}
