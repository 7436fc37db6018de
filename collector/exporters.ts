// What is known of each exporter: which router it is, and what it sent.

import { formatAddress } from '../runtime/ip.ts'
import type { DatagramFacts } from './decode/datagram-facts.ts'
import { type FlowRecord, flowTypeNames, SamplingSource } from './flow.ts'
import { type Router, type Routers, routerOf } from './routers.ts'
import type { Source } from './source.ts'

/** DESIGN bound: addresses are free to invent, so the exporter heard first is forgotten beyond this many. */
export const maxExporters = 10_000

/** What came in one protocol. */
export interface ProtocolCounters {
  datagrams: number
  flows: number
  /**
   * What gaps in the sequence numbers said was lost, in the protocol's unit: flows in v5, datagrams in v9 and sFlow, data records in IPFIX.
   */
  missed: number
  /** Of that, what arrived late after all. */
  recovered: number
}

/** Counters count from `firstSeenMs`. */
export interface Exporter {
  /** The sampler's address: the agent for sFlow, else the UDP source. */
  readonly address: string
  readonly addressBytes: Uint8Array
  readonly source: Source
  router: Router | undefined
  readonly firstSeenMs: number
  lastSeenMs: number
  datagrams: number
  datagramBytes: number
  /** By FlowType; those of no known protocol under FlowType.unknown. */
  readonly protocols: ProtocolCounters[]
  /** Datagrams that came after one that was sent later. */
  lateDatagrams: number
  /** Times that it began to count its sequence anew. */
  sequenceResets: number
  /** sFlow: packets that the agent could not sample. */
  samplesDropped: number
  /** Its clock minus ours, as of its last datagram; undefined when it tells no time. */
  clockSkewMs: number | undefined
  flows: number
  /** Flows by SamplingSource. */
  readonly flowsBySampling: [number, number, number, number]
  /** Of its last flow; 0 before the first. */
  samplingRate: number
  samplingSource: SamplingSource
  /** Of the flows since `beginInterval`; 0 when there were none. */
  lowestSamplingRate: number
  highestSamplingRate: number
}

export interface Exporters {
  /** Before each datagram: a new list of routers applies to it. */
  takeUpRouters(): void
  /** The exporter of this flow. Consecutive flows mostly share one, which is found without a look-up. */
  of(flow: FlowRecord, source: Source, receivedMs: number): Exporter
  /** Counts a flow, or several like it in type and sampling, which is decided. */
  count(exporter: Exporter, flow: FlowRecord, receivedMs: number, flows?: number): void
  /** After each datagram: counts it for who sent it, which is the agent for sFlow, else the source. */
  countDatagram(source: Source, facts: DatagramFacts, lengthBytes: number, receivedMs: number): void
  all(): Iterable<Exporter>
  /** Exporters forgotten to stay inside the bound. */
  forgotten(): number
}

export function createExporters(routers: Routers): Exporters {
  const exporters = new Map<string, Exporter>()
  let routersVersion = routers.version()
  let forgotten = 0
  // The exporter of the last flow, and the one that sent the last datagram: mostly one and the same.
  let last: Exporter | undefined
  let sender: Exporter | undefined

  const forgetOldest = () => {
    for (const [key, oldest] of exporters) {
      exporters.delete(key)
      if (last === oldest) last = undefined
      if (sender === oldest) sender = undefined
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
    // Mostly it is the source itself, whose text is there already.
    const isSource = isAddress(source.bytes, bytes, length)
    const address = isSource ? source.address : formatAddress(bytes, length)
    const key = address === source.address ? address : `${address} ${source.address}`
    const known = exporters.get(key)
    if (known !== undefined) return known
    if (exporters.size >= maxExporters) forgetOldest()
    const addressBytes = bytes.slice(0, length)
    const router = routerOf(routers, addressBytes, source)
    const exporter = createExporter(address, addressBytes, source, router, receivedMs)
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
      if (last === undefined || !isSame(last, source, bytes, length)) {
        last = find(bytes, length, source, receivedMs)
      }
      return last
    },
    count(exporter, { type, samplingRate, samplingSource }, receivedMs, flows = 1) {
      exporter.lastSeenMs = receivedMs
      exporter.flows += flows
      exporter.protocols[type]!.flows += flows
      exporter.flowsBySampling[samplingSource] += flows
      exporter.samplingRate = samplingRate
      exporter.samplingSource = samplingSource
      if (samplingRate > exporter.highestSamplingRate) exporter.highestSamplingRate = samplingRate
      if (samplingRate < exporter.lowestSamplingRate || exporter.lowestSamplingRate === 0) {
        exporter.lowestSamplingRate = samplingRate
      }
    },
    countDatagram(source, facts, lengthBytes, receivedMs) {
      const isAgent = !facts.agent.isZero()
      const bytes = isAgent ? facts.agent.bytes : source.bytes
      const length = isAgent ? facts.agent.length : source.bytes.length
      if (sender === undefined || !isSame(sender, source, bytes, length)) {
        sender =
          last !== undefined && isSame(last, source, bytes, length)
            ? last
            : find(bytes, length, source, receivedMs)
      }
      sender.datagrams++
      sender.datagramBytes += lengthBytes
      sender.lastSeenMs = receivedMs
      takeFacts(sender, facts, receivedMs)
    },
    all: () => exporters.values(),
    forgotten: () => forgotten,
  }
}

/** The rates of the flows before are told. */
export function beginInterval(exporter: Exporter): void {
  exporter.lowestSamplingRate = 0
  exporter.highestSamplingRate = 0
}

/** What it lost on the way, as far as is known: what arrived late is not lost. */
export function lostOf({ missed, recovered }: ProtocolCounters): number {
  return missed - recovered
}

function createExporter(
  address: string,
  addressBytes: Uint8Array,
  source: Source,
  router: Router | undefined,
  receivedMs: number,
): Exporter {
  return {
    address,
    addressBytes,
    source,
    router,
    firstSeenMs: receivedMs,
    lastSeenMs: receivedMs,
    datagrams: 0,
    datagramBytes: 0,
    protocols: flowTypeNames.map(() => ({ datagrams: 0, flows: 0, missed: 0, recovered: 0 })),
    lateDatagrams: 0,
    sequenceResets: 0,
    samplesDropped: 0,
    clockSkewMs: undefined,
    flows: 0,
    flowsBySampling: [0, 0, 0, 0],
    samplingRate: 0,
    samplingSource: SamplingSource.assumed,
    lowestSamplingRate: 0,
    highestSamplingRate: 0,
  }
}

function takeFacts(exporter: Exporter, facts: DatagramFacts, receivedMs: number): void {
  const protocol = exporter.protocols[facts.type]!
  protocol.datagrams++
  if (facts.lost > 0) protocol.missed += facts.lost
  // Sequences outlive what is known here, of which an exporter that was forgotten has lost a part.
  else protocol.recovered += Math.min(-facts.lost, lostOf(protocol))
  if (facts.isLate) exporter.lateDatagrams++
  if (facts.isReset) exporter.sequenceResets++
  exporter.samplesDropped += facts.samplesDropped
  if (facts.exportMs !== undefined) exporter.clockSkewMs = Math.round(facts.exportMs - receivedMs)
}

function isSame(exporter: Exporter, source: Source, bytes: Uint8Array, length: number): boolean {
  return exporter.source === source && isAddress(exporter.addressBytes, bytes, length)
}

/** The first `length` of `bytes` are this address. */
function isAddress(address: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (address.length !== length) return false
  for (let i = 0; i < length; i++) if (address[i] !== bytes[i]) return false
  return true
}
