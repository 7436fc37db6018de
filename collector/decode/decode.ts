// The one entry to decoding: a datagram of any of the four protocols in, its flows out.

import { createDirect } from '../compiled/create-direct.ts'
import type { DirectOutput } from '../compiled/direct.ts'
import { createNetflow5Layout } from '../compiled/netflow5-layout.ts'
import type { Source } from '../exporters/source.ts'
import type { FlowRecord } from '../flow.ts'
import { readUint16, readUint32 } from './bytes.ts'
import type { Compat } from './compat.ts'
import type { DecodeContext } from './context.ts'
import { createCounters, type DecoderCounters } from './counters.ts'
import { DataRecord } from './data-record.ts'
import { DataSets } from './data-sets.ts'
import { DatagramFacts } from './datagram-facts.ts'
import { describeExporters, type ExporterDescription } from './description.ts'
import { ExporterStore } from './exporter-store.ts'
import type { InterfaceCounters } from './interface-counters.ts'
import { decodeIpfix } from './ipfix.ts'
import type { LearnedName } from './learned-name.ts'
import { type DecoderLimits, defaultLimits } from './limits.ts'
import { Message } from './message.ts'
import { decodeNetflow5 } from './netflow5.ts'
import { decodeNetflow9 } from './netflow9.ts'
import type { DecodeReason } from './outcome.ts'
import { type Held, ParkedSets } from './parked-sets.ts'
import { Plans } from './plans.ts'
import { ReportedSessions } from './reported-sessions.ts'
import { SampleDrops } from './sample-drops.ts'
import { Sequences } from './sequence.ts'
import { replayReady } from './sets.ts'
import { decodeSflow } from './sflow.ts'
import { type DecoderSnapshot, type Restored, restoreSnapshot, takeSnapshot } from './snapshot.ts'
import { SourceMemos } from './source-memo.ts'

export interface DecoderOptions {
  /**
   * Called once per flow that `source` sent, in wire order, data that waited for its template first; `flow` is used again as soon as
   * it returns.
   */
  emit(flow: FlowRecord, source: Source): void
  /** Called for each name that options data of `source` tells, repetitions included. */
  learnName?(name: LearnedName, source: Source): void
  /** Called for each sFlow sample of an interface's counters. */
  takeCounters?(counters: InterfaceCounters, source: Source): void
  /** Values that GoFlow2 writes otherwise: see docs/protocols.md. */
  compat?: Compat
  /** Where flows of records that nothing is odd about may be written, instead of being emitted. */
  direct?: DirectOutput
  /** Whether this exporter writes the sampling rates of its data records with the least significant byte first. */
  hasLittleEndianSampling?(source: Source): boolean
  /** In place of the default bounds. */
  limits?: Partial<DecoderLimits>
}

export interface Decoder {
  /**
   * Decodes one datagram that `source` sent and that arrived at `receivedMs` (since 1970), and emits its flows. Returns
   * why something in it could not be read, the first reason of several, or undefined. Data without a template is no
   * reason: a copy of it waits for the template, and its flows, as of when it came, are emitted with those of later datagrams of
   * the same address. Never throws. Keeps nothing of `datagram`.
   */
  decode(datagram: Uint8Array, source: Source, receivedMs: number): DecodeReason | undefined
  /** Grows with each change of a template or of a learned sampling rate: tells when to save. */
  readonly revision: number
  /** Templates and learned sampling rates, to be saved as JSON. */
  snapshot(): DecoderSnapshot
  /** Takes over what a saved snapshot holds; what is not valid is left out and counted. */
  restore(snapshot: unknown): Restored
  readonly counters: DecoderCounters
  /** Data sets that wait for their template now. */
  readonly parked: Readonly<Held>
  /**
   * Gives up what has waited or was not used for too long: parked sets, templates, sampling rates. Emits flows that could have
   * been read by now. To be called every few seconds, with the time that `decode` is given.
   */
  expire(nowMs: number): void
  /**
   * Gives up all parked sets, because nothing more will come: they count as undecodable from then on. Emits the flows of those
   * whose template has come.
   */
  giveUpParked(): void
  /** Of the datagram decoded last; filled again for the next. */
  readonly facts: DatagramFacts
  /** Templates known, of all exporters. */
  readonly templates: number
  /** How many templates of this exporter are known. */
  templateCount(address: string): number
  /** How many data sets of this exporter wait for their template. */
  parkedCount(address: string): number
  /** What is known of each exporter that sent a template, announced a sampling rate, or has data waiting for its template. */
  describe(): ExporterDescription[]
  /** The latest exception behind 'internal', for the log. */
  readonly internalError: unknown
}

