// Receiving and decoding by workers, added up.

import type { Logger } from '../../runtime/log.ts'
import type { Endpoint } from '../../runtime/setting.ts'
import { createCounters } from '../decode/counters.ts'
import { createLedger, type Ledger } from '../delivery/ledger.ts'
import type { Segment } from '../delivery/segment.ts'
import type { BlockPool } from '../encode/block-pool.ts'
import type { RouterList } from '../exporters/routers.ts'
import type { Front } from '../front.ts'
import { watchDrops } from '../receive/kernel-drops.ts'
import { type Crew, startCrew } from './crew.ts'
import type { Spawn } from './member.ts'
import type { FrontSettings, ToldExporter } from './messages.ts'
import { refuseTaken } from './probe.ts'
import { sumInto } from './totals.ts'

/** `delivered` is what delivery counts; `accept` takes over segments, which it has to name. */
export function createWorkersFront(
  workers: number,
  endpoints: readonly Endpoint[],
  settings: FrontSettings,
  delivered: Ledger,
  accept: (segment: Segment) => void,
  pool: BlockPool,
  spawn: Spawn,
  log: Logger,
): Front {
  const ledger = createLedger()
  const counters = createCounters()
  let crew: Crew | undefined
  let routers: RouterList | undefined
  let drops = () => 0
  /** By the address that their templates and parked sets are known under. */
  let bySource = new Map<string, ToldExporter>()
  const add = () => {
    sumInto(ledger, crew === undefined ? [delivered] : [delivered, crew.ledger])
    if (crew !== undefined) sumInto(counters, [crew.counters])
    bySource = new Map(crew?.exporters.map((exporter) => [exporter.source.address, exporter]))
  }
  return {
    ledger,
    exporters: {
      all: () => crew?.exporters ?? [],
      // Each worker does when it tells.
      beginInterval() {},
      forgotten: () => crew?.sum(({ told }) => told.exportersForgotten) ?? 0,
    },
    decoder: {
      counters,
      get templates() {
        return crew?.sum(({ told }) => told.templates) ?? 0
      },
      get parked() {
        return {
          sets: crew?.sum(({ told }) => told.parked.sets) ?? 0,
          bytes: crew?.sum(({ told }) => told.parked.bytes) ?? 0,
        }
      },
      templateCount: (address) => bySource.get(address)?.templates ?? 0,
      parkedCount: (address) => bySource.get(address)?.parkedSets ?? 0,
    },
    learned: {
      get revision() {
        return crew?.learned.revision ?? 0
      },
      snapshot: () => crew?.learned.snapshot() ?? { version: 1, exporters: [] },
    },
    workers,
    restarts: () => crew?.restarts ?? 0,
    listeners: () => crew?.listeners,
    kernelDrops: () => drops(),
    openFlows: () => crew?.sum(({ told }) => told.openFlows) ?? 0,
    oldestOpenMs: () => crew?.oldestOpenMs(),
    async open(saved) {
      for (const endpoint of endpoints) await refuseTaken(endpoint, log)
      crew = await startCrew({
        workers,
        endpoints,
        settings,
        saved,
        routers,
        accept,
        spare: pool.spare,
        spawn,
        log,
      })
      drops = watchDrops(new Set(crew.listeners.map(({ port }) => port)))
      return crew.listeners
    },
    async look() {
      const atMs = await crew?.look()
      add()
      return atMs ?? Date.now()
    },
    describe: async () => (await crew?.describe()) ?? [],
    takeRouters(list) {
      routers = list
      crew?.takeRouters(list)
    },
    async stop(drainMs) {
      drops()
      await crew?.stop(drainMs)
      add()
    },
  }
}
