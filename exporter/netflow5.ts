// NetFlow v5: IPv4 only, fixed records, the sampling rate in the header.

import { type ExportedFlow, type Exporter, writeAddress } from './flow.ts'

const headerBytes = 24
const recordBytes = 48
/** What fits into the 1,500 bytes of an Ethernet frame; collectors take a higher count for an error. */
export const netflow5MaxFlows = 30
/** The header has 14 bits for it. */
export const netflow5MaxSamplingRate = 0x3fff

export interface Netflow5Options {
  /** When the router booted, milliseconds since 1970: sysUptime 0. */
  bootMs: number
  /** Engine type and id tell the exporting processes of one router apart. */
  engineType?: number
  engineId?: number
  /** Announced as 1 in N; absent: the router does not tell. */
  samplingRate?: number
  /** Flows exported so far. */
  sequence?: number
}

/** The exporter counts flows: the sequence number of a datagram is the number of flows before it. */
export function createNetflow5Exporter(options: Netflow5Options): Exporter {
  const { bootMs, engineType = 0, engineId = 0, samplingRate } = options
  const sampling = samplingField(samplingRate)
  let sequence = options.sequence ?? 0

  /*
   * Header: version u16 = 5, count u16, sysUptime ms u32, unix seconds u32, nanoseconds u32, flow sequence u32, engine type u8,
   * engine id u8, sampling mode (2 bits) and interval (14 bits).
   */
  function writeDatagram(flows: readonly ExportedFlow[], nowMs: number, target: Buffer): number {
    if (flows.length > netflow5MaxFlows) {
      throw new RangeError(
        `NetFlow v5 carries at most ${netflow5MaxFlows} flows, not ${flows.length}`,
      )
    }
    target.writeUInt16BE(5, 0)
    target.writeUInt16BE(flows.length, 2)
    target.writeUInt32BE((nowMs - bootMs) >>> 0, 4)
    target.writeUInt32BE(Math.floor(nowMs / 1000), 8)
    target.writeUInt32BE(Math.floor(nowMs % 1000) * 1_000_000, 12)
    target.writeUInt32BE(sequence, 16)
    target.writeUInt8(engineType, 20)
    target.writeUInt8(engineId, 21)
    target.writeUInt16BE(sampling, 22)

    let offset = headerBytes
    for (const flow of flows) {
      writeRecord(target, offset, flow, bootMs)
      offset += recordBytes
    }
    sequence = (sequence + flows.length) >>> 0
    return offset
  }

  return { writeDatagram }
}

/** Mode 1 (deterministic) with the interval; all zero when the router does not tell. */
function samplingField(samplingRate: number | undefined): number {
  if (samplingRate === undefined) return 0
  if (samplingRate < 1 || samplingRate > netflow5MaxSamplingRate) {
    throw new RangeError(
      `NetFlow v5 announces rates from 1 to ${netflow5MaxSamplingRate}, not ${samplingRate}`,
    )
  }
  return (1 << 14) | samplingRate
}

/*
 * Record: source u32, destination u32, next hop u32, input u16, output u16, packets u32, octets u32, first and last switched as
 * sysUptime ms u32 each, source port u16, destination port u16, pad u8, TCP flags u8, protocol u8, ToS u8, source AS u16,
 * destination AS u16, source mask u8, destination mask u8, pad u16.
 */
function writeRecord(target: Buffer, offset: number, flow: ExportedFlow, bootMs: number): void {
  writeAddress(target, flow.srcAddr, offset, 4)
  writeAddress(target, flow.dstAddr, offset + 4, 4)
  writeAddress(target, flow.nextHop, offset + 8, 4)
  target.writeUInt16BE(flow.inIf, offset + 12)
  target.writeUInt16BE(flow.outIf, offset + 14)
  target.writeUInt32BE(Number(flow.packets), offset + 16)
  target.writeUInt32BE(Number(flow.bytes), offset + 20)
  target.writeUInt32BE((flow.startMs - bootMs) >>> 0, offset + 24)
  target.writeUInt32BE((flow.endMs - bootMs) >>> 0, offset + 28)
  target.writeUInt16BE(flow.srcPort, offset + 32)
  target.writeUInt16BE(flow.dstPort, offset + 34)
  target.writeUInt8(0, offset + 36)
  target.writeUInt8(flow.tcpFlags, offset + 37)
  target.writeUInt8(flow.proto, offset + 38)
  target.writeUInt8(flow.tos, offset + 39)
  target.writeUInt16BE(flow.srcAs, offset + 40)
  target.writeUInt16BE(flow.dstAs, offset + 42)
  target.writeUInt8(flow.srcMask, offset + 44)
  target.writeUInt8(flow.dstMask, offset + 45)
  target.writeUInt16BE(0, offset + 46)
}
