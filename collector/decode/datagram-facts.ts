// What a datagram's header tells of its exporter, beside flows.

import { FlowType } from '../flow.ts'

/** Of the datagram decoded last; filled again for the next. */
export class DatagramFacts {
  /** Unknown when no header could be read. */
  type: FlowType = FlowType.unknown
  /**
   * What the sequence number says was lost on the way before this datagram, in the protocol's unit: flows in v5, datagrams in v9
   * and sFlow, data records in IPFIX. Negative when one arrives that was counted as lost.
   */
  lost = 0
  /** It came after one that was sent later. */
  isLate = false
  /** The exporter started to count anew. */
  isReset = false
  /** sFlow: packets that the agent says it could not sample, since its last datagram. */
  samplesDropped = 0
  /** The exporter's clock at export, milliseconds since 1970; undefined where the header has none. */
  exportMs: number | undefined = undefined

  clear(): void {
    this.type = FlowType.unknown
    this.lost = 0
    this.isLate = false
    this.isReset = false
    this.samplesDropped = 0
    this.exportMs = undefined
  }
}
