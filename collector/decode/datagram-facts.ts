// What a datagram's header tells of its exporter, beside flows.

import { Address, FlowType } from '../flow.ts'
import type { Message } from './message.ts'

/** Of the datagram decoded last; filled again for the next. */
export class DatagramFacts {
  /** Unknown when no header could be read. */
  type: FlowType = FlowType.unknown
  /** sFlow: the agent as it names itself, unset or 0.0.0.0 when it does not. Unset in the other protocols. */
  readonly agent = new Address()
  /**
   * What the sequence number says was lost on the way before this datagram, in the protocol's unit: flows in v5, datagrams in v9
   * and sFlow, data records in IPFIX; in what the exporter counts, when that is something else. Negative when something arrives
   * that was counted as lost, or when what was taken for a loss proves to be none.
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

  takeHeader({ type, exportSeconds, exportNanos }: Message): void {
    this.type = type
    this.exportMs = exportSeconds === 0 ? undefined : exportSeconds * 1000 + exportNanos / 1_000_000
  }

  clear(): void {
    this.type = FlowType.unknown
    this.agent.length = 0
    this.lost = 0
    this.isLate = false
    this.isReset = false
    this.samplesDropped = 0
    this.exportMs = undefined
  }
}
