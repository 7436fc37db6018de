// Rows of every stream but flows, on their whole way into the store's tables and back.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatagramFacts } from '../../../collector/decode/datagram-facts.ts'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { createLedger } from '../../../collector/delivery/ledger.ts'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { createExporters } from '../../../collector/exporters/exporters.ts'
import { noRouters } from '../../../collector/exporters/routers.ts'
import { FlowRecord, FlowType, SamplingSource } from '../../../collector/flow.ts'
import { createClickHouseSink } from '../../../collector/sink/clickhouse.ts'
import type { Sink } from '../../../collector/sink/sink.ts'
import { counterRow } from '../../../collector/telemetry/counter-row.ts'
import { createMetadata } from '../../../collector/telemetry/metadata.ts'
import { createRows, type RowStream } from '../../../collector/telemetry/rows.ts'
import { createStatus } from '../../../collector/telemetry/status.ts'
import { createStoreClient } from '../../../schema/client.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'
import { rows as ask } from '../../build/program.ts'
import { sourceAt } from '../../build/routers.ts'

const noonMs = Date.parse(`${recentDay}T12:00:00Z`)
const never = new AbortController().signal

let database: TestDatabase
let sink: Sink
beforeAll(async () => {
  database = await startTestDatabase()
  sink = createClickHouseSink(createStoreClient(database.address))
})
afterAll(async () => {
  await sink?.close()
  await database?.remove()
})

let number = 0
async function send(stream: RowStream, ...given: object[]): Promise<Segment> {
  const sealed: Segment[] = []
  const rows = createRows(
    stream,
    () => `c/b/${++number}`,
    (segment) => sealed.push(segment),
  )
  for (const row of given) rows.add(row, noonMs)
  rows.seal()
  await sink.send(sealed[0]!, never)
  return sealed[0]!
}

test('interface counters keep all their 64 bits, and a segment that is sent twice counts once', async () => {
  const row = counterRow({
    exporter: '2001:db8::1',
    receivedMs: noonMs + 250,
    ifIndex: 4_294_967_295,
    ifType: 6,
    ifSpeed: 400_000_000_000n,
    ifDirection: 1,
    ifStatus: 3,
    inOctets: 18_446_744_073_709_551_615n,
    inUnicastPackets: 1,
    inMulticastPackets: 2,
    inBroadcastPackets: 3,
    inDiscards: 4,
    inErrors: 5,
    inUnknownProtocols: 6,
    outOctets: 9_007_199_254_740_993n,
    outUnicastPackets: 7,
    outMulticastPackets: 8,
    outBroadcastPackets: 9,
    outDiscards: 10,
    outErrors: 11,
    promiscuousMode: 2,
  })
  await sink.send(await send('counters', row), never)
  expect(
    await ask(
      database.client,
      'SELECT * REPLACE (toString(time) AS time, toString(exporter) AS exporter, toString(in_octets) AS in_octets, toString(out_octets) AS out_octets) FROM counters',
    ),
  ).toEqual([
    {
      time: `${recentDay} 12:00:00.250`,
      exporter: '2001:db8::1',
      if_index: 4_294_967_295,
      if_type: 6,
      if_speed: 400_000_000_000,
      if_direction: 1,
      if_status: 3,
      in_octets: '18446744073709551615',
      in_unicast_packets: 1,
      in_multicast_packets: 2,
      in_broadcast_packets: 3,
      in_discards: 4,
      in_errors: 5,
      in_unknown_protocols: 6,
      out_octets: '9007199254740993',
      out_unicast_packets: 7,
      out_multicast_packets: 8,
      out_broadcast_packets: 9,
      out_discards: 10,
      out_errors: 11,
      promiscuous_mode: 2,
    },
  ])
})

test('of a name that changed, the newest is read', async () => {
  const told: object[] = []
  const learn = createMetadata((row) => told.push(row) > 0)
  const name = {
    kind: 'application',
    exporter: '192.0.2.1',
    observationDomainId: 4_000_000_000,
    id: '0d000050',
    name: 'http',
    description: 'Ünïcode "quoted"',
    receivedMs: noonMs,
  } as const
  learn(name)
  learn({ ...name, name: 'http-2', receivedMs: noonMs + 1 })
  await send('metadata', told[1]!)
  await send('metadata', told[0]!)
  expect(
    await ask(
      database.client,
      'SELECT toString(time) AS time, toString(kind) AS kind, toString(exporter) AS exporter, observation_domain_id, id, name, description FROM metadata FINAL',
    ),
  ).toEqual([
    {
      time: `${recentDay} 12:00:00.001`,
      kind: 'application',
      exporter: '::ffff:192.0.2.1',
      observation_domain_id: 4_000_000_000,
      id: '0d000050',
      name: 'http-2',
      description: 'Ünïcode "quoted"',
    },
  ])
})

