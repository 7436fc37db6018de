// `netmon up`: everything on one machine. Store, then tables, then API, then collector; stopped the other way round.

import path from 'node:path'
import { UserError } from '../runtime/errors.ts'
import { makeDirectory } from '../runtime/files.ts'
import { lockDirectory } from '../runtime/lock.ts'
import { createLog } from '../runtime/log.ts'
import { createImpatience } from '../runtime/service.ts'
import { type Endpoint, formatEndpoint } from '../runtime/setting.ts'
import { type SettingName, type Settings, settingsAsEnvironment } from '../runtime/settings.ts'
import { createStoreClient, findStore } from '../schema/client.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import { type Child, startChild } from './child.ts'
import { claimDemo, demoDirectory, emptyDemo, refuseDemo } from './demo/directory.ts'
import { historyHours, writeHistory } from './demo/history.ts'
import { playLive } from './demo/live.ts'
import { writeDemoNames } from './demo/names.ts'
import { createProgress } from './progress.ts'

/** The engine runs each query on one of libuv's threads, which are counted before the process starts. */
const storeThreads = '32'

/**
 * Resolves when everything runs; `given` are the settings that were flags, to be handed on. A demo plays a network of its own, in a data directory
 * of its own. @throws UserError
 */
export async function up(
  settings: Settings,
  given: Partial<Record<SettingName, string>>,
  demo = false,
): Promise<undefined> {
  for (const name of ['clickhouseUrl', 'clickhouseUser', 'clickhousePassword'] as const) {
    if (settings[name] !== undefined) {
      throw new UserError(
        `netmon up brings its own store, so NETMON_CLICKHOUSE_* cannot be set; with a ClickHouse of yours run \`netmon migrate\`, \`netmon api\` and \`netmon collector\``,
        2,
      )
    }
  }
  const dataDir = demo ? demoDirectory(given.dataDir) : path.resolve(settings.dataDir)
  if (demo) await claimDemo(dataDir)
  else refuseDemo(dataDir)
  await makeDirectory(dataDir)
  const unlock = lockDirectory(dataDir)
  if (demo) await emptyDemo(dataDir)
  const log = createLog('netmon', settings.logLevel)
  // People read what `up` prints; its parts speak up when something is wrong.
  const level = given.logLevel ?? process.env['NETMON_LOG_LEVEL'] ?? 'warn'
  const environment = settingsAsEnvironment(process.env, { ...given, dataDir, logLevel: level })
  const children: Child[] = []
  const stop = stopOnSignals(children, unlock)
  try {
    const storeEnvironment = { ...environment, UV_THREADPOOL_SIZE: storeThreads }
    const pinStore = ({ url }: Info) => ({ NETMON_STORE_PORT: new URL(String(url)).port })
    children.push(await startChild('store', storeEnvironment, pinStore, log))
    const address = await findStore({ ...settings, dataDir })
    await migrate(address, await readMigrations())
    const historyEndMs = Math.floor(Date.now() / 1000) * 1000
    if (demo) {
      const store = createStoreClient(address)
      const work = { title: 'playing the day before', unit: 'hours', total: historyHours }
      const progress = createProgress(process.stderr, work)
      const collectorDirectory = path.join(dataDir, 'collector')
      await writeHistory(store, collectorDirectory, historyEndMs, progress).finally(progress.end)
      await store.close()
    }
    const pinApi = ({ port }: Info) => ({ NETMON_API_PORT: String(port) })
    const names = demo ? await writeDemoNames(dataDir) : {}
    const api = await startChild('api', { ...names, ...environment }, pinApi, log)
    children.push(api)
    const apiUrl = `http://${urlHost(String(api.info['host']))}:${api.info['port']}`
    const collectorEnvironment = { ...environment, NETMON_API_URL: apiUrl }
    const pinCollector = ({ listeners, http }: Info) => ({
      NETMON_LISTEN: (listeners as Endpoint[]).map((at) => `udp://${formatEndpoint(at)}`).join(','),
      NETMON_COLLECTOR_HTTP: String(http),
    })
    children.push(await startChild('collector', collectorEnvironment, pinCollector, log))
    if (demo) {
      const [listener] = children.at(-1)!.info['listeners'] as Endpoint[]
      await playLive({ host: '127.0.0.1', port: listener!.port }, historyEndMs)
    }
    process.stdout.write(greeting(children, apiUrl, demo))
  } catch (error) {
    await stop()
    throw error
  }
}

/** Makes the first Ctrl-C (or SIGTERM) stop everything in order, the second one at once. */
function stopOnSignals(children: Child[], unlock: () => void): () => Promise<void> {
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= (async () => {
      for (const child of children.toReversed()) await child.stop()
      unlock()
    })()
    return stopping
  }
  const isImpatient = createImpatience()
  const onSignal = () => {
    if (isImpatient()) {
      for (const child of children) child.kill()
      unlock()
      process.exit(1)
    }
    process.stderr.write(
      'stopping: what was accepted is being stored (once more to stop at once)\n',
    )
    void stop().then(() => process.exit(0))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return stop
}

function greeting(children: readonly Child[], apiUrl: string, demo: boolean): string {
  const collector = children.find(({ name }) => name === 'collector')
  const listeners = collector?.info['listeners'] as Endpoint[]
  const ports = listeners.map(({ port }) => port).join(', ')
  return `
Network Monitoring is ready.

  Point routers at   UDP ${ports}   NetFlow v5, v9, IPFIX or sFlow, any of them on any port
  Console and API    ${apiUrl}
  Alerts             npx --no-install netmon alert

${
  demo
    ? 'This is a demo: four routers that do not exist, and attacks on them. Ctrl-C stops it; the next start begins anew.'
    : 'Ctrl-C stops it; everything is kept.'
}
`
}

type Info = Record<string, unknown>

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
