// What one worker hands to the others, and takes from them. Each pair of workers has a ring in each direction and a bell: a message port that wakes
// the other thread when it rests. A worker under load finds its rings full whenever it looks, and no bell rings.

import type { MessagePort } from 'node:worker_threads'
import { createRingReader, createRingWriter, type RingReader, type RingWriter } from './ring.ts'

/** One worker's end of the connection to another. */
export interface Lane {
  readonly outgoing: SharedArrayBuffer
  readonly incoming: SharedArrayBuffer
  readonly bell: MessagePort
}

/** Read in one go; then this worker's own sockets have their turn. */
const drainedAtOnce = 256

export interface Handover {
  /** Hands a datagram to another worker. False when that one does not keep up, or is gone. */
  give: (worker: number, ...record: Parameters<RingWriter['write']>) => boolean
  /** Reads all that the others have handed over until now. */
  drain(): void
  /** Connects to a worker that has started, the first time or again. What its predecessor left unread is given to `lost`. */
  connect(worker: number, lane: Lane): void
  close(): void
}

type TakeHanded = (handed: NonNullable<ReturnType<RingReader['take']>>) => void

interface Connection {
  readonly lane: Lane
  readonly writer: RingWriter
  readonly reader: RingReader
  hasWritten: boolean
}

/** `take` is lent each datagram that was handed over; `lost` each that a worker which ended has not taken. */
export function createHandover(take: TakeHanded, lost: TakeHanded): Handover {
  const connections = new Map<number, Connection>()
  let isRinging = false

  /** Once for all that came in one turn of the event loop. */
  const ring = () => {
    isRinging = false
    for (const connection of connections.values()) {
      if (!connection.hasWritten) continue
      connection.hasWritten = false
      if (connection.writer.wasIdle()) connection.lane.bell.postMessage(null)
    }
  }

  const drainOne = (connection: Connection) => {
    for (let taken = 0; taken < drainedAtOnce; taken++) {
      const handed = connection.reader.take()
      if (handed !== undefined) take(handed)
      else if (connection.reader.rest()) return
    }
    setImmediate(drainOne, connection)
  }

  return {
    give(worker, datagram, source) {
      const connection = connections.get(worker)
      if (connection === undefined || !connection.writer.write(datagram, source)) return false
      connection.hasWritten = true
      if (!isRinging) {
        isRinging = true
        setImmediate(ring)
      }
      return true
    },
    drain() {
      for (const { reader } of connections.values()) {
        for (let handed = reader.take(); handed !== undefined; handed = reader.take()) take(handed)
      }
    },
    connect(worker, lane) {
      const before = connections.get(worker)
      if (before !== undefined) {
        before.lane.bell.close()
        const { reader } = before
        for (let handed = reader.take(); handed !== undefined; handed = reader.take()) take(handed)
        const left = createRingReader(before.lane.outgoing)
        for (let handed = left.take(); handed !== undefined; handed = left.take()) lost(handed)
      }
      const connection: Connection = {
        lane,
        writer: createRingWriter(lane.outgoing),
        reader: createRingReader(lane.incoming),
        hasWritten: false,
      }
      connections.set(worker, connection)
      lane.bell.on('message', () => drainOne(connection))
    },
    close() {
      for (const { lane } of connections.values()) lane.bell.close()
    },
  }
}
