// What a topic has already of segments that an earlier run left in the spool: that run may have sent them and died before it was told so. Brokers do not
// know its successor, so the topic itself is read, from when the segment was received to its end.

import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, IHeaders, Kafka } from 'kafkajs'

/** Flows by block, by segment. */
export type Past = ReadonlyMap<string, ReadonlyMap<string, number>>

const patienceMs = 60_000

export class PastTooLong extends Error {
  override readonly name = 'PastTooLong'
}

/**
 * Reads the messages of segments whose names begin with `prefix`, from `sinceMs` on. Takes the rights to read the topic and to use a consumer group
 * netmon-look-up-*.
 * @throws what kafkajs throws, and PastTooLong
 */
export async function readPast(
  client: Kafka,
  topic: string,
  prefix: string,
  sinceMs: number,
): Promise<Past> {
  const ranges = await findRanges(client, topic, sinceMs)
  const past = new Map<string, Map<string, number>>()
  if (ranges.size === 0) return past
  const consumer = client.consumer({ groupId: `netmon-look-up-${randomUUID()}` })
  const note = ({ segment, block, flows }: IHeaders) => {
    const name = String(segment)
    if (!name.startsWith(prefix)) return
    const blocks = past.get(name) ?? new Map<string, number>()
    past.set(name, blocks.set(String(block), Number(String(flows))))
  }
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await readRanges(consumer, topic, ranges, note)
    return past
  } finally {
    // It leaves the group; what is left of it brokers forget by themselves.
    consumer.disconnect().catch(() => {})
  }
}

/** First offset and the one behind the last, by partition, of those that have any. */
async function findRanges(
  client: Kafka,
  topic: string,
  sinceMs: number,
): Promise<Map<number, { first: string; end: number }>> {
  const admin = client.admin()
  try {
    await admin.connect()
    const firsts = await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs)
    const ends = new Map(
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [
        partition,
        Number(high),
      ]),
    )
    const ranges = firsts.map(({ partition, offset }) => {
      return [partition, { first: offset, end: ends.get(partition) ?? 0 }] as const
    })
    return new Map(ranges.filter(([, { first, end }]) => Number(first) < end))
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

async function readRanges(
  consumer: Consumer,
  topic: string,
  ranges: Map<number, { first: string; end: number }>,
  note: (headers: IHeaders) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new PastTooLong(`reading topic ${topic} takes longer than ${patienceMs} ms`)),
      patienceMs,
    )
    const eachBatch = async ({ batch }: EachBatchPayload) => {
      for (const { headers } of batch.messages) if (headers !== undefined) note(headers)
      if (Number(batch.lastOffset()) + 1 < (ranges.get(batch.partition)?.end ?? 0)) return
      ranges.delete(batch.partition)
      if (ranges.size > 0) return
      clearTimeout(late)
      resolve()
    }
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({ autoCommit: false, eachBatch }).catch(reject)
    for (const [partition, { first }] of ranges) consumer.seek({ topic, partition, offset: first })
  })
}
