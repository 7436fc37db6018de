// A collector whose segments nobody gets: what receiving, decoding, sampling, counting and encoding take by themselves.
//
//   over IPC: out `NullReady`, in 'tell', out a `NullReport`

import { pino } from 'pino'
import { createSources } from '../collector/receive/sources.ts'
import { openReceiver } from '../collector/receive/udp.ts'
import { boundNewSpace } from '../runtime/new-space.ts'
import { type GcPauses, pauses } from './collector-gc.ts'
import { createBenchPipeline } from './collector-pipeline.ts'

export interface NullReady {
  readonly port: number
}

export interface NullReport extends GcPauses {
  readonly flows: number
  readonly datagrams: number
  readonly kernelDrops: number
}

boundNewSpace()
const log = pino({ level: 'warn' })
const { pipeline, ledger, blocks } = createBenchPipeline()
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
    ...pauses,
  }
  process.send?.(report)
})
process.on('disconnect', () => process.exit())
const [listener] = receiver.listeners
const ready: NullReady = { port: listener?.port ?? 0 }
process.send?.(ready)
