// The collector's counters as Prometheus metrics. Nothing is counted here: every value is read from its owner when asked for.

import { Counter, Gauge, Registry } from 'prom-client'
import type { Decoder } from './decode/decode.ts'
import type { Exporters } from './exporters.ts'
import type { Ledger } from './ledger.ts'
import { type Gauges, undecodable } from './status.ts'

/** Beyond this many exporters the rest is one series, `other`: addresses are free to invent, series are not. */
const maxExporterLabels = 1_000

export function createMetrics(
  ledger: Ledger,
  exporters: Exporters,
  decoder: Decoder,
  gauges: Gauges,
): Registry {
  const registry = new Registry()
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    read: (metric: Counter) => void,
  ) =>
    new Counter({
      name: `netmon_collector_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        read(this)
      },
    })
  const total = (name: string, help: string, read: () => number) =>
    counter(name, help, [], (metric) => metric.inc(read()))
  const byReason = (name: string, help: string, read: () => Readonly<Record<string, number>>) =>
    counter(name, help, ['reason'], (metric) => {
      for (const [reason, count] of Object.entries(read())) metric.inc({ reason }, count)
    })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `netmon_collector_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })

  total('datagrams_total', 'UDP datagrams received', () => ledger.datagrams)
  total('datagram_bytes_total', 'Bytes of UDP datagrams received', () => ledger.datagramBytes)
  total('datagrams_decoded_total', 'Datagrams read to their end', () => ledger.datagramsDecoded)
  byReason(
    'datagrams_refused_total',
    'Datagrams whose reading ended early',
    () => ledger.datagramsRefused,
  )
  total(
    'kernel_drops_total',
    'Datagrams the kernel dropped because the receive buffer was full',
    () => gauges.kernelDrops(),
  )
  byReason('undecodable_sets_total', 'Sets that could not be decoded', () =>
    undecodable(decoder, 'sets'),
  )
  byReason('undecodable_bytes_total', 'Bytes of sets that could not be decoded', () =>
    undecodable(decoder, 'bytes'),
  )
  total('flows_decoded_total', 'Flows decoded', () => ledger.flowsDecoded)
  total('flows_recovered_total', 'Flows found in the spool at start', () => ledger.flowsRecovered)
  total(
    'flows_acknowledged_total',
    'Flows the store has acknowledged',
    () => ledger.flowsAcknowledged,
  )
  byReason('flows_dropped_total', 'Flows decoded but not delivered', () => ledger.flowsDropped)
  total('exporters_forgotten_total', 'Exporters forgotten to stay inside the bound', () =>
    exporters.forgotten(),
  )
  gauge('flows_in_memory', 'Flows not yet in the spool', () => gauges.flowsInMemory())
  gauge('flows_spooled', 'Flows in the spool', () => gauges.flowsSpooled())
  gauge('spool_bytes', 'Bytes of segments in the spool', () => gauges.spoolBytes())
  gauge('resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
  counter('exporter_flows_total', 'Flows by exporter', ['exporter'], (metric) => {
    for (const [exporter, flows] of flowsByLabel(exporters)) metric.inc({ exporter }, flows)
  })
  return registry
}

function flowsByLabel(exporters: Exporters): Map<string, number> {
  const flows = new Map<string, number>()
  for (const exporter of exporters.all()) {
    const label =
      flows.has(exporter.address) || flows.size < maxExporterLabels ? exporter.address : 'other'
    flows.set(label, (flows.get(label) ?? 0) + exporter.flows)
  }
  return flows
}
