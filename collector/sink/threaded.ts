// A sink whose work is done in a thread of its own. When that thread ends by a fault of whatever it runs, the segments it had are still here and in the spool: what it was
// sending counts as failed, another begins, and asks the store what arrived before it sends anything of that again.

import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Ledger } from '../delivery/ledger.ts'
import type { KafkaSinkOptions } from './kafka.ts'
import { SegmentRefused, type Sink } from './sink.ts'
import type { ThreadData } from './thread.ts'
import type { ThreadMessage, ThreadRequest, ThreadState } from './thread-messages.ts'

type Answer = Extract<ThreadMessage, { kind: 'answer' }>
type Question = ThreadRequest extends infer R
  ? R extends { id: number }
    ? Omit<R, 'id'>
    : never
  : never

interface Waiting {
  resolve(answer: Answer): void
  reject(reason: unknown): void
}

/** What a thread that ended by a fault had written to its connections arrives before the next one looks. */
const restartMs = 1_000
const closeMs = 5_000
/**
 * For new objects: those of some batches. It makes two megabytes of them a second, and by default V8 lets them grow to 48 before it looks which are still needed.
 */
const maxYoungGenerationSizeMb = 6

/** @param begin starts a thread that serves a sink (serve.ts); `unreadSinceMs` is for its ThreadData */
export async function createThreadedSink(
  options: KafkaSinkOptions,
  ledger: Pick<Ledger, 'possibleDuplicates' | 'sinkFaults'>,
  log: Logger,
  begin: (data: ThreadData) => Worker = (data) =>
    new Worker(new URL('./thread.js', import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb },
    }),
): Promise<Sink> {
  const waiting = new Map<number, Waiting>()
  /** Being sent. */
  const sending = new Set<string>()
  /** Was being sent when a thread ended. */
  const doubtful = new Set<string>()
  let lastId = 0
  let thread: Promise<Worker> | undefined
  let state: ThreadState = { possibleDuplicates: 0, oldestUnreadMs: undefined }
  let closing = false

  const takeState = (newer: ThreadState) => {
    ledger.possibleDuplicates += newer.possibleDuplicates - state.possibleDuplicates
    state = newer
  }

  const start = async (): Promise<Worker> => {
    const worker = begin({ options, logLevel: log.level, unreadSinceMs: state.oldestUnreadMs })
    state = { ...state, possibleDuplicates: 0 }
    let fault: unknown
    worker.on('error', (error) => {
      fault = error
    })
    const ended = new Promise<never>((_, reject) => {
      worker.once('exit', (code) =>
        reject(new Error(`the thread that sends ended (${describe(fault, code)})`)),
      )
    })
    const first = new Promise<ThreadMessage>((resolve) => worker.once('message', resolve))
    const message = await Promise.race([first, ended])
    if (message.kind === 'unusable') {
      ended.catch(() => {})
      await worker.terminate()
      throw new UserError(message.message)
    }
    worker.on('message', (message: ThreadMessage) => {
      if (message.kind !== 'answer' && message.kind !== 'state') return
      takeState(message.state)
      if (message.kind === 'answer') waiting.get(message.id)?.resolve(message)
    })
    ended.catch((error: Error) => {
      thread = undefined
      for (const { reject } of waiting.values()) reject(error)
      if (closing) return
      for (const name of sending) doubtful.add(name)
      ledger.sinkFaults++
      log.error({ error: error.message, stack: stackOf(fault) }, 'a fault: another thread begins')
    })
    return worker
  }

  const ask = async (question: Question, signal?: AbortSignal): Promise<Answer> => {
    const id = ++lastId
    thread ??= sleep(restartMs, undefined, { signal }).then(start)
    const beginning = thread
    const worker = await beginning.catch((error: unknown) => {
      if (thread === beginning) thread = undefined
      throw error
    })
    signal?.throwIfAborted()
    const post = (request: ThreadRequest) => worker.postMessage(request)
    const abort = () => {
      post({ id, ask: 'abort' })
      waiting.get(id)?.reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await new Promise<Answer>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        post({ id, ...question } as ThreadRequest)
      })
    } finally {
      waiting.delete(id)
      signal?.removeEventListener('abort', abort)
    }
  }

  const askAndTell = async (question: Question, signal: AbortSignal): Promise<Answer> => {
    const answer = await ask(question, signal)
    const { error } = answer
    if (error === undefined) return answer
    throw error.isRefusal ? new SegmentRefused(error.message) : new Error(error.message)
  }

  const isStored: Sink['isStored'] = async (segment, signal) =>
    (await askAndTell({ ask: 'isStored', segment }, signal)).isStored === true

  thread = start()
  await thread
  return {
    async send(segment, signal) {
      const { name } = segment
      const { payload: _, ...header } = segment
      if (doubtful.has(name) && (await isStored(header, signal))) {
        doubtful.delete(name)
        return
      }
      sending.add(name)
      try {
        await askAndTell({ ask: 'send', segment }, signal)
        doubtful.delete(name)
      } finally {
        sending.delete(name)
      }
    },
    isStored,
    oldestUnreadMs: () => state.oldestUnreadMs,
    async close() {
      closing = true
      const worker = await thread?.catch(() => undefined)
      if (worker === undefined) return
      await Promise.race([
        ask({ ask: 'close' }).catch(() => {}),
        sleep(closeMs, undefined, { ref: false }),
      ])
      await worker.terminate()
    },
  }
}

function describe(fault: unknown, code: number): string {
  return fault instanceof Error ? fault.message : `code ${code}`
}

function stackOf(fault: unknown): string | undefined {
  return fault instanceof Error ? fault.stack : undefined
}
