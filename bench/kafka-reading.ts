// What ClickHouse takes to read a topic by its Kafka engine, and beside it to take the same flows over HTTP: into no table but those that tell how far reading has
// come, and into raw with all rollups.

import type { Kafka } from 'kafkajs'
import { pino } from 'pino'
import type { Segment } from '../collector/delivery/segment.ts'
import { createClickHouseSink } from '../collector/sink/clickhouse.ts'
import { createKafkaClient } from '../collector/sink/kafka-client.ts'
import { createKafkaTopics } from '../collector/sink/kafka-topics.ts'
import { createStoreClient } from '../schema/client.ts'
import { readFromKafka } from '../schema/kafka.ts'
import type { BenchBroker } from './kafka-sink.ts'
import { round } from './processor.ts'
import { createOurs, rulePrefixes } from './schema-databases.ts'
import type { BenchStore } from './store.ts'

/** What the flows go into. */
type Tables = 'nothing' | 'everything'

const database = 'measured'
const giveUpMs = 600_000

/** Seconds of ClickHouse's and of the broker's processor per million flows. */
export async function measureReading(
  store: BenchStore,
  broker: BenchBroker,
  topic: string,
  flows: number,
  tables: Tables,
) {
  await createTables(store, tables)
  const group = `${topic}-${tables}`
  const log = pino({ level: 'silent' })
  const client = createKafkaClient({ brokers: [broker.address] }, log)
  // Those of the other streams, which stay empty.
  await createKafkaTopics(client, { topic, partitions: 1 }, log).createAll()
  const before = store.cpuSeconds()
  const brokerBefore = broker.processorSeconds()
  await readFromKafka(
    { ...store.address, database },
    {
      brokers: [broker.address],
      topic,
      group,
      consumers: 1,
      usesTls: false,
    },
  )
  await allRead(client, topic, group)
  const result = {
    flows,
    cpuSeconds: round((store.cpuSeconds() - before) / (flows / 1e6)),
    brokerCpuSeconds: round((broker.processorSeconds() - brokerBefore) / (flows / 1e6)),
  }
  await store.client.command({ query: `DROP DATABASE ${database} SYNC` })
  return result
}

/** The same flows by the `clickhouse` sink, a segment an insert. */
export async function measureInsert(
  store: BenchStore,
  segments: readonly Segment[],
  tables: Tables,
) {
  await createTables(store, tables)
  const sink = createClickHouseSink(createStoreClient({ ...store.address, database }))
  const forever = new AbortController().signal
  const before = store.cpuSeconds()
  for (const segment of segments) await sink.send(segment, forever)
  const flows = segments.reduce((sum, segment) => sum + segment.flows, 0)
  const cpuSeconds = round((store.cpuSeconds() - before) / (flows / 1e6))
  await sink.close()
  await store.client.command({ query: `DROP DATABASE ${database} SYNC` })
  return { flows, cpuSeconds }
}

async function createTables(store: BenchStore, tables: Tables): Promise<void> {
  await createOurs(store, database, rulePrefixes(100), tables === 'nothing' ? [] : undefined)
}

/** The consumer group has committed all there is, which it does when every table has the rows. */
async function allRead(client: Kafka, topic: string, group: string): Promise<void> {
  const admin = client.admin()
  await admin.connect()
  try {
    const ends = (await admin.fetchTopicOffsets(topic)).map(
      ({ partition, high }) => [partition, Number(high)] as const,
    )
    const missing = new Map(ends.filter(([, end]) => end > 0))
    const startedMs = performance.now()
    while (missing.size > 0) {
      if (performance.now() - startedMs > giveUpMs) throw new Error(`${topic} is not read yet`)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      for (const { partition, offset } of committed?.partitions ?? []) {
        if (Number(offset) >= (missing.get(partition) ?? 0)) missing.delete(partition)
      }
    }
  } finally {
    await admin.disconnect()
  }
}
