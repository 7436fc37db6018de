// The thread that owns the connections to Kafka: packing, summing up and sending batches take nothing of the time in which datagrams are to be fetched from the kernel.

import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../runtime/errors.ts'
import { createLog } from '../../runtime/log.ts'
import { createLedger } from '../delivery/ledger.ts'
import { createKafkaSink, type KafkaSinkOptions } from './kafka.ts'
import { serveSink } from './serve.ts'
import type { ThreadMessage } from './thread-messages.ts'

export interface ThreadData {
  options: KafkaSinkOptions
  logLevel: string
  /** What the thread before this one left unread in Kafka began then, milliseconds since 1970; undefined when nothing was. */
  unreadSinceMs: number | undefined
}

const { options, logLevel, unreadSinceMs } = workerData as ThreadData
if (parentPort === null) throw new Error('this runs in a thread of the collector')
try {
  const ledger = createLedger()
  const log = createLog('collector', logLevel)
  const sink = createKafkaSink(options, ledger, log, unreadSinceMs)
  serveSink(parentPort, sink, ledger)
} catch (error) {
  if (!(error instanceof UserError)) throw error
  const message: ThreadMessage = { kind: 'unusable', message: error.message }
  parentPort.postMessage(message)
}
