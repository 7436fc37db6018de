// One worker of a crew, over all its runs: a thread that may end and be started again, what it told, and what was lost with it.

import type { MessagePort } from 'node:worker_threads'
import { UserError } from '../../runtime/errors.ts'
import { createCounters } from '../decode/counters.ts'
import type { ExporterDescription } from '../decode/description.ts'
import type { DecoderSnapshot } from '../decode/snapshot.ts'
import { createLedger } from '../delivery/ledger.ts'
import type { Segment } from '../delivery/segment.ts'
import type { RouterList } from '../exporters/routers.ts'
import type { Listener } from '../receive/udp.ts'
import { createAnswers } from './answers.ts'
import { endOfRun, type LostWithWorker, nothingTold } from './end-of-run.ts'
import type { Lane } from './handover.ts'
import {
  type FromWorker,
  live,
  type Told,
  type ToldExporter,
  type ToWorker,
  type WorkerStart,
} from './messages.ts'
import { addTo, type Counted } from './totals.ts'

/** A thread, or what stands in for one in tests. */
export interface WorkerThread {
  readonly port: {
    postMessage(message: ToWorker, transfer: readonly MessagePort[]): void
    on(event: 'message', listener: (message: FromWorker) => void): unknown
  }
  /** Resolves when it has ended and all that it said was heard: with what ended it, if anything did. */
  readonly ended: Promise<Error | undefined>
  terminate(): void
}

export type Spawn = (start: WorkerStart) => WorkerThread

/** What all members of a crew have in common. */
export interface MemberParts {
  /** Takes over a segment, which has no name yet. */
  accept(segment: Segment): void
  /** Buffers that nobody needs any more, at most so many, to be filled again. */
  spare(count: number): Uint8Array[]
  readonly spawn: Spawn
}

export interface Member {
  readonly index: number
  readonly isRunning: boolean
  readonly listeners: readonly Listener[]
  /** What the run that is on told last; nothing before that. */
  readonly told: Told
  readonly exporters: readonly ToldExporter[]
  /** What it has learned, last; grows by revisions. */
  readonly snapshot: DecoderSnapshot | undefined
  readonly revision: number
  /** Of the run that ended last. */
  readonly lost: LostWithWorker | undefined
  /** Of all runs. */
  counted(): Counted
  /** Resolves when it receives. @throws UserError with its own words when it cannot. */
  start(given: Omit<WorkerStart, 'index' | 'live'>): Promise<void>
  /** Of the run that is on. */
  ended(): Promise<Error | undefined>
  connect(worker: number, lane: Lane): void
  takeRouters(list: RouterList): void
  /** Asks for all that it knows, or waits for what it was asked for before; gives up after so long. */
  look(withinMs: number): Promise<void>
  describe(withinMs: number): Promise<readonly ExporterDescription[]>
  close(drainMs: number, withinMs: number): Promise<void>
  finish(withinMs: number): Promise<void>
  terminate(): void
}

type Answer = Exclude<FromWorker['kind'], 'segment' | 'learned'>

export function createMember(index: number, { accept, spare, spawn }: MemberParts): Member {
  let thread: WorkerThread | undefined
  let ending: Promise<Error | undefined> = Promise.resolve(undefined)
  let counts: Float64Array = new Float64Array(live.count)
  let told = nothingTold()
  let listeners: readonly Listener[] = []
  let snapshot: DecoderSnapshot | undefined
  let revision = 0
  let lost: LostWithWorker | undefined
  let exporters: readonly ToldExporter[] = []
  let arriving: ToldExporter[] = []
  let described: readonly ExporterDescription[] = []
  let failure = ''
  /** It was asked for all that it knows, and has not told all yet. */
  let isTelling = false
  let isFinished = false
  /** Flows in the segments of this run. */
  let accepted = 0
  const past: Counted = { ledger: createLedger(), counters: createCounters() }
  const answers = createAnswers<Answer>()

  const tell = (message: ToWorker, transfer: MessagePort[] = []) =>
    thread?.port.postMessage(message, transfer)

  const heard = async (kind: Answer, withinMs?: number) => {
    if (thread !== undefined) await answers.heard(kind, withinMs)
  }

  const hear = (message: FromWorker) => {
    switch (message.kind) {
      case 'segment': {
        told = message.told
        accepted += message.segment.flows
        const { payload, payloadBytes } = message.segment
        accept(message.segment)
        tell({ kind: 'accepted', payloadBytes, blocks: spare(payload.length) })
        return
      }
      case 'learned':
        snapshot = message.snapshot
        revision++
        return
      case 'exporters':
        arriving.push(...message.exporters)
        if (message.told === undefined) return
        told = message.told
        exporters = arriving
        arriving = []
        isTelling = false
        break
      case 'listening':
        listeners = message.listeners
        break
      case 'described':
        described = message.exporters
        break
      case 'failed':
        failure = message.message
        break
      case 'finished':
        told = message.told
        isFinished = true
        break
    }
    answers.answer(message.kind)
  }

  /** Its counters go on to count; what it did not tell any more is lost, and counted as that. */
  const bury = () => {
    const run = endOfRun(told, counts, accepted)
    lost = run.lost
    addTo(past, run.counted)
    thread = undefined
    told = nothingTold()
    exporters = []
    arriving = []
    isTelling = false
    answers.answerAll()
  }

  return {
    index,
    get isRunning() {
      return thread !== undefined
    },
    get listeners() {
      return listeners
    },
    get told() {
      return told
    },
    get exporters() {
      return exporters
    },
    get snapshot() {
      return snapshot
    },
    get revision() {
      return revision
    },
    get lost() {
      return lost
    },
    counted() {
      const sum: Counted = { ledger: createLedger(), counters: createCounters() }
      addTo(sum, past)
      addTo(sum, told)
      return sum
    },
    async start(given) {
      const memory = new SharedArrayBuffer(live.count * Float64Array.BYTES_PER_ELEMENT)
      counts = new Float64Array(memory)
      accepted = 0
      failure = ''
      thread = spawn({ ...given, index, live: memory })
      thread.port.on('message', hear)
      ending = thread.ended.then((error) => {
        if (isFinished) thread = undefined
        else bury()
        return error
      })
      await Promise.race([heard('listening'), heard('failed'), ending])
      if (failure !== '') throw new UserError(failure)
      if (thread === undefined)
        throw new UserError(`worker ${index} of the collector ended at once`)
    },
    ended: () => ending,
    connect: (worker, lane) => tell({ kind: 'connect', worker, lane }, [lane.bell]),
    takeRouters: (list) => tell({ kind: 'routers', list }),
    async look(withinMs) {
      if (!isTelling) {
        isTelling = true
        tell({ kind: 'tell' })
      }
      await heard('exporters', withinMs)
    },
    async describe(withinMs) {
      described = []
      tell({ kind: 'describe' })
      await heard('described', withinMs)
      return described
    },
    async close(drainMs, withinMs) {
      tell({ kind: 'close', drainMs })
      await heard('closed', withinMs)
    },
    async finish(withinMs) {
      tell({ kind: 'finish' })
      await heard('finished', withinMs)
      thread?.terminate()
      await ending
    },
    terminate: () => thread?.terminate(),
  }
}
