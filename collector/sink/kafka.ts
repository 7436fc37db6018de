// Segments into Kafka, acknowledged by all replicas in sync, by an idempotent producer.
//
// What makes a repeated attempt harmless: brokers number what each producer writes to a partition, and take the same numbers from it once. So a batch
// whose answer was lost is sent again by the same producer, whole, before anything else goes to its partition. Anything else under its numbers would be
// taken for it and lost: when another segment comes while a batch is unanswered, or a broker has lost the numbers, a new producer begins.

import type { Kafka } from 'kafkajs'
import type { Logger } from '../../runtime/log.ts'
import type { Ledger } from '../delivery/ledger.ts'
import type { Segment, SegmentHeader } from '../delivery/segment.ts'
import { createKafkaClient, type KafkaConnection } from './kafka-client.ts'
import { type Compression, isCodecMissing, useCompression } from './kafka-codecs.ts'
import { explainKafkaError, isProducerLost, isRefused, isTopicLost } from './kafka-errors.ts'
import { cutBatches, type KafkaBatch } from './kafka-messages.ts'
import { type Past, PastTooLong, readPast } from './kafka-past.ts'
import type { ConnectProducer, KafkaClientName, KafkaProducer } from './kafka-producer.ts'
import { kafkajsProducers } from './kafka-producer-kafkajs.ts'
import { createKafkaReading } from './kafka-reading.ts'
import { createKafkaTopics, type TopicNames, topicOf } from './kafka-topics.ts'
import type { Sink } from './sink.ts'

export interface KafkaSinkOptions extends TopicNames {
  connection: KafkaConnection
  /** Consumer group by which ClickHouse reads the flows' topic. */
  group: string
  /** Who writes. */
  client: KafkaClientName
  compression: Compression
  /** One flow a message instead of as many as fit. */
  oneFlowEach: boolean
}

/** A segment that is not acknowledged whole. */
interface Attempt {
  readonly segment: string
  readonly partitions: number
  /** No two batches of a round go to the same partition. */
  readonly rounds: readonly (readonly KafkaBatch[])[]
  readonly acknowledged: Set<KafkaBatch>
  /** By partition, the offset behind the last message that was acknowledged. */
  readonly ends: Map<number, number>
  /** Who tried last. */
  readonly tried: Map<KafkaBatch, KafkaProducer>
}

/**
 * @param unreadSinceMs when the oldest flow was received that is in Kafka, but was not read when the sink before this one ended; undefined when all was
 * @throws UserError when the compression is not to be had.
 */
