// What the header of a datagram says about all flows in it.

import { Address, type FlowRecord, FlowType } from '../flow.ts'
import type { Source } from '../source.ts'
import { allZero } from './bytes.ts'
import type { Speaker } from './exporter.ts'
import type { DecodeReason } from './outcome.ts'
import type { TemplateProtocol } from './template.ts'

/** One for each decoder, filled again for each datagram. */
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

  address = ''
  port = 0
  receivedMs = 0
  receivedSeconds = 0
  receivedNanos = 0

  /** The first reason why something in it could not be read. */
  reason: DecodeReason | undefined = undefined

  private readonly sampler = new Address()
  private readonly udpSource = new Address()

  begin(type: FlowType, source: Source, receivedMs: number): void {
    this.type = type
    this.reason = undefined
    this.sequenceNumber = 0
    this.observationDomainId = 0
    this.exportSeconds = 0
    this.exportNanos = 0
    this.uptimeMs = 0
    this.protocol = type === FlowType.ipfix ? 'ipfix' : 'netflow9'
    this.address = source.address
    this.port = source.port
    this.sampler.set(source.bytes, 0, source.bytes.length)
    this.udpSource.length = 0
    this.receivedMs = receivedMs
    this.receivedSeconds = Math.floor(receivedMs / 1000)
    this.receivedNanos = Math.round((receivedMs - this.receivedSeconds * 1000) * 1_000_000)
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
