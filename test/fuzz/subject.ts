// One decoder under test, with everything behind it that a collector has: names, counters, the encoder.

import type { DirectOutput } from '../../collector/compiled/direct.ts'
import { createDecoder, type Decoder, type DecoderOptions } from '../../collector/decode/decode.ts'
import { type DecoderLimits, defaultLimits } from '../../collector/decode/limits.ts'
import { decodeReasons } from '../../collector/decode/outcome.ts'
import { encodeFlow, maxFlowBytes } from '../../collector/encode/encode.ts'
import type { FlowRecord } from '../../collector/flow.ts'
import type { FuzzDatagram } from './stream.ts'

/**
 * A hundredth of what a collector may remember, so that every bound is reached early and what was used least makes room
 * all along. What has grown in the end is then what is never let go.
 */
export const limits: DecoderLimits = {
  ...defaultLimits,
  templatesPerDomain: 100,
  templatesPerExporter: 400,
  templates: 2_000,
  exporters: 100,
  samplingRatesPerExporter: 40,
  samplingRates: 2_000,
  parkedBytes: 1024 * 1024,
  sequences: 400,
  dropCountsPerAgent: 40,
  dropCounts: 1_000,
  writers: 20,
  recordsForWriter: 10,
}

const expireEveryMs = 10_000

/** Encoded flows of one datagram that are kept to be compared; of more, the last ones. */
const outputBytes = 2 ** 20

const reasons: ReadonlySet<string | undefined> = new Set([undefined, ...decodeReasons])

export class Subject {
  readonly decoder: Decoder
  /** Of the datagram decoded last. */
  flows = 0
  names = 0
  interfaceCounters = 0
  ms = 0
  /** What must not be, in words. */
  problem: string | undefined
  private expireMs = 0
  private readonly output = Buffer.alloc(outputBytes)
  private readonly view = new DataView(this.output.buffer, this.output.byteOffset, outputBytes)
  private written = 0

  /** One with writers writes what it can without interpreting it. */
  constructor(create: (options: DecoderOptions) => Decoder, hasWriters = false) {
    this.decoder = create({
      ...(hasWriters && { direct: this.direct() }),
      emit: (flow) => this.take(flow),
      learnName: () => void this.names++,
      takeCounters: () => void this.interfaceCounters++,
      limits,
    })
  }

  /** Returns the reason, '' when there is none. `payload` holds the bytes of the datagram. */
  decode({ source, receivedMs }: FuzzDatagram, payload: Uint8Array): string {
    this.flows = 0
    this.names = 0
    this.interfaceCounters = 0
    this.written = 0
    this.problem = undefined
    if (receivedMs >= this.expireMs) {
      this.decoder.expire(receivedMs)
      this.expireMs = receivedMs + expireEveryMs
    }
    // No record is shorter than a byte, and none gives more than the flows of two directions.
    const mostFlows = 2 * (payload.length + this.decoder.parked.bytes)
    const startedMs = performance.now()
    let reason: string | undefined
    try {
      reason = this.decoder.decode(payload, source, receivedMs)
    } catch (error) {
      this.problem = `decode threw ${describe(error)}`
    }
    this.ms = performance.now() - startedMs
    if (reason === 'internal') {
      this.problem = `a fault while decoding: ${describe(this.decoder.internalError)}`
    } else if (!reasons.has(reason)) {
      this.problem = `an outcome that is none: ${reason}`
    } else if (this.flows > mostFlows) {
      this.problem = `${this.flows} flows of ${payload.length} bytes`
    }
    return reason ?? ''
  }

  hasSameFlows(other: Subject): boolean {
    return (
      this.flows === other.flows &&
      this.names === other.names &&
      this.interfaceCounters === other.interfaceCounters &&
      this.written === other.written &&
      this.output.compare(other.output, 0, other.written, 0, this.written) === 0
    )
  }

  private direct(): DirectOutput {
    const { output, view } = this
    return {
      begin: () => true,
      open: () => {
        if (this.written > outputBytes - maxFlowBytes) this.written = 0
        return { bytes: output, view, offset: this.written, limit: outputBytes - maxFlowBytes }
      },
      wrote: (_, flows, offset) => {
        this.flows += flows
        this.written = offset
      },
    }
  }

  private take(flow: FlowRecord): void {
    this.flows++
    if (this.written + maxFlowBytes > outputBytes) this.written = 0
    const end = encodeFlow(flow, this.output, this.written)
    if (end - this.written > maxFlowBytes) this.problem = 'a flow longer than maxFlowBytes'
    this.written = end
  }
}

/** What was learned can be saved as JSON and taken over. Returns what is wrong with that, in words. */
export function checkSnapshot({ decoder }: Subject): string | undefined {
  const restored = createDecoder({ emit: () => {}, limits }).restore(
    JSON.parse(JSON.stringify(decoder.snapshot())),
  )
  if (restored.rejected === 0) return undefined
  return `${restored.rejected} parts of its own snapshot are not taken over`
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
