// The counters of all exporters in one array: what a datagram adds to lies together, in three cache lines of its exporter, however many exporters there are.

/** What is counted of an exporter, or was seen last, by its place. */
export const Count = {
  lastSeenMs: 0,
  datagrams: 1,
  datagramBytes: 2,
  samplingRate: 3,
  samplingSource: 4,
  lowestSamplingRate: 5,
  highestSamplingRate: 6,
  /** Not a number when its clock is not known. */
  clockSkewMs: 7,
  /** By SamplingSource, four of them. */
  flowsBySampling: 8,
  lateDatagrams: 12,
  sequenceResets: 13,
  samplesDropped: 14,
  /** By FlowType, five times `ProtocolCount`. */
  protocols: 16,
} as const

export const ProtocolCount = { datagrams: 0, flows: 1, missed: 2, recovered: 3 } as const
export const countsOfProtocol = 4

/** Whole cache lines. */
const countsOfExporter = 40
const firstExporters = 64

export class ExporterCounts {
  /** Another array when it has grown: to be read for each use. */
  values = new Float64Array(firstExporters * countsOfExporter)
  private readonly free: number[] = []
  private end = 0

  /** Where the counts of a new exporter are, all 0. */
  take(): number {
    const start = this.free.pop() ?? this.extend()
    this.values.fill(0, start, start + countsOfExporter)
    this.values[start + Count.clockSkewMs] = Number.NaN
    return start
  }

  /** Of an exporter that is forgotten. */
  give(start: number): void {
    this.free.push(start)
  }

  private extend(): number {
    const start = this.end
    this.end += countsOfExporter
    if (this.end > this.values.length) {
      const { values } = this
      this.values = new Float64Array(2 * values.length)
      this.values.set(values)
    }
    return start
  }
}
