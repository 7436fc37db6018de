// What a topic holds, read by kafkajs's consumer.

import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'

export interface ReadMessage {
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Record<string, string>
}

/** All messages of a topic, up to what is there now, in the order of partitions and offsets. */
export async function readTopic(address: string, topic: string): Promise<ReadMessage[]> {
  const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  const missing = new Map(
    (await admin.fetchTopicOffsets(topic))
      .map(({ partition, high }) => [partition, Number(high)] as const)
      .filter(([, high]) => high > 0),
  )
  await admin.disconnect()
  const read: ReadMessage[] = []
  if (missing.size === 0) return read
  const consumer = client.consumer({ groupId: `reader-${crypto.randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: EachBatchPayload) => {
      for (const { offset, key, value, headers } of batch.messages) {
        read.push({
          partition: batch.partition,
          offset: Number(offset),
          key,
          value: value ?? Buffer.alloc(0),
          headers: Object.fromEntries(
            Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]),
          ),
        })
      }
      if (Number(batch.lastOffset()) + 1 >= (missing.get(batch.partition) ?? 0)) {
        missing.delete(batch.partition)
      }
      if (missing.size === 0) resolve()
    }
    consumer.run({ autoCommit: false, eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  return read.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}
