// UDP in, Kafka between, rows out: equal counts, also when the broker is away, is killed, refuses, or carries messages that nobody can read.

import { createSocket } from 'node:dgram'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readKafkaReaders } from '../../api/kafka-readers.ts'
import { generate } from '../../netmon/generate/run.ts'
import { u32, u64 } from '../build/bytes.ts'
import { ipfix, optionsTemplateSet, set } from '../build/ipfix.ts'
import { givenBrokers, kafka, saslUser } from '../build/kafka.ts'
import {
  countStored,
  type KafkaPipeline,
  type Stored,
  startKafkaPipeline,
} from '../build/kafka-pipeline.ts'
import { readTopic } from '../build/kafka-reader.ts'
import { rows } from '../build/program.ts'
import { sflow, structure } from '../build/sflow.ts'
import { temporaryDirectory } from '../build/temporary.ts'

/** `npm run test:outage`, what a release is held to, sets them. */
const printsFigures = 'KAFKA_OUTAGE_SECONDS' in process.env
const outageSeconds = Number(process.env['KAFKA_OUTAGE_SECONDS'] ?? 1)
const flowsPerSecond = Number(process.env['KAFKA_FLOWS_PER_SECOND'] ?? 3_000)
const poisonous = 1_000
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
/** Others' brokers are not stopped, and have no user of ours. */
const ownBrokerTest = test.skipIf(givenBrokers !== undefined)

