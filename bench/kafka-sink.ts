// What the Kafka sink takes of the collector's processor, what the broker takes to store it, and what lies on the broker's disk.

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { createLedger } from '../collector/delivery/ledger.ts'
import type { Segment } from '../collector/delivery/segment.ts'
import { createKafkaSink } from '../collector/sink/kafka.ts'
import type { Compression } from '../collector/sink/kafka-codecs.ts'
import { round } from './processor.ts'

export interface BenchBroker {
  address: string
  /** Holds a directory for each partition. */
  logDirectory: string
  processorSeconds(): number
}

const partitions = 6

/** Seconds of processor per million flows: of the sink, with its threads that compress, and of the broker. */
export async function measureSink(
  broker: BenchBroker,
  topic: string,
  segments: readonly Segment[],
  compression: Compression,
  oneFlowEach = false,
) {
  const sink = createKafkaSink(
    {
      connection: { brokers: [broker.address] },
      topic,
      partitions,
      group: 'nobody',
      client: 'platformatic',
      compression,
      oneFlowEach,
    },
    createLedger(),
    pino({ level: 'silent' }),
  )
  const forever = new AbortController().signal
  const brokerBefore = broker.processorSeconds()
  const before = process.cpuUsage()
  for (const segment of segments) await sink.send(segment, forever)
  const { user, system } = process.cpuUsage(before)
  await sink.close()
  const flows = segments.reduce((sum, segment) => sum + segment.flows, 0)
  const millions = flows / 1e6
  return {
    flows,
    cpuSeconds: round((user + system) / 1e6 / millions),
    brokerCpuSeconds: round((broker.processorSeconds() - brokerBefore) / millions),
    bytesPerFlow: round(topicBytes(broker, topic) / flows),
  }
}

function topicBytes({ logDirectory }: BenchBroker, topic: string): number {
  let bytes = 0
  for (const directory of readdirSync(logDirectory)) {
    if (directory.replace(/-\d+$/, '') !== topic) continue
    for (const file of readdirSync(path.join(logDirectory, directory))) {
      if (file.endsWith('.log')) bytes += statSync(path.join(logDirectory, directory, file)).size
    }
  }
  return bytes
}
