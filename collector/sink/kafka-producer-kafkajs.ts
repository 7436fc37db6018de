import type { CompressionTypes, Kafka, Producer } from 'kafkajs'
import { PartitionMissing } from './kafka-errors.ts'
import type { ConnectProducer } from './kafka-producer.ts'

const disconnectMs = 3_000

/** Producers of kafkajs, which writes a batch by copying it some ten times and sums it up byte by byte. */
export function kafkajsProducers(client: Kafka, compression: CompressionTypes): ConnectProducer {
  return async () => {
    const producer = client.producer({ idempotent: true, allowAutoTopicCreation: false })
    try {
      await producer.connect()
    } catch (error) {
      await disconnect(producer)
      throw error
    }
    return {
      async send(topic, { partition, messages }) {
        const [written] = await producer.send({
          topic,
          acks: -1,
          compression,
          messages: [...messages],
        })
        // kafkajs leaves out what is for a partition that it does not know.
        if (written === undefined) throw new PartitionMissing(topic, partition)
        return Number(written.baseOffset)
      },
      close: () => disconnect(producer),
    }
  }
}

/** Ends soon, also when the broker says nothing any more. */
async function disconnect(producer: Producer): Promise<void> {
  await Promise.race([
    producer.disconnect().catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, disconnectMs).unref()),
  ])
}
