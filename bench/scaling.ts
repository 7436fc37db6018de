// The table of docs/scaling.md: machines for so many flows a second, by multiplication from the kept results.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'

/** What a flow costs, each from one line of a kept result. */
export interface UnitCosts {
  /** Seconds of processor per million flows. */
  collector: number
  broker: number
  clickhouse: number
  /** Bytes a flow: in the topic with lz4, on ClickHouse's disk with all rollups. */
  topicBytes: number
  diskBytes: number
}

/** A core is planned to be busy half of the time: the other half is for bursts, merges, queries and catching up. */
const planned = 0.5
const daySeconds = 86_400
const keptDays = 30
const topicDays = 1
const replicas = 3
/** Of a server. */
const serverCores = 32

const rates = [10_000, 100_000, 1_000_000, 10_000_000]

/** @throws Error when a kept result lacks a line that is needed. */
export function readUnitCosts(): UnitCosts {
  const kafka = readResults('kafka')
  const sizes = readResults('schema-sizes')
  const merged = find(sizes, 'bytesPerFlow', 'as inserted and merged')
  const reading = figure(find(kafka, 'reading', 'none, into all tables'), 'brokerCpuSeconds')
  const ours = Object.keys(merged).filter((name) => name.startsWith('ours.'))
  return {
    collector: figure(find(kafka, 'collector', 'UDP to Kafka'), 'cpuSeconds'),
    broker: figure(find(kafka, 'sink', 'lz4'), 'brokerCpuSeconds') + reading,
    clickhouse: figure(find(kafka, 'reading', 'none, into all tables'), 'cpuSeconds'),
    topicBytes: figure(find(kafka, 'sink', 'lz4'), 'bytesPerFlow'),
    diskBytes: ours.reduce((sum, name) => sum + figure(merged, name), 0),
  }
}

/** Markdown. */
export function scalingTable(costs: UnitCosts): string {
  const coresFor = (cpuSeconds: number, rate: number) => (cpuSeconds * rate) / 1e6
  const rows = rates.map((rate) => {
    const collecting = coresFor(costs.collector, rate)
    const storing = coresFor(costs.clickhouse, rate)
    const cells = [
      rate.toLocaleString('en'),
      short(collecting),
      String(Math.ceil(collecting / planned)),
      short(coresFor(costs.broker, rate)),
      bytesText(costs.topicBytes * rate * daySeconds * topicDays * replicas),
      short(storing),
      String(Math.ceil(storing / planned)),
      String(Math.ceil(storing / planned / serverCores)),
      bytesText(costs.diskBytes * rate * daySeconds * keptDays),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const head = [
    'Flows a second',
    'Cores busy collecting',
    'Collectors',
    'Cores busy in brokers',
    'Topic, a day, three copies',
    'Cores busy reading and storing',
    'Partitions',
    'Shards',
    'Disk for 30 days, one copy',
  ]
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n')
}

type Line = Record<string, string | number>

function readResults(name: string): Line[] {
  const file = path.join(packageRoot, 'bench', 'results', `${name}.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { results: Line[] }).results
}

function find(lines: readonly Line[], key: string, value: string): Line {
  const line = lines.find((candidate) => candidate[key] === value)
  if (line === undefined) throw new Error(`no kept result has ${key} = ${value}`)
  return line
}

function figure(line: Line, name: string): number {
  const value = line[name]
  if (typeof value !== 'number') throw new Error(`a kept result lacks ${name}`)
  return value
}

/** Two digits that count. */
function short(value: number): string {
  return String(Number(value.toPrecision(2)))
}

function bytesText(bytes: number): string {
  const isTera = bytes >= 1e12
  return `${short(bytes / (isTera ? 1e12 : 1e9))} ${isTera ? 'TB' : 'GB'}`
}
