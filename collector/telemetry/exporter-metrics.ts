// What each exporter sent, as Prometheus metrics.

import { Counter, Gauge, type Registry } from 'prom-client'
import type { ExporterFacts } from '../exporters/exporter.ts'
import type { KnownExporters } from '../exporters/exporters.ts'
import { flowTypeNames } from '../flow.ts'

/** Beyond this many exporters the rest is one series, `other`: addresses are free to invent, series are not. */
const maxExporterLabels = 1_000

export function createExporterMetrics(registry: Registry, exporters: KnownExporters): void {
  const total = (
    name: string,
    help: string,
    labelNames: string[],
    read: (exporter: ExporterFacts, metric: Counter, label: string) => void,
  ) =>
    new Counter({
      name: `netmon_collector_exporter_${name}`,
      help,
      labelNames: ['exporter', ...labelNames],
      registers: [registry],
      collect() {
        this.reset()
        for (const [label, exporter] of labelled(exporters)) read(exporter, this, label)
      },
    })
  const count = (name: string, help: string, read: (exporter: ExporterFacts) => number) =>
    total(name, help, [], (exporter, metric, label) =>
      metric.inc({ exporter: label }, read(exporter)),
    )
  const countByProtocol = (
    name: string,
    help: string,
    read: (counters: ExporterFacts['protocols'][number]) => number,
  ) =>
    total(name, help, ['protocol'], ({ protocols }, metric, exporter) => {
      for (const [type, counters] of protocols.entries()) {
        const protocol = flowTypeNames[type]
        if (counters.datagrams > 0) metric.inc({ exporter, protocol }, read(counters))
      }
    })
  /** Of many exporters together there is no such value. */
  const latest = (
    name: string,
    help: string,
    read: (exporter: ExporterFacts) => number | undefined,
  ) =>
    new Gauge({
      name: `netmon_collector_exporter_${name}`,
      help,
      labelNames: ['exporter'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [label, exporter] of labelled(exporters)) {
          const value = read(exporter)
          if (label !== other && value !== undefined) this.set({ exporter: label }, value)
        }
      },
    })

  count('flows_total', 'Flows by exporter', ({ flows }) => flows)
  countByProtocol('datagrams_total', 'Datagrams by exporter', ({ datagrams }) => datagrams)
  countByProtocol(
    'missed_total',
    "Missing by the exporter's sequence numbers: flows of v5, datagrams of v9 and sFlow, data records of IPFIX",
    ({ missed }) => missed,
  )
  countByProtocol('recovered_total', 'Of those, arrived late', ({ recovered }) => recovered)
  count(
    'late_datagrams_total',
    'Datagrams that came after one that was sent later',
    ({ lateDatagrams }) => lateDatagrams,
  )
  count(
    'sequence_resets_total',
    'Times that the exporter began to count its sequence anew',
    ({ sequenceResets }) => sequenceResets,
  )
  count(
    'samples_dropped_total',
    'Packets that the sFlow agent could not sample',
    ({ samplesDropped }) => samplesDropped,
  )
  latest(
    'last_seen_seconds',
    'When its last datagram came, since 1970',
    ({ lastSeenMs }) => lastSeenMs / 1000,
  )
  latest(
    'clock_skew_seconds',
    'Its clock minus ours, as of its last datagram',
    ({ clockSkewMs }) => (clockSkewMs === undefined ? undefined : clockSkewMs / 1000),
  )
  latest('sampling_rate', 'Sampling rate of its last flow, 1 in N', ({ samplingRate }) =>
    samplingRate > 0 ? samplingRate : undefined,
  )
}

const other = 'other'

function* labelled(exporters: KnownExporters): Iterable<[label: string, exporter: ExporterFacts]> {
  const labels = new Set<string>()
  for (const exporter of exporters.all()) {
    const { address } = exporter
    if (labels.size < maxExporterLabels) labels.add(address)
    yield [labels.has(address) ? address : other, exporter]
  }
}
