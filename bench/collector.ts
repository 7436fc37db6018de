// The whole collector over UDP, beside other collectors: the same packets for each in the same run, the sender on one core, the subject alone on the other. What
// counts are flows per second of the subject's processor, and how ours relate to those of each peer.
//
//   node dist/bench/collector.js [--rounds 3] [--seconds 5] [--rate 400000] [--only v9] [--subjects Kafka]
//   node dist/bench/collector.js --sustained [--seconds 60] [--rate 400000]
//
// With --only and --subjects a part is measured, and takes the place of that part in the kept results; ours is always among the subjects, so that ratios are of one run.
// GOFLOW2 names a goflow2 that is not on the PATH. A peer that is not on this machine is told as missing.

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { createKafkaClient } from '../collector/sink/kafka-client.ts'
import { createKafkaTopics } from '../collector/sink/kafka-topics.ts'
import { kafka, startBroker } from '../test/build/kafka.ts'
import type { Traffic } from './collector-datagrams.ts'
import { type Ours, startClickHouse, startKafka, startNull } from './collector-ours.ts'
import { type KafkaTopic, peers, type Subject, startPeer } from './collector-peers.ts'
import { pin, senderCore } from './collector-processes.ts'
import { median, type RunFigures, run } from './collector-run.ts'
import { round } from './processor.ts'
import { describeMachine, type Result, readResult, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string' },
    rate: { type: 'string', default: '400000' },
    only: { type: 'string', default: '' },
    subjects: { type: 'string', default: '' }, // whose names have it
    sustained: { type: 'boolean', default: false },
  },
})
const flowsPerSecond = Number(values.rate)

/** Datagrams below 1,500 bytes; sFlow's samples are of 128 bytes of a packet, so it sends four times as many datagrams for as many flows. */
const traffics: Readonly<Record<string, Traffic>> = {
  v5: { protocol: 'v5', routers: 8, flowsPerDatagram: 30, ipv6Share: 0 },
  v9: { protocol: 'v9', routers: 8, flowsPerDatagram: 20, ipv6Share: 0 },
  ipfix: { protocol: 'ipfix', routers: 8, flowsPerDatagram: 16, ipv6Share: 0 },
  sflow: { protocol: 'sflow', routers: 8, flowsPerDatagram: 5, ipv6Share: 0.2 },
}
const sflowShare = 4
const toKafka = 'netmon to Kafka'
let topics = 0

interface Measured extends RunFigures {
  traffic: string
  subject: string
  /** How many times as many flows ours gets of a second of processor, of two that end in the same place. */
  oursToIt: number
  /** Of single rounds. */
  leastOursToIt: number
  mostOursToIt: number
}

const broker = kafka && (await startBroker())
if (broker === undefined) console.log('Kafka is missing: the collector to Kafka is left out')
else pin(senderCore, broker.process.pid)
for (const { name, program } of peers) if (program === undefined) console.log(`${name} is missing`)
console.log(`${describeMachine()}, load ${loadavg()[0]?.toFixed(1)}`)
try {
  if (values.sustained) await sustain(Number(values.seconds ?? 60))
  else await compare(Number(values.rounds), Number(values.seconds ?? 5))
} finally {
  await broker?.remove()
}

/** What can be measured with this traffic, by name. */
function subjectsOf({ protocol }: Traffic): Map<string, () => Promise<Subject>> {
  const subjects = new Map<string, () => Promise<Subject>>([
    ['netmon', startNull],
    ['netmon to ClickHouse', startClickHouse],
  ])
  if (broker !== undefined) {
    subjects.set(toKafka, async () => startKafka(await newTopic(broker.address), 'platformatic'))
    const byKafkajs = async () => startKafka(await newTopic(broker.address), 'kafkajs')
    subjects.set(`${toKafka}, by kafkajs`, byKafkajs)
  }
  for (const peer of peers) {
    const { name, program } = peer
    if (program === undefined || !peer.protocols.includes(protocol)) continue
    if (!peer.toKafka) subjects.set(name, () => startPeer(peer, program, protocol, undefined))
    else if (broker !== undefined) {
      subjects.set(name, async () =>
        startPeer(peer, program, protocol, await newTopic(broker.address)),
      )
    }
  }
  const wanted = [...subjects].filter(
    ([name]) => name === referenceOf(name) || name.includes(values.subjects),
  )
  return new Map(wanted)
}

