// Samples of sFlow that are about one packet: sampled, or discarded. sFlow v5 section 5, flow_sample and
// flow_sample_expanded; sFlow Dropped Packet Notification Structures (sflow.org/sflow_drops.txt) section 2.

import { type FlowRecord, SamplingSource } from '../flow.ts'
import { readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'
import { noteSampleDrops } from './sample-drops.ts'
import { discardStatus } from './sflow-discards.ts'
import { readFlowRecord } from './sflow-records.ts'
import { readStructures } from './sflow-structures.ts'

const flowSampleBytes = 32
const expandedFlowSampleBytes = 44
const discardedPacketBytes = 32

/**
 *    0  sequence       4    12  pool   4    24  output       4
 *    4  source id      4    16  drops  4    28  record count 4
 *    8  sampling rate  4    20  input  4
 *
 * Source id: 8 bits of type, 24 of index. Interfaces: 2 bits of format, 30 of value.
 */
export function readFlowSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  if (end - offset < flowSampleBytes) {
    fail(context, 'bad-length', end - offset)
    return
  }
  const sourceId = readUint32(bytes, offset + 4)
  noteSampleDrops(context, sourceId >>> 24, sourceId & 0xffffff, readUint32(bytes, offset + 16))
  const input = readUint32(bytes, offset + 20)
  const output = readUint32(bytes, offset + 24)
  readSampledPacket(
    context,
    interfaceIndex(context, input >>> 30, input & valueBits, input),
    interfaceIndex(context, output >>> 30, output & valueBits, output),
    output >>> 30 === InterfaceFormat.discarded ? output & valueBits : undefined,
    readUint32(bytes, offset + 8),
    readUint32(bytes, offset + 28),
    bytes,
    offset + flowSampleBytes,
    end,
  )
}

/**
 *    0  sequence     4    12  sampling rate 4    24  input format  4    36  output value 4
 *    4  source type  4    16  pool          4    28  input value   4    40  record count 4
 *    8  source index 4    20  drops         4    32  output format 4
 */
export function readExpandedFlowSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  if (end - offset < expandedFlowSampleBytes) {
    fail(context, 'bad-length', end - offset)
    return
  }
  const sourceType = readUint32(bytes, offset + 4)
  const sourceIndex = readUint32(bytes, offset + 8)
  noteSampleDrops(context, sourceType, sourceIndex, readUint32(bytes, offset + 20))
  const input = readUint32(bytes, offset + 28)
  const outputFormat = readUint32(bytes, offset + 32)
  const output = readUint32(bytes, offset + 36)
  readSampledPacket(
    context,
    interfaceIndex(context, readUint32(bytes, offset + 24), input, input),
    interfaceIndex(context, outputFormat, output, output),
    outputFormat === InterfaceFormat.discarded ? output & valueBits : undefined,
    readUint32(bytes, offset + 12),
    readUint32(bytes, offset + 40),
    bytes,
    offset + expandedFlowSampleBytes,
    end,
  )
}

/** What both forms of a flow sample say: `records` of them from `offset` to `end`. `discardReason` is undefined for a packet that was not discarded. */
function readSampledPacket(
  context: DecodeContext,
  inIf: number,
  outIf: number,
  discardReason: number | undefined,
  samplingRate: number,
  records: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const writer = discardReason === undefined ? context.direct?.sflow : undefined
  if (writer?.write(context, inIf, outIf, samplingRate, records, offset, end) === true) return
  const { flow } = context.record
  context.record.begin()
  flow.inIf = inIf
  flow.outIf = outIf
  if (discardReason !== undefined) setDiscarded(flow, discardReason)
  readStructures(context, readRecord, bytes, offset, end, records)
  emitFlow(context, 1, samplingRate)
}

/**
 *    0  sequence     4    12  drops           4    24  reason       4
 *    4  source type  4    16  input  ifIndex  4    28  record count 4
 *    8  source index 4    20  output ifIndex  4
 *
 * An agent tells of every packet that it discards, up to a limit of its own per second, and beside its samples: the same
 * packet may have been sampled, too. The flow says what was discarded and why, but has no bytes and no packets, so that
 * traffic is not counted twice; it stands for itself alone, at a sampling rate of 1. Drops are what went beyond the agent's
 * limit: no sample was lost with them.
 *
 * A drop_reason of 0 (net unreachable) is an unset field of the flow. That it was discarded shows in its forwarding_status,
 * which is then 131: dropped, unroutable.
 */
export function readDiscardedPacket(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  if (end - offset < discardedPacketBytes) {
    fail(context, 'bad-length', end - offset)
    return
  }
  const { flow } = context.record
  context.record.begin()
  const input = readUint32(bytes, offset + 16)
  const output = readUint32(bytes, offset + 20)
  flow.inIf = interfaceIndex(context, InterfaceFormat.ifIndex, input, input)
  flow.outIf = interfaceIndex(context, InterfaceFormat.ifIndex, output, output)
  setDiscarded(flow, readUint32(bytes, offset + 24))
  const records = readUint32(bytes, offset + 28)
  readStructures(context, readRecord, bytes, offset + discardedPacketBytes, end, records)
  flow.bytesLow = 0
  emitFlow(context, 0, 1)
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

function emitFlow(
  { record, counters, emit }: DecodeContext,
  packets: number,
  samplingRate: number,
): void {
  const { flow, message } = record
  flow.packetsLow = packets
  flow.samplingRate = samplingRate
  if (samplingRate > 0) flow.samplingSource = SamplingSource.exporter
  flow.timeFlowStartSeconds = message.receivedSeconds
  flow.timeFlowStartNanos = message.receivedNanos
  flow.timeFlowEndSeconds = message.receivedSeconds
  flow.timeFlowEndNanos = message.receivedNanos
  counters.flows.sflow5++
  emit(flow, record.message.source)
}

/** What the format of an interface makes of its value. */
const InterfaceFormat = { ifIndex: 0, discarded: 1, multiple: 2 } as const

const valueBits = 0x3fffffff
/** The agent itself: a packet that it sent or that was for it. */
const localInterface = 0x3fffffff

/** 0 when it is no single interface. GoFlow2 has what is `onWire`. */
function interfaceIndex(
  { compat }: DecodeContext,
  format: number,
  value: number,
  onWire: number,
): number {
  if (compat === 'goflow2') return onWire
  return format === InterfaceFormat.ifIndex && value !== localInterface ? value : 0
}

function setDiscarded(flow: FlowRecord, reason: number): void {
  flow.dropReason = reason
  flow.forwardingStatus = discardStatus(reason)
}
