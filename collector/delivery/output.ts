// Where the pipeline's flows go: into segments that are delivered, or as JSON lines to whoever reads stdout.

import type { Writable } from 'node:stream'
import { type Blocks, createBlocks } from '../encode/block.ts'
import type { BlockPool } from '../encode/block-pool.ts'
import type { FlowRecord } from '../flow.ts'
import { flowToJson } from '../sink/flow-json.ts'
import { createRows, type RowStream, type Rows } from '../telemetry/rows.ts'
import type { Delivery } from './delivery.ts'
import type { Ledger } from './ledger.ts'
import type { Segment } from './segment.ts'

/** Streams whose rows come one by one. */
export type BatchedStream = Exclude<RowStream, 'status'>

export interface Output {
  /** Takes a copy of the flow. */
  append(flow: FlowRecord, receivedMs: number): void
  /** Where encoded flows may be written directly; absent for an output of another form. */
  readonly blocks?: Pick<Blocks, 'open' | 'wrote'>
  /** Takes a row of another stream. False when there is no room for it. */
  addRow(stream: BatchedStream, row: object, receivedMs: number): boolean
  /** Takes over a segment that holds no flows, to be delivered after what was appended. */
  accept(segment: Segment): void
  flowsInMemory(): number
  flowsSpooled(): number
  spoolBytes(): number
  oldestUnacknowledgedMs(): number | undefined
  /** Ends within `deadlineMs`; what could not be delivered is in the spool. */
  stop(deadlineMs: number): Promise<void>
}

/** A segment holds what came in one second, so that a flow is in the store within three. */
const sealEveryMs = 1_000

export function createSegmentOutput(
  nextName: () => string,
  pool: BlockPool,
  delivery: Delivery,
): Output {
  const accept = (segment: Segment) => delivery.accept(segment)
  const blocks = createBlocks(nextName, pool, accept)
  const rows: Record<BatchedStream, Rows> = {
    metadata: createRows('metadata', nextName, accept),
    counters: createRows('counters', nextName, accept),
  }
  const seal = () => {
    blocks.seal()
    for (const batch of Object.values(rows)) batch.seal()
  }
  const sealing = setInterval(seal, sealEveryMs)
  return {
    accept,
    addRow: (stream, row, receivedMs) => rows[stream].add(row, receivedMs),
    append: (flow, receivedMs) => blocks.append(flow, receivedMs),
    blocks,
    flowsInMemory: () => blocks.flows + delivery.flowsInMemory(),
    flowsSpooled: () => delivery.flowsSpooled(),
    spoolBytes: () => delivery.spoolBytes(),
    // What is under way is older than what is still open.
    oldestUnacknowledgedMs: () => delivery.oldestReceivedMs() ?? blocks.firstReceivedMs,
    async stop(deadlineMs) {
      clearInterval(sealing)
      seal()
      await delivery.stop(deadlineMs)
    },
  }
}

/** What a slow reader of stdout may leave unread before flows are dropped. */
const stdoutBytes = 16 * 1024 * 1024

export function createStdoutOutput(stdout: Writable, ledger: Ledger): Output {
  // A reader that went away (`| head`) shows as an error; what comes after it is counted as not read.
  stdout.on('error', () => {})
  return {
    append(flow) {
      if (stdout.destroyed || stdout.writableLength > stdoutBytes) {
        ledger.flowsDropped['stdout-full']++
        return
      }
      stdout.write(`${flowToJson(flow)}\n`)
      ledger.flowsAcknowledged++
    },
    // Only flows are for people.
    addRow: () => true,
    accept() {},
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    oldestUnacknowledgedMs: () => undefined,
    async stop() {},
  }
}
