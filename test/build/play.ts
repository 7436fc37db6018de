// The generator's datagrams over UDP into the collector: its receiver, decoder, sampling and encoder, on a clock that the test moves.

import { pino } from 'pino'
import { createLedger } from '../../collector/delivery/ledger.ts'
import type { Segment } from '../../collector/delivery/segment.ts'
import { createBlocks } from '../../collector/encode/block.ts'
import { createBlockPool } from '../../collector/encode/block-pool.ts'
import { createExporters } from '../../collector/exporters/exporters.ts'
import { noRouters, type Routers } from '../../collector/exporters/routers.ts'
import { createPipeline } from '../../collector/pipeline.ts'
import { createSources } from '../../collector/receive/sources.ts'
import { openReceiver } from '../../collector/receive/udp.ts'
import { createDatagramWriter } from '../../netmon/generate/datagrams.ts'
import type { GenerateOptions } from '../../netmon/generate/options.ts'
import { createPlan } from '../../netmon/generate/plan.ts'
import { openSockets } from '../../netmon/generate/sockets.ts'

const log = pino({ level: 'silent' })
const host = '127.0.0.1'

/** A run of the generator, and when it begins. */
export interface Played {
  options: GenerateOptions
  startMs: number
}

/**
 * What a collector makes of these runs, which all go on at once, each from routers of its own. A datagram leaves when its run would send it, and is taken before
 * the clock moves on. `name` is that of the segments: no two plays may have the same. `moved` is told the time before each datagram.
 */
export async function play(
  name: string,
  runs: readonly Played[],
  routers: Routers = noRouters,
  moved: (nowMs: number) => void = () => {},
): Promise<Segment[]> {
  const segments: Segment[] = []
  let number = 0
  const blocks = createBlocks(
    () => `test/${name}/${++number}`,
    createBlockPool(),
    (segment) => segments.push(segment),
  )
  const ledger = createLedger()
  const pipeline = createPipeline({
    routers,
    exporters: createExporters(routers),
    ledger,
    output: { append: blocks.append, addRow: () => true },
    knownOnly: false,
    compat: 'none',
    log,
  })
  const sourceOf = createSources()
  let clockMs = 0
  let taken = () => {}
  const receiver = await openReceiver(
    [{ host, port: 0 }],
    (datagram, info) => {
      pipeline.handle(datagram, sourceOf(info), clockMs)
      taken()
    },
    log,
  )
  const { port } = receiver.listeners[0]!

  const senders = await Promise.all(runs.map(openRun))
  const batches = senders.flatMap((sender) => [...sender.batches()])
  batches.sort((a, b) => a.atMs - b.atMs)
  for (const { atMs, write } of batches) {
    clockMs = atMs
    moved(clockMs)
    const { socket, datagram } = write()
    await new Promise<void>((resolve, reject) => {
      taken = resolve
      socket.send(datagram, port, host, (error) => error && reject(error))
    })
  }
  for (const sender of senders) sender.close()
  await receiver.close(0)
  blocks.seal()

  const flows = senders.reduce((sum, sender) => sum + sender.flows, 0)
  if (ledger.flowsDecoded !== flows) {
    throw new Error(`${ledger.flowsDecoded} of ${flows} flows were decoded`)
  }
  return segments
}

/** The run's routers, and what they send when. */
async function openRun({ options, startMs }: Played, index: number) {
  const plan = createPlan({ source: `127.1.${index}.1`, ...options })
  const sockets = await openSockets(plan.routers, plan.options.target)
  const writeDatagram = createDatagramWriter(plan, startMs - 3_600_000)
  const buffer = Buffer.alloc(65_507)
  return {
    flows: plan.flows,
    *batches() {
      for (let next = 0; next < plan.flows; ) {
        const batch = plan.batchOf(next)
        next += batch.count
        const atMs = startMs + Math.ceil(plan.scenario.dueMs(next - 1))
        const write = () => {
          const { lengthBytes } = writeDatagram(batch, atMs, buffer)
          return {
            socket: sockets[batch.router.index]!,
            datagram: buffer.subarray(0, lengthBytes),
          }
        }
        yield { atMs, write }
      }
    },
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}
