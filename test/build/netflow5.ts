// NetFlow v5 datagrams for tests: Cisco, "NetFlow Export Datagram Format", tables B-3 and B-4.

import { bytes, ip4, u8, u16, u32 } from './bytes.ts'

export interface Netflow5Header {
  count?: number
  uptimeMs?: number
  seconds?: number
  nanoseconds?: number
  sequence?: number
  /** Type and id, a byte each. */
  engine?: number
  sampling?: number
}

export interface Netflow5Record {
  source?: string
  destination?: string
  nextHop?: string
  input?: number
  output?: number
  packets?: number
  octets?: number
  first?: number
  last?: number
  sourcePort?: number
  destinationPort?: number
  tcpFlags?: number
  protocol?: number
  tos?: number
  sourceAs?: number
  destinationAs?: number
  sourceMask?: number
  destinationMask?: number
}

/** A datagram whose count is the number of records unless the header says otherwise. */
export function netflow5(header: Netflow5Header, ...records: Netflow5Record[]): Uint8Array {
  return bytes(
    u16(5),
    u16(header.count ?? records.length),
    u32(header.uptimeMs ?? 0),
    u32(header.seconds ?? 0),
    u32(header.nanoseconds ?? 0),
    u32(header.sequence ?? 0),
    u16(header.engine ?? 0),
    u16(header.sampling ?? 0),
    ...records.map(netflow5Record),
  )
}

function netflow5Record(record: Netflow5Record): Uint8Array {
  return bytes(
    ip4(record.source ?? '192.0.2.10'),
    ip4(record.destination ?? '198.51.100.20'),
    ip4(record.nextHop ?? '0.0.0.0'),
    u16(record.input ?? 0),
    u16(record.output ?? 0),
    u32(record.packets ?? 1),
    u32(record.octets ?? 64),
    u32(record.first ?? 0),
    u32(record.last ?? 0),
    u16(record.sourcePort ?? 0),
    u16(record.destinationPort ?? 0),
    u8(0),
    u8(record.tcpFlags ?? 0),
    u8(record.protocol ?? 17),
    u8(record.tos ?? 0),
    u16(record.sourceAs ?? 0),
    u16(record.destinationAs ?? 0),
    u8(record.sourceMask ?? 0),
    u8(record.destinationMask ?? 0),
    u16(0),
  )
}
