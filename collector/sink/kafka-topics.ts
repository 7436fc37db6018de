// How many partitions topics have, and making those that are missing.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from '../../runtime/log.ts'
import { type Stream, streams } from '../delivery/segment.ts'
import { isTopicLost } from './kafka-errors.ts'

export interface TopicNames {
  /** Of flows; the topics of other streams are named TOPIC_status and so on. */
  topic: string
  /** Of the flows' topic, where it is missing and is created. The others have one, since they are small. */
  partitions: number
}

export interface KafkaTopics {
  /** Asked of a broker; remembered for some minutes, since an operator may add partitions. Creates the topic when it is missing. */
  partitionsOf(stream: Stream): Promise<number>
  /** Asks again the next time. */
  forget(stream: Stream): void
  /** Creates what is missing. */
  createAll(): Promise<void>
}

const rememberMs = 5 * 60_000
const spreadMs = 10_000
const askAgainMs = 100

export function topicOf(stream: Stream, { topic }: TopicNames): string {
  return stream === 'flows' ? topic : `${topic}_${stream}`
}

export function createKafkaTopics(client: Kafka, names: TopicNames, log: Logger): KafkaTopics {
  const known = new Map<Stream, { partitions: number; untilMs: number }>()

  const ask = async (admin: Admin, stream: Stream): Promise<number> => {
    const topic = topicOf(stream, names)
    const present = await countPartitions(admin, topic)
    if (present !== undefined) return present
    const numPartitions = stream === 'flows' ? names.partitions : 1
    // False when somebody else was faster.
    if (await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false })) {
      log.info({ topic, partitions: numPartitions }, 'created a topic that was missing')
    }
    // Brokers learn of it one after the other.
    for (let waitedMs = 0; waitedMs < spreadMs; waitedMs += askAgainMs) {
      const partitions = await countPartitions(admin, topic)
      if (partitions !== undefined) return partitions
      await sleep(askAgainMs)
    }
    throw new Error(`topic ${topic} was created, but the brokers do not know it yet`)
  }

  const withAdmin = async <T>(use: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = client.admin()
    try {
      await admin.connect()
      return await use(admin)
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }

  return {
    async partitionsOf(stream) {
      const remembered = known.get(stream)
      if (remembered !== undefined && Date.now() < remembered.untilMs) return remembered.partitions
      const partitions = await withAdmin((admin) => ask(admin, stream))
      known.set(stream, { partitions, untilMs: Date.now() + rememberMs })
      return partitions
    },
    forget: (stream) => known.delete(stream),
    createAll: () =>
      withAdmin(async (admin) => {
        for (const stream of streams) await ask(admin, stream)
      }),
  }
}

async function countPartitions(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.length || undefined
  } catch (error) {
    if (isTopicLost(error)) return undefined
    throw error
  }
}
