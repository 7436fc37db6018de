// What a sink's thread and the one that decodes say to each other. Blocks of segments lie in memory that both see; everything else is copied.

import type { Segment, SegmentHeader } from '../delivery/segment.ts'

export type ThreadRequest =
  | { id: number; ask: 'send'; segment: Segment }
  | { id: number; ask: 'isStored'; segment: SegmentHeader }
  | { id: number; ask: 'close' }
  /** Nobody waits for that answer any more. */
  | { id: number; ask: 'abort' }

export type ThreadMessage =
  | { kind: 'ready' }
  /** It cannot begin, for a reason that people can mend. */
  | { kind: 'unusable'; message: string }
  | { kind: 'state'; state: ThreadState }
  /** `isStored` is the answer to that question; `error` is why there is none. */
  | { kind: 'answer'; id: number; state: ThreadState; isStored?: boolean; error?: ThreadError }

export interface ThreadState {
  /** Since the thread began, as in the ledger. */
  possibleDuplicates: number
  /** As of Sink. */
  oldestUnreadMs: number | undefined
}

export interface ThreadError {
  message: string
  /** It was a SegmentRefused. */
  isRefusal: boolean
}
