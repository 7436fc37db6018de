// The workers of a collector, seen from its main thread: started, started again when one ends by itself, told what they have to know, added up, and
// stopped together. What they seal is handed to whoever delivers it.

import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { UserError } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Endpoint } from '../../runtime/setting.ts'
import { createCounters, type DecoderCounters } from '../decode/counters.ts'
import type { ExporterDescription } from '../decode/description.ts'
import { createLedger, type Ledger } from '../delivery/ledger.ts'
import type { RouterList } from '../exporters/routers.ts'
import type { Listener } from '../receive/udp.ts'
import type { Learned } from '../state.ts'
import type { Lane } from './handover.ts'
import { createMember, type Member, type MemberParts } from './member.ts'
import type { FrontSettings, ToldExporter, WorkerStart } from './messages.ts'
import { createRing } from './ring.ts'
import { joinSnapshots } from './saved.ts'
import { sumInto } from './totals.ts'

export interface CrewParts extends MemberParts {
  readonly workers: number
  readonly endpoints: readonly Endpoint[]
  readonly settings: FrontSettings
  /** What an earlier run saved, not checked yet. */
  readonly saved: unknown
  readonly routers: RouterList | undefined
  readonly log: Logger
}

export interface Crew {
  readonly listeners: readonly Listener[]
  /** Sums of what the workers counted, as of the last `look`. */
  readonly ledger: Ledger
  readonly counters: DecoderCounters
  readonly exporters: readonly ToldExporter[]
  readonly restarts: number
  sum(read: (worker: Member) => number): number
  /** Asks all workers for what they know now. Resolves with the moment up to which all that was received is in segments or in open flows. */
  look(): Promise<number>
  /** Of flows that are not in a segment yet. */
  oldestOpenMs(): number | undefined
  describe(): Promise<ExporterDescription[]>
  readonly learned: Learned
  takeRouters(list: RouterList): void
  /** All sockets; then what they handed to one another is read and sealed. */
  stop(drainMs: number): Promise<void>
}

/** Room for about 700 full datagrams in each direction between two workers. */
const ringBytes = 1024 * 1024
const firstRestartMs = 250
const longestRestartMs = 10_000
/** A worker that ran so long before it ended is started again at once. */
const soundAfterMs = 60_000
/** A worker that does not answer for so long is asked again the next time. */
const answerMs = 2_000
/** Beyond what its sockets take, a worker has this long to seal and hand over. */
const finishMs = 5_000

/** @throws UserError when the first start of a worker fails; those that run are ended. */
export async function startCrew(parts: CrewParts): Promise<Crew> {
  const { log } = parts
  const ledger = createLedger()
  const counters = createCounters()
  const members: Member[] = []
  let { endpoints } = parts
  let { routers } = parts
  let restarts = 0
  let isStopping = false

  /** A ring each way and a bell to every other worker that runs; they are told of it. */
  const lanesFor = (worker: number): WorkerStart['lanes'] => {
    const lanes = new Map<number, Lane>()
    for (const other of members) {
      if (other.index === worker || !other.isRunning) continue
      const [there, back] = [createRing(ringBytes), createRing(ringBytes)]
      const { port1, port2 } = new MessageChannel()
      other.connect(worker, { outgoing: back, incoming: there, bell: port1 })
      lanes.set(other.index, { outgoing: there, incoming: back, bell: port2 })
    }
    return lanes
  }

  const begin = (member: Member, saved: unknown) =>
    member.start({
      ...parts.settings,
      workers: parts.workers,
      endpoints,
      routers,
      snapshot: saved,
      lanes: lanesFor(member.index),
    })

  const keepRunning = async (member: Member) => {
    let pauseMs = firstRestartMs
    for (;;) {
      const startedMs = Date.now()
      const error = await member.ended()
      if (isStopping) return
      restarts++
      log.error(
        { worker: member.index, error: error?.stack ?? 'it ended', lost: member.lost },
        'a worker ended: starting it again',
      )
      if (Date.now() - startedMs > soundAfterMs) pauseMs = firstRestartMs
      await sleep(pauseMs)
      pauseMs = Math.min(longestRestartMs, pauseMs * 2)
      if (isStopping) return
      await begin(member, member.snapshot).catch(() => {})
    }
  }

  try {
    for (let index = 0; index < parts.workers; index++) {
      const member = createMember(index, parts)
      members.push(member)
      await begin(member, parts.saved)
      // A port that the kernel chose is the same for all.
      endpoints = member.listeners
    }
  } catch (error) {
    for (const member of members) member.terminate()
    throw error instanceof UserError ? error : new UserError(String(error))
  }
  for (const member of members) void keepRunning(member)

  const add = () => {
    sumInto(
      ledger,
      members.map((member) => member.counted().ledger),
    )
    sumInto(
      counters,
      members.map((member) => member.counted().counters),
    )
  }

  return {
    listeners: members[0]?.listeners ?? [],
    ledger,
    counters,
    get exporters() {
      return members.flatMap((member) => member.exporters)
    },
    get restarts() {
      return restarts
    },
    sum: (read) => members.reduce((sum, member) => sum + read(member), 0),
    async look() {
      await Promise.all(members.map((member) => member.look(answerMs)))
      add()
      return Math.min(...members.map((member) => member.told.atMs))
    },
    oldestOpenMs() {
      const open = members.flatMap(({ told }) => told.oldestOpenMs ?? [])
      return open.length === 0 ? undefined : Math.min(...open)
    },
    async describe() {
      return (await Promise.all(members.map((member) => member.describe(answerMs)))).flat()
    },
    learned: {
      get revision() {
        return members.reduce((sum, { revision }) => sum + revision, 0)
      },
      snapshot: () => joinSnapshots(members.flatMap(({ snapshot }) => snapshot ?? [])),
    },
    takeRouters(list) {
      routers = list
      for (const member of members) member.takeRouters(list)
    },
    async stop(drainMs) {
      isStopping = true
      await Promise.all(members.map((member) => member.close(drainMs, drainMs + answerMs)))
      await Promise.all(members.map((member) => member.finish(finishMs)))
      add()
    },
  }
}
