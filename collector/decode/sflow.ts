// sFlow version 5. sflow.org, "sFlow Version 5", section 5: the datagram and its samples. All numbers are XDR: big-endian,
// in units of 4 bytes.

import type { Source } from '../exporters/source.ts'
import { FlowType } from '../flow.ts'
import { readUint32 } from './bytes.ts'
import type { DecodeContext } from './context.ts'
import type { DecodeReason } from './outcome.ts'
import { followSequence } from './sequence.ts'
import { addressLength } from './sflow-addresses.ts'
import { readCounterSample, readExpandedCounterSample } from './sflow-counters.ts'
import {
  readDiscardedPacket,
  readExpandedFlowSample,
  readFlowSample,
} from './sflow-flow-samples.ts'
import { readStructures } from './sflow-structures.ts'

/** With the shortest agent address: none. */
const minHeaderBytes = 24

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
  context.facts.agent.set(bytes, 8, agentBytes)
  message.sequenceNumber = readUint32(bytes, 12 + agentBytes)
  message.uptimeMs = readUint32(bytes, 16 + agentBytes)
  context.facts.takeHeader(message)
  followSequence(context, readUint32(bytes, 8 + agentBytes), 'datagrams', undefined)
  context.direct?.sflow?.begin(message, bytes)
  const samples = readUint32(bytes, 20 + agentBytes)
  readStructures(context, readSample, bytes, minHeaderBytes + agentBytes, bytes.length, samples)
  return message.reason
}

/** Formats of enterprise 0. All others, vendors' own, are stepped over. */
const SampleFormat = {
  flow: 1,
  counters: 2,
  expandedFlow: 3,
  expandedCounters: 4,
  discardedPacket: 5,
} as const

function readSample(
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  switch (format) {
    case SampleFormat.flow:
      readFlowSample(context, bytes, offset, end)
      break
    case SampleFormat.expandedFlow:
      readExpandedFlowSample(context, bytes, offset, end)
      break
    case SampleFormat.counters:
      readCounterSample(context, bytes, offset, end)
      break
    case SampleFormat.expandedCounters:
      readExpandedCounterSample(context, bytes, offset, end)
      break
    case SampleFormat.discardedPacket:
      readDiscardedPacket(context, bytes, offset, end)
      break
    default:
      context.counters.skippedSamples++
  }
}
