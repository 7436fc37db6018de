// A collector whose segments nobody gets: what receiving, decoding, sampling, counting and encoding take by themselves.
//
//   over IPC: out `NullReady`, in 'tell', out a `NullReport`

import { pino } from 'pino'
import { createBlocks } from '../collector/block.ts'
import { createBlockPool } from '../collector/block-pool.ts'
import { createExporters } from '../collector/exporters.ts'
import { createLedger } from '../collector/ledger.ts'
import { createPipeline } from '../collector/pipeline.ts'
import { createSources } from '../collector/receive/sources.ts'
import { openReceiver } from '../collector/receive/udp.ts'
import { noRouters } from '../collector/routers.ts'
import { longestGcPauseMs } from './collector-gc.ts'

export interface NullReady {
  readonly port: number
}

export interface NullReport {
  readonly flows: number
  readonly datagrams: number
  readonly kernelDrops: number
  /** Since the start. */
  readonly longestGcPauseMs: number
}

const log = pino({ level: 'warn' })
const ledger = createLedger()
const pool = createBlockPool()
const blocks = createBlocks(
  () => 'bench',
  pool,
  ({ payload }) => pool.give(payload),
)
const pipeline = createPipeline({
  routers: noRouters,
  exporters: createExporters(noRouters),
  ledger,
  output: { append: (flow, ms) => blocks.append(flow, ms), addRow: () => true, blocks },
  knownOnly: false,
  compat: 'none',
  log,
})
const sourceOf = createSources()
const receiver = await openReceiver(
  [{ host: '127.0.0.1', port: 0 }],
  (datagram, info) => pipeline.handle(datagram, sourceOf(info), Date.now()),
  log,
)
setInterval(() => blocks.seal(), 1_000)
setInterval(() => pipeline.expire(Date.now()), 10_000)

process.on('message', () => {
  const report: NullReport = {
    flows: ledger.flowsDecoded,
    datagrams: ledger.datagrams,
    kernelDrops: receiver.kernelDrops(),
    longestGcPauseMs,
  }
  process.send?.(report)
})
process.on('disconnect', () => process.exit())
const [listener] = receiver.listeners
const ready: NullReady = { port: listener?.port ?? 0 }
process.send?.(ready)
