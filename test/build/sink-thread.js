// A thread that serves a sink for tests of what is between: the name of a segment says what becomes of it.

import { parentPort, workerData } from 'node:worker_threads'
import { serveSink } from '../../dist/collector/sink/serve.js'
import { SegmentRefused } from '../../dist/collector/sink/sink.js'

const { unreadSinceMs, diesOf, stored } = workerData
const ledger = { possibleDuplicates: 0 }
let unreadMs = unreadSinceMs

serveSink(
  parentPort,
  {
    async send({ name, payload, firstReceivedMs }, signal) {
      if (name === diesOf) throwOutside(new Error('a fault'))
      if (name === diesOf || name === 'hangs') {
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      }
      if (name === 'refused') throw new SegmentRefused('never')
      if (name === 'failed') throw new Error('not now')
      ledger.possibleDuplicates += 5
      unreadMs ??= firstReceivedMs
      // The first byte tells how often it was sent.
      payload[0][0]++
    },
    async isStored({ name }) {
      return stored.includes(name)
    },
    oldestUnreadMs: () => unreadMs,
    async close() {},
  },
  ledger,
)

function throwOutside(error) {
  setTimeout(() => {
    throw error
  })
}
