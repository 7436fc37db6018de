import { expect, test } from 'vitest'
import { DatagramFacts } from '../../../collector/decode/datagram-facts.ts'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { createLedger } from '../../../collector/delivery/ledger.ts'
import { createExporters } from '../../../collector/exporters/exporters.ts'
import { noRouters } from '../../../collector/exporters/routers.ts'
import { FlowType } from '../../../collector/flow.ts'
import { createMetrics } from '../../../collector/telemetry/metrics.ts'
import { sourceAt } from '../../build/routers.ts'

function createTestMetrics(ledger = createLedger()) {
  const exporters = createExporters(noRouters)
  const decoder = createDecoder({ emit() {} })
  const gauges = {
    kernelDrops: () => 0,
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    oldestUnacknowledgedMs: () => undefined,
  }
  const registry = createMetrics(ledger, exporters, decoder, gauges, {
    workers: 1,
    restarts: () => 0,
  })
  const lines = async (name: string) => {
    const text = await registry.getSingleMetricAsString(`netmon_collector_${name}`)
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }
  return { exporters, decoder, lines, registry }
}

const factsOf = (told: Partial<DatagramFacts>) => Object.assign(new DatagramFacts(), told)

test('what an exporter missed only grows, though some of it arrives late', async () => {
  const { exporters, lines } = createTestMetrics()
  const source = sourceAt('192.0.2.1')
  exporters.countDatagram(source, factsOf({ type: FlowType.ipfix, lost: 100 }), 1, 0)
  exporters.countDatagram(source, factsOf({ type: FlowType.ipfix, lost: -30 }), 1, 0)
  exporters.countDatagram(source, factsOf({ type: FlowType.netflow9, exportMs: 2_500 }), 1, 1_000)
  expect(await lines('exporter_missed_total')).toEqual([
    'netmon_collector_exporter_missed_total{exporter="192.0.2.1",protocol="NETFLOW_V9"} 0',
    'netmon_collector_exporter_missed_total{exporter="192.0.2.1",protocol="IPFIX"} 100',
  ])
  expect(await lines('exporter_recovered_total')).toContain(
    'netmon_collector_exporter_recovered_total{exporter="192.0.2.1",protocol="IPFIX"} 30',
  )
  expect(await lines('exporter_clock_skew_seconds')).toEqual([
    'netmon_collector_exporter_clock_skew_seconds{exporter="192.0.2.1"} 1.5',
  ])
})

test('what GoFlow2 calls traffic packets and bytes are datagrams and their bytes', async () => {
  const ledger = { ...createLedger(), datagrams: 3, datagramBytes: 400 }
  const { registry } = createTestMetrics(ledger)
  const text = await registry.metrics()
  expect(text).toContain('\ngoflow2_flow_traffic_packets_total 3\n')
  expect(text).toContain('\ngoflow2_flow_traffic_bytes_total 400\n')
})

test('beyond 1,000 exporters counters are added up as other, and gauges are left out', async () => {
  const { exporters, lines } = createTestMetrics()
  for (let i = 0; i < 1_005; i++) {
    const source = sourceAt(`10.0.${i >> 8}.${i & 255}`)
    exporters.countDatagram(source, factsOf({ type: FlowType.ipfix, exportMs: 0 }), 1, 0)
  }
  const datagrams = await lines('exporter_datagrams_total')
  expect(datagrams).toHaveLength(1_001)
  expect(datagrams).toContain(
    'netmon_collector_exporter_datagrams_total{exporter="other",protocol="IPFIX"} 5',
  )
  expect(await lines('exporter_clock_skew_seconds')).toHaveLength(1_000)
})

test('the decoder’s counters are read when they are asked for', async () => {
  const { decoder, lines } = createTestMetrics()
  decoder.counters.setsParked = 3
  decoder.counters.flows.netflow9 = 4
  expect(await lines('sets_parked_total')).toEqual(['netmon_collector_sets_parked_total 3'])
  expect(await lines('protocol_flows_total')).toContain(
    'netmon_collector_protocol_flows_total{protocol="NETFLOW_V9"} 4',
  )
})