/** What others that end where it ends are held against. */
function referenceOf(subject: string): string {
  return subject.includes('to Kafka') ? toKafka : 'netmon'
}

/** Of its own for each run, with partitions as the collector makes them. */
async function newTopic(address: string): Promise<KafkaTopic> {
  const topic = `bench-${++topics}`
  const client = createKafkaClient({ brokers: [address] }, pino({ level: 'silent' }))
  await createKafkaTopics(client, { topic, partitions: 6 }, pino({ level: 'silent' })).createAll()
  return { broker: address, topic }
}

async function compare(rounds: number, seconds: number): Promise<void> {
  const results: Measured[] = []
  for (const [name, traffic] of Object.entries(traffics)) {
    if (!name.startsWith(values.only)) continue
    const rate = traffic.protocol === 'sflow' ? flowsPerSecond / sflowShare : flowsPerSecond
    const runs = new Map<string, RunFigures[]>()
    const load: number[] = []
    // Each in every round, so that what else the machine does meets all of them.
    for (let i = 0; i < rounds; i++) {
      for (const [subject, start] of subjectsOf(traffic)) {
        const running = await start()
        try {
          const figures = await run(running, traffic, { flowsPerSecond: rate, seconds })
          runs.set(subject, [...(runs.get(subject) ?? []), figures])
          console.log(JSON.stringify({ traffic: name, subject, ...figures }))
        } finally {
          await running.stop()
        }
      }
      load.push(loadavg()[0] ?? 0)
    }
    for (const [subject, figures] of runs) {
      const figure = medians(figures)
      const reference = runs.get(referenceOf(subject)) ?? figures
      const ours = medians(reference)
      const oursToIt = round(ours.flowsPerCpuSecond / figure.flowsPerCpuSecond)
      const ratios = figures.map(({ flowsPerCpuSecond }, i) =>
        round((reference[i]?.flowsPerCpuSecond ?? 0) / flowsPerCpuSecond),
      )
      const spread = { leastOursToIt: Math.min(...ratios), mostOursToIt: Math.max(...ratios) }
      const how = { rounds: figures.length, seconds, load: round(median(load)) }
      results.push({ traffic: name, subject, ...figure, oursToIt, ...spread, ...how })
    }
  }
  console.table(results)
  const isSame = (a: Measured) => (b: Measured) =>
    a.traffic === b.traffic && a.subject === b.subject
  const kept = (readResult('collector') as Measured[]).filter(
    (earlier) => 'subject' in earlier && !results.some(isSame(earlier)),
  )
  const order = Object.keys(traffics)
  const all = [...kept, ...results].sort(
    (a, b) => order.indexOf(a.traffic) - order.indexOf(b.traffic),
  )
  const missing = peers.filter(({ program }) => program === undefined).map(({ name }) => name)
  if (broker === undefined) missing.push('Kafka')
  writeResult('collector', [...all, { missing: missing.join(', ') }])
}

/** Of each figure by itself. */
function medians(runs: readonly RunFigures[]): RunFigures {
  const [first] = runs
  if (first === undefined) throw new RangeError('there was no run')
  const names = Object.keys(first) as (keyof RunFigures)[]
  const figures = names.map((name) => [name, round(median(runs.map((run) => run[name])))])
  return Object.fromEntries(figures) as RunFigures
}

async function sustain(seconds: number): Promise<void> {
  const results: Result[] = []
  const traffic = traffics['v9'] as Traffic
  const starts: [string, () => Promise<Ours>][] = [['netmon', startNull]]
  if (broker !== undefined) {
    starts.push([toKafka, async () => startKafka(await newTopic(broker.address), 'platformatic')])
  }
  for (const [subject, start] of starts) {
    if (!subject.includes(values.subjects)) continue
    const running = await start()
    try {
      const figures = await run(running, traffic, { flowsPerSecond, seconds })
      const { flows: _, ...pauses } = await running.report()
      const load = round(loadavg()[0] ?? 0)
      const result = { traffic: 'v9', subject, seconds, ...figures, ...pauses, load }
      console.log(JSON.stringify(result))
      results.push(result)
      // Kept at once: the next subject may not get through.
      writeResult('collector-sustained', results)
    } finally {
      await running.stop()
    }
  }
}
