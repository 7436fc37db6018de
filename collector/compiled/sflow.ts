// sFlow's flow samples for writers: by hand, since they have no templates. Those that are as nearly all are become FlowMessages without becoming FlowRecords; at all
// others it stops before anything is written or counted, and the interpreter reads them.

import type { DecoderCounters } from '../decode/counters.ts'
import type { Message } from '../decode/message.ts'
import {
  bytesTag,
  lowBytesTag,
  lowTag,
  tag,
  writeAddress,
  writeNanoseconds,
  writeNumber,
  writeVarint,
} from '../encode/protobuf.ts'
import { FlowRecord, SamplingSource } from '../flow.ts'
import type { DirectOutput } from './direct.ts'
import { findRecords, SampleRecords } from './sflow-records.ts'
import {
  writeEnds,
  writeLinkAndIp,
  writePacket,
  writePathAndLayers,
  writeRouting,
  writeUint,
} from './sflow-writing.ts'

/** Whole words for what a datagram says of all its samples: head, sampler, times, tail. */
const pieceBytes = 40

export class SflowWriter {
  private readonly output: DirectOutput
  private readonly found = new SampleRecords()
  /** What all flows of a datagram and one sampling rate have. */
  private readonly flow = new FlowRecord()
  private readonly pieces = new Uint8Array(4 * pieceBytes)
  private readonly piecesView = new DataView(this.pieces.buffer)
  private headBytes = 0
  private samplerBytes = 0
  private timesBytes = 0
  private tailBytes = 0

  private wire: DataView = new DataView(new ArrayBuffer(0))
  private message: Message | undefined = undefined
  /** The announced rate that the pieces are of; -1 for none. */
  private rate = -1

  constructor(output: DirectOutput) {
    this.output = output
  }

  /** Before the samples of each datagram. */
  begin(message: Message, bytes: Uint8Array): void {
    this.message = message
    this.wire = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.rate = -1
  }

  /**
   * Writes the flow of a sample whose `count` records stand from `offset` to `end`; an interface of 0 is no single one. False, with nothing done, when the sample is
   * to be interpreted.
   */
  write(
    { counters }: { readonly counters: DecoderCounters },
    inIf: number,
    outIf: number,
    samplingRate: number,
    count: number,
    offset: number,
    end: number,
  ): boolean {
    const { found, wire, output } = this
    if (!findRecords(found, wire, offset, end, count)) return false
    if (samplingRate !== this.rate && !this.prepare(samplingRate)) return false
    const block = output.open()
    const { bytes: target, view: out } = block
    // Most messages take more than 127 bytes, and a length of two.
    const start = block.offset + 2
    let at = this.copy(out, start, 0, this.headBytes)
    at = writeEnds(found, wire, target, out, at)
    at = this.copy(out, at, 1, this.samplerBytes)
    at = writeRouting(found, wire, target, out, at)
    at = writeUint(target, at, 18, inIf)
    at = writeUint(target, at, 19, outIf)
    at = writePacket(found.packet, wire, target, at)
    at = writeLinkAndIp(found, wire, target, at)
    at = writePathAndLayers(found, wire, target, out, at)
    at = this.copy(out, at, 2, this.timesBytes)
    at = this.copy(out, at, 3, this.tailBytes)
    const length = at - start
    if (length < 0x80) {
      target.copyWithin(start - 1, start, at)
      at--
    }
    writeVarint(target, block.offset, length)
    counters.flows.sflow5++
    output.wrote(this.flow, 1, at)
    return true
  }

  /** False when flows of this rate have to be looked at one by one. */
  private prepare(samplingRate: number): boolean {
    const { flow, message, pieces, output } = this
    this.rate = -1
    if (message === undefined) return false
    message.beginFlow(flow)
    flow.samplingRate = samplingRate
    if (samplingRate > 0) flow.samplingSource = SamplingSource.exporter
    if (!output.begin(flow, message.source)) return false
    let at = writeVarint(pieces, lowTag(pieces, 0, 1), flow.type)
    if (flow.samplingRate !== 0) at = writeNumber(pieces, lowTag(pieces, at, 3), flow.samplingRate)
    if (flow.sequenceNumber !== 0) {
      at = writeVarint(pieces, lowTag(pieces, at, 4), flow.sequenceNumber)
    }
    this.headBytes = at

    at = pieceBytes
    this.samplerBytes = writeAddress(pieces, lowBytesTag(pieces, at, 11), flow.samplerAddress) - at

    at = 2 * pieceBytes
    const { timeReceivedSeconds: seconds, timeReceivedNanos: nanos } = flow
    // A sample is of the moment it was received at: sFlow tells no other.
    for (const field of seconds === 0 && nanos === 0 ? [] : [110, 111, 112]) {
      at = writeNanoseconds(pieces, tag(pieces, at, field), seconds, nanos)
    }
    this.timesBytes = at - 2 * pieceBytes

    at = writeUint(pieces, 3 * pieceBytes, 1001, flow.samplingSource)
    if (flow.udpSource.length !== 0) {
      at = writeAddress(pieces, bytesTag(pieces, at, 1002), flow.udpSource)
    }
    at = writeUint(pieces, at, 1003, flow.routerRole)
    this.tailBytes = at - 3 * pieceBytes
    this.rate = samplingRate
    return true
  }

  /** In words: up to three bytes more than that, over which the next field is written. */
  private copy(out: DataView, at: number, piece: number, length: number): number {
    const { piecesView } = this
    const from = piece * pieceBytes
    for (let i = 0; i < length; i += 4) out.setInt32(at + i, piecesView.getInt32(from + i))
    return at + length
  }
}
