// Workers without threads: each runs in this one, behind a message channel of its own, and is given its datagrams by the test as the kernel would.

import type { RemoteInfo } from 'node:dgram'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { pino } from 'pino'
import type { Segment } from '../../collector/delivery/segment.ts'
import { createBlockPool } from '../../collector/encode/block-pool.ts'
import type { RouterList } from '../../collector/exporters/routers.ts'
import { type Crew, startCrew } from '../../collector/workers/crew.ts'
import type { WorkerThread } from '../../collector/workers/member.ts'
import type { WorkerStart } from '../../collector/workers/messages.ts'
import { runWorker } from '../../collector/workers/worker.ts'
import { flowMessages } from './flow-message.ts'

export interface TestCrew {
  readonly crew: Crew
  readonly segments: readonly Segment[]
  /** The flows of all segments. */
  flows(): Record<string, unknown>[]
  /** What the kernel gives to this worker's socket. */
  receive(worker: number, datagram: Uint8Array, address: string, port?: number): void
  /** Ends the worker as an exception would, when it has read what came or at once. Resolves when it has been started again. */
  crash(worker: number, when?: 'at once'): Promise<void>
  /** What was learned until now has been told, which takes half a second. */
  saved(): Promise<void>
  /** All that was handed over until now has been read, and all that was said has been heard. */
  settle(): Promise<void>
}

export interface TestCrewOptions {
  readonly workers?: number
  readonly saved?: unknown
  readonly routers?: RouterList
  readonly knownOnly?: boolean
}

const silent = pino({ level: 'silent' })

export async function startTestCrew(options: TestCrewOptions = {}): Promise<TestCrew> {
  const { workers = 2, saved, routers, knownOnly = false } = options
  const segments: Segment[] = []
  const pool = createBlockPool()
  const handlers: ((datagram: Uint8Array, info: RemoteInfo) => void)[] = []
  const crashes: (() => Promise<void>)[] = []
  let started = 0

  const spawn = (start: WorkerStart): WorkerThread => {
    const { port1: main, port2: own } = new MessageChannel()
    let end: (error: Error | undefined) => void = () => {}
    const ended = new Promise<Error | undefined>((resolve) => {
      end = resolve
    })
    const open = async (_: unknown, handle: (datagram: Uint8Array, info: RemoteInfo) => void) => {
      handlers[start.index] = handle
      started++
      return { listeners: [], kernelDrops: () => 0, close: async () => {} }
    }
    crashes[start.index] = async () => {
      handlers[start.index] = () => {}
      own.close()
      for (const { bell } of start.lanes.values()) bell.close()
      end(new Error('a fault'))
    }
    void runWorker(own, start, open, silent)
    return {
      port: main,
      ended,
      terminate() {
        own.close()
        end(undefined)
      },
    }
  }

  const crew = await startCrew({
    workers,
    endpoints: [],
    settings: { knownOnly, compat: 'none', compile: true, logLevel: 'silent' },
    saved,
    routers,
    accept: (segment) => segments.push(segment),
    spare: pool.spare,
    spawn,
    log: silent,
  })

  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    await crew.look()
  }
  return {
    crew,
    segments,
    flows: () =>
      segments
        .filter(({ stream }) => stream === 'flows')
        .flatMap(({ payload }) => payload.flatMap(flowMessages)),
    receive(worker, datagram, address, port = 5_000) {
      handlers[worker]?.(datagram, { address, port, family: 'IPv4', size: datagram.length })
    },
    async crash(worker, when) {
      if (when === undefined) await settle()
      const before = started
      await crashes[worker]?.()
      while (started === before) await setImmediate()
      await settle()
    },
    async saved() {
      const { revision } = crew.learned
      while (crew.learned.revision === revision) await setTimeout(20)
      await settle()
    },
    settle,
  }
}
