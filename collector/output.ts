// Where the pipeline's flows go: into segments that are delivered, or as JSON lines to whoever reads stdout.

import type { Writable } from 'node:stream'
import { createBlocks } from './block.ts'
import type { BlockPool } from './block-pool.ts'
import type { Delivery } from './delivery.ts'
import type { FlowRecord } from './flow.ts'
import type { Ledger } from './ledger.ts'
import type { Segment } from './segment.ts'
import { flowToJson } from './sink/flow-json.ts'

export interface Output {
  /** Takes a copy of the flow. */
  append(flow: FlowRecord, receivedMs: number): void
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
  const blocks = createBlocks(nextName, pool, (segment) => delivery.accept(segment))
  const sealing = setInterval(() => blocks.seal(), sealEveryMs)
  return {
    accept: (segment) => delivery.accept(segment),
    append: (flow, receivedMs) => blocks.append(flow, receivedMs),
    flowsInMemory: () => blocks.flows + delivery.flowsInMemory(),
    flowsSpooled: () => delivery.flowsSpooled(),
    spoolBytes: () => delivery.spoolBytes(),
    // What is under way is older than what is still open.
    oldestUnacknowledgedMs: () => delivery.oldestReceivedMs() ?? blocks.firstReceivedMs,
    async stop(deadlineMs) {
      clearInterval(sealing)
      blocks.seal()
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
    accept() {},
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    oldestUnacknowledgedMs: () => undefined,
    async stop() {},
  }
}
