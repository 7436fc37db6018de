// Counter samples of sFlow: sFlow v5 section 5, counters_sample, counters_sample_expanded and if_counters.

import { readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'
import { samplerText } from './sampler-text.ts'
import { readStructures } from './sflow-structures.ts'

const counterSampleBytes = 12
const expandedCounterSampleBytes = 16
const interfaceCountersBytes = 88

/** Format of enterprise 0. Others, of Ethernet, processors or hosts, are stepped over. */
const genericInterface = 1

/**
 *    0  sequence  4
 *    4  source id 4   8 bits of type, 24 of index
 *    8  record count 4
 */
export function readCounterSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  readRecords(context, bytes, offset, end, counterSampleBytes)
}

/**
 *    0  sequence     4    8  source index 4
 *    4  source type  4   12  record count 4
 */
export function readExpandedCounterSample(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  readRecords(context, bytes, offset, end, expandedCounterSampleBytes)
}

/** The record count is the last field before the records. */
function readRecords(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
  fieldsBytes: number,
): void {
  if (end - offset < fieldsBytes) {
    fail(context, 'bad-length', end - offset)
    return
  }
  const records = offset + fieldsBytes
  readStructures(context, readRecord, bytes, records, end, readUint32(bytes, records - 4))
}

/**
 * if_counters
 *
 *    0  ifIndex     4    24  in octets             8    56  out octets            8
 *    4  ifType      4    32  in unicast packets    4    64  out unicast packets   4
 *    8  ifSpeed     8    36  in multicast packets  4    68  out multicast packets 4
 *   16  ifDirection 4    40  in broadcast packets  4    72  out broadcast packets 4
 *   20  ifStatus    4    44  in discards           4    76  out discards          4
 *                        48  in errors             4    80  out errors            4
 *                        52  in unknown protocols  4    84  promiscuous mode      4
 */
function readRecord(
  context: DecodeContext,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  if (format !== genericInterface) return
  if (end - offset < interfaceCountersBytes) {
    fail(context, 'bad-length', end - offset)
    return
  }
  const { message } = context.record
  const uint32 = (at: number) => readUint32(bytes, offset + at)
  const counters = {
    exporter: samplerText(message, context.memos.of(message.source)),
    receivedMs: message.receivedMs,
    ifIndex: uint32(0),
    ifType: uint32(4),
    ifSpeed: readUint64(bytes, offset + 8),
    ifDirection: uint32(16),
    ifStatus: uint32(20),
    inOctets: readUint64(bytes, offset + 24),
    inUnicastPackets: uint32(32),
    inMulticastPackets: uint32(36),
    inBroadcastPackets: uint32(40),
    inDiscards: uint32(44),
    inErrors: uint32(48),
    inUnknownProtocols: uint32(52),
    outOctets: readUint64(bytes, offset + 56),
    outUnicastPackets: uint32(64),
    outMulticastPackets: uint32(68),
    outBroadcastPackets: uint32(72),
    outDiscards: uint32(76),
    outErrors: uint32(80),
    promiscuousMode: uint32(84),
  }
  context.takeCounters(counters, message.source)
}

function readUint64(bytes: Uint8Array, offset: number): bigint {
  return (BigInt(readUint32(bytes, offset)) << 32n) | BigInt(readUint32(bytes, offset + 4))
}
