// How long it takes, on one machine at default settings, from `netmon up` on an empty directory to the first answer, and from a datagram to a row that can be
// queried. The store is asked again and again, so each figure is late by one question at most.
//
//   node dist/bench/latency.js [--starts 5] [--datagrams 40]

import { createSocket } from 'node:dgram'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { StoreClient } from '../schema/client.ts'
import { prepare } from './collector-datagrams.ts'
import { median } from './collector-run.ts'
import { startEverything } from './everything.ts'
import { describeMachine, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    datagrams: { type: 'string', default: '40' },
  },
})
/** Between two questions. */
const askEveryMs = 10
const giveUpMs = 30_000
const host = '127.0.0.1'

const traffic = { protocol: 'v9', routers: 1, flowsPerDatagram: 20, ipv6Share: 0 } as const
const starts: { readyMs: number; firstAnswerMs: number; firstRowMs: number }[] = []
const rows: number[] = []
for (let i = 0; i < Number(values.starts); i++) {
  const isLast = i === Number(values.starts) - 1
  const startedMs = performance.now()
  const everything = await startEverything()
  try {
    const readyMs = performance.now() - startedMs
    const answer = await fetch(`${everything.apiUrl}/health`)
    if (!answer.ok) throw new Error(`HTTP ${answer.status} from /health`)
    const firstAnswerMs = performance.now() - startedMs
    const store = everything.store()
    const send = await openSender(everything.udpPort)
    await rowOf(store, send)
    const firstRowMs = performance.now() - startedMs
    starts.push({ readyMs, firstAnswerMs, firstRowMs })
    console.log(JSON.stringify(starts.at(-1)))
    for (let sent = 0; isLast && sent < Number(values.datagrams); sent++) {
      // Anywhere in the second that a segment is open for.
      await setTimeout(200 + ((sent * 137) % 1_000))
      rows.push(await rowOf(store, send))
    }
    await store.close()
  } finally {
    await everything.stop()
  }
}
const sorted = [...rows].sort((a, b) => a - b)
const result = {
  starts: starts.length,
  startToFirstAnswerMs: Math.round(median(starts.map(({ firstAnswerMs }) => firstAnswerMs))),
  startToFirstRowMs: Math.round(median(starts.map(({ firstRowMs }) => firstRowMs))),
  datagrams: rows.length,
  datagramToRowMs: {
    median: Math.round(median(rows)),
    ninetyFivePercent: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
    longest: Math.round(sorted.at(-1) ?? 0),
  },
}
console.log(describeMachine())
console.log(JSON.stringify(result, null, 2))
writeResult('latency', [result])
process.exit()

/** Sends one datagram, with the number of its first flow; the rest of its flows come with it. */
async function openSender(port: number): Promise<() => Promise<void>> {
  const [router] = prepare(traffic, 200, Date.now())
  if (router === undefined) throw new RangeError('no router was made')
  const socket = createSocket('udp4')
  let next = 0
  return () => {
    const { payload } = router.datagrams[next++ % router.datagrams.length]!
    return new Promise((resolve, reject) => {
      socket.send(payload, port, host, (error) => (error === null ? resolve() : reject(error)))
    })
  }
}

/** Milliseconds from the sending of a datagram to an answer that has its rows. */
async function rowOf(store: StoreClient, send: () => Promise<void>): Promise<number> {
  const before = await countRows(store)
  const sentMs = performance.now()
  await send()
  while ((await countRows(store)) === before) {
    if (performance.now() - sentMs > giveUpMs) throw new Error('no row has come')
    await setTimeout(askEveryMs)
  }
  return performance.now() - sentMs
}

async function countRows(store: StoreClient): Promise<number> {
  const result = await store.query({
    query: 'SELECT count() AS rows FROM raw',
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ rows: number | string }>()
  return Number(row?.rows ?? 0)
}
