// What is known of each exporter: which router it is, and what it sent.

import { formatAddress } from '../../runtime/ip.ts'
import { readUint32 } from '../decode/bytes.ts'
import type { DatagramFacts } from '../decode/datagram-facts.ts'
import { type FlowRecord, FlowType } from '../flow.ts'
import { Exporter, type ExporterFacts } from './exporter.ts'
import { Count, countsOfProtocol, ExporterCounts, ProtocolCount } from './exporter-counts.ts'
import { type Routers, routerOf } from './routers.ts'
import type { Source } from './source.ts'

/** DESIGN bound: addresses are free to invent, so the exporter heard first is forgotten beyond this many. */
export const maxExporters = 10_000

export interface Exporters extends KnownExporters {
  /** Before each datagram: a new list of routers applies to it. */
  takeUpRouters(): void
  /** The exporter of this flow. Consecutive flows mostly share one, which is found without a look-up. */
  of(flow: FlowRecord, source: Source, receivedMs: number): Exporter
  /** Counts a flow, or several like it in type and sampling, which is decided. */
  count(exporter: Exporter, flow: FlowRecord, receivedMs: number, flows?: number): void
  /** After each datagram: counts it for who sent it, which is the agent for sFlow, else the source. */
  countDatagram(source: Source, facts: DatagramFacts, lengthBytes: number, receivedMs: number): void
  all(): Iterable<Exporter>
}

export interface KnownExporters {
  all(): Iterable<ExporterFacts>
  /** The sampling rates of the flows before are told. */
  beginInterval(): void
  /** Exporters forgotten to stay inside the bound. */
  forgotten(): number
}

export function createExporters(routers: Routers, limit = maxExporters): Exporters {
  const exporters = new Map<string, Exporter>()
  const counts = new ExporterCounts()
  let routersVersion = routers.version()
  let forgotten = 0

  const forgetOldest = () => {
    for (const [key, oldest] of exporters) {
      exporters.delete(key)
      oldest.isForgotten = true
      counts.give(oldest.start)
      forgotten++
      return
    }
  }

  const latestFor = (source: Source): Exporter | undefined => {
    if (source.exporter?.keeper !== counts) return undefined
    const latest = source.exporter as Exporter
    return latest.isForgotten ? undefined : latest
  }

  const ofSource = (source: Source, receivedMs: number): Exporter => {
    const latest = latestFor(source)
    if (latest?.isSource === true) return latest
    return lookUp(source.address, source.address, source.bytes, source, receivedMs)
  }

  const find = (
    bytes: Uint8Array,
    length: number,
    source: Source,
    receivedMs: number,
  ): Exporter => {
    if (isAddress(source.ipv4, source.bytes, bytes, length)) return ofSource(source, receivedMs)
    const latest = latestFor(source)
    if (latest !== undefined && isAddress(latest.ipv4, latest.addressBytes, bytes, length)) {
      return latest
    }
    const address = formatAddress(bytes, length)
    const key = `${address} ${source.address}`
    return lookUp(key, address, bytes.slice(0, length), source, receivedMs)
  }

  const lookUp = (
    key: string,
    address: string,
    addressBytes: Uint8Array,
    source: Source,
    receivedMs: number,
  ): Exporter => {
    let exporter = exporters.get(key)
    if (exporter === undefined) {
      if (exporters.size >= limit) forgetOldest()
      const router = routerOf(routers, addressBytes, source)
      exporter = new Exporter(address, addressBytes, source, router, receivedMs, counts)
      exporters.set(key, exporter)
    }
    source.exporter = exporter
    return exporter
  }

  return {
    takeUpRouters() {
      if (routers.version() === routersVersion) return
      routersVersion = routers.version()
      for (const exporter of exporters.values()) {
        exporter.router = routerOf(routers, exporter.addressBytes, exporter.source)
      }
    },
    of({ samplerAddress: { bytes, length } }, source, receivedMs) {
      return find(bytes, length, source, receivedMs)
    },
    count({ start }, flow, receivedMs, flows = 1) {
      const { type, samplingRate, samplingSource } = flow
      const { values } = counts
      values[start + Count.lastSeenMs] = receivedMs
      const protocol = start + Count.protocols + type * countsOfProtocol
      values[protocol + ProtocolCount.flowsBySampling + samplingSource]! += flows
      if (isDiscard(flow)) return
      values[start + Count.samplingRate] = samplingRate
      values[start + Count.samplingSource] = samplingSource
      const lowest = values[start + Count.lowestSamplingRate]!
      if (samplingRate > values[start + Count.highestSamplingRate]!) {
        values[start + Count.highestSamplingRate] = samplingRate
      }
      if (samplingRate < lowest || lowest === 0) {
        values[start + Count.lowestSamplingRate] = samplingRate
      }
    },
    countDatagram(source, facts, lengthBytes, receivedMs) {
      const { agent } = facts
      const { start } = agent.isZero()
        ? ofSource(source, receivedMs)
        : find(agent.bytes, agent.length, source, receivedMs)
      const { values } = counts
      const protocol = start + Count.protocols + facts.type * countsOfProtocol
      values[protocol + ProtocolCount.datagrams]! += 1
      values[protocol + ProtocolCount.datagramBytes]! += lengthBytes
      values[start + Count.lastSeenMs] = receivedMs
      takeFacts(values, start, protocol, facts, receivedMs)
    },
    all: () => exporters.values(),
    beginInterval() {
      for (const exporter of exporters.values()) exporter.beginInterval()
    },
    forgotten: () => forgotten,
  }
}

/** Agents tell of every packet that they discard, at a rate of 1: that says nothing of how they sample. */
function isDiscard({ type, packetsLow, forwardingStatus }: FlowRecord): boolean {
  return type === FlowType.sflow5 && packetsLow === 0 && forwardingStatus !== 0
}

function takeFacts(
  values: Float64Array,
  start: number,
  protocol: number,
  { lost, isLate, isReset, samplesDropped, exportMs }: DatagramFacts,
  receivedMs: number,
): void {
  if (lost > 0) values[protocol + ProtocolCount.missed]! += lost
  if (lost < 0) {
    // Sequences outlive what is known here, of which an exporter that was forgotten has lost a part.
    const missing =
      values[protocol + ProtocolCount.missed]! - values[protocol + ProtocolCount.recovered]!
    values[protocol + ProtocolCount.recovered]! += Math.min(-lost, missing)
  }
  if (isLate) values[start + Count.lateDatagrams]! += 1
  if (isReset) values[start + Count.sequenceResets]! += 1
  if (samplesDropped > 0) values[start + Count.samplesDropped]! += samplesDropped
  if (exportMs !== undefined) values[start + Count.clockSkewMs] = Math.round(exportMs - receivedMs)
}

/** The first `length` of `bytes` are the address that is `ipv4`, or `address` where that is undefined. */
function isAddress(
  ipv4: number | undefined,
  address: Uint8Array,
  bytes: Uint8Array,
  length: number,
): boolean {
  if (ipv4 !== undefined) return length === 4 && (readUint32(bytes, 0) | 0) === ipv4
  if (address.length !== length) return false
  for (let i = 0; i < length; i++) if (address[i] !== bytes[i]) return false
  return true
}