describe.skipIf(kafka === undefined && givenBrokers === undefined)('through Kafka', () => {
  let pipeline: KafkaPipeline
  // By all tests so far: each goes on from where the one before left.
  let sentFlows = 0
  let sources = 0
  let before: Stored = { raw: 0, segments: 0, fromKafka: 0, duplicates: 0, deadLetters: 0 }

  beforeAll(async () => {
    pipeline = await startKafkaPipeline()
  }, 180_000)
  afterAll(() => pipeline?.stop(), 60_000)

  const send = async (seconds: number) => {
    sources++
    const { totals, failed } = await generate({
      target: { host: '127.0.0.1', port: pipeline.collector.udpPort },
      source: `127.8.${sources}.1`,
      seed: sources,
      flows: seconds * flowsPerSecond,
      rate: flowsPerSecond,
      ipv6Share: 0.3,
    })
    expect(failed.datagrams).toBe(0)
    sentFlows += totals.flows
  }

  /** Everything sent is in the tables, as often as the duplicates tell, and what cannot be read among the dead letters. */
  const everythingStored = async (unreadable = 0): Promise<Stored> => {
    let stored = before
    await vi.waitFor(
      async () => {
        stored = await countStored(pipeline)
        const flows = sentFlows + stored.duplicates
        const deadLetters = before.deadLetters + unreadable
        const expected = { raw: flows, segments: flows, fromKafka: flows, deadLetters }
        expect(stored).toMatchObject(expected)
      },
      { timeout: 90_000, interval: 300 },
    )
    const { ledger, kernel_drops, flows_spooled } = await pipeline.collector.health()
    expect(Object.values(ledger.flowsDropped).every((flows) => flows === 0)).toBe(true)
    expect({ kernel_drops, flows_spooled, possible: ledger.possibleDuplicates }).toEqual({
      kernel_drops: 0,
      flows_spooled: 0,
      possible: 0,
    })
    const since = {
      duplicates: stored.duplicates - before.duplicates,
      deadLetters: stored.deadLetters - before.deadLetters,
    }
    before = stored
    if (printsFigures) console.log({ sent: sentFlows, ...stored })
    return { ...stored, ...since }
  }

  test('every flow that is sent is stored, once', async () => {
    await send(1)
    expect(await everythingStored()).toMatchObject({ duplicates: 0, deadLetters: 0 })
  }, 120_000)

  test('migrating once more changes nothing', async () => {
    const { exitCode, output } = await pipeline.migrate()
    expect([exitCode, output]).toEqual([
      0,
      expect.stringMatching(/reads from Kafka at \S+: as before/),
    ])
  })

  test('the API tells how far the store has read each partition', async () => {
    const told = await readKafkaReaders(pipeline.client(), [], Date.now())
    const topic = await readTopic(pipeline.brokers, pipeline.topic)
    const flows = told?.readers?.filter((reader) => reader.topic === pipeline.topic) ?? []
    // Six partitions; one that nothing was written to has no offset yet.
    expect(flows.map(({ partition }) => partition).sort()).toEqual(numbers(6))
    expect(flows.reduce((sum, { offset }) => sum + (offset ?? 0), 0)).toBe(topic.length)
    expect(told).toMatchObject({ lag_ms: null, dead_letters: 0 })
  })

  test('the status of the collector comes the same way', async () => {
    const store = pipeline.client()
    await vi.waitFor(
      async () => {
        const [status] = await rows<{ flows: number }>(
          store,
          "SELECT max(flows_acknowledged) AS flows FROM status WHERE kind = 'collector'",
        )
        expect(status?.flows).toBe(sentFlows)
      },
      { timeout: 30_000, interval: 300 },
    )
    await store.close()
  }, 60_000)

  test('names and interface counters come the same way, each once', async () => {
    const { collector } = pipeline
    await sendDatagrams(collector.udpPort, [
      ...numbers(40).map((index) => interfaceCounters(1 + index)),
      ...numbers(40).map((index) => interfaceName(1 + index)),
    ])
    await vi.waitFor(async () => {
      expect((await collector.health()).ledger.rows).toEqual({ counters: 40, metadata: 40 })
    })
    const store = pipeline.client()
    await vi.waitFor(
      async () => {
        const counters = await rows(
          store,
          'SELECT count() AS rows, uniqExact(if_index) AS interfaces, sum(in_octets) AS octets, any(out_errors) AS errors FROM counters',
        )
        // 1 to 40 add up to 820.
        expect(counters).toEqual([{ rows: 40, interfaces: 40, octets: 820_000, errors: 11 }])
        const names = await rows(
          store,
          "SELECT count() AS rows, uniqExact(id) AS interfaces, countIf(name = concat('Gi0/', id)) AS right FROM metadata WHERE kind = 'interface'",
        )
        expect(names).toEqual([{ rows: 40, interfaces: 40, right: 40 }])
      },
      { timeout: 30_000, interval: 300 },
    )
    await store.close()
  }, 60_000)

  test('what the store has not read yet holds the watermark back, though the broker has it', async () => {
    const { health } = pipeline.collector
    const startMs = Date.now()
    pipeline.pauseStore()
    try {
      await send(1)
      await vi.waitFor(
        async () => expect((await health()).ledger.flowsAcknowledged).toBe(sentFlows),
        { timeout: 30_000 },
      )
      const heldMs = (await health()).oldest_unacknowledged_ms
      expect(heldMs).toBeGreaterThanOrEqual(startMs)
      await sleep(2_000)
      expect((await health()).oldest_unacknowledged_ms).toBe(heldMs)
    } finally {
      pipeline.resumeStore()
    }
    await vi.waitFor(async () => expect((await health()).oldest_unacknowledged_ms).toBeNull(), {
      timeout: 60_000,
    })
    // The other way round: nothing is unread any more, so all is stored.
    expect((await countStored(pipeline)).raw).toBe(sentFlows)
    await everythingStored()
  }, 180_000)

  ownBrokerTest(
    'a broker that is away in mid-stream loses nothing',
    async () => {
      const sending = send(outageSeconds + 4)
      await sleep(1_000)
      await pipeline.broker.stop()
      await sleep(outageSeconds * 1_000)
      expect((await pipeline.collector.health()).flows_spooled).toBeGreaterThan(0)
      await pipeline.broker.start()
      await sending
      await everythingStored()
    },
    300_000,
  )

  ownBrokerTest(
    'a broker that is killed in mid-stream has every message once; what the store reads twice is counted',
    async () => {
      const sending = send(4)
      await sleep(1_000)
      await pipeline.broker.kill()
      await pipeline.broker.start()
      await sending
      await everythingStored()
      const messages = await readTopic(pipeline.broker.address, 'flows')
      const names = messages.map(({ headers }) => `${headers['segment']} ${headers['block']}`)
      expect(new Set(names).size).toBe(names.length)
      const flows = messages.reduce((sum, { headers }) => sum + Number(headers['flows']), 0)
      expect(flows).toBe(sentFlows)
      // The same by another way: of messages whose place was read more than once.
      const store = pipeline.client()
      const [repeated] = await rows<{ messages: number }>(
        store,
        `SELECT sum(messages) - (SELECT sum(last) FROM (SELECT max(last_offset) + 1 AS last FROM kafka_offsets WHERE topic = 'flows' GROUP BY partition)) AS messages
      FROM kafka_offsets WHERE topic = 'flows'`,
      )
      expect(Number(repeated?.messages) > 0).toBe(before.duplicates > 0)
      await store.close()
    },
    300_000,
  )

  test('a thousand messages that nobody can read are as many dead letters, and stop nothing', async () => {
    const sending = send(2)
    const client = new Kafka({ brokers: pipeline.brokers.split(','), logLevel: logLevel.NOTHING })
    const producer = client.producer()
    await producer.connect()
    for (let sent = 0; sent < poisonous; sent += 10) {
      const messages = Array.from({ length: 10 }, (_, n) => ({ value: poison(sent + n) }))
      await producer.send({ topic: pipeline.topic, messages })
    }
    await producer.disconnect()
    await sending
    expect(await everythingStored(poisonous)).toMatchObject({ duplicates: 0 })
    const store = pipeline.client()
    const [letters] = await rows(
      store,
      "SELECT uniqExact(partition, offset) AS places, countIf(error = '' OR message = '') AS empty FROM dead_letters FINAL",
    )
    expect(letters).toEqual({ places: poisonous, empty: 0 })
    await store.close()
  }, 120_000)

  ownBrokerTest(
    'a wrong authority is told once; flows wait in the spool and leave when its file is right, without a restart',
    async () => {
      const { broker, collector } = pipeline
      collector.running.process.kill('SIGTERM')
      expect(await collector.running.ended).toBe(0)
      const authority = path.join(temporaryDirectory(), 'ca.pem')
      await copyFile(broker.certificates.otherCa, authority)
      const { running, health } = await pipeline.startCollector({
        // From here on by the other client: both make the same promises.
        NETMON_KAFKA_CLIENT: 'kafkajs',
        NETMON_KAFKA_BROKERS: broker.secureAddress,
        NETMON_KAFKA_TLS_CA: authority,
        NETMON_KAFKA_SASL_MECHANISM: 'scram-sha-512',
        NETMON_KAFKA_SASL_USER: saslUser.user,
        NETMON_KAFKA_SASL_PASSWORD: saslUser.password,
      })
      await send(1)
      await vi.waitFor(async () => expect((await health()).flows_spooled).toBe(flowsPerSecond), {
        timeout: 30_000,
      })
      const { stderr } = running.output()
      const told = stderr.split('\n').filter((line) => line.includes('NETMON_KAFKA_TLS_CA'))
      expect(told).toHaveLength(1)
      expect(told[0]).toContain(`its certificate is not signed by ${authority}`)
      expect(told[0]).toContain(broker.secureAddress)
      expect(stderr).not.toContain(saslUser.password)

      await copyFile(broker.certificates.ca, authority)
      expect(await everythingStored()).toMatchObject({ duplicates: 0, deadLetters: 0 })
    },
    120_000,
  )

  test('a store that is killed in mid-stream lacks nothing in any table', async () => {
    const sending = send(4)
    await sleep(1_500)
    await pipeline.restartStore()
    await sending
    // What an insert had written into one table when it died, and not into another, it writes again into both: more than was sent, never less.
    await vi.waitFor(
      async () => {
        expect((await pipeline.collector.health()).oldest_unacknowledged_ms).toBeNull()
        const { raw, segments } = await countStored(pipeline)
        expect(Math.min(raw, segments)).toBeGreaterThanOrEqual(sentFlows)
      },
      { timeout: 120_000, interval: 500 },
    )
    const store = pipeline.client()
    const incomplete = await rows(
      store,
      `SELECT name, max(flows) AS flows, sum(stored) + sum(dead) AS found FROM kafka_segments GROUP BY name HAVING found < flows`,
    )
    expect(incomplete).toEqual([])
    if (printsFigures) console.log({ sent: sentFlows, ...(await countStored(pipeline)) })
    await store.close()
  }, 180_000)
})

