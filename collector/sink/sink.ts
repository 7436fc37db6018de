import type { Segment, SegmentHeader } from '../delivery/segment.ts'

/** Where segments go. */
export interface Sink {
  /**
   * Delivers the whole segment and resolves when it is stored for good. May be called again with the same segment, which then counts once.
   * @throws SegmentRefused when the store understood the segment and will never take it; anything else thrown means "try again".
   */
  send(segment: Segment, signal: AbortSignal): Promise<void>
  /** Whether a segment of this name is stored whole already. Asked before one is sent again whose name the store may have forgotten. */
  isStored(segment: SegmentHeader, signal: AbortSignal): Promise<boolean>
  /** When the oldest flow was received that was delivered, but is not in the tables yet. Absent where delivered means stored. */
  oldestUnreadMs?(): number | undefined
  close(): Promise<void>
}

export class SegmentRefused extends Error {
  override readonly name = 'SegmentRefused'
}
