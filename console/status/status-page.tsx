// Status: every stage from the socket to the disk, collector by collector.

import type { ComponentChildren } from 'preact'
import type { KafkaReaders } from '../../api/kafka-readers.ts'
import type { Collector } from '../../rules/exporters/collectors.ts'
import type { Exporter } from '../../rules/exporters/exporter.ts'
import { useAsk } from '../ask.ts'
import { formatAmount, formatDuration, formatWhole } from '../format.ts'
import type { Health } from '../health.ts'
import { Ledger } from '../home/ledger.tsx'
import { Ago } from '../parts/ago.tsx'
import { Asking } from '../parts/asking.tsx'
import { Figure } from '../parts/figure.tsx'
import { Notes } from '../parts/notes.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'
import { KafkaFigures, KafkaTable } from './kafka.tsx'

const dayMs = 86_400_000

interface Pipeline {
  state: string
  /** What that means, and what to do. */
  message: string
  collectors: Collector[]
  storage: Health['storage']
  kafka: KafkaReaders | null
  versions: { netmon: string; node: string; store: string }
}

export function StatusPage() {
  const pipeline = useAsk<Pipeline>('/pipeline', { everyMs: 5_000 })
  const exporters = useAsk<Exporter[]>('/exporters', { everyMs: 10_000 })
  return (
    <Page title="Status" lead="Every stage from the socket to the disk.">
      <Asking asked={pipeline}>
        {({ state, message, collectors, storage, kafka, versions }) => (
          <>
            <div class={`note ${state === 'flowing' ? 'good' : 'caution'}`}>
              <Notes texts={[message]} />
            </div>
            <dl class="figures">
              {storage !== null && <Disk storage={storage} />}
              {kafka !== null && <KafkaFigures kafka={kafka} />}
              <Figure name="Version" value={versions.netmon} />
              <Figure name="ClickHouse" value={versions.store} />
              <Figure name="Node.js" value={versions.node} />
            </dl>
            <CollectorTable collectors={collectors} />
            {kafka?.readers != null && <KafkaTable readers={kafka.readers} />}
            <Ledger collectors={collectors} />
          </>
        )}
      </Asking>
      <Asking asked={exporters}>{(list) => <Gaps exporters={list} />}</Asking>
    </Page>
  )
}

function Disk({ storage }: { storage: NonNullable<Health['storage']> }) {
  const { bytes, budget_bytes, days_kept, days_left } = storage
  return (
    <>
      <Figure
        name="On disk"
        value={formatAmount(bytes, 'B')}
        note={budget_bytes === null ? 'no budget set' : `of ${formatAmount(budget_bytes, 'B')}`}
      />
      <Figure name="History" value={formatDuration(days_kept * dayMs)} />
      {days_left !== null && (
        <Figure
          name="Room for"
          value={formatDuration(days_left * dayMs)}
          note="then the oldest day goes"
        />
      )}
    </>
  )
}

function CollectorTable({ collectors }: { collectors: readonly Collector[] }) {
  if (collectors.length === 0) {
    return (
      <div class="empty">
        <p>No collector has told its status in the last 24 hours.</p>
        <p>One that runs does so every 10 s, into the same store.</p>
      </div>
    )
  }
  return (
    <section>
      <h2>Collectors</h2>
      <TableBox>
        <table>
          <caption class="hidden">Collectors of the last 24 hours</caption>
          <thead>
            <tr>
              <th scope="col">Collector</th>
              <th scope="col">State</th>
              <th scope="col">Started</th>
              <th scope="col">Last status</th>
              <th scope="col">Stored up to</th>
              <th scope="col" class="number">
                Datagrams
              </th>
              <th scope="col" class="number">
                Kernel drops
              </th>
              <th scope="col" class="number">
                Templates
              </th>
              <th scope="col" class="number">
                Sets waiting
              </th>
              <th scope="col" class="number">
                Spool
              </th>
            </tr>
          </thead>
          <tbody>
            {collectors.map((collector) => (
              <tr key={collector.name}>
                <th scope="row">
                  <Text value={collector.name} />
                </th>
                <td>
                  <StateMark state={collector.live ? 'live' : 'silent'} />
                </td>
                <td>
                  <Ago time={collector.started} />
                </td>
                <td>
                  <Ago time={collector.last_status} />
                </td>
                <td>
                  <Ago time={collector.watermark} />
                </td>
                <td class="number">{formatWhole(collector.datagrams)}</td>
                <td class="number">{formatWhole(collector.kernel_drops)}</td>
                <td class="number">{formatWhole(collector.templates)}</td>
                <td class="number">{formatWhole(collector.parked_sets)}</td>
                <td class="number">{formatAmount(collector.spool_bytes, 'B')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  )
}

/** What did not arrive from each exporter, and what its clock says. */
function Gaps({ exporters }: { exporters: readonly Exporter[] }) {
  if (exporters.length === 0) return null
  return (
    <section>
      <h2>Exporters, last 24 hours</h2>
      <TableBox>
        <table>
          <caption class="hidden">Sequence gaps and clocks of the exporters</caption>
          <thead>
            <tr>
              <th scope="col">Exporter</th>
              {[
                'Datagrams',
                'Lost',
                'Late',
                'Restarts',
                'Samples dropped',
                'Templates',
                'Longest flow',
                'Clock',
              ].map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {exporters.map((exporter) => (
              <tr key={`${exporter.address} ${exporter.udp_source}`}>
                <th scope="row">
                  {exporter.router !== null && <Text value={exporter.router.name} />}{' '}
                  <span class="mono muted">{exporter.address}</span>
                </th>
                <td class="number">{formatWhole(exporter.datagrams)}</td>
                <td class="number">
                  {formatWhole(exporter.protocols.reduce((sum, { lost }) => sum + lost, 0))}
                </td>
                <td class="number">{formatWhole(exporter.late_datagrams)}</td>
                <td class="number">{formatWhole(exporter.sequence_resets)}</td>
                <td class="number">{formatWhole(exporter.samples_dropped)}</td>
                <td class="number">{formatWhole(exporter.templates)}</td>
                <td class="number">{durationText(exporter.longest_flow_seconds)}</td>
                <td class="number">{clockText(exporter.clock_skew_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {exporters.some(
        ({ longest_flow_seconds }) => (longest_flow_seconds ?? 0) > steadySeconds,
      ) && (
        <p class="note caution">
          A flow counts in the minute in which it is told. Exporters that tell flows only after
          minutes make peaks that were none: set their active timeout to 60 s.
        </p>
      )}
    </section>
  )
}

/** An active timeout of a minute, and as long until an exporter looks again. */
const steadySeconds = 120

function durationText(seconds: number | null): ComponentChildren {
  if (seconds === null) return ''
  const text = formatDuration(seconds * 1000)
  return seconds > steadySeconds ? <span class="muted caution">{text}</span> : text
}

function clockText(skewMs: number | null): string {
  if (skewMs === null) return 'no clock'
  if (Math.abs(skewMs) < 1500) return 'in sync'
  return `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`
}
