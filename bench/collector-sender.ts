// A process that sends datagrams made before at an even rate, each with its sequence number: so the subject sees routers that lose nothing.
//
//   argument: traffic and port as JSON; then over IPC: out 'ready', in a `SendOrder`, out what was `Sent`, as often as asked for

import { setImmediate } from 'node:timers/promises'
import { openSockets } from '../netmon/generate/sockets.ts'
import {
  hasTemplates,
  type PreparedDatagram,
  prepare,
  type Traffic,
} from './collector-datagrams.ts'

export interface SenderOptions {
  readonly traffic: Traffic
  readonly port: number
  /** Different ones, of each router. */
  readonly datagramsOfEach: number
  /** While the first order is carried out each router sends its first datagram, which has its templates, and then none that has any; else as often as routers send them. */
  readonly templatesFirst: boolean
}

export interface SendOrder {
  readonly flowsPerSecond: number
  readonly seconds: number
}

export interface Sent {
  readonly flows: number
  readonly datagrams: number
  readonly bytes: number
  readonly seconds: number
}

const host = '127.0.0.1'
/** Sent at once at most, when it is late: a receive buffer of 4 MiB holds some thousand. */
const burstDatagrams = 16

const options = JSON.parse(process.argv[2] ?? '') as SenderOptions
const { traffic, port, datagramsOfEach, templatesFirst } = options
const routers = prepare(traffic, datagramsOfEach, Date.now())
const sockets = await openSockets(
  routers.map(({ router }) => router),
  { host },
)
const sequences = routers.map(({ datagrams, sequenceOffset }) =>
  datagrams[0]!.payload.readUInt32BE(sequenceOffset),
)
const again = routers.map(({ datagrams }) =>
  templatesFirst
    ? datagrams.filter(({ payload }) => !hasTemplates(traffic.protocol, payload))
    : datagrams,
)
let turn = 0
let orders = 0

process.on('message', async (order: SendOrder) => process.send?.(await send(order)))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function send({ flowsPerSecond, seconds }: SendOrder): Promise<Sent> {
  const total = flowsPerSecond * seconds
  orders++
  let flows = 0
  let datagrams = 0
  let bytes = 0
  let inFlight = 0
  const startedMs = performance.now()
  while (flows < total) {
    const due = ((performance.now() - startedMs) / 1000) * flowsPerSecond
    for (let burst = 0; flows < due && burst < burstDatagrams; burst++) {
      const { index, datagram } = next()
      inFlight++
      sockets[index]!.send(datagram.payload, port, host, (error) => {
        inFlight--
        if (error) throw error
      })
      flows += datagram.flows
      bytes += datagram.payload.length
      datagrams++
    }
    // A buffer is used again after a whole round of all; by then the kernel has it.
    do await setImmediate()
    while (inFlight > burstDatagrams)
  }
  while (inFlight > 0) await setImmediate()
  return { flows, datagrams, bytes, seconds: (performance.now() - startedMs) / 1000 }
}

/** The routers take turns. */
function next() {
  const index = turn % routers.length
  const round = Math.floor(turn / routers.length)
  const { datagrams, sequenceOffset } = routers[index]!
  const of = again[index]!
  const isFirst = templatesFirst && orders === 1
  const datagram: PreparedDatagram = isFirst ? datagrams[0]! : of[round % of.length]!
  const sequence = sequences[index] ?? 0
  datagram.payload.writeUInt32BE(sequence, sequenceOffset)
  sequences[index] = (sequence + datagram.step) >>> 0
  turn++
  return { index, datagram }
}
