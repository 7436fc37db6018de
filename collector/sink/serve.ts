// The side of a sink's thread: does what is asked for, several things at a time, and tells what came of each.

import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../../runtime/errors.ts'
import type { Ledger } from '../delivery/ledger.ts'
import { SegmentRefused, type Sink } from './sink.ts'
import type { ThreadMessage, ThreadRequest, ThreadState } from './thread-messages.ts'

/** How often it is looked whether what readers have read has changed. */
const tellEveryMs = 250

/** `ledger` is the one that the sink counts in. */
export function serveSink(
  port: MessagePort,
  sink: Sink,
  ledger: Pick<Ledger, 'possibleDuplicates'>,
): void {
  const running = new Map<number, AbortController>()
  let toldUnreadMs: number | undefined

  const tell = (message: ThreadMessage) => port.postMessage(message)
  const state = (): ThreadState => {
    toldUnreadMs = sink.oldestUnreadMs?.()
    return { possibleDuplicates: ledger.possibleDuplicates, oldestUnreadMs: toldUnreadMs }
  }
  const timer = setInterval(() => {
    if (sink.oldestUnreadMs?.() !== toldUnreadMs) tell({ kind: 'state', state: state() })
  }, tellEveryMs)

  const perform = async (
    request: Exclude<ThreadRequest, { ask: 'abort' }>,
    signal: AbortSignal,
  ) => {
    if (request.ask === 'isStored')
      return { isStored: await sink.isStored(request.segment, signal) }
    if (request.ask === 'send') await sink.send(request.segment, signal)
    else {
      clearInterval(timer)
      await sink.close()
    }
    return {}
  }

  port.on('message', async (request: ThreadRequest) => {
    const { id } = request
    if (request.ask === 'abort') {
      running.get(id)?.abort()
      return
    }
    const controller = new AbortController()
    running.set(id, controller)
    try {
      const result = await perform(request, controller.signal)
      tell({ kind: 'answer', id, state: state(), ...result })
    } catch (error) {
      const told = { message: messageOf(error), isRefusal: error instanceof SegmentRefused }
      tell({ kind: 'answer', id, state: state(), error: told })
    } finally {
      running.delete(id)
    }
  })
  tell({ kind: 'ready' })
}
