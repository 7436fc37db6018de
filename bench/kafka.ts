// What Kafka costs between collectors and ClickHouse: processor of the collector, of the broker and of ClickHouse, and bytes in the topic, by codec. A broker
// of its own, one node; medians of several rounds.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import zlib from 'node:zlib'
import type { Compression } from '../collector/sink/kafka-codecs.ts'
import { startBroker } from '../test/build/kafka.ts'
import { measureCollector } from './kafka-collector.ts'
import { makeSegments } from './kafka-flows.ts'
import { measureInsert, measureReading } from './kafka-reading.ts'
import { type BenchBroker, measureSink } from './kafka-sink.ts'
import { processorSeconds } from './processor.ts'
import { describeMachine, type Result, writeResult } from './report.ts'
import { startStore } from './store.ts'

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    /** Flows a second that the generator offers to a whole collector. */
    rate: { type: 'string', default: '50000' },
  },
})
const flows = Number(values.flows)
const codecs: Compression[] = ['none', 'gzip', 'lz4', 'snappy']
if ('zstdCompress' in zlib) codecs.push('zstd')

type Measured = Result & { [figure: string]: string | number }
const rounds: Measured[][] = []
const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
const { address, directory, process: java, remove } = await startBroker()
const broker: BenchBroker = {
  address,
  logDirectory: path.join(directory, 'data'),
  processorSeconds: () => processorSeconds(java.pid),
}
const store = await startStore(dataDir, { NETMON_KAFKA_BROKERS: address })
try {
  const segments = await makeSegments(store, flows)
  // Code that has run is faster.
  for (const compression of codecs) {
    await measureSink(broker, `warm-${compression}`, segments.slice(0, 8), compression)
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    const measured: Measured[] = []
    const tell = (figures: Measured) => {
      measured.push(figures)
      console.log(JSON.stringify({ round, ...figures }))
    }
    for (const compression of codecs) {
      const topic = `${compression}-${round}`
      tell({ sink: compression, ...(await measureSink(broker, topic, segments, compression)) })
      tell({
        reading: compression,
        ...(await measureReading(store, broker, topic, flows, 'nothing')),
      })
    }
    const few = segments.slice(0, Math.ceil(segments.length / 10))
    const topic = `one-${round}`
    const fewFlows = few.reduce((sum, segment) => sum + segment.flows, 0)
    tell({ sink: 'one flow a message', ...(await measureSink(broker, topic, few, 'none', true)) })
    tell({
      reading: 'one flow a message',
      ...(await measureReading(store, broker, topic, fewFlows, 'nothing')),
    })
    tell({
      reading: 'none, into all tables',
      ...(await measureReading(store, broker, `none-${round}`, flows, 'everything')),
    })
    tell({ insert: 'HTTP, into nothing', ...(await measureInsert(store, segments, 'nothing')) })
    tell({
      insert: 'HTTP, into all tables',
      ...(await measureInsert(store, segments, 'everything')),
    })
    tell({
      collector: 'UDP to Kafka',
      ...(await measureCollector(broker, flows / 2, Number(values.rate))),
    })
    rounds.push(measured)
    // Kept at once: the next round may not get through.
    writeResult('kafka', medians(rounds))
  }
} finally {
  await store.stop()
  await remove()
  rmSync(dataDir, { recursive: true, force: true })
}
console.log(describeMachine())

/** Of each line. */
function medians(rounds: readonly (readonly Measured[])[]): Measured[] {
  const [first = []] = rounds
  return first.map((_, index) => median(rounds.map((round) => round[index] ?? {})))
}

/** Of each figure by itself. */
function median(runs: readonly Measured[]): Measured {
  const result: Measured = { ...runs[0], rounds: runs.length }
  for (const [name, value] of Object.entries(runs[0] ?? {})) {
    if (typeof value !== 'number') continue
    const sorted = runs.map((run) => Number(run[name])).sort((a, b) => a - b)
    result[name] = sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  return result
}
