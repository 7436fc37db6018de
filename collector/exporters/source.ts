// Where a datagram came from.

import { formatAddress } from '../../runtime/ip.ts'
import { readUint32 } from '../decode/bytes.ts'

/** The UDP source of datagrams. One object per address and port, kept and compared by identity. */
export interface Source {
  /** Canonical text: lower case, compressed, an IPv4-mapped address as IPv4. */
  readonly address: string
  /** The same address in network order, 4 or 16 bytes. */
  readonly bytes: Uint8Array
  /** An IPv4 address as 32 bits with a sign; undefined when it is IPv6. In the object itself, since each datagram asks for it. */
  readonly ipv4: number | undefined
  readonly port: number
  /** What the decoder keeps of it (decode/source-memo.ts): here, since looking it up for each datagram would cost as much as using it. */
  memo: Kept | undefined
  /** The exporter that it was last (exporters.ts). */
  exporter: Kept | undefined
}

/** What somebody keeps of a source, and who: there may be several decoders. */
export interface Kept {
  readonly keeper: object
}

/** `bytes` are kept: 4 or 16. */
export function createSource(bytes: Uint8Array, port: number): Source {
  const [address, ipv4] = [formatAddress(bytes), readIpv4(bytes)]
  return { address, bytes, ipv4, port, memo: undefined, exporter: undefined }
}

/** The address as 32 bits with a sign; undefined when it is not one of 4 bytes. */
export function readIpv4(bytes: Uint8Array): number | undefined {
  return bytes.length === 4 ? readUint32(bytes, 0) | 0 : undefined
}
