// What a writer is told, and what it tells: one object for all writers of a decoder, filled again for each run of records.

import { earliestSeconds, latestSeconds } from '../decode/instant.ts'
import type { Message } from '../decode/message.ts'
import {
  lowBytesTag,
  lowTag,
  tag,
  writeAddress,
  writeNanoseconds,
  writeNumber,
  writeVarint,
} from '../encode/protobuf.ts'
import type { FlowRecord } from '../flow.ts'
import { constantOffsets, constantsBytes } from './constants.ts'

/** Why a writer stopped. */
export const Stop = {
  /** At the end of the records. */
  end: 0,
  /** In front of a record that is to be interpreted. */
  odd: 1,
  /** In front of one with another sampler. */
  sampler: 2,
  /** The block is full. */
  full: 3,
} as const
export type Stop = (typeof Stop)[keyof typeof Stop]

export class WriterState {
  // What all flows of the run share, encoded, and how long each piece of it is.
  readonly constants: DataView
  headBytes = 0
  exporterBytes = 0
  domainBytes = 0
  receivedBytes = 0
  tailBytes = 0

  /** The sampler that the sampling rate is of, as 32 bits with a sign. */
  samplerId = 0
  /** Start and end of a flow are within these, in seconds since 1970, or the flow is odd. */
  earliest = earliestSeconds
  latest = 0
  /** NetFlow: the time of export, and the uptime then. */
  exportMs = 0
  exportNanos = 0
  uptime = 0
  /** IPFIX: when the exporter started, in milliseconds since 1970. */
  initMs = 0

  /** How many bytes a flow's length is likely to take. */
  guess: 1 | 2 = 1

  /** Where the next record begins. */
  offset = 0
  /** How many were written. */
  flows = 0
  stop: Stop = Stop.end

  private readonly bytes = new Uint8Array(constantsBytes)

  constructor() {
    this.constants = new DataView(this.bytes.buffer)
  }

  /** For records of `message`, whose flows have the type, sequence number, exporter, domain, time and sampling of `flow`. */
  begin(message: Message, flow: FlowRecord): void {
    const { bytes } = this
    let start: number = constantOffsets.head
    let at = writeVarint(bytes, lowTag(bytes, start, 1), flow.type)
    if (flow.samplingRate !== 0) at = writeNumber(bytes, lowTag(bytes, at, 3), flow.samplingRate)
    if (flow.sequenceNumber !== 0) {
      at = writeVarint(bytes, lowTag(bytes, at, 4), flow.sequenceNumber)
    }
    this.headBytes = at - start

    start = constantOffsets.exporter
    this.exporterBytes =
      writeAddress(bytes, lowBytesTag(bytes, start, 11), flow.samplerAddress) - start

    start = constantOffsets.domain
    this.domainBytes =
      flow.observationDomainId === 0
        ? 0
        : writeVarint(bytes, tag(bytes, start, 70), flow.observationDomainId) - start

    start = constantOffsets.received
    const { timeReceivedSeconds, timeReceivedNanos } = flow
    at = tag(bytes, start, 110)
    this.receivedBytes = writeNanoseconds(bytes, at, timeReceivedSeconds, timeReceivedNanos) - start

    start = constantOffsets.tail
    at = start
    if (flow.samplingSource !== 0) {
      at = writeVarint(bytes, tag(bytes, at, 1001), flow.samplingSource)
    }
    if (flow.routerRole !== 0) at = writeVarint(bytes, tag(bytes, at, 1003), flow.routerRole)
    this.tailBytes = at - start

    this.latest = latestSeconds(message.receivedSeconds)
    this.exportMs = message.exportSeconds * 1000
    this.exportNanos = message.exportNanos
    this.uptime = message.uptimeMs
  }
}
