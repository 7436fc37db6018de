// Runs the same datagrams through two pipelines, one that interprets every record and one with writers, for tests that hold them together.

import { pino } from 'pino'
import { createLedger } from '../../collector/delivery/ledger.ts'
import { createBlocks } from '../../collector/encode/block.ts'
import { createBlockPool } from '../../collector/encode/block-pool.ts'
import { factsOf } from '../../collector/exporters/exporter.ts'
import { createExporters } from '../../collector/exporters/exporters.ts'
import { noRouters, type Routers } from '../../collector/exporters/routers.ts'
import type { Source } from '../../collector/exporters/source.ts'
import { createPipeline } from '../../collector/pipeline.ts'
import { receivedMs } from './decoded.ts'

export interface Sent {
  readonly payload: Uint8Array
  readonly source: Source
}

export interface Outcome {
  /** The encoded flows, one after the other. */
  readonly bytes: Buffer
  /** Everything that is counted. */
  readonly counted: unknown
  /** How many of the flows were not interpreted. */
  readonly written: number
}

export interface Options {
  routers?: Routers
  knownOnly?: boolean
  /** Records that earn a template its writer, and how many writers there are. */
  recordsForWriter?: number
  writers?: number
}

export function outcomeOf(
  datagrams: readonly Sent[],
  direct: boolean,
  options: Options = {},
): Outcome {
  const { routers = noRouters, knownOnly = false, recordsForWriter = 0, writers = 1_000 } = options
  const ledger = createLedger()
  const exporters = createExporters(routers)
  const payload: Uint8Array[] = []
  const blocks = createBlocks(
    () => 'test',
    createBlockPool(),
    (segment) => {
      payload.push(...segment.payload)
    },
  )
  let interpreted = 0
  const pipeline = createPipeline({
    routers,
    exporters,
    ledger,
    output: {
      append(flow, ms) {
        interpreted++
        blocks.append(flow, ms)
      },
      addRow: () => true,
      ...(direct && { blocks }),
    },
    knownOnly,
    compat: 'none',
    limits: { recordsForWriter, writers },
    log: pino({ level: 'silent' }),
  })
  for (const { payload: bytes, source } of datagrams) pipeline.handle(bytes, source, receivedMs)
  blocks.seal()
  const { counters } = pipeline.decoder
  return {
    bytes: Buffer.concat(payload),
    counted: structuredClone({ ledger, counters, exporters: [...exporters.all()].map(factsOf) }),
    written: ledger.flowsDecoded - ledger.flowsDropped['unknown-exporter'] - interpreted,
  }
}
