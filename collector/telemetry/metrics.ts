// The collector's counters as Prometheus metrics. Nothing is counted here: every value is read from its owner when asked for.

import { Counter, Gauge, Registry } from 'prom-client'
import type { Ledger } from '../delivery/ledger.ts'
import type { KnownExporters } from '../exporters/exporters.ts'
import type { Front } from '../front.ts'
import {
  countEvents,
  type Decoding,
  eventCounters,
  flowsByProtocol,
  undecodable,
} from './decoding.ts'
import { createExporterMetrics } from './exporter-metrics.ts'
import type { Gauges } from './status.ts'

/** That receive. */
export type Threads = Pick<Front, 'workers' | 'restarts'>

export function createMetrics(
  ledger: Ledger,
  exporters: KnownExporters,
  decoder: Decoding,
  gauges: Gauges,
  threads: Threads,
): Registry {
  const registry = new Registry()
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    read: (metric: Counter) => void,
    prefix = 'netmon_collector_',
  ) =>
    new Counter({
      name: `${prefix}${name}`,
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
  // As GoFlow2 calls them, for its dashboards and alerts.
  const goflow2 = (name: string, help: string, read: () => number) =>
    counter(name, help, [], (metric) => metric.inc(read()), 'goflow2_')
  goflow2('flow_traffic_packets_total', 'UDP datagrams received', () => ledger.datagrams)
  goflow2('flow_traffic_bytes_total', 'Bytes of UDP datagrams received', () => ledger.datagramBytes)
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
  total(
    'possible_duplicate_flows_total',
    'Flows sent to Kafka again although an earlier attempt may have arrived',
    () => ledger.possibleDuplicates,
  )
  total(
    'sink_faults_total',
    'Threads that sent and ended by a fault; another took their place',
    () => ledger.sinkFaults,
  )
  byReason('flows_dropped_total', 'Flows decoded but not delivered', () => ledger.flowsDropped)
  total('exporters_forgotten_total', 'Exporters forgotten to stay inside the bound', () =>
    exporters.forgotten(),
  )
  byReason(
    'rows_dropped_total',
    'Learned names and interface counters not kept',
    () => ledger.rowsDropped,
  )
  counter('rows_total', 'Rows for tables other than flows', ['stream'], (metric) => {
    for (const [stream, rows] of Object.entries(ledger.rows)) metric.inc({ stream }, rows)
  })
  counter('protocol_flows_total', 'Flows decoded, by protocol', ['protocol'], (metric) => {
    for (const [protocol, flows] of Object.entries(flowsByProtocol(decoder))) {
      metric.inc({ protocol }, flows)
    }
  })
  for (const [name, help] of Object.values(eventCounters)) {
    total(`${name}_total`, help, () => countEvents(decoder)[name] ?? 0)
  }

  total('worker_restarts_total', 'Times that a worker ended by itself and was started again', () =>
    threads.restarts(),
  )
  gauge('workers', 'Threads that receive and decode', () => threads.workers)
  gauge('templates', 'Templates held', () => decoder.templates)
  gauge('parked_sets', 'Data sets that wait for their template', () => decoder.parked.sets)
  gauge('parked_bytes', 'Bytes of those', () => decoder.parked.bytes)
  gauge('flows_in_memory', 'Flows not yet in the spool', () => gauges.flowsInMemory())
  gauge('flows_spooled', 'Flows in the spool', () => gauges.flowsSpooled())
  gauge('spool_bytes', 'Bytes of segments in the spool', () => gauges.spoolBytes())
  gauge('resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
  createExporterMetrics(registry, exporters)
  return registry
}
