// Each long-running part as a process of its own.

import os from 'node:os'
import { makeDirectory } from '../runtime/files.ts'
import { createLog } from '../runtime/log.ts'
import { boundNewSpace } from '../runtime/new-space.ts'
import { runService } from '../runtime/service.ts'
import type { Settings } from '../runtime/settings.ts'

/** Longer than the sum of a part's own bounds, shorter than what service managers commonly wait (90 s). */
const stopDeadlineMs = 40_000

export async function runCollector(settings: Settings): Promise<undefined> {
  boundNewSpace()
  const { startCollector } = await import('../collector/service.ts')
  const log = createLog('collector', settings.logLevel)
  await runService(() => startCollector(settings, log), log, stopDeadlineMs)
}

export async function runApi(settings: Settings): Promise<undefined> {
  const { startApi } = await import('../api/service.ts')
  const { findStore } = await import('../schema/client.ts')
  const log = createLog('api', settings.logLevel)
  const start = async () => {
    const { host, port, close } = await startApi({
      settings,
      store: await findStore(settings),
      log,
    })
    return { info: { host, port }, stop: close }
  }
  await runService(start, log, stopDeadlineMs)
}

/**
 * How much the store gives way (nice). A segment waits in the spool, a datagram that nobody reads in time is lost: where there are not processors
 * enough for both, the collector comes first.
 */
const storeNiceness = 5

export async function runStore(settings: Settings): Promise<undefined> {
  // First of all: a thread is as nice as the one that made it, and the engine makes many when it is loaded.
  os.setPriority(Math.min(os.getPriority() + storeNiceness, os.constants.priority.PRIORITY_LOW))
  const path = await import('node:path')
  const { startStore } = await import('../schema/store/server.ts')
  const { keepCredentials } = await import('../runtime/credentials.ts')
  const log = createLog('store', settings.logLevel)
  const start = async () => {
    const host = '127.0.0.1'
    const directory = path.resolve(settings.dataDir)
    await makeDirectory(directory)
    const { user, password } = await keepCredentials(
      directory,
      `http://${host}:${settings.storePort}`,
    )
    const store = await startStore({
      directory: path.join(directory, 'store'),
      host,
      port: settings.storePort,
      user,
      password,
      log,
      kafkaBrokers: settings.kafkaBrokers?.join(','),
    })
    // With port 0 the kernel chose one.
    await keepCredentials(directory, store.url)
    return { info: { url: store.url }, stop: () => store.close() }
  }
  await runService(start, log, stopDeadlineMs)
}
