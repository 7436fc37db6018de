// The collector, put together: parts are made from the sink backwards and stopped from the sockets forwards, so that nothing accepted is lost.

import path from 'node:path'
import { makeDirectory } from '../runtime/files.ts'
import { lockDirectory } from '../runtime/lock.ts'
import type { Logger } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { formatEndpoint } from '../runtime/setting.ts'
import type { Settings } from '../runtime/settings.ts'
import { createAlone } from './alone.ts'
import { createDelivery, defaultDeliveryLimits } from './delivery/delivery.ts'
import { createLedger, type Ledger } from './delivery/ledger.ts'
import { createSegmentOutput, createStdoutOutput, type Output } from './delivery/output.ts'
import type { Segment } from './delivery/segment.ts'
import { openSpool } from './delivery/spool.ts'
import { type BlockPool, createBlockPool } from './encode/block-pool.ts'
import {
  type FollowedRouters,
  followRouters,
  noRouters,
  type RouterList,
  type Routers,
} from './exporters/routers.ts'
import type { Front } from './front.ts'
import { readIdentity } from './identity.ts'
import { defaultGateway, watchForGateway } from './receive/gateway.ts'
import { createSink } from './sink/create.ts'
import { keepState, readState } from './state.ts'
import { type Answer, serveHttp } from './telemetry/http.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createStatus, type Gauges, type Identity, statusEveryMs } from './telemetry/status.ts'
import { createWorkersFront } from './workers/front.ts'
import type { FrontSettings } from './workers/messages.ts'
import { workersFor } from './workers/sharing.ts'
import { spawnThread } from './workers/spawn.ts'

/** How long to wait for a first list of routers before flows are taken without one. */
const routersWaitMs = 10_000
/** Parts of a stop, together less than the supervisor's patience. */
const socketDrainMs = 1_000
const deliveryDrainMs = 15_000

/**
 * Starts everything; resolves when the sockets are open. A start that fails leaves parts running: its process is to end.
 * @throws UserError naming what is in the way and the setting to change.
 */
export async function startCollector(settings: Settings, log: Logger): Promise<Service> {
  const directory = path.resolve(settings.dataDir, 'collector')
  await makeDirectory(directory)
  const unlock = lockDirectory(directory)
  try {
    return await start(settings, directory, unlock, log)
  } catch (error) {
    unlock()
    throw error
  }
}

async function start(
  settings: Settings,
  directory: string,
  unlock: () => void,
  log: Logger,
): Promise<Service> {
  const identity = await readIdentity(directory, Date.now())
  const nextName = createNames(identity)
  const ledger = createLedger()
  let front: Front | undefined
  const routers = await createRouters(settings, directory, log, (list) => front?.takeRouters(list))
  const store =
    settings.sink === 'stdout'
      ? undefined
      : await createStoreOutput(settings, directory, nextName, ledger, log)
  const output = store?.output ?? createStdoutOutput(process.stdout, ledger)
  front = createFront(settings, routers, ledger, output, store?.pool, nextName, log)
  const gauges = createGauges(front, output)
  const http = await serveHttp(settings.collectorHttp, answers(front, routers, gauges))

  if (!(await routers.whenKnown(routersWaitMs))) {
    log.warn('no list of routers yet: default sampling rates apply as soon as there is one')
  }
  const stateFile = path.join(directory, 'templates.json')
  const listeners = await front.open(await readState(stateFile, log))
  const state = keepState(front.learned, stateFile, log)

  const { exporters, decoder } = front
  const status = createStatus(identity, front.ledger, exporters, decoder, gauges)
  const lookForGateway = watchForGateway(defaultGateway(), log)
  const tellStatus = async () => {
    const nowMs = await front.look()
    lookForGateway(exporters.all(), nowMs)
    output.accept(await status(nextName(), nowMs))
  }
  await tellStatus()
  const telling = setInterval(tellStatus, statusEveryMs)

  return {
    info: { listeners, http: formatEndpoint({ ...settings.collectorHttp, port: http.port }) },
    async stop() {
      await front.stop(socketDrainMs)
      clearInterval(telling)
      routers.stop()
      await state.stop()
      await tellStatus()
      await output.stop(deliveryDrainMs)
      await http.close()
      unlock()
      await front.look()
      log.info(
        { ...front.ledger, kernelDrops: gauges.kernelDrops(), flowsSpooled: output.flowsSpooled() },
        'stopped',
      )
    },
  }
}

