// An idempotent producer on the connections of @platformatic/kafka: it connects (TLS, SASL), knows who leads a partition, and matches answers to requests. Batches are
// ours: its own producer tries again without end and without a word, writes an empty key where there is none, and packs at zlib's middle level.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  type Connection,
  crc32c,
  DynamicBuffer,
  initProducerIdV4,
  instancesChannel,
  MultipleErrors,
  ProduceAcks,
  produceV7,
  type SASLMechanismValue,
  Writer,
} from '@platformatic/kafka'
import { type KafkaConnection, readPem } from './kafka-client.ts'
import { PartitionMissing } from './kafka-errors.ts'
import type { ConnectProducer, KafkaProducer } from './kafka-producer.ts'
import { type BatchCodec, encodeRecordBatch } from './kafka-record-batch.ts'

const connectMs = 5_000
/** Until a broker has answered, and until it must have. */
const requestMs = 30_000
const lateMs = 35_000
const closeMs = 3_000
const pausesMs = [50, 100, 200, 400]
/** Sequence numbers begin again behind it. */
const sequenceNumbers = 2 ** 31

// A connection that fails once more after somebody was told of it is nobody's business, and would else end the process.
instancesChannel.subscribe((message) => {
  const { type, instance } = message as { type: string; instance: Connection }
  if (type === 'connection') instance.on('error', () => {})
})

export function platformaticProducers(
  connection: KafkaConnection,
  codec: BatchCodec,
): ConnectProducer {
  return async () => {
    const producer = createProducer(connection, codec)
    try {
      await producer.begin()
      return producer
    } catch (error) {
      await producer.close()
      throw error
    }
  }
}

function createProducer(
  connection: KafkaConnection,
  codec: BatchCodec,
): KafkaProducer & { begin(): Promise<void> } {
  let client: Admin | undefined
  let identity = { producerId: -1n, producerEpoch: -1 }
  /** By topic and partition. */
  const sequences = new Map<string, number>()

  /** After a failure another client: it reads certificates again, and asks who leads. Brokers know the producer by its number. */
  const dismissClient = async () => {
    const dismissed = client
    client = undefined
    if (dismissed === undefined) return
    const closing = dismissed.close().catch(() => {})
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, closeMs).unref())])
  }

  const withClient = async <T>(use: (client: Admin) => Promise<T>): Promise<T> => {
    client ??= openClient(connection)
    const used = client
    try {
      return await inTime(patiently(used, use), connection)
    } catch (error) {
      if (client === used) void dismissClient()
      throw error
    }
  }

  return {
    begin: () =>
      withClient(async (admin) => {
        const [broker] = (await admin.connectToBrokers()).values()
        if (broker === undefined) throw new Error('the cluster has no brokers')
        const { producerId, producerEpoch } = await initProducerIdV4.api.async(
          broker,
          null,
          requestMs,
          -1n,
          -1,
        )
        identity = { producerId, producerEpoch }
      }),
    send: (topic, { partition, messages }) =>
      withClient(async (admin) => {
        const place = `${topic} ${partition}`
        const sequence = sequences.get(place) ?? 0
        const sum = (bytes: Buffer) => crc32c(new DynamicBuffer(bytes))
        const batch = await encodeRecordBatch(messages, { ...identity, sequence }, codec, sum)
        const leader = await findLeader(admin, topic, partition)
        const baseOffset = await produce(leader, topic, partition, batch)
        sequences.set(place, (sequence + messages.length) % sequenceNumbers)
        return baseOffset
      }),
    close: dismissClient,
  }
}

function openClient({ brokers, tls, sasl }: KafkaConnection): Admin {
  const isIp = brokers.some((broker) => net.isIP(broker.slice(0, broker.lastIndexOf(':'))) !== 0)
  return new Admin({
    clientId: 'netmon',
    bootstrapBrokers: brokers,
    connectTimeout: connectMs,
    timeout: requestMs,
    // The sink's caller tries again for ever, and tells people.
    retries: 0,
    ...(tls && {
      tls: {
        ...(tls.ca && { ca: readPem(tls.ca) }),
        ...(tls.certificate && { cert: readPem(tls.certificate) }),
        ...(tls.key && { key: readPem(tls.key) }),
      },
      tlsServerName: !isIp,
    }),
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism.toUpperCase() as SASLMechanismValue,
        username: sasl.username,
        password: sasl.password,
      },
    }),
  })
}

async function findLeader(admin: Admin, topic: string, partition: number): Promise<Connection> {
  const { topics } = await admin.metadata({ topics: [topic] })
  const leader = topics.get(topic)?.partitions[partition]?.leader
  if (leader === undefined) throw new PartitionMissing(topic, partition)
  const connection = (await admin.connectToBrokers([leader])).get(leader)
  if (connection === undefined) {
    throw new Error(`partition ${partition} of topic ${topic} has no leader just now`)
  }
  return connection
}

/** Produce request, version 7 (Kafka 2.1 and later): transactional_id acks timeout [topic [partition records]]. The offset of the first message. */
async function produce(
  leader: Connection,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<number> {
  const request = () =>
    Writer.create()
      .appendString(null, false)
      .appendInt16(ProduceAcks.ALL)
      .appendInt32(requestMs)
      .appendInt32(1)
      .appendString(topic, false)
      .appendInt32(1)
      .appendInt32(partition)
      .appendInt32(batch.length)
      .append(batch)
  const { key, version } = produceV7.api
  const response = await new Promise<ReturnType<typeof produceV7.parseResponse>>(
    (resolve, reject) => {
      leader.send(key, version, request, produceV7.parseResponse, false, false, (error, answer) => {
        if (error) reject(error)
        else resolve(answer)
      })
    },
  )
  const written = response.responses[0]?.partitionResponses[0]
  if (written === undefined) throw new PartitionMissing(topic, partition)
  return Number(written.baseOffset)
}

/** Tries again where a broker says that it soon will: it has just begun, or has just been made the leader. */
async function patiently<T>(client: Admin, use: (client: Admin) => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await use(client)
    } catch (error) {
      if (!isPassing(error)) throw error
      client.clearMetadata()
      await sleep(pauseMs)
    }
  }
  return use(client)
}

function isPassing(error: unknown): boolean {
  return error instanceof MultipleErrors && error.findBy('canRetry', true) !== null
}

/** The library waits for answers without end. */
async function inTime<T>(work: Promise<T>, { brokers }: KafkaConnection): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer from ${brokers.join(', ')} for ${lateMs / 1000} s`)
    timer = setTimeout(() => reject(error), lateMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
