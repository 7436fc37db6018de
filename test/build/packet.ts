// Packets for tests, header by header.

import { bytes, ip4, ip6, mac, type Part, u8, u16, u32 } from './bytes.ts'

export function ethernet(etherType: number, ...payload: Part[]): Uint8Array {
  return bytes(mac('02:00:00:00:00:0d'), mac('02:00:00:00:00:05'), u16(etherType), ...payload)
}

/** What follows an EtherType that announces a VLAN tag. */
export function vlanTag(tag: number, etherType: number, ...payload: Part[]): Uint8Array {
  return bytes(u16(tag), u16(etherType), ...payload)
}

/** One MPLS label stack entry, RFC 3032 2.1. */
export function mplsLabel(label: number, isBottom: boolean, ttl = 64): Uint8Array {
  return u32(label * 4096 + (isBottom ? 256 : 0) + ttl)
}

export interface Ipv4 {
  protocol?: number
  tos?: number
  id?: number
  /** Flags (3 bits) and fragment offset (13 bits). */
  fragment?: number
  ttl?: number
  source?: string
  destination?: string
  options?: Uint8Array
  headerWords?: number
  totalLength?: number
}

export function ipv4(header: Ipv4, ...payload: Part[]): Uint8Array {
  const options = header.options ?? new Uint8Array(0)
  const body = bytes(...payload)
  return bytes(
    u8(0x40 | (header.headerWords ?? 5 + options.length / 4)),
    u8(header.tos ?? 0),
    u16(header.totalLength ?? 20 + options.length + body.length),
    u16(header.id ?? 0),
    u16(header.fragment ?? 0),
    u8(header.ttl ?? 64),
    u8(header.protocol ?? 17),
    u16(0),
    ip4(header.source ?? '192.0.2.10'),
    ip4(header.destination ?? '198.51.100.20'),
    options,
    body,
  )
}

export interface Ipv6 {
  nextHeader?: number
  trafficClass?: number
  flowLabel?: number
  hopLimit?: number
  source?: string
  destination?: string
}

export function ipv6(header: Ipv6, ...payload: Part[]): Uint8Array {
  const body = bytes(...payload)
  return bytes(
    u32(6 * 2 ** 28 + (header.trafficClass ?? 0) * 2 ** 20 + (header.flowLabel ?? 0)),
    u16(body.length),
    u8(header.nextHeader ?? 17),
    u8(header.hopLimit ?? 64),
    ip6(header.source ?? '2001:db8::10'),
    ip6(header.destination ?? '2001:db8::20'),
    body,
  )
}

export function udp(sourcePort: number, destinationPort: number, ...payload: Part[]): Uint8Array {
  const body = bytes(...payload)
  return bytes(u16(sourcePort), u16(destinationPort), u16(8 + body.length), u16(0), body)
}

/** `flags` are the 12 low bits of bytes 12 and 13. */
export function tcp(
  sourcePort: number,
  destinationPort: number,
  flags: number,
  dataOffsetWords = 5,
): Uint8Array {
  return bytes(
    u16(sourcePort),
    u16(destinationPort),
    u32(1),
    u32(2),
    u16(dataOffsetWords * 4096 + flags),
    u16(65535),
    u16(0),
    u16(0),
    new Uint8Array((dataOffsetWords - 5) * 4),
  )
}

export function icmp(type: number, code: number): Uint8Array {
  return bytes(u8(type), u8(code), u16(0), u32(0))
}
