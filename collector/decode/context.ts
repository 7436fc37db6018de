// What the readers of one decoder share.

import type { Direct } from '../compiled/create-direct.ts'
import type { Netflow5Layout } from '../compiled/netflow5-layout.ts'
import type { Source } from '../exporters/source.ts'
import type { FlowRecord } from '../flow.ts'
import type { Compat } from './compat.ts'
import type { DecoderCounters } from './counters.ts'
import type { DataRecord } from './data-record.ts'
import type { DataSets } from './data-sets.ts'
import type { DatagramFacts } from './datagram-facts.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { InterfaceCounters } from './interface-counters.ts'
import type { LearnedName } from './learned-name.ts'
import type { DecoderLimits } from './limits.ts'
import type { Message } from './message.ts'
import type { DecodeReason } from './outcome.ts'
import type { ParkedSets } from './parked-sets.ts'
import type { Plans } from './plans.ts'
import type { ReportedSessions } from './reported-sessions.ts'
import type { SampleDrops } from './sample-drops.ts'
import type { Sequences } from './sequence.ts'
import type { SourceMemos } from './source-memo.ts'

export interface DecodeContext {
  readonly record: DataRecord
  readonly facts: DatagramFacts
  readonly exporters: ExporterStore
  readonly memos: SourceMemos
  readonly plans: Plans
  readonly parked: ParkedSets
  /** Of the datagram being read. */
  readonly optionsSets: DataSets
  readonly dataSets: DataSets
  /** Stands in for the datagram's message while a parked set is read. */
  readonly parkedMessage: Message
  readonly sequences: Sequences
  readonly sampleDrops: SampleDrops
  readonly sessions: ReportedSessions
  readonly counters: DecoderCounters
  readonly limits: DecoderLimits
  readonly compat: Compat
  readonly emit: (flow: FlowRecord, source: Source) => void
  readonly learnName: (name: LearnedName, source: Source) => void
  readonly takeCounters: (counters: InterfaceCounters, source: Source) => void
  readonly hasLittleEndianSampling: (source: Source) => boolean
  /** The records of NetFlow v5, as if a template had told them. */
  readonly netflow5: Netflow5Layout
  /** Undefined when every flow is emitted. */
  readonly direct: Direct | undefined
}

/** Counts `bytes` bytes that cannot be read, and notes why as the outcome of the datagram. */
export function fail(context: DecodeContext, reason: DecodeReason, bytes: number): void {
  countUndecodable(context, reason, bytes)
  context.record.message.reason ??= reason
}

/** Counts `bytes` bytes that cannot be read; the datagram is none the worse for it. */
export function countUndecodable(
  { counters, record }: DecodeContext,
  reason: DecodeReason,
  bytes: number,
): void {
  record.message.hasUnread = true
  const counter = counters.undecodable[reason]
  counter.sets++
  counter.bytes += bytes
}
