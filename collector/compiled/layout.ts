// What is known of the records of one layout of fields: whether they have a writer, or how far they are from it.

import type { WriterState } from './state.ts'

/**
 * Writes the records from `offset` on, as many as end before `end` of the datagram `wire`, as length-delimited FlowMessages into `target` at
 * `at`, as long as `at` is at most `limit`; `out` is a view of `target`. Answers where it stopped in `target`, and the rest in `state`.
 */
export type WriteRecords = (
  state: WriterState,
  wire: DataView,
  offset: number,
  end: number,
  target: Uint8Array,
  out: DataView,
  at: number,
  limit: number,
) => number

export interface Writer {
  /** Undefined once it made room for others. */
  write: WriteRecords | undefined
  readonly recordBytes: number
  /** Start and end are told by the exporter's uptime: in NetFlow the message has to tell it, too, in IPFIX options data when the exporter started. */
  readonly usesUptime: boolean
  /** What the sampling rate of a record depends on. */
  readonly sampler: { readonly at: number; readonly length: number } | undefined
  usedMs: number
}

/** What templates of the same fields share, whoever sent them. */
export interface Layout {
  /** Interpreted, since there is no writer. */
  recordsRead: number
  /** Undefined while it is not earned; null when its records cannot be compiled. */
  writer: Writer | null | undefined
}
