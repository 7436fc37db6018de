// Where every datagram and every flow went: what came in equals what is stored, under way, or dropped for a reason that is told.

import type { Collector } from '../../rules/exporters/collectors.ts'
import { formatWhole } from '../format.ts'
import { visible } from '../visible.ts'

export function Ledger({ collectors }: { collectors: readonly Collector[] }) {
  const sum = (read: (collector: Collector) => number) =>
    collectors.reduce((total, collector) => total + read(collector), 0)
  const received = sum(({ datagrams }) => datagrams)
  const refused = byReason(collectors, ({ datagrams_refused }) => datagrams_refused)
  const dropped = byReason(collectors, ({ flows_dropped }) => flows_dropped)
  const sets = byReason(collectors, ({ undecodable_sets }) => undecodable_sets)
  return (
    <section>
      <h2>Pipeline, since the collectors started</h2>
      <div class="ledger card">
        <dl>
          <Line name="Datagrams received" value={received} />
          <Line name="refused" value={total(refused)} reasons={refused} isLoss />
          <Line name="dropped by the kernel" value={sum((one) => one.kernel_drops)} isLoss />
          <Line name="sets that could not be decoded" value={total(sets)} reasons={sets} isLoss />
        </dl>
        <dl>
          <Line name="Flows decoded" value={sum(({ flows }) => flows)} />
          <Line name="stored" value={sum((one) => one.flows_acknowledged)} />
          <Line name="in flight" value={sum((one) => one.flows_in_memory + one.flows_spooled)} />
          <Line name="dropped" value={total(dropped)} reasons={dropped} isLoss />
        </dl>
      </div>
    </section>
  )
}

type Reasons = ReadonlyMap<string, number>

function byReason(
  collectors: readonly Collector[],
  read: (collector: Collector) => Readonly<Record<string, number>>,
): Reasons {
  const sums = new Map<string, number>()
  for (const collector of collectors) {
    for (const [reason, count] of Object.entries(read(collector))) {
      sums.set(reason, (sums.get(reason) ?? 0) + count)
    }
  }
  return sums
}

function total(reasons: Reasons): number {
  return [...reasons.values()].reduce((sum, count) => sum + count, 0)
}

function Line(props: { name: string; value: number; reasons?: Reasons; isLoss?: boolean }) {
  const { name, value, reasons, isLoss = false } = props
  return (
    <div class={isLoss && value > 0 ? 'bad' : ''}>
      <dt>{name}</dt>
      <dd>
        {formatWhole(value)}
        {reasons !== undefined && value > 0 && (
          <small>
            {[...reasons]
              .map(([reason, count]) => `${visible(reason)} ${formatWhole(count)}`)
              .join(', ')}
          </small>
        )}
      </dd>
    </div>
  )
}
