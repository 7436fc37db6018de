// The sink against a real broker: what it writes, what people are told, and that answers which never came make nothing come twice or not at all.

import { statSync } from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createLedger } from '../../collector/delivery/ledger.ts'
import type { Segment } from '../../collector/delivery/segment.ts'
import { createKafkaSink, type KafkaSinkOptions } from '../../collector/sink/kafka.ts'
import type { Compression } from '../../collector/sink/kafka-codecs.ts'
import { cutBatches } from '../../collector/sink/kafka-messages.ts'
import { kafkaClients } from '../../collector/sink/kafka-producer.ts'
import { flowSchema } from '../../schema/flow-schema.ts'
import { sequenceNumbers } from '../build/flow-message.ts'
import { flowsSegment } from '../build/flows-segment.ts'
import { freeTcpPorts, kafka, saslUser, startBroker, type TestBroker } from '../build/kafka.ts'
import { type KafkaProxy, startKafkaProxy } from '../build/kafka-proxy.ts'
import { readTopic } from '../build/kafka-reader.ts'
import { ask, startTestStore } from '../build/store.ts'

const forever = new AbortController().signal
const log = pino({ level: 'silent' })
const partitions = 3
/** Those of this machine: newer Nodes have zstd. */
const codecs: Exclude<Compression, 'none'>[] = ['gzip', 'lz4', 'snappy']
if ('zstdCompress' in zlib) codecs.push('zstd')

let broker: TestBroker
let proxy: KafkaProxy
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  if (kafka === undefined) return
  proxy = await startKafkaProxy()
  broker = await startBroker({ advertisedPort: proxy.port })
  proxy.lead(Number(broker.address.split(':')[1]))
}, 120_000)
afterAll(async () => {
  for (const close of closing) await close()
  await proxy?.close()
  await broker?.remove()
})

