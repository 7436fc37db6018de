// Where a datagram came from.

/** The UDP source of datagrams. One object per address and port, kept and compared by identity. */
export interface Source {
  /** Canonical text: lower case, compressed, an IPv4-mapped address as IPv4. */
  readonly address: string
  /** The same address in network order, 4 or 16 bytes. */
  readonly bytes: Uint8Array
  readonly port: number
}
