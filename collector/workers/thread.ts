// What runs in a worker's thread.

import { parentPort, workerData } from 'node:worker_threads'
import { createLog } from '../../runtime/log.ts'
import { openReceiver } from '../receive/udp.ts'
import type { WorkerStart } from './messages.ts'
import { runWorker } from './worker.ts'

if (parentPort === null) throw new Error('this runs in a thread of the collector')
const start = workerData as WorkerStart
const log = createLog('collector', start.logLevel).child({ worker: start.index })
await runWorker(
  parentPort,
  start,
  (endpoints, handle) => openReceiver(endpoints, handle, log, 'shared'),
  log,
)
