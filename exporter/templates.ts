// Templates and sets: what NetFlow v9 (RFC 3954) and IPFIX (RFC 7011) have in common on the wire.

import { type ExportedFlow, IpProtocol, writeAddress, writeCounter64 } from './flow.ts'

/** One field of a template: an information element, its length, and how a flow fills it. */
export interface Field {
  readonly element: number
  readonly lengthBytes: number
  readonly write: (target: Buffer, flow: ExportedFlow, offset: number) => void
}

/** One field of an options record, whose value never changes here. Scopes of NetFlow v9 have ids of their own. */
export interface ConstantField {
  readonly element: number
  readonly lengthBytes: number
  readonly value: number
}

/** How long a collector may have to wait for the templates: they are sent again when either is over. */
export interface TemplateRefresh {
  templateEveryDatagrams?: number
  templateEveryMs?: number
}

/**
 * How a router announces that it samples 1 in `rate`: `system` says it once for the whole router; `sampler` describes a numbered
 * sampler, to which each data record refers.
 */
export interface SamplingAnnouncement {
  rate: number
  by: 'system' | 'sampler'
}

export interface Template {
  readonly id: number
  readonly fields: readonly Field[]
}

/** The fields that both protocols use, for flows of one address family (IANA IPFIX information elements). */
export function flowFields(addressBytes: 4 | 16): Field[] {
  const v4 = addressBytes === 4
  return [
    address(v4 ? 8 : 27, addressBytes, (flow) => flow.srcAddr), // source address
    address(v4 ? 12 : 28, addressBytes, (flow) => flow.dstAddr), // destination address
    address(v4 ? 15 : 62, addressBytes, (flow) => flow.nextHop), // next hop
    unsigned(v4 ? 9 : 29, 1, (flow) => flow.srcMask), // source prefix length
    unsigned(v4 ? 13 : 30, 1, (flow) => flow.dstMask), // destination prefix length
    unsigned(10, 4, (flow) => flow.inIf), // ingressInterface
    unsigned(14, 4, (flow) => flow.outIf), // egressInterface
    counter(2, (flow) => flow.packets), // packetDeltaCount
    counter(1, (flow) => flow.bytes), // octetDeltaCount
    unsigned(7, 2, (flow) => flow.srcPort), // sourceTransportPort
    unsigned(11, 2, (flow) => flow.dstPort), // destinationTransportPort
    unsigned(v4 ? 32 : 139, 2, icmpTypeCode), // icmpTypeCode
    unsigned(4, 1, (flow) => flow.proto), // protocolIdentifier
    unsigned(6, 1, (flow) => flow.tcpFlags), // tcpControlBits
    unsigned(5, 1, (flow) => flow.tos), // ipClassOfService
    unsigned(16, 4, (flow) => flow.srcAs), // bgpSourceAsNumber
    unsigned(17, 4, (flow) => flow.dstAs), // bgpDestinationAsNumber
  ]
}

export function unsigned(
  element: number,
  lengthBytes: number,
  value: (flow: ExportedFlow) => number,
): Field {
  return {
    element,
    lengthBytes,
    write: (target, flow, offset) => target.writeUIntBE(value(flow), offset, lengthBytes),
  }
}

export function counter(element: number, value: (flow: ExportedFlow) => number | bigint): Field {
  return {
    element,
    lengthBytes: 8,
    write: (target, flow, offset) => writeCounter64(target, value(flow), offset),
  }
}

function address(
  element: number,
  lengthBytes: number,
  value: (flow: ExportedFlow) => Uint8Array,
): Field {
  return {
    element,
    lengthBytes,
    write: (target, flow, offset) => writeAddress(target, value(flow), offset, lengthBytes),
  }
}

function icmpTypeCode(flow: ExportedFlow): number {
  return flow.proto === IpProtocol.icmp || flow.proto === IpProtocol.icmpv6 ? flow.dstPort : 0
}

/** Answers whether the templates are due with the datagram about to be written; the first one always has them. */
export function createRefresh(refresh: TemplateRefresh): (nowMs: number) => boolean {
  const { templateEveryDatagrams = 20, templateEveryMs = 60_000 } = refresh
  let datagramsSince = Number.POSITIVE_INFINITY
  let lastMs = 0
  return (nowMs) => {
    const due = datagramsSince >= templateEveryDatagrams || nowMs - lastMs >= templateEveryMs
    if (due) {
      datagramsSince = 0
      lastMs = nowMs
    }
    datagramsSince++
    return due
  }
}

/**
 * Writes a set whose content `writeContent` puts at the offset it is given, answering the offset behind it. Zero bytes align the
 * next set to 4 bytes.
 *
 * Set: id u16, length u16 (header, content and padding), content.
 */
export function writeSet(
  target: Buffer,
  offset: number,
  id: number,
  writeContent: (offset: number) => number,
): number {
  let end = writeContent(offset + 4)
  while ((end - offset) % 4 !== 0) end = target.writeUInt8(0, end)
  target.writeUInt16BE(id, offset)
  target.writeUInt16BE(end - offset, offset + 2)
  return end
}

/** Template record: template id u16, field count u16, then for each field its element u16 and length u16. */
export function writeTemplateRecord(target: Buffer, start: number, template: Template): number {
  let offset = target.writeUInt16BE(template.id, start)
  offset = target.writeUInt16BE(template.fields.length, offset)
  return writeSpecifiers(target, offset, template.fields)
}

/** Field specifiers: element u16 and length u16 each. */
export function writeSpecifiers(
  target: Buffer,
  start: number,
  fields: readonly { element: number; lengthBytes: number }[],
): number {
  let offset = start
  for (const { element, lengthBytes } of fields) {
    offset = target.writeUInt16BE(element, offset)
    offset = target.writeUInt16BE(lengthBytes, offset)
  }
  return offset
}

export function writeConstants(
  target: Buffer,
  start: number,
  fields: readonly ConstantField[],
): number {
  let offset = start
  for (const { lengthBytes, value } of fields) {
    offset = target.writeUIntBE(value, offset, lengthBytes)
  }
  return offset
}

/** Writes the data set of the flows whose addresses have `addressBytes`, when there are any. */
export function writeDataSet(
  target: Buffer,
  start: number,
  template: Template,
  flows: readonly ExportedFlow[],
  addressBytes: number,
): number {
  if (!flows.some((flow) => flow.srcAddr.length === addressBytes)) return start
  return writeSet(target, start, template.id, (first) => {
    let offset = first
    for (const flow of flows) {
      if (flow.srcAddr.length !== addressBytes) continue
      for (const field of template.fields) {
        field.write(target, flow, offset)
        offset += field.lengthBytes
      }
    }
    return offset
  })
}
