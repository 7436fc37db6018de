// One exporter as the collector knows it: which router it is, and what it sent.

import { flowTypeNames, type SamplingSource, samplingSourceNames } from '../flow.ts'
import { Count, countsOfProtocol, type ExporterCounts, ProtocolCount } from './exporter-counts.ts'
import type { Router } from './routers.ts'
import { type Kept, readIpv4, type Source } from './source.ts'

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
export class Exporter implements Kept {
  // What each datagram asks for stands together.
  readonly keeper: ExporterCounts
  /** Whether its address is that of its source. */
  readonly isSource: boolean
  isForgotten = false
  router: Router | undefined
  /** Where its counts are. */
  readonly start: number
  /** Its address as 32 bits with a sign; undefined when it is IPv6. */
  readonly ipv4: number | undefined
  readonly addressBytes: Uint8Array
  /** The sampler's address: the agent for sFlow, else the UDP source. */
  readonly address: string
  readonly source: Source
  readonly firstSeenMs: number

  constructor(
    address: string,
    addressBytes: Uint8Array,
    source: Source,
    router: Router | undefined,
    receivedMs: number,
    counts: ExporterCounts,
  ) {
    this.keeper = counts
    this.isSource = address === source.address
    this.router = router
    this.start = counts.take()
    this.ipv4 = readIpv4(addressBytes)
    this.addressBytes = addressBytes
    this.address = address
    this.source = source
    this.firstSeenMs = receivedMs
    this.set(Count.lastSeenMs, receivedMs)
  }

  get lastSeenMs(): number {
    return this.get(Count.lastSeenMs)
  }

  get datagrams(): number {
    return this.sum(ProtocolCount.datagrams)
  }

  get datagramBytes(): number {
    return this.sum(ProtocolCount.datagramBytes)
  }

  /** By FlowType; those of no known protocol under FlowType.unknown. */
  get protocols(): ProtocolCounters[] {
    return flowTypeNames.map((_, type) => ({
      datagrams: this.getOf(type, ProtocolCount.datagrams),
      flows: sum(bySampling((place) => this.getOf(type, place))),
      missed: this.getOf(type, ProtocolCount.missed),
      recovered: this.getOf(type, ProtocolCount.recovered),
    }))
  }

  /** Datagrams that came after one that was sent later. */
  get lateDatagrams(): number {
    return this.get(Count.lateDatagrams)
  }

  /** Times that it began to count its sequence anew. */
  get sequenceResets(): number {
    return this.get(Count.sequenceResets)
  }

  /** sFlow: packets that the agent could not sample. */
  get samplesDropped(): number {
    return this.get(Count.samplesDropped)
  }

  /** Its clock minus ours, as of its last datagram that tells a time; undefined when none did. */
  get clockSkewMs(): number | undefined {
    const skewMs = this.get(Count.clockSkewMs)
    return Number.isNaN(skewMs) ? undefined : skewMs
  }

  get flows(): number {
    return sum(this.flowsBySampling)
  }

  /** Flows by SamplingSource. */
  get flowsBySampling(): number[] {
    return bySampling((place) => this.sum(place))
  }

  /** Of its last flow; 0 before the first. */
  get samplingRate(): number {
    return this.get(Count.samplingRate)
  }

  get samplingSource(): SamplingSource {
    return this.get(Count.samplingSource) as SamplingSource
  }

  /** Of the flows since `beginInterval`; 0 when there were none. */
  get lowestSamplingRate(): number {
    return this.get(Count.lowestSamplingRate)
  }

  get highestSamplingRate(): number {
    return this.get(Count.highestSamplingRate)
  }

  /** The rates of the flows before are told. */
  beginInterval(): void {
    this.set(Count.lowestSamplingRate, 0)
    this.set(Count.highestSamplingRate, 0)
  }

  /** Of all protocols. */
  private sum(count: number): number {
    return sum(flowTypeNames.map((_, type) => this.getOf(type, count)))
  }

  private getOf(type: number, count: number): number {
    return this.get(Count.protocols + type * countsOfProtocol + count)
  }

  private get(count: number): number {
    return this.keeper.values[this.start + count] ?? 0
  }

  private set(count: number, value: number): void {
    this.keeper.values[this.start + count] = value
  }
}

/** What `read` answers for the flows of each SamplingSource, given their place in `ProtocolCount`. */
function bySampling(read: (place: number) => number): number[] {
  return samplingSourceNames.map((_, source) => read(ProtocolCount.flowsBySampling + source))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** What is told of an exporter: a copy of what was counted until now. */
export type ExporterFacts = ReturnType<typeof factsOf>

export function factsOf(exporter: Exporter) {
  return {
    address: exporter.address,
    source: { address: exporter.source.address, port: exporter.source.port },
    firstSeenMs: exporter.firstSeenMs,
    lastSeenMs: exporter.lastSeenMs,
    datagrams: exporter.datagrams,
    datagramBytes: exporter.datagramBytes,
    protocols: exporter.protocols,
    lateDatagrams: exporter.lateDatagrams,
    sequenceResets: exporter.sequenceResets,
    samplesDropped: exporter.samplesDropped,
    clockSkewMs: exporter.clockSkewMs,
    flows: exporter.flows,
    flowsBySampling: exporter.flowsBySampling,
    samplingRate: exporter.samplingRate,
    samplingSource: exporter.samplingSource,
    lowestSamplingRate: exporter.lowestSamplingRate,
    highestSamplingRate: exporter.highestSamplingRate,
  }
}

/** What it lost on the way, as far as is known: what arrived late is not lost. */
export function lostOf({ missed, recovered }: ProtocolCounters): number {
  return missed - recovered
}
