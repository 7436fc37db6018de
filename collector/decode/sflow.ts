// sFlow version 5. sflow.org, "sFlow Version 5", section 5: datagram, samples, flow records. All numbers are XDR: big-
// endian, in units of 4 bytes.

import { FlowType, SamplingSource } from '../flow.ts'
import type { Source } from '../source.ts'
import { readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'
import type { DecodeReason } from './outcome.ts'
import { addressLength, readFlowRecord } from './sflow-records.ts'

/** With the shortest agent address: none. */
const minHeaderBytes = 24
const structureHeaderBytes = 8
const flowSampleBytes = 32
const expandedFlowSampleBytes = 44

/** Sample formats of enterprise 0 that describe a packet. The others count (2, 4) or report discards (5). */
const flowSample = 1
const expandedFlowSample = 3

/**
 * Reads one datagram.
 *
 *    0  version      4      8      agent address    0, 4 or 16
 *    4  address type 4      8 + a  sub-agent id     4
 *                          12 + a  sequence number  4
 *                          16 + a  uptime           4
 *                          20 + a  sample count     4
 *
 * The agent speaks for itself under its own address, whatever the address that its datagrams come from.
 */
export function decodeSflow(
  context: DecodeContext,
  bytes: Uint8Array,
  source: Source,
  receivedMs: number,
): DecodeReason | undefined {
  if (bytes.length < minHeaderBytes) return 'short-header'
  const agentBytes = addressLength(readUint32(bytes, 4))
  if (agentBytes === -1) return 'bad-length'
  if (bytes.length < minHeaderBytes + agentBytes) return 'short-header'
  const { message } = context.record
  message.begin(FlowType.sflow5, source, receivedMs)
  message.setAgent(bytes, 8, agentBytes)
  message.sequenceNumber = readUint32(bytes, 12 + agentBytes)
  const samples = readUint32(bytes, 20 + agentBytes)
  readStructures(context, readSample, bytes, minHeaderBytes + agentBytes, bytes.length, samples)
  return message.reason
}

/** Reads the structure from `offset` to `end`, without its header. */
type ReadStructure = (
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
) => void

/**
 * Walks over `count` structures, samples or flow records, or as many as there are before `end`.
 *
 *   0  format 4   enterprise 20 bits, format 12 bits
 *   4  length 4   without these 8
 */
function readStructures(
  context: DecodeContext,
  read: ReadStructure,
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const left = end - offset - structureHeaderBytes
    const length = left >= 0 ? readUint32(bytes, offset + 4) : 0
    if (left < 0 || length > left) {
      fail(context, 'bad-length', end - offset)
      return
    }
    const body = offset + structureHeaderBytes
    read(context, readUint32(bytes, offset), bytes, body, body + length)
    offset = Math.min(body + paddedLength(length), end)
  }
}

/** XDR fills up to 4 bytes; some agents leave the length as it was. */
function paddedLength(length: number): number {
  return Math.ceil(length / 4) * 4
}

function readSample(
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const length = end - offset
  if (format === flowSample) {
    if (length < flowSampleBytes) fail(context, 'bad-length', length)
    else readFlowSample(context, bytes, offset, end)
  } else if (format === expandedFlowSample) {
    if (length < expandedFlowSampleBytes) fail(context, 'bad-length', length)
    else readExpandedFlowSample(context, bytes, offset, end)
  } else {
    context.counters.skippedSamples++
  }
}

/**
 *    0  sequence       4    12  pool   4    24  output       4
 *    4  source id      4    16  drops  4    28  record count 4
 *    8  sampling rate  4    20  input  4
 *
 * Interfaces: 2 bits of format, 30 bits of value.
 */
function readFlowSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { flow } = context.record
  context.record.begin()
  const input = readUint32(bytes, offset + 20)
  const output = readUint32(bytes, offset + 24)
  flow.inIf = interfaceIndex(input >>> 30, input & 0x3fffffff)
  flow.outIf = interfaceIndex(output >>> 30, output & 0x3fffffff)
  flow.forwardingStatus = forwardingStatus(output >>> 30, output & 0x3fffffff)
  readStructures(
    context,
    readRecord,
    bytes,
    offset + flowSampleBytes,
    end,
    readUint32(bytes, offset + 28),
  )
  completeSample(context, readUint32(bytes, offset + 8))
}

/**
 *    0  sequence     4    12  sampling rate 4    24  input format  4    36  output value 4
 *    4  source type  4    16  pool          4    28  input value   4    40  record count 4
 *    8  source index 4    20  drops         4    32  output format 4
 */
function readExpandedFlowSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { flow } = context.record
  context.record.begin()
  const outputFormat = readUint32(bytes, offset + 32)
  const outputValue = readUint32(bytes, offset + 36)
  flow.inIf = interfaceIndex(readUint32(bytes, offset + 24), readUint32(bytes, offset + 28))
  flow.outIf = interfaceIndex(outputFormat, outputValue)
  flow.forwardingStatus = forwardingStatus(outputFormat, outputValue)
  readStructures(
    context,
    readRecord,
    bytes,
    offset + expandedFlowSampleBytes,
    end,
    readUint32(bytes, offset + 40),
  )
  completeSample(context, readUint32(bytes, offset + 12))
}

function readRecord(
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const isWhole = readFlowRecord(context.record, format, bytes, offset, end)
  if (!isWhole) fail(context, 'bad-length', end - offset)
}

function completeSample({ record, counters, emit }: DecodeContext, samplingRate: number): void {
  const { flow, message } = record
  flow.packetsLow = 1
  flow.samplingRate = samplingRate
  if (samplingRate > 0) flow.samplingSource = SamplingSource.exporter
  flow.timeFlowStartSeconds = message.receivedSeconds
  flow.timeFlowStartNanos = message.receivedNanos
  flow.timeFlowEndSeconds = message.receivedSeconds
  flow.timeFlowEndNanos = message.receivedNanos
  counters.flows.sflow5++
  emit(flow)
}

/** What the format of an interface makes of its value. */
const InterfaceFormat = { ifIndex: 0, discarded: 1, multiple: 2 } as const

/** The agent itself: a packet that it sent or that was for it. */
const localInterface = 0x3fffffff

function interfaceIndex(format: number, value: number): number {
  return format === InterfaceFormat.ifIndex && value !== localInterface ? value : 0
}

/**
 * Of a packet that was discarded: forwardingStatus as RFC 7270 4.12 has it, told from the reason (sflow.org,
 * sflow_drops).
 */
function forwardingStatus(format: number, reason: number): number {
  return format === InterfaceFormat.discarded ? (discardStatus.get(reason) ?? 128) : 0
}

const discardStatus: ReadonlyMap<number, number> = new Map([
  [0, 131], // net unreachable: unroutable
  [1, 131], // host unreachable
  [2, 131], // protocol unreachable
  [3, 131], // port unreachable
  [4, 133], // fragmentation needed: fragmentation and DF set
  [5, 131], // source route failed
  [6, 131], // destination net unknown
  [7, 131], // destination host unknown
  [8, 132], // source host isolated: adjacency
  [9, 129], // destination net prohibited: ACL deny
  [10, 129], // destination host prohibited
  [257, 137], // TTL exceeded: bad TTL
  [258, 130], // ACL: ACL drop
  [259, 143], // no buffer space: hardware
  [260, 139], // RED: WRED
  [261, 138], // traffic shaping: policer
  [262, 135], // packet too big: bad total length
  [263, 131], // source MAC is multicast
  [269, 130], // blackhole route
  [302, 140], // reverse path forwarding: RPF
])
