// NetFlow v5. Cisco, "NetFlow Export Datagram Format", tables B-3 and B-4.

import { netflow5Writer, writeNetflow5 } from '../compiled/netflow5.ts'
import type { Source } from '../exporters/source.ts'
import { type FlowRecord, FlowType, SamplingSource } from '../flow.ts'
import { readUint16, readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'
import { setIcmpFromPort } from './flow-completion.ts'
import type { DecodeReason } from './outcome.ts'
import { followSequence } from './sequence.ts'

const headerBytes = 24
const recordBytes = 48
/** Of a datagram on Ethernet. */
const maxRecords = 30
const ipv4EtherType = 0x0800

/**
 * Reads one datagram.
 *
 *    0  version 2     8  unix seconds 4     20  engine type 1
 *    2  count   2    12  nanoseconds  4     21  engine id   1
 *    4  uptime  4    16  flow sequence 4    22  sampling    2   mode 2 bits, interval 14 bits
 */
export function decodeNetflow5(
  context: DecodeContext,
  bytes: Uint8Array,
  source: Source,
  receivedMs: number,
): DecodeReason | undefined {
  if (bytes.length < headerBytes) return 'short-header'
  const { record, counters } = context
  const { message, flow, times } = record
  message.begin(FlowType.netflow5, source, receivedMs)
  message.uptimeMs = readUint32(bytes, 4)
  message.exportSeconds = readUint32(bytes, 8)
  message.exportNanos = readUint32(bytes, 12)
  message.sequenceNumber = readUint32(bytes, 16)
  // Some exporters leave the mode at 0 and mean the interval all the same.
  const samplingRate = readUint16(bytes, 22) & 0x3fff

  context.facts.takeHeader(message)

  const count = readUint16(bytes, 2)
  const whole = Math.floor((bytes.length - headerBytes) / recordBytes)
  const records = Math.min(count, whole)
  // Each engine counts its own flows. A count beyond what datagrams hold, and this one does, is none.
  const isCount = count <= Math.max(whole, maxRecords)
  followSequence(context, readUint16(bytes, 20), 'records', isCount ? count : undefined)
  const end = headerBytes + records * recordBytes
  const writer = netflow5Writer(context)
  for (let offset = headerBytes; offset < end; offset += recordBytes) {
    if (writer !== undefined) {
      offset = writeNetflow5(context, writer, samplingRate, bytes, offset, end)
      // What it stopped in front of is read here.
      if (offset === end) break
    }
    record.begin()
    readRecord(flow, bytes, offset)
    times.setStartUptime(readUint32(bytes, offset + 24))
    times.setEndUptime(readUint32(bytes, offset + 28))
    if (times.finish(flow, message, 0)) counters.timesReplaced++
    flow.samplingRate = samplingRate
    if (samplingRate > 0) flow.samplingSource = SamplingSource.exporter
    counters.flows.netflow5++
    const { layout } = context.netflow5.plan
    if (layout !== undefined) layout.recordsRead++
    context.emit(flow, source)
  }
  if (records < count) fail(context, 'bad-length', bytes.length - end)
  return message.reason
}

/**
 *    0  source address 4   16  packets 4   32  source port      2   40  source AS        2
 *    4  destination    4   20  octets  4   34  destination port 2   42  destination AS   2
 *    8  next hop       4   24  first   4   37  TCP flags        1   44  source mask      1
 *   12  input          2   28  last    4   38  protocol         1   45  destination mask 1
 *   14  output         2                   39  ToS              1
 */
function readRecord(flow: FlowRecord, bytes: Uint8Array, offset: number): void {
  flow.etype = ipv4EtherType
  flow.srcAddr.set(bytes, offset, 4)
  flow.dstAddr.set(bytes, offset + 4, 4)
  flow.nextHop.set(bytes, offset + 8, 4)
  flow.inIf = readUint16(bytes, offset + 12)
  flow.outIf = readUint16(bytes, offset + 14)
  flow.packetsLow = readUint32(bytes, offset + 16)
  flow.bytesLow = readUint32(bytes, offset + 20)
  flow.srcPort = readUint16(bytes, offset + 32)
  flow.dstPort = readUint16(bytes, offset + 34)
  flow.tcpFlags = bytes[offset + 37]!
  flow.proto = bytes[offset + 38]!
  flow.ipTos = bytes[offset + 39]!
  flow.srcAs = readUint16(bytes, offset + 40)
  flow.dstAs = readUint16(bytes, offset + 42)
  flow.srcNet = bytes[offset + 44]!
  flow.dstNet = bytes[offset + 45]!
  setIcmpFromPort(flow)
}
