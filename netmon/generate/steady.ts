// Steady traffic: clients of many addresses at a few thousand servers, in TCP, UDP and ICMP, at an even rate.

import { type ExportedFlow, IpProtocol } from '../../exporter/flow.ts'
import { fitsAddress, sourcePort } from '../../exporter/numbering.ts'
import type { RunOptions } from './options.ts'
import { setPath } from './path.ts'
import { hash, pick } from './random.ts'
import type { Router } from './routers.ts'
import type { FlowSlot, Scenario } from './scenario.ts'

const purpose = { family: 0, path: 1, server: 2, transport: 3, size: 4, time: 5 } as const

const tcpShare = 0.7
const udpShare = 0.25
const tcpPorts = [443, 80, 22, 25, 993, 5432, 8443]
const udpPorts = [443, 53, 123, 514, 51_820]
/** SYN; SYN ACK; ACK; PSH ACK; all of a closed connection; RST ACK. */
const tcpFlags = [0x02, 0x12, 0x10, 0x18, 0x1b, 0x14]
/** Type and code of echo request and echo reply. */
const icmpTypes = [0x0800, 0x0000]
const icmpv6Types = [0x8000, 0x8100]
/** Default, AF11, AF41, EF. */
const trafficClasses = [0x00, 0x28, 0x88, 0xb8]

const maxPackets = 64
const packetBytes = { least: 64, most: 1400 }
/** From what the longest headers need to the longest untagged frame. */
const frameBytes = { least: 82, most: 1518 }
const maxDurationMs = 30_000
const maxAgeMs = 1000

export function createSteady(options: RunOptions): Scenario {
  const { seed, ipv6Share, rate, flows } = options
  const msPerFlow = rate === 0 ? 0 : 1000 / rate

  function fill(slot: FlowSlot, number: number, router: Router, nowMs: number): ExportedFlow {
    const isIpv6 =
      router.protocol !== 'v5' && hash(seed, number, purpose.family) < ipv6Share * 2 ** 32
    setPath(slot, isIpv6, number, router, hash(seed, number, purpose.path))
    setServer(slot.flow.dstAddr, hash(seed, number, purpose.server))
    setTransport(slot.flow, number, hash(seed, number, purpose.transport))
    setSize(slot.flow, router, hash(seed, number, purpose.size))
    setTimes(slot.flow, nowMs, hash(seed, number, purpose.time))
    return slot.flow
  }

  return {
    flows,
    groupFlows: Infinity,
    peakRate: rate === 0 ? Infinity : rate,
    startMs: (nowMs) => nowMs,
    dueMs: (number) => (number + 1) * msPerFlow,
    latestMs: () => Infinity,
    fill,
  }
}

/** One of 4,096 hosts of 198.18.0.0/20 or 2001:2::/48, the ranges for benchmarks (RFC 2544, RFC 5180). */
function setServer(address: Uint8Array, bits: number): void {
  address.set(address.length === 4 ? [198, 18, (bits >>> 8) & 15] : [0x20, 0x01, 0, 2])
  if (address.length === 16) address[14] = (bits >>> 8) & 15
  address[address.length - 1] = bits & 0xff
}

function setTransport(flow: ExportedFlow, number: number, bits: number): void {
  const isIpv6 = flow.srcAddr.length === 16
  const share = bits / 2 ** 32
  flow.tcpFlags = 0
  flow.srcPort = sourcePort(number)
  flow.tos = trafficClasses[bits % trafficClasses.length]!
  if (share < tcpShare) {
    flow.proto = IpProtocol.tcp
    flow.dstPort = tcpPorts[(bits >>> 4) % tcpPorts.length]!
    flow.tcpFlags = tcpFlags[(bits >>> 8) % tcpFlags.length]!
  } else if (share < tcpShare + udpShare || !(isIpv6 || fitsAddress(number))) {
    flow.proto = IpProtocol.udp
    flow.dstPort = udpPorts[(bits >>> 4) % udpPorts.length]!
  } else {
    const types = isIpv6 ? icmpv6Types : icmpTypes
    flow.proto = isIpv6 ? IpProtocol.icmpv6 : IpProtocol.icmp
    flow.srcPort = 0
    flow.dstPort = types[(bits >>> 4) % types.length]!
  }
}

function setSize(flow: ExportedFlow, router: Router, bits: number): void {
  if (router.protocol === 'sflow') {
    flow.packets = 1
    flow.bytes = frameBytes.least + pick(bits, frameBytes.most - frameBytes.least + 1)
    return
  }
  const packets = 1 + (bits % maxPackets)
  flow.packets = packets
  flow.bytes =
    packets * packetBytes.least + pick(bits, packets * (packetBytes.most - packetBytes.least) + 1)
}

function setTimes(flow: ExportedFlow, nowMs: number, bits: number): void {
  flow.endMs = nowMs - (bits % maxAgeMs)
  flow.startMs = flow.packets === 1 ? flow.endMs : flow.endMs - pick(bits, maxDurationMs)
}
