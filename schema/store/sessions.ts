// The pool of Sessions. Each runs one query at a time, and reading and writing have their own, so that nobody who reads waits for an insert.

import type { ChdbResult } from 'chdb'
import type { Engine } from './engine.ts'
import { QueryFailure } from './failure.ts'
import { createSession, type PooledSession, type Setup } from './session.ts'

export type Lane = 'read' | 'write'

const laneSize: Record<Lane, number> = { read: 8, write: 3 }
/** Each query may hold a thread of libuv's pool, which also serves files and compression: UV_THREADPOOL_SIZE must be well above. */
export const sessionCount = laneSize.read + laneSize.write
const longestQueue = 64

/** A Session for one query. All throw QueryFailure. */
export interface Lease {
  run(sql: string, format: string): Promise<ChdbResult>
  /** What the query writes into the file that `into` is told; see `PooledSession`. */
  stream(into: (file: string) => string): AsyncGenerator<Buffer, undefined>
}

export interface Sessions {
  /**
   * Runs `use` on a Session of the lane, set up for it, when one is free.
   * @param cancelled ends the waiting, and what reads; what writes is seen through
   * @param spoils the query changes the Session in ways that no other may see
   * @throws QueryFailure when too many wait already, when cancelled, or as the engine says of the setup; and what `use` throws
   */
  use<T>(
    lane: Lane,
    setup: Setup,
    cancelled: AbortSignal,
    use: (lease: Lease) => Promise<T>,
    spoils?: boolean,
  ): Promise<T>
  /** Lets nobody in any more, and waits for what runs. False when that is not over after `ms`. */
  drain(ms: number): Promise<boolean>
  /** Asks the engine to end everything. */
  cancelAll(): void
  /** Only when drained. */
  close(): void
}

interface Waiter {
  take(session: PooledSession): void
  fail(failure: QueryFailure): void
}

export function createSessions(engine: Engine): Sessions {
  const all: Record<Lane, PooledSession[]> = { read: [], write: [] }
  for (const lane of ['read', 'write'] as const) {
    for (let n = 0; n < laneSize[lane]; n++) all[lane].push(createSession(engine, `${lane}-${n}`))
  }
  const free: Record<Lane, PooledSession[]> = { read: [...all.read], write: [...all.write] }
  const waiting: Record<Lane, Waiter[]> = { read: [], write: [] }
  const running = new Set<AbortController>()
  let closing = false
  let whenIdle = () => {}

  const acquire = async (lane: Lane, cancelled: AbortSignal): Promise<PooledSession> => {
    if (closing) throw stopping()
    if (cancelled.aborted) throw clientGone()
    const session = free[lane].pop()
    if (session !== undefined) return session
    const queue = waiting[lane]
    if (queue.length >= longestQueue) {
      throw new QueryFailure(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries. Maximum: ${laneSize[lane]} at once and ${longestQueue} waiting.`,
      )
    }
    return new Promise((take, fail) => {
      const waiter = { take, fail }
      queue.push(waiter)
      cancelled.addEventListener('abort', () => {
        const at = queue.indexOf(waiter)
        if (at < 0) return
        queue.splice(at, 1)
        fail(clientGone())
      })
    })
  }

  const giveBack = (lane: Lane, session: PooledSession) => {
    const next = waiting[lane].shift()
    if (next === undefined) free[lane].push(session)
    else next.take(session)
  }

  return {
    async use(lane, setup, cancelled, use, spoils = false) {
      const session = await acquire(lane, cancelled)
      const ending = new AbortController()
      running.add(ending)
      if (lane === 'read') cancelled.addEventListener('abort', () => ending.abort())
      try {
        await session.prepare(setup, ending.signal)
        return await use({
          run: (sql, format) => session.run(sql, format, ending.signal),
          stream: (into) => session.stream(into, ending.signal),
        })
      } catch (error) {
        await session.settle()
        throw error
      } finally {
        if (spoils) session.renew()
        running.delete(ending)
        giveBack(lane, session)
        if (running.size === 0) whenIdle()
      }
    },

    async drain(ms) {
      closing = true
      for (const waiter of [...waiting.read.splice(0), ...waiting.write.splice(0)]) {
        waiter.fail(stopping())
      }
      if (running.size === 0) return true
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), ms)
        whenIdle = () => {
          clearTimeout(timer)
          resolve(true)
        }
      })
    },

    cancelAll() {
      for (const ending of running) ending.abort()
    },

    close() {
      for (const session of [...all.read, ...all.write]) session.renew()
    },
  }
}

const stopping = () => new QueryFailure('ABORTED', 'The store is stopping.')

const clientGone = () => new QueryFailure('QUERY_WAS_CANCELLED', 'Query was cancelled.')
