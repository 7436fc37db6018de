// The generator's flows through the collector's pipeline, without sockets and at times that the test chooses.

import { pino } from 'pino'
import { createBlocks } from '../../collector/block.ts'
import { createBlockPool } from '../../collector/block-pool.ts'
import { createExporters } from '../../collector/exporters.ts'
import { createLedger } from '../../collector/ledger.ts'
import { createPipeline } from '../../collector/pipeline.ts'
import { noRouters } from '../../collector/routers.ts'
import type { Segment } from '../../collector/segment.ts'
import { createDatagramWriter } from '../../netmon/generate/datagrams.ts'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createPlan } from '../../netmon/generate/plan.ts'

const log = pino({ level: 'silent' })

/** What the collector makes of a run that begins at `startMs`. `name` is that of its segments: no two plays may have the same. */
export function play(name: string, options: GenerateOptions, startMs: number): Segment[] {
  const plan = createPlan(options)
  const write = createDatagramWriter(plan, startMs - 3_600_000)
  const segments: Segment[] = []
  let number = 0
  const blocks = createBlocks(
    () => `test/${name}/${++number}`,
    createBlockPool(),
    (segment) => segments.push(segment),
  )
  const ledger = createLedger()
  const pipeline = createPipeline({
    routers: noRouters,
    exporters: createExporters(noRouters),
    ledger,
    output: { append: blocks.append, addRow: () => true },
    knownOnly: false,
    compat: 'none',
    log,
  })
  const source = { address: '192.0.2.1', bytes: Uint8Array.of(192, 0, 2, 1), port: 5000 }
  const datagram = Buffer.alloc(65_535)
  for (let next = 0; next < plan.flows; ) {
    const batch = plan.batchOf(next)
    next += batch.count
    const atMs = startMs + Math.ceil(plan.scenario.dueMs(next - 1))
    const { lengthBytes } = write(batch, atMs, datagram)
    pipeline.handle(datagram.subarray(0, lengthBytes), source, atMs)
  }
  blocks.seal()
  if (ledger.flowsDecoded !== plan.flows) {
    throw new Error(`${ledger.flowsDecoded} of ${plan.flows} flows were decoded`)
  }
  return segments
}
