// An idempotent producer on the connections of @platformatic/kafka: it connects (TLS, SASL), and knows who leads a partition. Batches and the way they are written are
// ours: its own producer tries again without end and without a word, writes an empty key where there is none, and copies all it writes twice.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Admin,
  type Broker,
  Connection,
  type ConnectionOptions,
  initProducerIdV4,
  instancesChannel,
  MultipleErrors,
  ProduceAcks,
  produceV7,
  type SASLMechanismValue,
  Writer,
} from '@platformatic/kafka'
import { type KafkaConnection, readPem } from './kafka-client.ts'
import { crc32c } from './kafka-crc.ts'
import { PartitionMissing } from './kafka-errors.ts'
import type { ConnectProducer, KafkaProducer } from './kafka-producer.ts'
import { type BatchCodec, encodeRecordBatch } from './kafka-record-batch.ts'
import { createKafkaWire, type KafkaWire } from './kafka-wire.ts'

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
  /** By broker, opened for writing alone. */
  const wires = new Map<number, Promise<KafkaWire>>()
  let identity = { producerId: -1n, producerEpoch: -1 }
  /** By topic and partition. */
  const sequences = new Map<string, number>()

  /** After a failure another client: it reads certificates again, and asks who leads. Brokers know the producer by its number. */
  const dismissClient = async () => {
    const dismissed = client
    client = undefined
    for (const opening of wires.values()) void opening.then((wire) => wire.close()).catch(() => {})
    wires.clear()
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
        const batch = await encodeRecordBatch(messages, { ...identity, sequence }, codec, crc32c)
        const leader = await findLeader(admin, topic, partition)
        const opening = wires.get(leader.id) ?? openWire(leader, connection)
        wires.set(leader.id, opening)
        const baseOffset = await produce(await opening, topic, partition, batch)
        sequences.set(place, (sequence + messages.length) % sequenceNumbers)
        return baseOffset
      }),
    close: dismissClient,
  }
}

function openClient(connection: KafkaConnection): Admin {
  return new Admin({
    clientId: 'netmon',
    bootstrapBrokers: connection.brokers,
    timeout: requestMs,
    // The sink's caller tries again for ever, and tells people.
    retries: 0,
    ...connectionOptions(connection),
  })
}

async function openWire({ host, port }: Broker, options: KafkaConnection): Promise<KafkaWire> {
  const connection = new Connection('netmon', connectionOptions(options))
  await connection.connect(host, port)
  return createKafkaWire(connection)
}

/** Reads the files of certificates. @throws Error that names the one that cannot be read */
function connectionOptions({ brokers, tls, sasl }: KafkaConnection): ConnectionOptions {
  const isIp = brokers.some((broker) => net.isIP(broker.slice(0, broker.lastIndexOf(':'))) !== 0)
  return {
    connectTimeout: connectMs,
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
  }
}

async function findLeader(
  admin: Admin,
  topic: string,
  partition: number,
): Promise<Broker & { id: number }> {
  const { topics, brokers } = await admin.metadata({ topics: [topic] })
  const id = topics.get(topic)?.partitions[partition]?.leader
  if (id === undefined) throw new PartitionMissing(topic, partition)
  const broker = brokers.get(id)
  if (broker === undefined) {
    throw new Error(`partition ${partition} of topic ${topic} has no leader just now`)
  }
  return { id, ...broker }
}

/** Produce request, version 7 (Kafka 2.1 and later): transactional_id acks timeout [topic [partition records]]. The offset of the first message. */
async function produce(
  leader: KafkaWire,
  topic: string,
  partition: number,
  batch: readonly Buffer[],
): Promise<number> {
  const { buffer: head } = Writer.create()
    .appendString(null, false)
    .appendInt16(ProduceAcks.ALL)
    .appendInt32(requestMs)
    .appendInt32(1)
    .appendString(topic, false)
    .appendInt32(1)
    .appendInt32(partition)
    .appendInt32(batch.reduce((sum, chunk) => sum + chunk.length, 0))
  const { key, version } = produceV7.api
  const answer = await leader.ask(key, version, [head, ...batch])
  const { responses } = produceV7.parseResponse(0, key, version, answer)
  const written = responses[0]?.partitionResponses[0]
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
