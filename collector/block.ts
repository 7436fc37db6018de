// Flows become blocks of length-delimited messages, blocks become segments.

import { type BlockPool, blockBytes } from './block-pool.ts'
import { encodeFlow, maxFlowBytes } from './encode.ts'
import type { FlowRecord } from './flow.ts'
import type { Segment } from './segment.ts'

/** A segment is one insert. */
export const segmentBytes = 8 * 1024 * 1024

export interface Blocks {
  /** Adds a copy of the flow. */
  append(flow: FlowRecord, receivedMs: number): void
  /** Hands over what is open, if anything is. */
  seal(): void
  /** When the first flow that is not sealed yet was received; undefined when there is none. */
  readonly firstReceivedMs: number | undefined
  readonly flows: number
}

/**
 * Collects flows and gives each full segment to `sealed`, under the next name. Its blocks come from the pool and belong to it from then on.
 */
export function createBlocks(
  nextName: () => string,
  pool: BlockPool,
  sealed: (segment: Segment) => void,
): Blocks {
  let payload: Uint8Array[] = []
  let payloadBytes = 0
  let flows = 0
  let firstReceivedMs: number | undefined
  let block: Uint8Array | undefined
  let offset = 0

  const closeBlock = () => {
    if (block === undefined || offset === 0) return
    payload.push(block.subarray(0, offset))
    payloadBytes += offset
    block = undefined
    offset = 0
  }

  const seal = () => {
    closeBlock()
    if (flows === 0 || firstReceivedMs === undefined) return
    const segment: Segment = {
      name: nextName(),
      stream: 'flows',
      flows,
      firstReceivedMs,
      payloadBytes,
      payload,
    }
    payload = []
    payloadBytes = 0
    flows = 0
    firstReceivedMs = undefined
    sealed(segment)
  }

  return {
    append(flow, receivedMs) {
      if (block === undefined) {
        block = pool.take()
        firstReceivedMs ??= receivedMs
      }
      offset = encodeFlow(flow, block, offset)
      flows++
      if (offset + maxFlowBytes > blockBytes) {
        closeBlock()
        if (payloadBytes + blockBytes > segmentBytes) seal()
      }
    },
    seal,
    get firstReceivedMs() {
      return firstReceivedMs
    },
    get flows() {
      return flows
    },
  }
}
