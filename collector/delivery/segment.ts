// A segment: what is stored, sent and acknowledged as one. Sealed, it never changes, whatever happens to it: the store recognises a
// repeated one by its name, and only if it is the same to the byte.

/** `flows` holds length-delimited FlowMessages; every other stream holds JSON lines of the table it is named after. */
export const streams = ['flows', 'status', 'metadata', 'counters'] as const
export type Stream = (typeof streams)[number]

export interface SegmentHeader {
  /** collector/boot/number: unique for ever. */
  name: string
  stream: Stream
  /** Flows inside; 0 for other streams. */
  flows: number
  /** When the first of them was received, milliseconds since 1970. */
  firstReceivedMs: number
  payloadBytes: number
  /** How flows lie in chunks, each of which ends where a flow ends. Absent for other streams, and in files of earlier versions. */
  blocks?: readonly Block[]
}

/** The length of a chunk in bytes, and the flows in it. */
export type Block = readonly [lengthBytes: number, flows: number]

export interface Segment extends SegmentHeader {
  /** Owned by the segment: written once, then only read. */
  payload: readonly Uint8Array[]
}
