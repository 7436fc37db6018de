// A wire between clients and a broker that can be made to lose answers: what clients say arrives, what the broker says does not.

import type { AddressInfo } from 'node:net'
import { createConnection, createServer, type Socket } from 'node:net'

export interface KafkaProxy {
  readonly port: number
  /** The broker's port on 127.0.0.1, when it is known: the broker has to know this one's. */
  lead(target: number): void
  /** From now on the broker's bytes are counted and thrown away. Resolves when the first of them came: what was asked has been done. */
  loseAnswers(): Promise<void>
  /** Cuts what is connected, and lets new connections through whole. */
  mend(): void
  close(): Promise<void>
}

export async function startKafkaProxy(): Promise<KafkaProxy> {
  const sockets = new Set<Socket>()
  let target = 0
  let lost: (() => void) | undefined

  const server = createServer((client) => {
    const broker = createConnection(target, '127.0.0.1')
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    client.pipe(broker)
    broker.on('data', (bytes) => {
      if (lost === undefined) client.write(bytes)
      else lost()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    lead(port) {
      target = port
    },
    loseAnswers: () =>
      new Promise((resolve) => {
        lost = resolve
      }),
    mend() {
      lost = undefined
      cutAll()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cutAll()
      }),
  }
}