test('what a collector tells of itself and an exporter is in the columns of status', async () => {
  const ledger = createLedger()
  const exporters = createExporters(noRouters)
  const decoder = createDecoder({ emit() {} })
  const gauges = {
    kernelDrops: () => 11,
    flowsInMemory: () => 12,
    flowsSpooled: () => 13,
    spoolBytes: () => 14,
    oldestUnacknowledgedMs: () => noonMs - 500,
  }
  ledger.datagrams = 21
  ledger.datagramBytes = 22
  ledger.datagramsRefused['bad-length'] = 23
  ledger.flowsDecoded = 24
  ledger.flowsAcknowledged = 25
  ledger.flowsDropped.memory = 26
  ledger.rows.metadata = 27
  ledger.rowsDropped['row-limit'] = 28
  decoder.counters.flows.ipfix = 31
  decoder.counters.setsParked = 32
  decoder.counters.undecodable['unknown-template'].sets = 33
  decoder.counters.undecodable['unknown-template'].bytes = 34

  const source = sourceAt('192.0.2.1')
  const flow = new FlowRecord()
  flow.type = FlowType.ipfix
  flow.samplerAddress.set(Uint8Array.of(203, 0, 113, 9), 0, 4)
  flow.samplingRate = 64
  flow.samplingSource = SamplingSource.routerDefault
  exporters.count(exporters.of(flow, source, noonMs - 3_000), flow, noonMs - 3_000)
  const facts = Object.assign(new DatagramFacts(), {
    type: FlowType.ipfix,
    lost: 5,
    isLate: true,
    isReset: true,
    samplesDropped: 6,
    exportMs: noonMs - 4_000.3279,
  })
  exporters.countDatagram(source, facts, 777, noonMs - 2_000)

  const identity = { collector: 'edge', boot: 'boot', startedMs: noonMs - 60_000 }
  const status = createStatus(identity, ledger, exporters, decoder, gauges)
  await sink.send(await status('c/b/status', noonMs), never)

  const stored = await ask<Record<string, unknown>>(
    database.client,
    'SELECT * REPLACE (toString(exporter) AS exporter, toString(udp_source) AS udp_source, toString(kind) AS kind, toString(sampling_source) AS sampling_source) FROM status ORDER BY kind, exporter',
  )
  const common = {
    time: `${recentDay} 12:00:00.000`,
    collector: 'edge',
    boot: 'boot',
    started: `${recentDay} 11:59:00.000`,
    watermark: `${recentDay} 11:59:59.500`,
  }
  expect(stored.map(told)).toEqual([
    {
      ...common,
      kind: 'collector',
      datagrams: 21,
      datagram_bytes: 22,
      kernel_drops: 11,
      datagrams_refused: { 'bad-length': 23 },
      undecodable_sets: { 'unknown-template': 33 },
      undecodable_bytes: { 'unknown-template': 34 },
      flows: 24,
      flows_by_protocol: { IPFIX: 31 },
      flows_acknowledged: 25,
      flows_spooled: 13,
      flows_in_memory: 12,
      flows_dropped: { memory: 26 },
      rows: { metadata: 27 },
      rows_dropped: { 'row-limit': 28 },
      decoding: { sets_parked: 32 },
      spool_bytes: 14,
    },
    {
      ...common,
      kind: 'exporter',
      exporter: '::ffff:192.0.2.1',
      udp_source: '::ffff:192.0.2.1',
      first_seen: `${recentDay} 11:59:58.000`,
      last_seen: `${recentDay} 11:59:58.000`,
      datagrams: 1,
      datagram_bytes: 777,
      datagrams_by_protocol: { IPFIX: 1 },
      lost: { IPFIX: 5 },
      late_datagrams: 1,
      sequence_resets: 1,
      samples_dropped: 6,
      clock_skew_ms: -2_000,
    },
    {
      ...common,
      kind: 'exporter',
      exporter: '::ffff:203.0.113.9',
      udp_source: '::ffff:192.0.2.1',
      first_seen: `${recentDay} 11:59:57.000`,
      last_seen: `${recentDay} 11:59:57.000`,
      flows: 1,
      flows_by_protocol: { IPFIX: 1 },
      flows_by_sampling_source: { router_default: 1 },
      sampling_rate: 64,
      sampling_rate_lowest: 64,
      sampling_rate_highest: 64,
      sampling_source: 'router_default',
    },
  ])
  // An exporter that said nothing since is not told of again.
  const later = await status('c/b/later', noonMs + 10_000)
  expect(Buffer.concat(later.payload).toString().split('\n')).toHaveLength(2)
})

/** Without the columns that say nothing: those of the other kind. */
function told(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).filter(([name, value]) => {
      const isEmpty =
        value === null || value === 0 || value === '::' || JSON.stringify(value) === '{}'
      const isNoTime = value === '1970-01-01 00:00:00.000'
      return !isEmpty && !isNoTime && !(name === 'sampling_source' && value === 'assumed')
    }),
  )
}
