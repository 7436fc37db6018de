// The collector, put together: parts are made from the sink backwards and stopped from the sockets forwards, so that nothing accepted is lost.

import path from 'node:path'
import { makeDirectory } from '../runtime/files.ts'
import { lockDirectory } from '../runtime/lock.ts'
import type { Logger } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { formatEndpoint } from '../runtime/setting.ts'
import type { Settings } from '../runtime/settings.ts'
import { createBlockPool } from './block-pool.ts'
import { createDelivery, defaultDeliveryLimits } from './delivery.ts'
import { createExporters } from './exporters.ts'
import { type Answer, serveHttp } from './http.ts'
import { readIdentity } from './identity.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createMetrics } from './metrics.ts'
import { createSegmentOutput, createStdoutOutput, type Output } from './output.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { defaultGateway, watchForGateway } from './receive/gateway.ts'
import { createSources } from './receive/sources.ts'
import { openReceiver, type Receiver } from './receive/udp.ts'
import { followRouters, noRouters, type Routers } from './routers.ts'
import { createSink } from './sink/create.ts'
import { openSpool } from './spool.ts'
import { keepState, restoreState } from './state.ts'
import { createStatus, type Gauges, type Identity, statusEveryMs, statusSegment } from './status.ts'

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
  const routers = await createRouters(settings, directory, log)
  const exporters = createExporters(routers)
  const output =
    settings.sink === 'stdout'
      ? createStdoutOutput(process.stdout, ledger)
      : await createStoreOutput(settings, directory, nextName, ledger, log)
  const pipeline = createPipeline({
    routers,
    exporters,
    ledger,
    output,
    knownOnly: settings.exporters === 'known',
    compat: settings.compat,
    ...(!settings.compile && { limits: { writers: 0 } }),
    log,
  })
  const stateFile = path.join(directory, 'templates.json')
  await restoreState(pipeline.decoder, stateFile, log)
  const state = keepState(pipeline.decoder, stateFile, log)

  let receiver: Receiver | undefined
  const gauges: Gauges = {
    kernelDrops: () => receiver?.kernelDrops() ?? 0,
    flowsInMemory: output.flowsInMemory,
    flowsSpooled: output.flowsSpooled,
    spoolBytes: output.spoolBytes,
    oldestUnacknowledgedMs: output.oldestUnacknowledgedMs,
  }
  const http = await serveHttp(
    settings.collectorHttp,
    answers(
      () => receiver,
      routers,
      ledger,
      pipeline,
      gauges,
      createMetrics(ledger, exporters, pipeline.decoder, gauges),
    ),
  )

  if (!(await routers.whenKnown(routersWaitMs))) {
    log.warn('no list of routers yet: default sampling rates apply as soon as there is one')
  }
  const sourceOf = createSources()
  receiver = await openReceiver(
    settings.listen,
    (datagram, info) => pipeline.handle(datagram, sourceOf(info), Date.now()),
    log,
  )

  const status = createStatus(identity, ledger, exporters, pipeline.decoder, gauges)
  const lookForGateway = watchForGateway(defaultGateway(), log)
  const tellStatus = () => {
    const nowMs = Date.now()
    lookForGateway(exporters.all(), nowMs)
    pipeline.expire(nowMs)
    output.accept(statusSegment(nextName(), status(nowMs), nowMs))
  }
  tellStatus()
  const telling = setInterval(tellStatus, statusEveryMs)

  return {
    info: {
      listeners: receiver.listeners,
      http: formatEndpoint({ ...settings.collectorHttp, port: http.port }),
    },
    async stop() {
      await receiver.close(socketDrainMs)
      clearInterval(telling)
      routers.stop()
      await state.stop()
      pipeline.finish(Date.now())
      tellStatus()
      await output.stop(deliveryDrainMs)
      await http.close()
      unlock()
      log.info(
        { ...ledger, kernelDrops: gauges.kernelDrops(), flowsSpooled: output.flowsSpooled() },
        'stopped',
      )
    },
  }
}

async function createRouters(settings: Settings, directory: string, log: Logger): Promise<Routers> {
  // Flows for people's eyes need no API, unless one is named.
  if (settings.sink === 'stdout' && settings.apiUrl === undefined) return noRouters
  const apiUrl = settings.apiUrl ?? `http://127.0.0.1:${settings.apiPort}`
  return followRouters(apiUrl, settings.apiToken, path.join(directory, 'routers.json'), log)
}

async function createStoreOutput(
  settings: Settings,
  directory: string,
  nextName: () => string,
  ledger: Ledger,
  log: Logger,
): Promise<Output> {
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
    ...output,
    oldestUnacknowledgedMs() {
      const unreadMs = sink.oldestUnreadMs?.()
      const unacknowledgedMs = output.oldestUnacknowledgedMs()
      return unreadMs === undefined || unacknowledgedMs === undefined
        ? (unreadMs ?? unacknowledgedMs)
        : Math.min(unreadMs, unacknowledgedMs)
    },
    async stop(deadlineMs) {
      await output.stop(deadlineMs)
      await sink.close()
    },
  }
}

function createNames({ collector, boot }: Identity): () => string {
  let number = 0
  return () => `${collector}/${boot}/${++number}`
}

function answers(
  receiver: () => Receiver | undefined,
  routers: Routers,
  ledger: Ledger,
  { decoder }: Pipeline,
  gauges: Gauges,
  metrics: ReturnType<typeof createMetrics>,
): ReadonlyMap<string, () => Promise<Answer>> {
  const json = (status: number, value: unknown): Answer => ({
    status,
    type: 'application/json',
    body: `${JSON.stringify(value, null, 2)}\n`,
  })
  return new Map([
    [
      '/metrics',
      async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
    ],
    [
      '/health',
      async () => {
        const listeners = receiver()?.listeners
        return json(listeners === undefined ? 503 : 200, {
          status: listeners === undefined ? 'starting' : 'receiving',
          listeners: listeners ?? [],
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
    ['/templates', async () => json(200, decoder.describe())],
  ])
}
