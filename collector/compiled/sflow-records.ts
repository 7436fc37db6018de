// The records of an sFlow flow sample, where they are the ones that nearly all samples have: the sampled header of an Ethernet frame, and what switch, router and
// gateway know of it, each once at most. What they mean stands in `decode/sflow-records.ts`; here they are only found.

import { Format, HeaderProtocol } from '../decode/sflow-records.ts'
import { findHeaders, isMapped, SampledPacket } from './sflow-packet.ts'

const recordHeaderBytes = 8
const sampledHeaderBytes = 16
const switchBytes = 16
const masksBytes = 8
/** AS numbers, or communities, whose packed length takes one byte, however large they are. */
const maxNumbers = 25

/** Where the records are in the datagram; 0 for those that are not there. */
export class SampleRecords {
  header = 0
  readonly packet = new SampledPacket()
  vlans = 0

  router = 0
  nextHop = 0
  nextHopBytes = 0
  masks = 0

  gateway = 0
  bgpNextHop = 0
  bgpNextHopBytes = 0
  /** The router's AS, and the source's behind it. */
  asNumbers = 0
  asPath = 0
  asPathLength = 0
  communities = 0
  communitiesLength = 0
}

/** Finds `count` records from `offset` to `end`. False for a sample that has to be interpreted. */
export function findRecords(
  records: SampleRecords,
  wire: DataView,
  offset: number,
  end: number,
  count: number,
): boolean {
  records.header = 0
  records.vlans = 0
  records.router = 0
  records.gateway = 0
  for (let i = 0; i < count; i++) {
    const body = offset + recordHeaderBytes
    if (body > end) return false
    const length = wire.getUint32(offset + 4)
    if (length > end - body) return false
    if (!findRecord(records, wire, wire.getUint32(offset), body, body + length)) return false
    offset = Math.min(body + ((length + 3) & ~3), end)
  }
  return records.header !== 0
}

function findRecord(
  records: SampleRecords,
  wire: DataView,
  format: number,
  offset: number,
  end: number,
): boolean {
  switch (format) {
    case Format.sampledHeader:
      return records.header === 0 && findSampledHeader(records, wire, offset, end)
    case Format.extendedSwitch:
      if (records.vlans !== 0 || end - offset < switchBytes) return false
      records.vlans = offset
      return true
    case Format.extendedRouter:
      return records.router === 0 && findRouter(records, wire, offset, end)
    case Format.extendedGateway:
      return records.gateway === 0 && findGateway(records, wire, offset, end)
    case Format.sampledEthernet:
    case Format.sampledIpv4:
    case Format.sampledIpv6:
    case Format.extendedNat:
    case Format.extendedNatPort:
    case Format.extendedVniEgress:
    case Format.extendedVniIngress:
      return false
    default:
      return true
  }
}

function findSampledHeader(
  records: SampleRecords,
  wire: DataView,
  offset: number,
  end: number,
): boolean {
  const start = offset + sampledHeaderBytes
  if (start > end || wire.getUint32(offset) !== HeaderProtocol.ethernet) return false
  records.header = offset
  const headerEnd = start + Math.min(wire.getUint32(offset + 12), end - start)
  return findHeaders(records.packet, wire, start, headerEnd)
}

function findRouter(records: SampleRecords, wire: DataView, offset: number, end: number): boolean {
  const length = addressBytes(wire, offset, end)
  if (length === -1) return false
  records.router = offset
  records.nextHop = offset + 4
  records.nextHopBytes = length
  records.masks = offset + 4 + length
  return end - records.masks >= masksBytes
}

function findGateway(records: SampleRecords, wire: DataView, offset: number, end: number): boolean {
  const length = addressBytes(wire, offset, end)
  if (length === -1) return false
  records.gateway = offset
  records.bgpNextHop = offset + 4
  records.bgpNextHopBytes = length
  const numbers = offset + 4 + length
  records.asNumbers = numbers
  // Routers' and source's AS, the source's peer, and the number of segments.
  if (end - numbers < 16) return false
  const segments = wire.getUint32(numbers + 12)
  if (segments > 1) return false
  let at = numbers + 16
  records.asPath = at
  records.asPathLength = 0
  if (segments === 1) {
    if (end - at < 8) return false
    const count = wire.getUint32(at + 4)
    records.asPath = at + 8
    if (count > maxNumbers || end - records.asPath < 4 * count) return false
    records.asPathLength = count
    at = records.asPath + 4 * count
  }
  if (end - at < 4) return false
  const communities = wire.getUint32(at)
  records.communities = at + 4
  records.communitiesLength = communities
  return communities <= maxNumbers && end - records.communities >= 4 * communities
}

/** Of the address whose type is at `offset`: 0, 4 or 16; -1 for one that is to be interpreted. */
function addressBytes(wire: DataView, offset: number, end: number): number {
  if (end - offset < 4) return -1
  const type = wire.getUint32(offset)
  if (type === 0) return 0
  if (type === 1) return end - offset < 8 ? -1 : 4
  return type === 2 && end - offset >= 20 && !isMapped(wire, offset + 4) ? 16 : -1
}
