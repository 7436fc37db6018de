// A collector between its socket and its sink: blocks that are full go to whoever measures, and back into use.

import { pino } from 'pino'
import { createLedger } from '../collector/delivery/ledger.ts'
import { createBlocks } from '../collector/encode/block.ts'
import { createBlockPool } from '../collector/encode/block-pool.ts'
import { createExporters } from '../collector/exporters/exporters.ts'
import { noRouters } from '../collector/exporters/routers.ts'
import { createPipeline } from '../collector/pipeline.ts'

export interface BenchPipelineOptions {
  /** Absent: true. */
  hasWriters?: boolean
  /** Absent: as the collector's. */
  blockBytes?: number | undefined
  /** Lent each segment's blocks. */
  take?(payload: readonly Uint8Array[]): void
}

export function createBenchPipeline({
  hasWriters = true,
  blockBytes,
  take,
}: BenchPipelineOptions = {}) {
  const pool = createBlockPool(blockBytes)
  const ledger = createLedger()
  const blocks = createBlocks(
    () => 'bench',
    pool,
    ({ payload }) => {
      take?.(payload)
      pool.give(payload)
    },
  )
  const pipeline = createPipeline({
    routers: noRouters,
    exporters: createExporters(noRouters),
    ledger,
    output: { append: (flow, ms) => blocks.append(flow, ms), addRow: () => true, blocks },
    knownOnly: false,
    compat: 'none',
    ...(!hasWriters && { limits: { writers: 0 } }),
    log: pino({ level: 'silent' }),
  })
  return { pipeline, ledger, blocks }
}
