// The API as a process runs it: bound to its address, with the store behind it.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type Configuration, createConfiguration } from '../rules/configuration/configuration.ts'
import { type Prefix, parsePrefix } from '../rules/configuration/prefix.ts'
import { createSeriesReader } from '../rules/zscore/series-values.ts'
import { isDemo } from '../runtime/demo.ts'
import { codeOf, messageOf, UserError } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import type { Settings } from '../runtime/settings.ts'
import { createStoreClient, type StoreAddress } from '../schema/client.ts'
import { readMigrations } from '../schema/migrate.ts'
import { type Access, allowedHosts, isLoopback } from './access/guard.ts'
import { createApp } from './app.ts'
import { readConsole } from './console.ts'
import { createHostNames } from './names/host-names.ts'
import { readNameLists } from './names/lists.ts'
import { createChannels } from './notify/channels.ts'
import { createDelivery } from './notify/deliver.ts'
import { createNotificationLog } from './notify/log.ts'
import { createSend } from './notify/send.ts'
import { createScheduler } from './periodic/scheduler.ts'
import { createPeriodicWork } from './periodic/tasks.ts'

export interface ApiService {
  host: string
  port: number
  /** Answers what is being asked, at most for some seconds, and takes no more. */
  close(): Promise<void>
}

const storeTimeoutMs = 30_000
const reconcileAgainMs = 5_000
const closeWithinMs = 2_000
const tickMs = 1_000
const deliverEveryMs = 2_000

/**
 * Binds `settings.apiHost:apiPort` (port 0: any that is free) and answers there. A store that is away is no reason not to start.
 * @throws UserError when the address cannot be bound, or would be open to everybody without having been told to.
 */
export async function startApi(options: {
  settings: Settings
  store: StoreAddress
  log: Logger
}): Promise<ApiService> {
  const { settings, log } = options
  const access = accessOf(settings)
  const localNetworks = prefixesOf('NETMON_LOCAL_NETWORKS', settings.localNetworks).map(
    ({ text }) => text,
  )
  if (options.store.cluster !== undefined && settings.retentionBytes !== undefined) {
    throw new UserError(
      'NETMON_RETENTION_BYTES is for one server: a cluster keeps days, NETMON_RETENTION_DAYS',
      2,
    )
  }
  const lists = await readNameLists(settings)
  const store = createStoreClient(options.store, storeTimeoutMs)
  // Works on hours of flows.
  const worker = createStoreClient(options.store)
  const configuration = createConfiguration(store, Date.now, localNetworks)
  const migrations = (await readMigrations()).length
  const notifyNetworks = prefixesOf('NETMON_NOTIFY_NETWORKS', settings.notifyNetworks)
  const delivery = createDelivery({
    client: store,
    channels: createChannels(store),
    notificationLog: createNotificationLog(store),
    send: createSend(notifyNetworks, Date.now),
    now: Date.now,
    log,
  })
  const limits = { days: settings.retentionDays, bytes: settings.retentionBytes }
  const readSeries = createSeriesReader(worker)
  const { tasks, alerts, storage } = createPeriodicWork({
    client: worker,
    readSeries,
    limits,
    cluster: options.store.cluster,
    log,
  })
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const app = createApp({
    configuration,
    store,
    migrations,
    access,
    notifyNetworks,
    log,
    readSeries,
    lists,
    hostNames: createHostNames(settings.resolvers ?? [], Date.now),
    storage,
    registry,
    now: Date.now,
    console: readConsole(),
    isDemo: isDemo(settings.dataDir),
  })

  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 10_000 },
  }) as Server
  server.maxConnections = 1_000
  try {
    await listen(server, settings.apiHost, settings.apiPort)
  } catch (error) {
    await Promise.all([store.close(), worker.close()])
    throw bindError(error, settings)
  }
  const stopReconciling = reconcileOnce(configuration, log)
  const schedulers = [tasks, alerts].map((work) => createScheduler(work, log))
  delivery.start(deliverEveryMs)
  const ticking = setInterval(() => {
    for (const scheduler of schedulers) void scheduler.tick(Date.now())
  }, tickMs)

  return {
    host: settings.apiHost,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      stopReconciling()
      clearInterval(ticking)
      await closeServer(server)
      await delivery.stop()
      // Ends what it waits for: the store sees its statements through, or they are done again.
      await worker.close()
      await Promise.all(schedulers.map((scheduler) => scheduler.stop()))
      await store.close()
    },
  }
}

/**
 * Loopback lets everybody of this machine in, other addresses ask for the token. A token that is set is asked for everywhere. Where nobody is asked, a browser that a web page
 * leads here by a name of its own must not be let in.
 */
function accessOf(settings: Settings): Access {
  const onLoopback = isLoopback(settings.apiHost)
  const { apiToken: token, apiHosts: names, anonymous } = settings
  if (!onLoopback && token === undefined && !anonymous) {
    throw new UserError(
      `the API on ${settings.apiHost} would be open to everybody who reaches it: set NETMON_API_TOKEN, or NETMON_ANONYMOUS=true if that is meant`,
    )
  }
  const takesAnyName = names === undefined && !onLoopback && !anonymous
  const hosts = takesAnyName ? undefined : allowedHosts(names ?? [], !onLoopback)
  return { token, anonymous, hosts }
}

/** @throws UserError */
function prefixesOf(name: string, texts: readonly string[] = []): Prefix[] {
  return texts.map((text) => {
    const prefix = parsePrefix(text)
    if (prefix !== undefined) return prefix
    throw new UserError(`${name} expects IPv4 and IPv6 prefixes, not ${JSON.stringify(text)}`, 2)
  })
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function bindError(error: unknown, { apiHost, apiPort }: Settings): UserError {
  const address = `${apiHost}:${apiPort}`
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new UserError(
        `the API cannot bind ${address}, the port is in use: give another with --api-port or NETMON_API_PORT`,
      )
    case 'EACCES':
      return new UserError(
        `the API may not bind ${address}: give a port above 1023 with --api-port or NETMON_API_PORT`,
      )
    default:
      return new UserError(
        `the API cannot bind ${address} (${messageOf(error)}): give an address of this machine with --api-host or NETMON_API_HOST`,
      )
  }
}

/** Until it has worked once: afterwards every change of a rule does it. */
function reconcileOnce(configuration: Configuration, log: Logger): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const attempt = async () => {
    try {
      await configuration.reconcile()
    } catch (error) {
      if (stopped) return
      log.warn({ error: messageOf(error) }, 'the prefixes of the rules could not be checked yet')
      timer = setTimeout(attempt, reconcileAgainMs)
    }
  }
  void attempt()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), closeWithinMs)
    server.close(() => {
      clearTimeout(deadline)
      resolve()
    })
    server.closeIdleConnections()
  })
}
