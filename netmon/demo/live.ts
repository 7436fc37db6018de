// The demo's routers as they export from now on: real datagrams, over UDP, from an address of each.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { ExportedFlow, Exporter } from '../../exporter/flow.ts'
import { createExporter } from '../generate/routers.ts'
import { demoRouters, playSecond } from './network.ts'

/** Flows of one datagram: fewer than any of the protocols fits into 1,500 bytes. */
const flowsPerDatagram = 4
const uptimeAtStartMs = 24 * 3_600_000

/** Sends what each second brings until it is stopped. `startMs` is when the history ended. @throws when an address cannot be bound. */
export async function playLive(
  target: { host: string; port: number },
  startMs: number,
): Promise<{ stop(): void }> {
  const players = await Promise.all(
    demoRouters.map(async (router, index) => {
      const socket = createSocket('udp4')
      socket.bind(0, router.address)
      await once(socket, 'listening')
      const exporter = createExporter(
        { ...router, index, agent: router.address, flowsPerDatagram, variant: 0 },
        startMs - uptimeAtStartMs,
      )
      return { socket, exporter, index }
    }),
  )
  const timer = setInterval(() => {
    const nowMs = Date.now()
    for (const { socket, exporter, index } of players) {
      const flows: ExportedFlow[] = []
      playSecond(index, Math.floor(nowMs / 1000) * 1000, startMs, (flow) =>
        flows.push(structuredClone(flow)),
      )
      for (let first = 0; first < flows.length; first += flowsPerDatagram) {
        send(socket, exporter, flows.slice(first, first + flowsPerDatagram), nowMs, target)
      }
    }
  }, 1000)
  return {
    stop() {
      clearInterval(timer)
      for (const { socket } of players) socket.close()
    },
  }
}

function send(
  socket: Socket,
  exporter: Exporter,
  flows: ExportedFlow[],
  nowMs: number,
  target: { host: string; port: number },
): void {
  const buffer = Buffer.alloc(1500)
  const lengthBytes = exporter.writeDatagram(flows, nowMs, buffer)
  // Real routers do not know either whether anybody listens.
  socket.send(buffer.subarray(0, lengthBytes), target.port, target.host, () => {})
}
