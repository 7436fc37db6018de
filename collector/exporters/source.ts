// Where a datagram came from.

/** The UDP source of datagrams. One object per address and port, kept and compared by identity. */
export interface Source {
  /** Canonical text: lower case, compressed, an IPv4-mapped address as IPv4. */
  readonly address: string
  /** The same address in network order, 4 or 16 bytes. */
  readonly bytes: Uint8Array
  readonly port: number
  /**
   * A small number, for finding what was kept for the source without a look-up by its address. That of a source that was forgotten is given to another: who keeps something under it
   * also keeps whose it is.
   */
  readonly slot: number
}
