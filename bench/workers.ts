// npm run prove:workers: several workers in real threads, on sockets that share a port; then what they cost beside one. Needs Node 22.12 and a system
// that spreads a port over sockets, so it is no part of `npm test`, which proves the same without threads.
//
//   node dist/bench/workers.js [--rounds 3] [--seconds 5]

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { pino } from 'pino'
import { createBlockPool } from '../collector/encode/block-pool.ts'
import { watchDrops } from '../collector/receive/kernel-drops.ts'
import { type Crew, startCrew } from '../collector/workers/crew.ts'
import type { WorkerThread } from '../collector/workers/member.ts'
import type { WorkerStart } from '../collector/workers/messages.ts'
import { canSharePorts } from '../collector/workers/sharing.ts'
import { spawnThread } from '../collector/workers/spawn.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { u32 } from '../test/build/bytes.ts'
import { flowSet, netflow9, templateFlowSet } from '../test/build/netflow9.ts'
import type { Traffic } from './collector-datagrams.ts'
import type { NullReady, NullReport } from './collector-null.ts'
import { end, spawnUnpinned } from './collector-processes.ts'
import { median, type RunFigures, run } from './collector-run.ts'
import { round } from './processor.ts'
import { describeMachine, type Result, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '400000' },
  },
})
if (!canSharePorts()) {
  throw new Error(`Node ${process.version} on ${process.platform} cannot share a port: use 22.12`)
}

const exporters = 8
const portsOfEach = 4
const datagramsOfEach = 1_000
const recordsOfEach = 10
const workers = 2

const failures: string[] = []
function check(what: string, is: unknown, expected: unknown): void {
  const holds = isDeepStrictEqual(is, expected)
  console.log(`${holds ? 'ok ' : 'NOT'} ${what}: ${JSON.stringify(is)}`)
  if (!holds) failures.push(what)
}

await prove()
if (failures.length > 0) {
  console.error(`${failures.length} of what workers promise does not hold`)
  process.exit(1)
}
await measure(Number(values.rounds), Number(values.seconds))
process.exit()

/** Exporters that spray one sequence over several ports, so that the kernel gives it to all workers. */
async function prove(): Promise<void> {
  const pool = createBlockPool()
  const threads: WorkerThread[] = []
  let delivered = 0
  const crew = await startCrew({
    workers,
    endpoints: [{ host: '127.0.0.1', port: 0 }],
    settings: { knownOnly: false, compat: 'none', compile: true, logLevel: 'warn' },
    saved: undefined,
    routers: undefined,
    accept(segment) {
      delivered += segment.flows
      pool.give(segment.payload)
    },
    spare: pool.spare,
    spawn(start: WorkerStart) {
      const thread = spawnThread(start)
      threads[start.index] = thread
      return thread
    },
    log: pino({ level: 'silent' }),
  })
  const port = crew.listeners[0]?.port ?? 0
  const drops = watchDrops(new Set([port]))
  const senders = await openSenders()
  const flowsOfAll = exporters * datagramsOfEach * recordsOfEach

  // Templates come from the first port, data from all of them, before it and after it.
  await sendAll(senders, port, 0)
  await settle(crew, drops, exporters * datagramsOfEach)
  check('kernel drops', drops(), 0)
  check('datagrams', crew.ledger.datagrams, exporters * datagramsOfEach)
  check('flows', crew.ledger.flowsDecoded, flowsOfAll)
  check('lost by sequence numbers', lostOf(crew), 0)
  check('exporters known to one worker each', crew.exporters.length, exporters)
  check(
    'templates',
    crew.sum(({ told }) => told.templates),
    exporters,
  )
  check(
    'workers that decode',
    crew.sum(({ told }) => Number(told.ledger.datagrams > 0)),
    workers,
  )

  // One ends in the middle of it.
  const sending = sendAll(senders, port, datagramsOfEach)
  await setTimeout(100)
  threads[0]?.terminate()
  await sending
  while (crew.restarts === 0) await setTimeout(10)
  await setTimeout(1_500)
  await crew.look()
  const before = crew.ledger.datagrams
  await sendAll(senders, port, 2 * datagramsOfEach)
  await settle(crew, drops, before + exporters * datagramsOfEach)
  check(
    'datagrams after a worker ended',
    crew.ledger.datagrams - before,
    exporters * datagramsOfEach,
  )
  const templates = crew.ledger.datagramsRefused['unknown-template']
  check('refused for want of a template after it', templates, 0)

  await crew.stop(1_000)
  const { ledger } = crew
  const refused = sum(ledger.datagramsRefused)
  check('datagrams = decoded + refused', ledger.datagramsDecoded + refused, ledger.datagrams)
  check('flows = delivered + dropped', delivered + sum(ledger.flowsDropped), ledger.flowsDecoded)
  const gone = 3 * exporters * datagramsOfEach - ledger.datagrams - drops()
  console.log(
    `lost with the worker: ${ledger.flowsDropped['worker-lost']} flows decoded and not handed over, ${ledger.datagramsRefused['worker-lost']} datagrams, ${gone} more in its socket`,
  )
  for (const socket of senders.flat()) socket.close()
}

