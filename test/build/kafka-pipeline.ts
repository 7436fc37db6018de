// The production way on one machine, each part a process as a user starts it: collector -> broker -> store, with an API for the collector to ask.

import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import type { StoreClient } from '../../schema/client.ts'
import { givenBrokers, startBroker, type TestBroker } from './kafka.ts'
import { removeMembers } from './kafka-group.ts'
import { freePorts, killAll, type Running, rows, runNetmon, storeClient } from './program.ts'
import { temporaryDirectory } from './temporary.ts'

export interface KafkaPipeline {
  /** host:port of the brokers, several with commas. */
  readonly brokers: string
  /** Of flows. */
  readonly topic: string
  /** @throws Error when the brokers are given ones. */
  readonly broker: TestBroker
  /** Of the collector that was started last. */
  readonly collector: TestCollector
  client(): StoreClient
  /** A collector on the same directory, after the last one has ended. */
  startCollector(environment?: NodeJS.ProcessEnv): Promise<TestCollector>
  /** SIGKILL, and a new store on the same directory. The broker, where it is ours, is told that the old one's readers are gone. */
  restartStore(): Promise<void>
  /** The store stands still, as if it had much to do. */
  pauseStore(): void
  resumeStore(): void
  /** Makes or renews the tables; the exit code and what was said. */
  migrate(): Promise<{ exitCode: number | string; output: string }>
  stop(): Promise<void>
}

/** Who writes to Kafka, unless a test asks for another: tests are given it in the environment, as they are brokers. */
const client = process.env['NETMON_KAFKA_CLIENT'] ?? 'platformatic'

export interface TestCollector {
  readonly running: Running
  readonly udpPort: number
  health(): Promise<CollectorHealth>
}

export interface CollectorHealth {
  kernel_drops: number
  flows_spooled: number
  spool_bytes: number
  flows_in_memory: number
  oldest_unacknowledged_ms: number | null
  ledger: {
    datagrams: number
    flowsDecoded: number
    flowsRecovered: number
    flowsAcknowledged: number
    possibleDuplicates: number
    flowsDropped: Record<string, number>
    rows: { metadata: number; counters: number }
  }
}

/** With a broker of its own, or a topic and a group of its own on given ones. */
export async function startKafkaPipeline(): Promise<KafkaPipeline> {
  const storeDir = temporaryDirectory()
  const collectorDir = temporaryDirectory()
  const processes = new Set<Running>()
  const ownBroker = givenBrokers === undefined ? await startBroker() : undefined
  const brokers = givenBrokers ?? ownBroker?.address ?? ''
  const topic = ownBroker === undefined ? `netmon-test-${randomUUID()}` : 'flows'
  const kafkaSettings = {
    NETMON_KAFKA_BROKERS: brokers,
    ...(ownBroker === undefined && { NETMON_KAFKA_TOPIC: topic, NETMON_KAFKA_GROUP: topic }),
  }

  const groups = ['', '_status', '_metadata', '_counters'].map((stream) => `netmon_flows${stream}`)

  const stop = async () => {
    for (const running of processes) killAll(running)
    await Promise.all([...processes].map(({ ended }) => ended))
    if (ownBroker === undefined) await deleteTopics(brokers, topic)
    else await ownBroker.remove()
  }

  const start = async (args: readonly string[], environment: NodeJS.ProcessEnv) => {
    const running = runNetmon(args, { ...freePorts, ...environment })
    processes.add(running)
    const [, line] = await running.says(/({.*"msg":"ready".*})/)
    return { running, info: JSON.parse(line ?? '{}') as Record<string, unknown> }
  }

  const startStore = async () => (await start(['store', '--data', storeDir], kafkaSettings)).running
  const migrate = async () => {
    const running = runNetmon(['migrate', '--data', storeDir], kafkaSettings)
    const exitCode = await running.ended
    const { stdout, stderr } = running.output()
    return { exitCode, output: stdout + stderr }
  }

  /** Everything before the collector; the store and the API's address. */
  const prepare = async () => {
    const store = await startStore()
    const { exitCode, output } = await migrate()
    if (exitCode !== 0) throw new Error(output)
    const api = await start(['api', '--data', storeDir], {})
    return { store, apiUrl: `http://127.0.0.1:${String(api.info['port'])}` }
  }
  const prepared = await prepare().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  let { store } = prepared
  const { apiUrl } = prepared

  const startCollector = async (environment: NodeJS.ProcessEnv = {}): Promise<TestCollector> => {
    const { running, info } = await start(['collector', '--data', collectorDir], {
      ...kafkaSettings,
      NETMON_SINK: 'kafka',
      NETMON_KAFKA_CLIENT: client,
      NETMON_API_URL: apiUrl,
      ...environment,
    })
    const [listener] = info['listeners'] as { port: number }[]
    return {
      running,
      udpPort: listener?.port ?? 0,
      health: async () => {
        const answer = await fetch(`http://${String(info['http'])}/health`)
        return (await answer.json()) as CollectorHealth
      },
    }
  }

  let collector = await startCollector()
  return {
    brokers,
    topic,
    get broker() {
      if (ownBroker === undefined) throw new Error('the brokers are not ours')
      return ownBroker
    },
    get collector() {
      return collector
    },
    client: () => storeClient(storeDir),
    async startCollector(environment) {
      collector = await startCollector(environment)
      return collector
    },
    async restartStore() {
      store.process.kill('SIGKILL')
      await store.ended
      processes.delete(store)
      if (ownBroker !== undefined) await removeMembers(brokers, groups)
      store = await startStore()
    },
    pauseStore: () => void store.process.kill('SIGSTOP'),
    resumeStore: () => void store.process.kill('SIGCONT'),
    migrate,
    stop,
  }
}

/** Of all streams. The groups that read them brokers forget by themselves. */
async function deleteTopics(brokers: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(topic))
  await admin.deleteTopics({ topics })
  await admin.disconnect()
}

/** What the tables hold, each as one number. */
export async function countStored(pipeline: KafkaPipeline): Promise<Stored> {
  const client = pipeline.client()
  try {
    const [stored] = await rows<Stored>(
      client,
      `SELECT
        (SELECT count() FROM raw) AS raw,
        (SELECT sum(flows) FROM segments) AS segments,
        (SELECT sum(stored) FROM kafka_segments) AS fromKafka,
        (SELECT sum(toInt64(stored) + toInt64(dead) - toInt64(flows)) FROM (
          SELECT name, max(flows) AS flows, sum(stored) AS stored, sum(dead) AS dead FROM kafka_segments GROUP BY name)) AS duplicates,
        (SELECT count() FROM dead_letters FINAL) AS deadLetters`,
    )
    if (stored === undefined) throw new Error('no answer')
    return stored
  } finally {
    await client.close()
  }
}

export interface Stored {
  raw: number
  segments: number
  fromKafka: number
  duplicates: number
  deadLetters: number
}
