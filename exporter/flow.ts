// What the encoders export, the same for all four protocols.

/** A counter: an exact integer, as a number up to 2^53 or a bigint up to 2^64 - 1. */
export type Counter = number | bigint

/**
 * One flow; for sFlow, one sampled packet. All addresses of a flow have the same length, 4 or 16 bytes in network order. The encoders
 * copy what they need and keep no reference.
 */
export interface ExportedFlow {
  srcAddr: Uint8Array
  dstAddr: Uint8Array
  /** All zero for none. */
  nextHop: Uint8Array
  /** Prefix lengths of the routes to the addresses. */
  srcMask: number
  dstMask: number
  srcAs: number
  dstAs: number
  /** ifIndex. */
  inIf: number
  outIf: number

  proto: number
  srcPort: number
  /** For ICMP and ICMPv6 type * 256 + code, as routers put it there; srcPort is 0 then. */
  dstPort: number
  tcpFlags: number
  tos: number
  /** As exported, never multiplied by a sampling rate. NetFlow and IPFIX: IP octets; sFlow: the Ethernet frame with its FCS. */
  bytes: Counter
  /** sFlow: always 1. */
  packets: Counter
  /** Milliseconds since 1970. sFlow does not carry them. */
  startMs: number
  endMs: number

  /** What only a sampled packet shows (sFlow): TTL or hop limit, 48-bit MAC addresses, and the 802.1Q tag (0: untagged). */
  ttl: number
  srcMac: number
  dstMac: number
  vlanId: number
}

export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const

/** One exporting process of a router, in one protocol: what it must remember from one datagram to the next. */
export interface Exporter {
  /**
   * Writes one datagram with `flows`, in order, at the start of `target` and answers its length in bytes. `nowMs` is the router's
   * clock, in milliseconds since 1970.
   * @throws RangeError when the protocol cannot express a value or `target` is too small; the exporter is then to be thrown away.
   */
  writeDatagram(flows: readonly ExportedFlow[], nowMs: number, target: Buffer): number
}

/** Writes a 64-bit counter, big-endian. */
export function writeCounter64(target: Buffer, value: Counter, offset: number): void {
  if (typeof value === 'bigint') {
    target.writeBigUInt64BE(value, offset)
    return
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`a counter must be an exact integer from 0, not ${value}`)
  }
  target.writeUInt32BE(Math.floor(value / 2 ** 32), offset)
  target.writeUInt32BE(value % 2 ** 32, offset + 4)
}

/** Writes an address at `offset`, refusing one that is not `lengthBytes` long. */
export function writeAddress(
  target: Buffer,
  address: Uint8Array,
  offset: number,
  lengthBytes: number,
): void {
  if (address.length !== lengthBytes) {
    throw new RangeError(`an address of ${lengthBytes} bytes is needed, not ${address.length}`)
  }
  target.set(address, offset)
}
