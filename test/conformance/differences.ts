// Where `netmon decode` deliberately prints something else than tshark shows.

export interface Difference {
  /** The file's name without .pcap. */
  readonly capture: string
  /** FlowMessage's name. */
  readonly field: string
  /** Their places in the capture, from 0. */
  readonly flows: 'all' | readonly number[]
  readonly reason: string
  /** One section of an RFC, or one document of a vendor. */
  readonly reference: string
}

export const differences: readonly Difference[] = []