/** One thread for everything, or workers that receive and decode beside it. */
function createFront(
  settings: Settings,
  routers: Routers,
  ledger: Ledger,
  output: Output,
  pool: BlockPool | undefined,
  nextName: () => string,
  log: Logger,
): Front {
  const { listen, compat, compile, logLevel } = settings
  const same: FrontSettings = {
    knownOnly: settings.exporters === 'known',
    compat,
    compile,
    logLevel,
  }
  const workers = pool === undefined ? 1 : workersFor(settings.collectorWorkers, log)
  if (workers === 1 || pool === undefined) {
    return createAlone(listen, same, routers, ledger, output, log)
  }
  const accept = (segment: Segment) => output.accept({ ...segment, name: nextName() })
  return createWorkersFront(workers, listen, same, ledger, accept, pool, spawnThread, log)
}

/** Of front and output together. */
function createGauges(front: Front, output: Output): Gauges {
  return {
    kernelDrops: front.kernelDrops,
    flowsInMemory: () => front.openFlows() + output.flowsInMemory(),
    flowsSpooled: output.flowsSpooled,
    spoolBytes: output.spoolBytes,
    oldestUnacknowledgedMs: () => earlier(output.oldestUnacknowledgedMs(), front.oldestOpenMs()),
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

async function createRouters(
  settings: Settings,
  directory: string,
  log: Logger,
  changed: (list: RouterList) => void,
): Promise<FollowedRouters> {
  // Flows for people's eyes need no API, unless one is named.
  if (settings.sink === 'stdout' && settings.apiUrl === undefined) return noRouters
  const apiUrl = settings.apiUrl ?? `http://127.0.0.1:${settings.apiPort}`
  return followRouters(
    apiUrl,
    settings.apiToken,
    path.join(directory, 'routers.json'),
    log,
    changed,
  )
}

async function createStoreOutput(
  settings: Settings,
  directory: string,
  nextName: () => string,
  ledger: Ledger,
  log: Logger,
): Promise<{ output: Output; pool: BlockPool }> {
  const spoolDirectory = path.join(directory, 'spool')
  await makeDirectory(spoolDirectory)
  const pool = createBlockPool()
  const { spool, entries, damaged } = await openSpool(spoolDirectory, pool)
  if (entries.length > 0) log.info({ segments: entries.length }, 'found segments of an earlier run')
  for (const file of damaged) log.error({ file }, 'a segment in the spool is damaged: set aside')
  const sink = await createSink(settings, ledger, log)
  const limits = defaultDeliveryLimits
  const delivery = createDelivery(spool, entries, sink, ledger, log, limits, pool)
  const output = createSegmentOutput(nextName, pool, delivery)
  return {
    pool,
    output: {
      ...output,
      oldestUnacknowledgedMs: () =>
        earlier(sink.oldestUnreadMs?.(), output.oldestUnacknowledgedMs()),
      async stop(deadlineMs) {
        await output.stop(deadlineMs)
        await sink.close()
      },
    },
  }
}

function createNames({ collector, boot }: Identity): () => string {
  let number = 0
  return () => `${collector}/${boot}/${++number}`
}

function answers(
  front: Front,
  routers: Routers,
  gauges: Gauges,
): ReadonlyMap<string, () => Promise<Answer>> {
  const { ledger, exporters, decoder } = front
  const metrics = createMetrics(ledger, exporters, decoder, gauges, front)
  const json = (status: number, value: unknown): Answer => ({
    status,
    type: 'application/json',
    body: `${JSON.stringify(value, null, 2)}\n`,
  })
  return new Map([
    [
      '/metrics',
      async () => {
        await front.look()
        return { status: 200, type: metrics.contentType, body: await metrics.metrics() }
      },
    ],
    [
      '/health',
      async () => {
        await front.look()
        const listeners = front.listeners()
        return json(listeners === undefined ? 503 : 200, {
          status: listeners === undefined ? 'starting' : 'receiving',
          listeners: listeners ?? [],
          workers: front.workers,
          worker_restarts: front.restarts(),
          routers_version: routers.version(),
          kernel_drops: gauges.kernelDrops(),
          flows_in_memory: gauges.flowsInMemory(),
          flows_spooled: gauges.flowsSpooled(),
          spool_bytes: gauges.spoolBytes(),
          oldest_unacknowledged_ms: gauges.oldestUnacknowledgedMs() ?? null,
          ledger,
        })
      },
    ],
    ['/templates', async () => json(200, await front.describe())],
  ])
}
