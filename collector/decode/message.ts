// What the header of a datagram says about all flows in it.

import { createSource, type Source } from '../exporters/source.ts'
import { Address, type FlowRecord, FlowType } from '../flow.ts'
import { allZero } from './bytes.ts'
import type { DecodeReason } from './outcome.ts'
import type { Speaker, TemplateProtocol } from './speaker.ts'

const noSource = createSource(new Uint8Array(), 0)

/** What has to be kept of a message to read a set of it later. */
export interface Resumable extends Speaker {
  readonly source: Source
  readonly sequenceNumber: number
  readonly exportSeconds: number
  readonly uptimeMs: number
}

/** Filled again for each datagram. */
export class Message implements Speaker {
  type: FlowType = FlowType.unknown
  sequenceNumber = 0
  /** Whose templates it uses; NetFlow v5 and sFlow have none. */
  protocol: TemplateProtocol = 'netflow9'
  /** v9: Source ID. */
  observationDomainId = 0
  exportSeconds = 0
  /** v5 only: the rest of the export time. */
  exportNanos = 0
  /** v5, v9: sysUpTime at export. 0 where the protocol has none, and in exports written without one. */
  uptimeMs = 0

  source = noSource
  address = ''
  port = 0
  receivedMs = 0
  receivedSeconds = 0
  receivedNanos = 0

  /** The first reason why something in it could not be read. */
  reason: DecodeReason | undefined = undefined
  /** v9, IPFIX: data records read, of options as well. */
  dataRecords = 0
  /** v9, IPFIX: data sets in it whose template was not known. */
  unknownSets = 0
  /** There was something in it that may hold records, and that could not be read. */
  hasUnread = false

  readonly sampler = new Address()
  private readonly udpSource = new Address()

  begin(type: FlowType, source: Source, receivedMs: number): void {
    this.type = type
    this.reason = undefined
    this.dataRecords = 0
    this.unknownSets = 0
    this.hasUnread = false
    this.sequenceNumber = 0
    this.observationDomainId = 0
    this.exportSeconds = 0
    this.exportNanos = 0
    this.uptimeMs = 0
    this.protocol = type === FlowType.ipfix ? 'ipfix' : 'netflow9'
    this.source = source
    this.address = source.address
    this.port = source.port
    if (source.ipv4 === undefined) this.sampler.set(source.bytes, 0, source.bytes.length)
    else this.sampler.setIpv4(source.ipv4)
    this.udpSource.length = 0
    this.receivedMs = receivedMs
    this.receivedSeconds = Math.floor(receivedMs / 1000)
    this.receivedNanos = Math.round((receivedMs - this.receivedSeconds * 1000) * 1_000_000)
  }

  /** How many data records it holds; undefined when not all could be read. */
  recordCount(): number | undefined {
    return this.hasUnread ? undefined : this.dataRecords
  }

  /** Becomes the message that a parked set stood in. */
  resume(parked: Resumable): void {
    const type = parked.protocol === 'ipfix' ? FlowType.ipfix : FlowType.netflow9
    this.begin(type, parked.source, parked.receivedMs)
    this.sequenceNumber = parked.sequenceNumber
    this.observationDomainId = parked.observationDomainId
    this.exportSeconds = parked.exportSeconds
    this.uptimeMs = parked.uptimeMs
  }

  /**
   * sFlow: the agent's address, which may be another than that its datagrams come from. An agent that has none, or
   * 0.0.0.0, is its UDP source.
   */
  setAgent(bytes: Uint8Array, offset: number, length: number): void {
    if (allZero(bytes, offset, offset + length)) return
    this.udpSource.copy(this.sampler)
    this.sampler.set(bytes, offset, length)
    if (this.sampler.equals(this.udpSource)) this.udpSource.length = 0
  }

  /** sFlow: the sampler is another than the source. */
  get hasAgent(): boolean {
    return this.udpSource.length !== 0
  }

  /** Makes `flow` an empty one of this message. */
  beginFlow(flow: FlowRecord): void {
    flow.reset()
    flow.type = this.type
    flow.sequenceNumber = this.sequenceNumber
    flow.observationDomainId = this.observationDomainId
    flow.samplerAddress.copy(this.sampler)
    flow.udpSource.copy(this.udpSource)
    flow.timeReceivedSeconds = this.receivedSeconds
    flow.timeReceivedNanos = this.receivedNanos
  }
}