describe.skipIf(kafka === undefined).each(kafkaClients)(
  'the Kafka sink, written by %s',
  (client) => {
    /** Topics of its own for each. */
    const named = (topic: string) => `${client}-${topic}`

    function createSink(topic: string, options: Partial<KafkaSinkOptions> = {}) {
      const ledger = createLedger()
      const connection = { brokers: [`127.0.0.1:${proxy.port}`] }
      const defaults = { connection, client, compression: 'none', oneFlowEach: false } as const
      const sink = createKafkaSink(
        { ...defaults, topic: named(topic), partitions, group: 'readers', ...options },
        ledger,
        log,
      )
      closing.push(sink.close)
      return { sink, ledger }
    }

    const createTopic = async (topic: string, config: Record<string, string>) => {
      const client = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
      const admin = client.admin()
      await admin.connect()
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      await admin.createTopics({
        topics: [{ topic: named(topic), numPartitions: partitions, configEntries }],
      })
      await admin.disconnect()
    }

    /** On the broker's disk. */
    const topicBytes = (topic: string) => {
      let bytes = 0
      for (let partition = 0; partition < partitions; partition++) {
        const log = path.join(broker.directory, 'data', `${named(topic)}-${partition}`)
        bytes += statSync(path.join(log, '00000000000000000000.log')).size
      }
      return bytes
    }

    /** Numbers of the flows in the topic, in order. */
    const flowsIn = async (topic: string) =>
      (await readTopic(broker.address, named(topic)))
        .flatMap(({ value }) => sequenceNumbers(value))
        .sort((a, b) => a - b)
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

    /** Until the broker takes it, as delivery does. */
    const sendUntilTaken = async (send: () => Promise<void>) => {
      for (;;) {
        try {
          return await send()
        } catch {}
      }
    }

    test('a segment arrives whole, without keys, on all partitions of a topic that was missing', async () => {
      const { sink } = createSink('whole')
      await sink.send(flowsSegment('c/b/1', 30_000), forever)
      const messages = await readTopic(broker.address, named('whole'))
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(partitions)
      expect(messages.every(({ key }) => key === null)).toBe(true)
      expect(await flowsIn('whole')).toEqual(numbers(30_000))
    })

    describe.each(codecs)('%s', (compression) => {
      test("is read by this client, smaller than what it holds, and by the broker's Java, which writes it anew without compression", async () => {
        await createTopic(`plain-${compression}`, { 'compression.type': 'uncompressed' })
        for (const topic of [compression, `plain-${compression}`]) {
          const { sink } = createSink(topic, { compression })
          await sink.send(flowsSegment('c/b/1', 5_000), forever)
          expect(await flowsIn(topic)).toEqual(numbers(5_000))
        }
        expect(topicBytes(`plain-${compression}`)).toBeGreaterThan(5_000 * 100)
        expect(topicBytes(compression)).toBeLessThan(5_000 * 50)
      })
    })

    test('rows go to a topic of their stream, with one partition', async () => {
      const { sink } = createSink('rows')
      const payload = [Buffer.from('{"a":1}\n{"a":2}\n')]
      const rows = { name: 'c/b/1', stream: 'status', flows: 0, firstReceivedMs: 1 } as const
      await sink.send({ ...rows, payloadBytes: 16, payload }, forever)
      const [message, ...others] = await readTopic(broker.address, named('rows_status'))
      expect(others).toEqual([])
      expect(message?.value.toString()).toBe('{"a":1}\n{"a":2}\n')
      expect(message?.headers).toEqual({ schema: 'status', segment: 'c/b/1', block: '0' })
    })

    describe('a broker that is killed between writing and answering', () => {
      const unanswered = flowsSegment('c/b/2', 10_000, 10_000)
      let repeating: ReturnType<typeof createSink>
      let givingUp: ReturnType<typeof createSink>

      beforeAll(async () => {
        repeating = createSink('repeated')
        givingUp = createSink('given-up')
        const sinks = [repeating.sink, givingUp.sink]
        for (const sink of sinks) await sink.send(flowsSegment('c/b/1', 10_000), forever)
        const failing: Promise<void>[] = []
        for (const sink of sinks) {
          const written = proxy.loseAnswers()
          failing.push(expect(sink.send(unanswered, forever)).rejects.toThrow())
          await written
        }
        await broker.kill()
        proxy.mend()
        await Promise.all(failing)
        for (const sink of sinks) await expect(sink.send(unanswered, forever)).rejects.toThrow()
        await broker.start()
      }, 120_000)

      test('has a segment that is sent again once', async () => {
        const { sink, ledger } = repeating
        await sendUntilTaken(() => sink.send(unanswered, forever))
        await sink.send(flowsSegment('c/b/3', 10_000, 20_000), forever)
        expect(await flowsIn('repeated')).toEqual(numbers(30_000))
        expect(ledger.possibleDuplicates).toBe(0)
      })

      test('does not take another segment that comes instead for the one it has', async () => {
        const { sink } = givingUp
        // As many messages for the same partitions (5 and 2 of 3): from the same producer their sequence numbers would be the same.
        const instead = flowsSegment('c/b/5', 10_000, 20_000)
        await sendUntilTaken(() => sink.send(instead, forever))
        const flows = await flowsIn('given-up')
        expect(flows.slice(0, 10_000)).toEqual(numbers(10_000))
        expect(flows.slice(-10_000)).toEqual(numbers(30_000).slice(20_000))
      })
    })

    describe('after a crash of the collector', () => {
      test('what its last run has sent is found in Kafka, and not sent again', async () => {
        const sent = flowsSegment('c/b/1', 20_000)
        const unsent = flowsSegment('c/b/2', 5_000, 20_000)
        await createSink('crash').sink.send(sent, forever)
        const { sink, ledger } = createSink('crash')
        expect(await sink.isStored(sent, forever)).toBe(true)
        expect(await sink.isStored(unsent, forever)).toBe(false)
        await sink.send(unsent, forever)
        expect(await flowsIn('crash')).toEqual(numbers(25_000))
        expect(ledger.possibleDuplicates).toBe(0)
      })

      test.skipIf('zstdCompress' in zlib)(
        'in a topic that this Node cannot read, what was left is sent, and counted as perhaps there twice',
        async () => {
          await createTopic('unreadable', { 'compression.type': 'zstd' })
          const segment = flowsSegment('c/b/1', 1_000)
          await createSink('unreadable').sink.send(segment, forever)
          const { sink, ledger } = createSink('unreadable')
          expect(await sink.isStored(segment, forever)).toBe(false)
          expect(ledger.possibleDuplicates).toBe(1_000)
        },
      )

      test('of a segment that was sent in part the rest is sent', async () => {
        const segment = flowsSegment('c/b/1', 20_000)
        await createSink('part').sink.send(flowsSegment('c/b/0', 1), forever)
        await sendByOther('part', segment, 1)
        const { sink, ledger } = createSink('part')
        expect(await sink.isStored(segment, forever)).toBe(false)
        await sink.send(segment, forever)
        // Segment 0 has a flow of number 0, too.
        expect(await flowsIn('part')).toEqual([0, ...numbers(20_000)])
        expect(ledger.possibleDuplicates).toBe(0)
      })
    })

    /** The first `count` batches, by a producer that is not the sink's. */
    async function sendByOther(topic: string, segment: Segment, count: number) {
      const client = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
      const producer = client.producer()
      await producer.connect()
      for (const { messages } of cutBatches(segment, partitions, false).slice(0, count)) {
        await producer.send({ topic: named(topic), messages: [...messages] })
      }
      await producer.disconnect()
    }

    describe('people are told what is wrong', () => {
      const segment = flowsSegment('c/b/1', 1)
      const tls = () => ({ ca: broker.certificates.ca })
      const sasl = (password: string) => ({
        mechanism: 'scram-sha-256' as const,
        username: saslUser.user,
        password,
      })

      test('a wrong password', async () => {
        const connection = { brokers: [broker.secureAddress], tls: tls(), sasl: sasl('wrong') }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(
          new RegExp(`^Kafka broker ${broker.secureAddress} refuses user netmon by scram-sha-256`),
        )
      })

      test('no TLS where the broker wants it', async () => {
        const connection = { brokers: [broker.secureAddress] }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(/expects something other than no TLS, no SASL$/)
      })

      test('TLS where the broker speaks none', async () => {
        const connection = { brokers: [broker.address], tls: tls() }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(new RegExp(`^Kafka broker ${broker.address}.*TLS`))
      })

      test('an authority whose file is missing', async () => {
        const connection = { brokers: [broker.secureAddress], tls: { ca: '/nowhere/ca.pem' } }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(/cannot read \/nowhere\/ca\.pem: ENOENT/)
      })

      test('nobody there', async () => {
        const [port] = await freeTcpPorts(1)
        const connection = { brokers: [`127.0.0.1:${port}`] }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(
          `Kafka broker 127.0.0.1:${port} refuses the connection: nothing listens there`,
        )
      })

      test('a name that nobody has', async () => {
        const connection = { brokers: ['kafka.invalid:9092'] }
        await expect(
          createSink('told', { connection }).sink.send(segment, forever),
        ).rejects.toThrow(/^Kafka broker kafka\.invalid:9092: the host name cannot be resolved/)
      })

      test('and with everything right it is taken', async () => {
        const { clientCertificate: certificate, clientKey: key } = broker.certificates
        for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
          const connection = {
            brokers: [broker.secureAddress],
            tls: { ...tls(), certificate, key },
            sasl: { ...sasl(saslUser.password), mechanism },
          }
          await createSink('told', { connection }).sink.send(segment, forever)
        }
        expect(await flowsIn('told')).toEqual([0, 0, 0])
      })
    })
  },
)

