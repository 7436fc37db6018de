// A data set that came before its template, with what is needed to read it later as if it came then.

import type { Source } from '../exporters/source.ts'
import type { Message, Resumable } from './message.ts'
import type { TemplateProtocol } from './speaker.ts'

/** What one takes beside its bytes, rounded up: the objects, their places in lists and maps, the buffer. */
export const parkedOverheadBytes = 1_024

export class ParkedSet implements Resumable {
  readonly protocol: TemplateProtocol
  readonly source: Source
  readonly observationDomainId: number
  readonly sequenceNumber: number
  readonly exportSeconds: number
  readonly uptimeMs: number
  readonly receivedMs: number
  readonly templateId: number
  /** The whole set, a copy: it does not keep the datagram. */
  readonly bytes: Uint8Array
  older: ParkedSet | undefined
  newer: ParkedSet | undefined

  constructor(message: Message, templateId: number, set: Uint8Array) {
    this.protocol = message.protocol
    this.source = message.source
    this.observationDomainId = message.observationDomainId
    this.sequenceNumber = message.sequenceNumber
    this.exportSeconds = message.exportSeconds
    this.uptimeMs = message.uptimeMs
    this.receivedMs = message.receivedMs
    this.templateId = templateId
    this.bytes = new Uint8Array(set)
    this.older = undefined
    this.newer = undefined
  }

  get address(): string {
    return this.source.address
  }

  get port(): number {
    return this.source.port
  }

  /** What it takes of the bounds. */
  get footprintBytes(): number {
    return this.bytes.length + parkedOverheadBytes
  }
}
