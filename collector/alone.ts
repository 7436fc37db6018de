// Receiving and decoding in the thread that delivers as well: one socket for each address, and nothing to hand over.

import type { Logger } from '../runtime/log.ts'
import type { Endpoint } from '../runtime/setting.ts'
import type { Ledger } from './delivery/ledger.ts'
import type { Output } from './delivery/output.ts'
import { createExporters } from './exporters/exporters.ts'
import type { Routers } from './exporters/routers.ts'
import type { Front } from './front.ts'
import { createPipeline } from './pipeline.ts'
import { createSources } from './receive/sources.ts'
import { openReceiver, type Receiver } from './receive/udp.ts'
import { restoreState } from './state.ts'
import type { FrontSettings } from './workers/messages.ts'

const expireEveryMs = 10_000

export function createAlone(
  endpoints: readonly Endpoint[],
  settings: FrontSettings,
  routers: Routers,
  ledger: Ledger,
  output: Output,
  log: Logger,
): Front {
  const exporters = createExporters(routers)
  const pipeline = createPipeline({
    routers,
    exporters,
    ledger,
    output,
    knownOnly: settings.knownOnly,
    compat: settings.compat,
    ...(!settings.compile && { limits: { writers: 0 } }),
    log,
  })
  const { decoder } = pipeline
  let receiver: Receiver | undefined
  const expiring = setInterval(() => pipeline.expire(Date.now()), expireEveryMs)
  return {
    ledger,
    exporters,
    decoder,
    learned: decoder,
    workers: 1,
    restarts: () => 0,
    listeners: () => receiver?.listeners,
    kernelDrops: () => receiver?.kernelDrops() ?? 0,
    // The output has them as soon as they are decoded.
    openFlows: () => 0,
    oldestOpenMs: () => undefined,
    async open(saved) {
      if (saved !== undefined) restoreState(decoder, saved, log)
      const sourceOf = createSources()
      receiver = await openReceiver(
        endpoints,
        (datagram, info) => pipeline.handle(datagram, sourceOf(info), Date.now()),
        log,
      )
      return receiver.listeners
    },
    look: async () => Date.now(),
    describe: async () => decoder.describe(),
    takeRouters() {},
    async stop(drainMs) {
      await receiver?.close(drainMs)
      clearInterval(expiring)
      pipeline.finish(Date.now())
    },
  }
}
