// Produce requests over a connection that @platformatic/kafka has opened: in the chunks they come in, so that the kernel reads flows where they were encoded. The library
// would copy each request into one buffer of its own first, and these buffers were most of what there was to collect.
//
//   request:  length (4) | API (2) | its version (2) | number (4) | client (2 + text) | body
//   response: length (4) | number (4) | body

import { type Connection, Reader } from '@platformatic/kafka'

export interface KafkaWire {
  /** The body of the answer. @throws Error when the connection ends before it */
  ask(api: number, version: number, body: readonly Buffer[]): Promise<Reader>
  close(): void
}

interface Waiting {
  resolve(body: Reader): void
  reject(error: Error): void
}

const clientId = 'netmon'
const headBytes = 14 + clientId.length
/** Answers to what is asked here are some kB. */
const longestAnswerBytes = 64 * 1024 * 1024
/** The library counts from 1; it goes on to ask for itself when a login has to be renewed. */
const firstNumber = 2 ** 30

/** `connection` is open, and is from now on only used for this. */
export function createKafkaWire(connection: Connection): KafkaWire {
  const { socket } = connection
  const waiting = new Map<number, Waiting>()
  const [forLibrary] = socket.listeners('data') as ((bytes: Buffer) => void)[]
  let number = firstNumber
  let received: Buffer = Buffer.alloc(0)
  let isOpen = true

  const take = (frame: Buffer) => {
    const waiter = waiting.get(frame.readInt32BE(4))
    if (waiter !== undefined) waiter.resolve(Reader.from(frame.subarray(8)))
    else forLibrary?.call(socket, frame)
  }
  socket.removeAllListeners('data')
  socket.on('data', (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
    while (received.length >= 8) {
      const lengthBytes = received.readInt32BE(0)
      if (lengthBytes < 4 || lengthBytes > longestAnswerBytes) {
        received = Buffer.alloc(0)
        socket.destroy(new Error(`An answer of ${lengthBytes} bytes: not Kafka's protocol`))
        return
      }
      const end = 4 + lengthBytes
      if (received.length < end) return
      take(received.subarray(0, end))
      received = received.subarray(end)
    }
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    isOpen = false
    for (const { reject } of waiting.values()) reject(new Error('Connection closed'))
  })

  return {
    async ask(api, version, body) {
      const id = ++number
      const head = Buffer.alloc(headBytes)
      const bodyBytes = body.reduce((sum, chunk) => sum + chunk.length, 0)
      head.writeInt32BE(headBytes - 4 + bodyBytes, 0)
      head.writeInt16BE(api, 4)
      head.writeInt16BE(version, 6)
      head.writeInt32BE(id, 8)
      head.writeInt16BE(clientId.length, 12)
      head.write(clientId, 14)
      try {
        return await new Promise<Reader>((resolve, reject) => {
          if (!isOpen) throw new Error('Connection closed')
          waiting.set(id, { resolve, reject })
          socket.cork()
          socket.write(head)
          for (const chunk of body) socket.write(chunk)
          socket.uncork()
        })
      } finally {
        waiting.delete(id)
      }
    },
    close: () => socket.destroy(),
  }
}
