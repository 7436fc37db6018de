/** What went to a rule's prefixes, or came from them, in one minute, multiplied by the sampling rate. */
export interface Traffic {
  bytes: bigint
  packets: bigint
  /** Exported flow records, not multiplied. */
  flows: bigint
  /** Exported packets, not multiplied: what the estimates rest on. */
  samples: bigint
}

/** By minute, in seconds since 1970; one without flows is absent. */
export type TrafficAt = Pick<ReadonlyMap<number, Traffic>, 'get'>
