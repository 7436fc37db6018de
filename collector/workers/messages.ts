// What the collector's main thread and its workers say to one another.

import type { Logger } from '../../runtime/log.ts'
import type { Endpoint } from '../../runtime/setting.ts'
import type { Compat } from '../decode/compat.ts'
import type { DecoderCounters } from '../decode/counters.ts'
import type { ExporterDescription } from '../decode/description.ts'
import type { Held } from '../decode/parked-sets.ts'
import type { DecoderSnapshot } from '../decode/snapshot.ts'
import type { Ledger } from '../delivery/ledger.ts'
import type { Segment } from '../delivery/segment.ts'
import type { ExporterFacts } from '../exporters/exporter.ts'
import type { RouterList } from '../exporters/routers.ts'
import type { Listener } from '../receive/udp.ts'
import type { Lane } from './handover.ts'

/** What is the same wherever datagrams are decoded. */
export interface FrontSettings {
  readonly knownOnly: boolean
  readonly compat: Compat
  readonly compile: boolean
  readonly logLevel: Logger['level']
}

/** What a worker is given at its start. */
export interface WorkerStart extends FrontSettings {
  readonly index: number
  readonly workers: number
  readonly endpoints: readonly Endpoint[]
  readonly routers: RouterList | undefined
  /** What an earlier run saved of all exporters, or this worker's predecessor of its own: input, not checked yet. */
  readonly snapshot: unknown
  /** To the other workers that run, by number. */
  readonly lanes: ReadonlyMap<number, Lane>
  /** Three numbers that the worker keeps up to date, so that it is known what it had counted when it is gone: see `live`. */
  readonly live: SharedArrayBuffer
}

/** Places in the numbers of `WorkerStart.live`. */
export const live = { datagrams: 0, datagramBytes: 1, flows: 2, count: 3 } as const

/** What a worker has counted since its start, and has not sealed yet. */
export interface Told {
  /** All that it received before is counted, and in its segments or in `openFlows`. */
  readonly atMs: number
  readonly ledger: Ledger
  readonly counters: DecoderCounters
  readonly templates: number
  readonly parked: Held
  readonly exportersForgotten: number
  readonly openFlows: number
  /** When the first of them was received. */
  readonly oldestOpenMs: number | undefined
}

/** An exporter, as its home knows it, with what its decoder holds for it. */
export interface ToldExporter extends ExporterFacts {
  readonly templates: number
  readonly parkedSets: number
}

export type ToWorker =
  | { kind: 'routers'; list: RouterList }
  | { kind: 'connect'; worker: number; lane: Lane }
  /** A segment has been taken over; here are buffers to use again. */
  | { kind: 'accepted'; payloadBytes: number; blocks: readonly Uint8Array[] }
  | { kind: 'tell' }
  | { kind: 'describe' }
  /** Read what the kernel still holds, for at most so long, and close the sockets. */
  | { kind: 'close'; drainMs: number }
  /** Nothing more will come from any worker: seal everything, and end. */
  | { kind: 'finish' }

export type FromWorker =
  | { kind: 'listening'; listeners: readonly Listener[] }
  | { kind: 'failed'; message: string }
  | { kind: 'segment'; segment: Segment; told: Told }
  | { kind: 'learned'; snapshot: DecoderSnapshot }
  /** Some of its exporters; the last come with `told`. */
  | { kind: 'exporters'; exporters: readonly ToldExporter[]; told: Told | undefined }
  | { kind: 'described'; exporters: readonly ExporterDescription[] }
  | { kind: 'closed' }
  | { kind: 'finished'; told: Told }
