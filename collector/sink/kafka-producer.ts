import type { KafkaBatch } from './kafka-messages.ts'

/** Clients that write batches. What is asked of brokers beside that (topics, offsets, what an earlier run wrote) is little, and kafkajs asks it. */
export const kafkaClients = ['platformatic', 'kafkajs'] as const
export type KafkaClientName = (typeof kafkaClients)[number]

/** An idempotent producer: brokers number what it writes to a partition, and take the same numbers from it once. */
export interface KafkaProducer {
  /**
   * Writes the batch with the next numbers of its partition, and resolves with the offset of its first message when all replicas in sync have it. After a failure
   * the same batch, and nothing else, may be given again: it takes the same numbers. One batch of a partition at a time.
   */
  send(topic: string, batch: KafkaBatch): Promise<number>
  close(): Promise<void>
}

/** A new producer, to which brokers have given an identity. */
export type ConnectProducer = () => Promise<KafkaProducer>
