// The counters of all exporters in one array: what a datagram adds to lies in two cache lines of its exporter, however many exporters there are.

/** What is counted of an exporter, or was seen last, by its place. The first six are in one cache line. */
export const Count = {
  lastSeenMs: 0,
  samplingRate: 1,
  samplingSource: 2,
  lowestSamplingRate: 3,
  highestSamplingRate: 4,
  /** Not a number when its clock is not known. */
  clockSkewMs: 5,
  lateDatagrams: 6,
  sequenceResets: 7,
  samplesDropped: 8,
  /** By FlowType, five times `ProtocolCount`. */
  protocols: 16,
} as const

/** What is counted of a protocol. The first six are in one cache line. */
export const ProtocolCount = {
  datagrams: 0,
  datagramBytes: 1,
  /** By SamplingSource, four of them. */
  flowsBySampling: 2,
  missed: 6,
  recovered: 7,
} as const
export const countsOfProtocol = 8

/** Whole cache lines. */
const countsOfExporter = 56
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
