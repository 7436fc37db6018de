// What the readers of one decoder share.

import type { FlowRecord } from '../flow.ts'
import type { DecoderCounters } from './counters.ts'
import type { DataRecord } from './data-record.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { DecoderLimits } from './limits.ts'
import type { DecodeReason } from './outcome.ts'

export interface DecodeContext {
  readonly record: DataRecord
  readonly exporters: ExporterStore
  readonly counters: DecoderCounters
  readonly limits: DecoderLimits
  readonly emit: (flow: FlowRecord) => void
}

/** Counts `bytes` bytes that cannot be read, and notes why as the outcome of the datagram. */
export function fail(context: DecodeContext, reason: DecodeReason, bytes: number): void {
  countUndecodable(context, reason, bytes)
  context.record.message.reason ??= reason
}

/** Counts `bytes` bytes that cannot be read; the datagram is none the worse for it. */
export function countUndecodable(
  { counters }: DecodeContext,
  reason: DecodeReason,
  bytes: number,
): void {
  const counter = counters.undecodable[reason]
  counter.sets++
  counter.bytes += bytes
}