async function sendDatagrams(port: number, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const datagram of datagrams) {
    await new Promise((sent) => socket.send(datagram, port, '127.0.0.1', sent))
  }
  socket.close()
}

/** A counter sample of sFlow with the generic counters of an interface: "sFlow Version 5", section 5, if_counters. */
function interfaceCounters(index: number): Uint8Array {
  const counters = structure(
    1,
    u32(index),
    u32(6), // ifType: ethernetCsmacd
    u64(100_000_000_000n), // ifSpeed
    u32(1), // ifDirection: full duplex
    u32(3), // ifStatus: up, up
    u64(1_000 * index), // ifInOctets
    ...[1, 2, 3, 4, 5, 6].map(u32), // in: unicast, multicast, broadcast, discards, errors, unknown protocols
    u64(2_000 * index), // ifOutOctets
    ...[7, 8, 9, 10, 11].map(u32), // out: unicast, multicast, broadcast, discards, errors
    u32(2), // ifPromiscuousMode: false
  )
  return sflow({ sequence: index }, structure(2, u32(index), u32(index), u32(1), counters))
}

/** Options data of IPFIX that names an interface: ingressInterface (10) is the scope, interfaceName (82) the option. */
function interfaceName(index: number): Uint8Array {
  const name = Buffer.alloc(16)
  name.write(`Gi0/${index}`)
  return ipfix(
    { exportTime: Math.floor(Date.now() / 1000), sequence: index - 1 },
    optionsTemplateSet(257, [[10, 4]], [[82, name.length]]),
    set(257, u32(index), name),
  )
}

/** Different kinds of it: text, a length that promises more than there is, a wrong wire type behind a good flow, a length without end. */
function poison(number: number): Buffer {
  switch (number % 4) {
    case 0:
      return Buffer.from(`poison ${number}`)
    case 1:
      return Buffer.from('ff7f0801', 'hex')
    case 2:
      return Buffer.from('0448011801034f0101', 'hex')
    default:
      return Buffer.from('8080808080808080808001', 'hex')
  }
}
