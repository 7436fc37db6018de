// What is decided of a flow when all fields of its record are known.

import { type Address, type FlowRecord, SamplingSource } from '../flow.ts'
import type { DecodeContext } from './context.ts'
import type { DataRecord } from './data-record.ts'
import type { Domain, Exporter } from './exporter.ts'
import type { Message } from './message.ts'
import { learnedRate } from './sampling-rates.ts'
import type { Template } from './template.ts'

const ipv4EtherType = 0x0800
const ipv6EtherType = 0x86dd

/** Completes the flow of a data record of NetFlow v9 or IPFIX. `rate` is its sampling rate, 0 when nobody told it. */
export function completeFlow(
  { record, counters }: DecodeContext,
  exporter: Exporter | undefined,
  domain: Domain | undefined,
  rate: number,
): void {
  const { flow, times, message } = record
  settleAddresses(record)
  if (flow.etype === 0) flow.etype = etherType(record)
  if (record.isReverse) dropIcmpPort(flow)
  if (!record.hasIcmp) setIcmpFromPort(flow)
  if (record.frameBytes > 0) countPacket(record)
  const initMs = times.needsSystemInit(message) ? systemInit(message, exporter, domain) : 0
  if (times.finish(flow, message, initMs)) counters.timesReplaced++
  flow.samplingRate = rate
  if (rate > 0) flow.samplingSource = SamplingSource.exporter
}

/** When the exporter started, as options data said it: of the domain, or of the whole exporter under domain 0. 0 when it said nothing. */
export function systemInit(
  { protocol }: Message,
  exporter: Exporter | undefined,
  domain: Domain | undefined,
): number {
  return domain?.systemInitMs || exporter?.domain(protocol, 0)?.systemInitMs || 0
}

/** A port that is the type and code of ICMP is none, and says nothing of the packets that came back. */
function dropIcmpPort(flow: FlowRecord): void {
  if (isIcmp(flow) && flow.dstPort === 0) flow.srcPort = 0
}

function isIcmp({ proto }: FlowRecord): boolean {
  return proto === 1 || proto === 58
}

/**
 * Exporters that have no field for it put the ICMP type and code into the destination port: type x 256 + code. NetFlow
 * v5 has no field for it.
 */
export function setIcmpFromPort(flow: FlowRecord): void {
  if (!isIcmp(flow) || flow.srcPort !== 0) return
  flow.icmpType = flow.dstPort >> 8
  flow.icmpCode = flow.dstPort & 0xff
}

/** An address that is all zero was taken from the first field for it: make it one of the flow's family. */
function settleAddresses({ flow, ipVersion }: DataRecord): void {
  const { srcAddr, dstAddr } = flow
  if (srcAddr.length === dstAddr.length && ipVersion === 0) return
  const length = ipLength(ipVersion) || nonZeroLength(srcAddr) || nonZeroLength(dstAddr)
  if (length === 0) return
  if (srcAddr.length > 0 && srcAddr.length !== length && srcAddr.isZero()) srcAddr.setZero(length)
  if (dstAddr.length > 0 && dstAddr.length !== length && dstAddr.isZero()) dstAddr.setZero(length)
}

function ipLength(ipVersion: number): number {
  if (ipVersion === 4) return 4
  return ipVersion === 6 ? 16 : 0
}

function nonZeroLength(address: Address): number {
  return address.isZero() ? 0 : address.length
}

function etherType({ flow, ipVersion, ethernetType }: DataRecord): number {
  const { srcAddr, dstAddr } = flow
  const length = ipLength(ipVersion) || nonZeroLength(srcAddr) || nonZeroLength(dstAddr)
  // Zero addresses beside an EtherType are those of a frame that has none.
  const known = length || (ethernetType === 0 ? srcAddr.length || dstAddr.length : 0)
  if (known === 4) return ipv4EtherType
  return known === 16 ? ipv6EtherType : ethernetType
}

/** The record is of one packet, not of a flow with counters. */
function countPacket({ flow, frameBytes }: DataRecord): void {
  if (flow.bytesLow === 0 && flow.bytesHigh === 0) flow.bytesLow = frameBytes
  if (flow.packetsLow === 0 && flow.packetsHigh === 0) flow.packetsLow = 1
}

/** What the record says itself, else what options data said of it; 0 when nobody did. */
export function samplingRate(
  { record, counters, limits }: DecodeContext,
  template: Template,
  exporter: Exporter | undefined,
  domain: Domain | undefined,
): number {
  const rate = record.sampling.rate()
  if (rate > 0 && rate <= limits.samplingRate) return rate
  if (rate > limits.samplingRate) counters.samplingRatesRefused++
  if (exporter === undefined || exporter.samplingRates === 0) return 0
  const domainZero = exporter.domain(template.protocol, 0)
  return learnedRate(record, template.id, domain?.rates, domainZero?.rates, exporter.rates)
}
