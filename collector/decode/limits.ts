// What a decoder remembers of exporters is bounded: anybody can send datagrams, under any source address.

export interface DecoderLimits {
  /** Field specifiers in one template. */
  readonly templateFields: number
  readonly templatesPerDomain: number
  /** So that no single exporter can use up what is there for all. */
  readonly templatesPerExporter: number
  readonly templates: number
  readonly exporters: number
  /** Sampling rates learned from options data. */
  readonly samplingRatesPerExporter: number
  readonly samplingRates: number
  /** An announced rate above this is taken for an error: 1 in N packets. */
  readonly samplingRate: number
  /** Templates and sampling rates that were neither used nor sent again for this long go. */
  readonly templateIdleMs: number
  /** Data sets that wait for their template, and for how long. */
  readonly parkedSetsPerExporter: number
  /** With what it takes to keep them. */
  readonly parkedBytesPerExporter: number
  readonly parkedBytes: number
  readonly parkedMs: number
  /** Of them, how much is read with one datagram: as much as it could hold itself. */
  readonly replayedBytes: number
  /** Sequences of numbers that are followed: one or a few for each exporter. */
  readonly sequences: number
  /** A datagram may arrive after so many that were sent later; and so many gaps, the latest ones, can still be filled. */
  readonly lateDatagrams: number
  readonly gapsKept: number
  /** Sessions of firewalls that are remembered because their traffic was reported before their end. */
  readonly reportedSessions: number
  /** sFlow data sources whose count of drops is followed. */
  readonly dropCountsPerAgent: number
  readonly dropCounts: number
  /** Layouts of templates that have a writer, and how many records earn a layout one: making it costs as much as reading some hundred. */
  readonly writers: number
  readonly recordsForWriter: number
}

export const defaultLimits: DecoderLimits = {
  templateFields: 512,
  templatesPerDomain: 1_024,
  templatesPerExporter: 16_384,
  templates: 200_000,
  exporters: 10_000,
  samplingRatesPerExporter: 4_096,
  samplingRates: 200_000,
  samplingRate: 1_000_000,
  templateIdleMs: 24 * 3_600_000,
  parkedSetsPerExporter: 64,
  parkedBytesPerExporter: 1024 * 1024,
  parkedBytes: 32 * 1024 * 1024,
  parkedMs: 5 * 60_000,
  replayedBytes: 65_536,
  sequences: 40_000,
  lateDatagrams: 64,
  gapsKept: 16,
  reportedSessions: 100_000,
  dropCountsPerAgent: 4_096,
  dropCounts: 100_000,
  writers: 1_000,
  recordsForWriter: 1_000,
}