export function createKafkaSink(
  options: KafkaSinkOptions,
  ledger: Pick<Ledger, 'possibleDuplicates'>,
  log: Logger,
  unreadSinceMs?: number,
): Sink {
  const { connection, oneFlowEach } = options
  const client = createKafkaClient(connection, log)
  const connectProducer = producersOf(options, client)
  const topics = createKafkaTopics(client, options, log)
  const reading = createKafkaReading(client, options.group, options.topic, log, unreadSinceMs)
  let producer: KafkaProducer | undefined
  let attempt: Attempt | undefined
  /** Of segments that an earlier run left; undefined when it cannot be known. */
  let past: Past | undefined
  let lookedBack = false
  /** The last of them that was counted as a possible duplicate. */
  let doubted: string | undefined
  /** What was told of the failure that lasts. */
  let told: string | undefined

  const dismissProducer = async () => {
    const dismissed = producer
    producer = undefined
    await dismissed?.close()
  }

  /** The unfinished attempt at this segment, or a new one. */
  const attemptAt = async (segment: Segment): Promise<Attempt> => {
    const partitions = await topics.partitionsOf(segment.stream)
    if (attempt !== undefined) {
      const isSame = attempt.segment === segment.name
      // Fewer partitions: the topic was made anew.
      if (isSame && attempt.partitions <= partitions) return attempt
      if (isSame) for (const { flows } of attempt.tried.keys()) ledger.possibleDuplicates += flows
      attempt = undefined
      await dismissProducer()
    }
    const batches = cutBatches(segment, partitions, oneFlowEach)
    attempt = {
      segment: segment.name,
      partitions,
      rounds: chunksOf(batches, partitions),
      acknowledged: new Set(batches.filter((batch) => isPast(segment.name, batch))),
      ends: new Map(),
      tried: new Map(),
    }
    return attempt
  }

  /** An earlier run wrote it. */
  const isPast = (segment: string, { messages }: KafkaBatch) =>
    messages.every(({ headers }) => {
      const flows = past?.get(segment)?.get(headers['block'] ?? '')
      return flows !== undefined && String(flows) === headers['flows']
    })

  /** Undefined when this client may not read the topic, or cannot, or when that takes too long. */
  const lookBack = async (segment: SegmentHeader): Promise<Past | undefined> => {
    const [collector] = segment.name.split('/')
    try {
      return await readPast(client, options.topic, `${collector}/`, segment.firstReceivedMs)
    } catch (error) {
      if (isTopicLost(error)) return new Map()
      const explanation = explainKafkaError(error, options.topic, connection)
      const isHopeless = error instanceof PastTooLong || isCodecMissing(error)
      if (!isHopeless && !isRefused(error)) throw new Error(explanation, { cause: error })
      log.warn(
        { error: explanation },
        'cannot see in Kafka what an earlier run has sent: what it left is sent, and counted as possible duplicates',
      )
      return undefined
    }
  }

  const sendBatch = async (
    sender: KafkaProducer,
    topic: string,
    batch: KafkaBatch,
    { tried, acknowledged, ends }: Attempt,
  ) => {
    const before = tried.get(batch)
    if (before !== undefined && before !== sender) ledger.possibleDuplicates += batch.flows
    tried.set(batch, sender)
    const offset = await sender.send(topic, batch)
    acknowledged.add(batch)
    ends.set(batch.partition, offset + batch.messages.length)
  }

  const deliver = async (segment: Segment, topic: string, signal: AbortSignal) => {
    const current = await attemptAt(segment)
    for (const round of current.rounds) {
      signal.throwIfAborted()
      const sender = producer ?? (await connectProducer())
      producer = sender
      const missing = round.filter((batch) => !current.acknowledged.has(batch))
      const outcomes = await Promise.allSettled(
        missing.map((batch) => sendBatch(sender, topic, batch, current)),
      )
      const failures = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      )
      if (failures.some(isProducerLost)) await dismissProducer()
      if (failures.length > 0) throw failures[0]
    }
    attempt = undefined
    if (segment.stream === 'flows') reading.wrote(segment.firstReceivedMs, current.ends)
  }

  return {
    async send(segment, signal) {
      const topic = topicOf(segment.stream, options)
      try {
        await untilAborted(deliver(segment, topic, signal), signal)
        told = undefined
      } catch (error) {
        if (isTopicLost(error)) topics.forget(segment.stream)
        const explanation = explainKafkaError(error, topic, connection)
        // The first failure is told by whoever tries again.
        if (told !== undefined && told !== explanation) {
          log.warn({ error: explanation }, 'still cannot deliver')
        }
        told = explanation
        throw new Error(explanation, { cause: error })
      }
    },
    async isStored(segment, signal) {
      // Its own producer is at it, which brokers know; and rows of other streams may come twice.
      if (attempt?.segment === segment.name || segment.stream !== 'flows') return false
      // What is left comes oldest first: one look back tells of all.
      if (!lookedBack) past = await untilAborted(lookBack(segment), signal)
      lookedBack = true
      const blocks = past?.get(segment.name)
      if (past === undefined && doubted !== segment.name) {
        doubted = segment.name
        ledger.possibleDuplicates += segment.flows
      }
      return blocks !== undefined && sumOf(blocks.values()) === segment.flows
    },
    oldestUnreadMs: reading.oldestUnreadMs,
    async close() {
      await reading.stop()
      await dismissProducer()
    },
  }
}

function producersOf(
  { client, connection, compression }: KafkaSinkOptions,
  kafkajs: Kafka,
): ConnectProducer {
  const codec = useCompression(compression)
  if (client === 'kafkajs') return kafkajsProducers(kafkajs, codec.type)
  return async () => {
    // Loaded where it is used.
    const { platformaticProducers } = await import('./kafka-producer-platformatic.ts')
    return platformaticProducers(connection, codec)()
  }
}

/** Clients cannot be told to stop: what it does after `signal` nobody hears of. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0
  for (const number of numbers) sum += number
  return sum
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size))
  return chunks
}