async function openSenders(): Promise<Socket[][]> {
  const senders: Socket[][] = []
  for (let exporter = 0; exporter < exporters; exporter++) {
    const sockets: Socket[] = []
    for (let i = 0; i < portsOfEach; i++) {
      const socket = createSocket('udp4')
      socket.bind(0, `127.2.0.${exporter + 1}`)
      await once(socket, 'listening')
      sockets.push(socket)
    }
    senders.push(sockets)
  }
  return senders
}

async function sendAll(senders: readonly Socket[][], port: number, first: number): Promise<void> {
  const seconds = Math.floor(Date.now() / 1_000)
  const records = flowSet(256, ...Array.from({ length: recordsOfEach }, (_, i) => u32(i + 1)))
  const template = templateFlowSet(256, [1, 4])
  for (let number = 0; number < datagramsOfEach; number++) {
    for (const sockets of senders) {
      const parts = number % 100 === 8 ? [template, records] : [records]
      const datagram = netflow9({ seconds, sequence: first + number }, ...parts)
      sockets[number % sockets.length]?.send(datagram, port, '127.0.0.1')
    }
    if (number % 4 === 0) await setTimeout(1)
  }
}

/** Until so many have come, and no more do. */
async function settle(crew: Crew, drops: () => number, datagrams: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    await crew.look()
    if (crew.ledger.datagrams + drops() >= datagrams) break
    await setTimeout(50)
  }
  await setTimeout(200)
  await crew.look()
}

function lostOf({ exporters }: Crew): number {
  const protocols = exporters.flatMap((exporter) => exporter.protocols)
  return protocols.reduce((lost, { missed, recovered }) => lost + missed - recovered, 0)
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** The same load, sent from one core, on a collector that may use both. */
async function measure(rounds: number, seconds: number): Promise<void> {
  const traffic: Traffic = { protocol: 'v9', routers: 48, flowsPerDatagram: 20, ipv6Share: 0 }
  const figures = new Map<number, RunFigures[]>()
  for (let i = 0; i < rounds; i++) {
    for (const count of [1, 2]) {
      const name = count === 1 ? 'collector-null' : 'collector-workers'
      const file = path.join(packageRoot, 'dist', 'bench', `${name}.js`)
      const child = spawnUnpinned([process.execPath, file, String(count)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      const [ready] = (await once(child, 'message')) as [NullReady]
      const subject = {
        port: ready.port,
        pid: child.pid ?? 0,
        settled: async () => {},
        stop: () => end(child, 'SIGKILL'),
      }
      try {
        const result = await run(subject, traffic, { flowsPerSecond: Number(values.rate), seconds })
        child.send('tell')
        const [report] = (await once(child, 'message')) as [NullReport]
        console.log(JSON.stringify({ workers: count, ...result, drops: report.kernelDrops }))
        figures.set(count, [...(figures.get(count) ?? []), result])
      } finally {
        await subject.stop()
      }
    }
  }
  const results: Result[] = [...figures].map(([workers, runs]) => ({
    workers,
    flowsPerCpuSecond: median(runs.map((run) => run.flowsPerCpuSecond)),
    offeredFlowsPerSecond: median(runs.map((run) => run.offeredFlowsPerSecond)),
    lossPercent: round(median(runs.map((run) => run.lossPercent))),
    residentMib: median(runs.map((run) => run.residentMib)),
    rounds: runs.length,
  }))
  console.log(describeMachine())
  console.table(results)
  writeResult('workers', results)
}