test.skipIf(kafka === undefined)(
  "ClickHouse's Kafka engine reads what either client wrote, by every codec",
  async () => {
    const topics = kafkaClients.flatMap((client) => codecs.map((codec) => `${client}-${codec}`))
    const address = `127.0.0.1:${proxy.port}`
    const store = await startTestStore({ kafkaBrokers: address })
    try {
      await ask(store, 'CREATE TABLE flows (topic String, sequence_num UInt32) ENGINE = Memory')
      const settings = [
        `kafka_broker_list = '${address}', kafka_topic_list = '${topics.join(',')}', kafka_group_name = 'codecs'`,
        `kafka_format = 'Protobuf', format_schema_source = 'string', format_schema = '${flowSchema}', format_schema_message_name = 'FlowMessage'`,
      ]
      const statements = [
        `CREATE TABLE read (sequence_num UInt32) ENGINE = Kafka SETTINGS ${settings.join(', ')}`,
        'CREATE MATERIALIZED VIEW read_to_flows TO flows AS SELECT _topic AS topic, sequence_num FROM read',
      ]
      for (const statement of statements) expect((await ask(store, statement)).text).toBe('')
      const sums =
        'SELECT topic, count(), sum(sequence_num) FROM flows GROUP BY topic ORDER BY topic'
      const expected = topics.sort().map((topic) => `${topic}\t5000\t${(5_000 * 4_999) / 2}\n`)
      await vi.waitFor(async () => expect((await ask(store, sums)).text).toBe(expected.join('')), {
        timeout: 30_000,
        interval: 300,
      })
    } finally {
      await store.remove()
    }
  },
)
