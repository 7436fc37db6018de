// What is known of each exporter: which router it is, and what it sent.

import { formatAddress } from '../../runtime/ip.ts'
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
  /** The one that a source was last, by the source's slot. */
  const bySlot: (Exporter | undefined)[] = []
  let routersVersion = routers.version()
  let forgotten = 0

  const forgetOldest = () => {
    for (const [key, oldest] of exporters) {
      exporters.delete(key)
      if (bySlot[oldest.source.slot] === oldest) bySlot[oldest.source.slot] = undefined
      counts.give(oldest.start)
      forgotten++
      return
    }
  }

  const find = (
    bytes: Uint8Array,
    length: number,
    source: Source,
    receivedMs: number,
  ): Exporter => {
    const latest = bySlot[source.slot]
    // Mostly it is the source itself, whose text is there already.
    const isSource = isAddress(source.bytes, bytes, length)
    if (latest?.source === source) {
      if (isSource ? latest.isSource : isAddress(latest.addressBytes, bytes, length)) return latest
    }
    const address = isSource ? source.address : formatAddress(bytes, length)
    const key = address === source.address ? address : `${address} ${source.address}`
    const known = exporters.get(key)
    const exporter = known ?? create(key, address, bytes.slice(0, length), source, receivedMs)
    // One that sends from several ports is that of the first.
    if (exporter.source === source) bySlot[source.slot] = exporter
    return exporter
  }

  const create = (
    key: string,
    address: string,
    addressBytes: Uint8Array,
    source: Source,
    receivedMs: number,
  ): Exporter => {
    if (exporters.size >= limit) forgetOldest()
    const router = routerOf(routers, addressBytes, source)
    const exporter = new Exporter(address, addressBytes, source, router, receivedMs, counts)
    exporters.set(key, exporter)
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
      values[start + Count.flowsBySampling + samplingSource]! += flows
      values[start + Count.protocols + type * countsOfProtocol + ProtocolCount.flows]! += flows
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
      const { bytes, length } = facts.agent.isZero()
        ? { bytes: source.bytes, length: source.bytes.length }
        : facts.agent
      const { start } = find(bytes, length, source, receivedMs)
      const { values } = counts
      values[start + Count.datagrams]! += 1
      values[start + Count.datagramBytes]! += lengthBytes
      values[start + Count.lastSeenMs] = receivedMs
      takeFacts(values, start, facts, receivedMs)
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
  { type, lost, isLate, isReset, samplesDropped, exportMs }: DatagramFacts,
  receivedMs: number,
): void {
  const protocol = start + Count.protocols + type * countsOfProtocol
  values[protocol + ProtocolCount.datagrams]! += 1
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

/** The first `length` of `bytes` are this address. */
function isAddress(address: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (address.length !== length) return false
  for (let i = 0; i < length; i++) if (address[i] !== bytes[i]) return false
  return true
}
