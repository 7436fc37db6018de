// Flows become blocks of length-delimited messages, blocks become segments.

import type { OpenBlock } from '../compiled/direct.ts'
import type { Block, Segment } from '../delivery/segment.ts'
import type { FlowRecord } from '../flow.ts'
import type { BlockPool } from './block-pool.ts'
import { encodeFlow, maxFlowBytes } from './encode.ts'

/** A segment is one insert. */
export const segmentBytes = 8 * 1024 * 1024

export interface Blocks {
  /** Adds a copy of the flow. */
  append(flow: FlowRecord, receivedMs: number): void
  /** The block to write encoded flows into, with room for one at least. It is to be told of them by `wrote`. */
  open(receivedMs: number): OpenBlock
  /** So many flows were written, up to `offset` of the open block. */
  wrote(flows: number, offset: number): void
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
  let blocks: Block[] = []
  let flows = 0
  let flowsInBlocks = 0
  let firstReceivedMs: number | undefined
  let block: OpenBlock | undefined

  const closeBlock = () => {
    if (block === undefined || block.offset === 0) return
    payload.push(block.bytes.subarray(0, block.offset))
    payloadBytes += block.offset
    blocks.push([block.offset, flows - flowsInBlocks])
    flowsInBlocks = flows
    block = undefined
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
      blocks,
      payload,
    }
    payload = []
    payloadBytes = 0
    blocks = []
    flows = 0
    flowsInBlocks = 0
    firstReceivedMs = undefined
    sealed(segment)
  }

  const open = (receivedMs: number): OpenBlock => {
    firstReceivedMs ??= receivedMs
    block ??= openBlock(pool.take())
    return block
  }

  const wrote = (count: number, offset: number) => {
    if (block === undefined) return
    block.offset = offset
    flows += count
    if (offset <= block.limit) return
    closeBlock()
    if (payloadBytes + pool.blockBytes > segmentBytes) seal()
  }

  return {
    append(flow, receivedMs) {
      const { bytes, offset } = open(receivedMs)
      wrote(1, encodeFlow(flow, bytes, offset))
    },
    open,
    wrote,
    seal,
    get firstReceivedMs() {
      return firstReceivedMs
    },
    get flows() {
      return flows
    },
  }
}

function openBlock(bytes: Uint8Array): OpenBlock {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { bytes, view, offset: 0, limit: bytes.length - maxFlowBytes }
}
