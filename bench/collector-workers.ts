// A collector of several workers whose segments nobody gets.
//
//   argument: how many; over IPC: out `NullReady`, in 'tell', out a `NullReport`

import { pino } from 'pino'
import { createBlockPool } from '../collector/encode/block-pool.ts'
import { watchDrops } from '../collector/receive/kernel-drops.ts'
import { startCrew } from '../collector/workers/crew.ts'
import { spawnThread } from '../collector/workers/spawn.ts'
import { pauses } from './collector-gc.ts'
import type { NullReady, NullReport } from './collector-null.ts'

const pool = createBlockPool()
const crew = await startCrew({
  workers: Number(process.argv[2]),
  endpoints: [{ host: '127.0.0.1', port: 0 }],
  settings: { knownOnly: false, compat: 'none', compile: true, logLevel: 'warn' },
  saved: undefined,
  routers: undefined,
  accept: ({ payload }) => pool.give(payload),
  spare: pool.spare,
  spawn: spawnThread,
  log: pino({ level: 'warn' }),
})
const port = crew.listeners[0]?.port ?? 0
const drops = watchDrops(new Set([port]))

process.on('message', async () => {
  await crew.look()
  const report: NullReport = {
    flows: crew.ledger.flowsDecoded,
    datagrams: crew.ledger.datagrams,
    kernelDrops: drops(),
    ...pauses,
  }
  process.send?.(report)
})
process.on('disconnect', () => process.exit())
const ready: NullReady = { port }
process.send?.(ready)