export function createDecoder(options: DecoderOptions): Decoder {
  const limits = { ...defaultLimits, ...options.limits }
  const counters = createCounters()
  const exporters = new ExporterStore(limits, counters)
  const parked = new ParkedSets(limits, counters)
  const compat = options.compat ?? 'none'
  const record = new DataRecord(compat)
  const facts = new DatagramFacts()
  const context: DecodeContext = {
    record,
    facts,
    exporters,
    memos: new SourceMemos(),
    plans: new Plans(),
    parked,
    optionsSets: new DataSets(),
    dataSets: new DataSets(),
    parkedMessage: new Message(),
    sequences: new Sequences(limits),
    sampleDrops: new SampleDrops(limits),
    sessions: new ReportedSessions(limits.reportedSessions),
    counters,
    limits,
    compat,
    emit: options.emit,
    learnName: options.learnName ?? (() => {}),
    takeCounters: options.takeCounters ?? (() => {}),
    hasLittleEndianSampling: options.hasLittleEndianSampling ?? (() => false),
    netflow5: createNetflow5Layout(),
    direct: options.direct && createDirect(options.direct, limits, compat),
  }
  let internalError: unknown
  const noteFault = (error: unknown) => {
    internalError = error
    counters.internalErrors++
  }
  const replay = (bytes: number) => {
    parked.begin(bytes)
    try {
      replayReady(context)
    } catch (error) {
      noteFault(error)
    }
  }

  return {
    decode(datagram, source, receivedMs) {
      facts.clear()
      parked.expire(receivedMs)
      parked.begin(limits.replayedBytes)
      try {
        return decodeDatagram(context, datagram, source, receivedMs)
      } catch (error) {
        noteFault(error)
        return 'internal'
      }
    },
    get revision() {
      return exporters.revision
    },
    snapshot: () => takeSnapshot(exporters),
    restore: (snapshot) => restoreSnapshot(exporters, limits, snapshot),
    counters,
    parked: parked.held,
    expire(nowMs) {
      replay(limits.replayedBytes)
      parked.expire(nowMs)
      exporters.expire(nowMs)
    },
    giveUpParked() {
      replay(Number.POSITIVE_INFINITY)
      parked.expireAll()
    },
    facts,
    get templates() {
      return exporters.templates
    },
    templateCount: (address) => exporters.find(address)?.templates ?? 0,
    parkedCount: (address) => parked.of(address).length,
    describe: () => describeExporters(exporters, parked),
    get internalError() {
      return internalError
    },
  }
}

/** The first 16 bits are the version; sFlow has 32. */
function decodeDatagram(
  context: DecodeContext,
  datagram: Uint8Array,
  source: Source,
  receivedMs: number,
): DecodeReason | undefined {
  if (datagram.length < 4) return 'short-header'
  switch (readUint16(datagram, 0)) {
    case 5:
      return decodeNetflow5(context, datagram, source, receivedMs)
    case 9:
      return decodeNetflow9(context, datagram, source, receivedMs)
    case 10:
      return decodeIpfix(context, datagram, source, receivedMs)
  }
  if (readUint32(datagram, 0) === 5) return decodeSflow(context, datagram, source, receivedMs)
  return 'unknown-version'
}
