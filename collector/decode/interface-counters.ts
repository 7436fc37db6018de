// Counters of one interface as its agent keeps them (IF-MIB, RFC 2863), sent in sFlow counter samples. sFlow v5 5.2.

/**
 * One counter sample; the receiver may keep the object. Counters grow from the agent's start and wrap. A counter whose bits
 * are all ones is one that the agent does not keep.
 */
export interface InterfaceCounters {
  /** The agent's address, in text. */
  readonly exporter: string
  readonly receivedMs: number
  readonly ifIndex: number
  /** IANAifType. */
  readonly ifType: number
  /** Bits per second. */
  readonly ifSpeed: bigint
  /** 0 unknown, 1 full duplex, 2 half duplex, 3 in, 4 out. */
  readonly ifDirection: number
  /** Bit 0 admin up, bit 1 operationally up. */
  readonly ifStatus: number
  readonly inOctets: bigint
  readonly inUnicastPackets: number
  readonly inMulticastPackets: number
  readonly inBroadcastPackets: number
  readonly inDiscards: number
  readonly inErrors: number
  readonly inUnknownProtocols: number
  readonly outOctets: bigint
  readonly outUnicastPackets: number
  readonly outMulticastPackets: number
  readonly outBroadcastPackets: number
  readonly outDiscards: number
  readonly outErrors: number
  readonly promiscuousMode: number
}
