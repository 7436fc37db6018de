// Flow records: what an sFlow agent says about one sampled packet. sFlow v5 section 5.3; later structures at
// sflow.org/developers/structures.php.

import type { FlowRecord } from '../flow.ts'
import { readUint32, readUint48 } from './bytes.ts'
import type { DataRecord } from './data-record.ts'
import {
  readExtendedGateway,
  readExtendedNat,
  readExtendedNatPort,
  readExtendedRouter,
  readExtendedSwitch,
  readExtendedVni,
} from './sflow-extended-records.ts'

/** Formats of enterprise 0. All others are stepped over. */
export const Format = {
  sampledHeader: 1,
  sampledEthernet: 2,
  sampledIpv4: 3,
  sampledIpv6: 4,
  extendedSwitch: 1001,
  extendedRouter: 1002,
  extendedGateway: 1003,
  extendedNat: 1007,
  extendedNatPort: 1020,
  extendedVniEgress: 1029,
  extendedVniIngress: 1030,
} as const

export const HeaderProtocol = { ethernet: 1, ipv4: 11, ipv6: 12, mpls: 13 } as const

const ipv4EtherType = 0x0800
const ipv6EtherType = 0x86dd

/**
 * Reads the record from `offset` to `end` into the flow. Returns false when it is too short for what it should hold.
 */
export function readFlowRecord(
  record: DataRecord,
  format: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const { flow } = record
  switch (format) {
    case Format.sampledHeader:
      return readSampledHeader(record, bytes, offset, end)
    case Format.sampledEthernet:
      return readSampledEthernet(flow, bytes, offset, end)
    case Format.sampledIpv4:
      return readSampledIp(flow, bytes, offset, end, 4)
    case Format.sampledIpv6:
      return readSampledIp(flow, bytes, offset, end, 16)
    case Format.extendedSwitch:
      return readExtendedSwitch(flow, bytes, offset, end)
    case Format.extendedRouter:
      return readExtendedRouter(flow, bytes, offset, end)
    case Format.extendedGateway:
      return readExtendedGateway(flow, bytes, offset, end)
    case Format.extendedNat:
      return readExtendedNat(flow, bytes, offset, end)
    case Format.extendedNatPort:
      return readExtendedNatPort(flow, bytes, offset, end)
    case Format.extendedVniEgress:
    case Format.extendedVniIngress:
      return readExtendedVni(flow, bytes, offset, end)
    default:
      return true
  }
}

/**
 *    0  header protocol 4     8  stripped      4    16  header
 *    4  frame length    4    12  header length 4
 */
function readSampledHeader(
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 16) return false
  const { flow, packet } = record
  if (record.hasPacket) return true
  record.hasPacket = true
  flow.bytesLow = readUint32(bytes, offset + 4)
  const start = offset + 16
  const headerEnd = start + Math.min(readUint32(bytes, offset + 12), end - start)
  switch (readUint32(bytes, offset)) {
    case HeaderProtocol.ethernet:
      packet.readEthernet(flow, bytes, start, headerEnd)
      break
    case HeaderProtocol.ipv4:
    case HeaderProtocol.ipv6:
      packet.readIp(flow, bytes, start, headerEnd)
      break
    case HeaderProtocol.mpls:
      packet.readMpls(flow, bytes, start, headerEnd)
      break
  }
  return true
}

// The records below say less than the packet's own header does. They fill what it left open, wherever they stand.

/**
 *    0  frame length 4    12  destination MAC 6, 2 unused
 *    4  source MAC   6, 2 unused              20  EtherType 4
 */
function readSampledEthernet(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 24) return false
  setBytes(flow, readUint32(bytes, offset))
  flow.srcMac ||= readUint48(bytes, offset + 4)
  flow.dstMac ||= readUint48(bytes, offset + 12)
  flow.etype ||= readUint32(bytes, offset + 20) & 0xffff
  return true
}

/**
 *    0  length      4   of the IP packet      8 + 2a  source port      4
 *    4  protocol    4                        12 + 2a  destination port 4
 *    8  source      a                        16 + 2a  TCP flags        4
 *    8 + a  destination a                    20 + 2a  ToS or priority  4
 */
function readSampledIp(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
  a: number,
): boolean {
  if (end - offset < 24 + 2 * a) return false
  setBytes(flow, readUint32(bytes, offset))
  if (flow.srcAddr.length > 0) return true
  const ports = offset + 8 + 2 * a
  flow.etype = a === 4 ? ipv4EtherType : ipv6EtherType
  flow.proto = readUint32(bytes, offset + 4) & 0xff
  flow.srcAddr.set(bytes, offset + 8, a)
  flow.dstAddr.set(bytes, offset + 8 + a, a)
  flow.srcPort = readUint32(bytes, ports) & 0xffff
  flow.dstPort = readUint32(bytes, ports + 4) & 0xffff
  flow.tcpFlags = readUint32(bytes, ports + 8) & 0x0fff
  flow.ipTos = readUint32(bytes, ports + 12) & 0xff
  return true
}

/** A raw header, before or after, knows the length better. */
function setBytes(flow: FlowRecord, bytes: number): void {
  flow.bytesLow ||= bytes
}
