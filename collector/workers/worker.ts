// One of several workers: it receives on sockets of its own, hands on what belongs to exporters of another home, decodes what belongs to its own, and
// gives sealed segments to the main thread, which stores them.

import type { RemoteInfo } from 'node:dgram'
import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../../runtime/errors.ts'
import { formatAddress } from '../../runtime/ip.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Endpoint } from '../../runtime/setting.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { createLedger } from '../delivery/ledger.ts'
import { createSegmentOutput } from '../delivery/output.ts'
import { createBlockPool } from '../encode/block-pool.ts'
import { factsOf } from '../exporters/exporter.ts'
import { createExporters } from '../exporters/exporters.ts'
import { givenRouters } from '../exporters/routers.ts'
import type { Source } from '../exporters/source.ts'
import { createPipeline } from '../pipeline.ts'
import { createSources } from '../receive/sources.ts'
import type { Receiver } from '../receive/udp.ts'
import { keepSaved, restoreState } from '../state.ts'
import { createHandover } from './handover.ts'
import { homeOf } from './home.ts'
import { shareOfLimits } from './limits.ts'
import {
  type FromWorker,
  live,
  type Told,
  type ToldExporter,
  type ToWorker,
  type WorkerStart,
} from './messages.ts'
import { ownPart } from './saved.ts'

/** Opens the worker's sockets. */
export type Open = (
  endpoints: readonly Endpoint[],
  handle: (datagram: Uint8Array, info: RemoteInfo) => void,
) => Promise<Receiver>

/** Payloads that the main thread has not taken over yet. Beyond it, that thread is stuck, and flows are dropped and counted. */
const untakenBytes = 32 * 1024 * 1024
const expireEveryMs = 10_000
/** Told in one go, so that the sockets are read in between. */
const exportersAtOnce = 500

/** Runs until the main thread tells it to finish. */
export async function runWorker(
  port: Pick<MessagePort, 'postMessage' | 'on' | 'off'>,
  start: WorkerStart,
  open: Open,
  log: Logger,
): Promise<void> {
  const { index, workers } = start
  const say = (message: FromWorker) => port.postMessage(message)
  const ledger = createLedger()
  const routers = givenRouters(start.routers)
  const limits = shareOfLimits(workers)
  const exporters = createExporters(routers, limits.exporters)
  const pool = createBlockPool()
  let untaken = 0

  const toMain: Delivery = {
    accept(segment) {
      if (untaken + segment.payloadBytes > untakenBytes) {
        ledger.flowsDropped.memory += segment.flows
        pool.give(segment.payload)
        return
      }
      untaken += segment.payloadBytes
      say({ kind: 'segment', segment, told: tell() })
    },
    oldestReceivedMs: () => undefined,
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    async stop() {},
  }
  // The main thread names what it takes over.
  const output = createSegmentOutput(() => '', pool, toMain)
  const pipeline = createPipeline({
    routers,
    exporters,
    ledger,
    output,
    knownOnly: start.knownOnly,
    compat: start.compat,
    limits: { ...limits, ...(!start.compile && { writers: 0 }) },
    log,
  })
  const { decoder } = pipeline

  const counted = new Float64Array(start.live)
  function tell(): Told {
    // Parked sets are read, and given up, at other times as well.
    counted[live.flows] = ledger.flowsDecoded
    return {
      atMs: Date.now(),
      ledger,
      counters: decoder.counters,
      templates: decoder.templates,
      parked: decoder.parked,
      exportersForgotten: exporters.forgotten(),
      openFlows: output.flowsInMemory(),
      oldestOpenMs: output.oldestUnacknowledgedMs(),
    }
  }

  const handle = (datagram: Uint8Array, source: Source) => {
    counted[live.datagrams]!++
    counted[live.datagramBytes]! += datagram.length
    pipeline.handle(datagram, source, Date.now())
    counted[live.flows] = ledger.flowsDecoded
  }

  const refuse = (lengthBytes: number, reason: 'handover' | 'worker-lost') => {
    counted[live.datagrams]!++
    counted[live.datagramBytes]! += lengthBytes
    ledger.datagrams++
    ledger.datagramBytes += lengthBytes
    ledger.datagramsRefused[reason]++
  }

  const sourceOf = createSources()
  // Its time is that of its reading here, as with what has waited in the kernel: so what this worker tells of a moment is whole.
  const handover = createHandover(
    ({ datagram, address, port }) =>
      handle(datagram, sourceOf({ address: formatAddress(address), port })),
    ({ datagram }) => refuse(datagram.length, 'worker-lost'),
  )
  for (const [worker, lane] of start.lanes) handover.connect(worker, lane)

  const receive = (datagram: Uint8Array, info: RemoteInfo) => {
    const source = sourceOf(info)
    const home = homeOf(datagram, source, workers)
    if (home === index) handle(datagram, source)
    else if (!handover.give(home, datagram, source)) refuse(datagram.length, 'handover')
  }

  const restored = ownPart(start.snapshot, index, workers)
  if (restored !== undefined) {
    restoreState(decoder, restored, log)
    say({ kind: 'learned', snapshot: decoder.snapshot() })
  }
  const saving = keepSaved(decoder, async () =>
    say({ kind: 'learned', snapshot: decoder.snapshot() }),
  )
  const expiring = setInterval(() => pipeline.expire(Date.now()), expireEveryMs)

  const tellExporters = async () => {
    let some: ToldExporter[] = []
    for (const exporter of [...exporters.all()]) {
      const { address } = exporter.source
      const templates = decoder.templateCount(address)
      const parkedSets = decoder.parkedCount(address)
      some.push({ ...factsOf(exporter), templates, parkedSets })
      exporter.beginInterval()
      if (some.length < exportersAtOnce) continue
      say({ kind: 'exporters', exporters: some, told: undefined })
      some = []
      await new Promise((resolve) => setImmediate(resolve))
    }
    handover.drain()
    say({ kind: 'exporters', exporters: some, told: tell() })
  }

  const finished = new Promise<void>((resolve) => {
    const finish = async () => {
      handover.drain()
      clearInterval(expiring)
      pipeline.finish(Date.now())
      await output.stop(0)
      await saving.stop()
      await tellExporters()
      handover.close()
      say({ kind: 'finished', told: tell() })
      port.off('message', obey)
      resolve()
    }
    const obey = (message: ToWorker) => {
      switch (message.kind) {
        case 'routers':
          return routers.take(message.list)
        case 'connect':
          return handover.connect(message.worker, message.lane)
        case 'accepted':
          untaken -= message.payloadBytes
          return pool.give(message.blocks)
        case 'tell':
          return void tellExporters()
        case 'describe':
          return say({ kind: 'described', exporters: decoder.describe() })
        case 'close':
          return void receiver.close(message.drainMs).then(() => say({ kind: 'closed' }))
        case 'finish':
          return void finish()
      }
    }
    port.on('message', obey)
  })

  let receiver: Receiver
  try {
    receiver = await open(start.endpoints, receive)
  } catch (error) {
    say({ kind: 'failed', message: messageOf(error) })
    return
  }
  say({ kind: 'listening', listeners: receiver.listeners })
  await finished
}
