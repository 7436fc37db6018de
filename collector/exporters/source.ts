// Where a datagram came from.

import { formatAddress } from '../../runtime/ip.ts'

/** The UDP source of datagrams. One object per address and port, kept and compared by identity. */
export interface Source {
  /** Canonical text: lower case, compressed, an IPv4-mapped address as IPv4. */
  readonly address: string
  /** The same address in network order, 4 or 16 bytes. */
  readonly bytes: Uint8Array
  /** An IPv4 address as 32 bits with a sign; undefined when it is IPv6. In the object itself, since each datagram asks for it. */
  readonly ipv4: number | undefined
  readonly port: number
  /**
   * A small number, for finding what was kept for the source without a look-up by its address. That of a source that was forgotten is given to another: who keeps something under it
   * also keeps whose it is.
   */
  readonly slot: number
}

/** `bytes` are kept: 4 or 16. */
export function createSource(bytes: Uint8Array, port: number, slot: number): Source {
  return { address: formatAddress(bytes), bytes, ipv4: readIpv4(bytes), port, slot }
}

/** The address as 32 bits with a sign; undefined when it is not one of 4 bytes. */
export function readIpv4(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 4) return undefined
  return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!
}
