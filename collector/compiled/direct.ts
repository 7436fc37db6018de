// Records that go from the datagram into a block without becoming a FlowRecord.

import type { Source } from '../exporters/source.ts'
import type { FlowRecord } from '../flow.ts'

/** A block that flows are being written into. */
export interface OpenBlock {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Where the next flow goes. */
  offset: number
  /** A flow may begin up to here; there is room for the largest behind it. */
  readonly limit: number
}

/** Where writers write, and what else has to be done with flows. */
export interface DirectOutput {
  /**
   * Before flows of one exporter and one announced sampling rate, with a flow that is like them in what a message says: decides their sampling.
   * False when they have to be looked at one by one.
   */
  begin(flow: FlowRecord, source: Source): boolean
  /** The block to write into; the same until `wrote`. */
  open(): OpenBlock
  /** `flows` flows as begun were written into the open block, up to `offset`. */
  wrote(flow: FlowRecord, flows: number, offset: number): void
}
