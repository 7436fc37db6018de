// How far ClickHouse has read what was written: its consumer group commits an offset when the rows before it are stored, in every table. So a minute is
// closed by what the readers have committed, not by what brokers have acknowledged.

import type { Admin, Kafka } from 'kafkajs'
import { messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'

export interface KafkaReading {
  /** A segment was acknowledged whole: by partition, the offset behind its last message. */
  wrote(receivedMs: number, ends: ReadonlyMap<number, number>): void
  /** When the oldest flow was received that is not read yet, milliseconds since 1970; undefined when all are. */
  oldestUnreadMs(): number | undefined
  stop(): Promise<void>
}

interface Unread {
  readonly receivedMs: number
  /** Undefined until a broker has told where the topic ends. */
  ends: ReadonlyMap<number, number> | undefined
}

const askEveryMs = 1_000
/** Segments that are told apart while nobody reads; beyond that newer ones are one, and counted as read when the last of them is. */
const mostUnread = 10_000

/** @param unreadSinceMs of what is in the topic already and was not read so far, when the oldest flow was received */
export function createKafkaReading(
  client: Kafka,
  group: string,
  topic: string,
  log: Logger,
  unreadSinceMs?: number,
): KafkaReading {
  const unread: Unread[] = []
  if (unreadSinceMs !== undefined) unread.push({ receivedMs: unreadSinceMs, ends: undefined })
  let admin: Admin | undefined
  let told: string | undefined
  let asking: Promise<void> | undefined

  const connect = async (): Promise<Admin> => {
    if (admin !== undefined) return admin
    const connecting = client.admin()
    await connecting.connect()
    admin = connecting
    return connecting
  }

  const askEnds = async (): Promise<Map<number, number>> => {
    const ends = await (await connect()).fetchTopicOffsets(topic)
    return new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  }

  const askCommitted = async (): Promise<Map<number, number>> => {
    const [answer] = await (await connect()).fetchOffsets({ groupId: group, topics: [topic] })
    return new Map(
      answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]) ?? [],
    )
  }

  const disconnect = async () => {
    const disconnecting = admin
    admin = undefined
    await disconnecting?.disconnect().catch(() => {})
  }

  const ask = async () => {
    try {
      if (unread[0] !== undefined) unread[0].ends ??= await askEnds()
      const committed = await askCommitted()
      const isRead = ({ ends = new Map() }: Unread) =>
        [...ends].every(([partition, end]) => (committed.get(partition) ?? 0) >= end)
      while (unread[0] !== undefined && isRead(unread[0])) unread.shift()
      told = undefined
    } catch (error) {
      // A broker that is away is told of by whoever sends.
      const message = messageOf(error)
      if (told !== message)
        log.debug({ error: message, group }, 'cannot ask what ClickHouse has read')
      told = message
      await disconnect()
    }
  }

  const timer = setInterval(() => {
    if (unread.length === 0 || asking !== undefined) return
    asking = ask().finally(() => {
      asking = undefined
    })
  }, askEveryMs)

  return {
    wrote(receivedMs, ends) {
      const last = unread.at(-1)
      if (last !== undefined && unread.length >= mostUnread)
        last.ends = latest(last.ends ?? new Map(), ends)
      else unread.push({ receivedMs, ends })
    },
    oldestUnreadMs: () => unread[0]?.receivedMs,
    async stop() {
      clearInterval(timer)
      await asking
      await disconnect()
    },
  }
}

function latest(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const result = new Map(a)
  for (const [partition, end] of b) {
    result.set(partition, Math.max(end, result.get(partition) ?? 0))
  }
  return result
}
