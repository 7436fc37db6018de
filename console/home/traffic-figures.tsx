// What the network carries now, and what it carried at most.

import { formatAmount, formatMoment } from '../format.ts'
import { Figure } from '../parts/figure.tsx'
import type { Amounts, Summary } from '../traffic.ts'

export function TrafficFigures({ summary }: { summary: Summary }) {
  const { all } = summary
  const peak = all.peak.bits
  return (
    <dl class="figures">
      <Figure name="Traffic now" value={bits(all.now)} note={packets(all.now)} />
      {summary.in !== null && (
        <Figure
          name="Inbound now"
          value={bits(summary.in.now)}
          note={packets(summary.in.now)}
          title="Towards the prefixes of rules"
        />
      )}
      {summary.out !== null && (
        <Figure
          name="Outbound now"
          value={bits(summary.out.now)}
          note={packets(summary.out.now)}
          title="From the prefixes of rules"
        />
      )}
      <Figure name="Average, 24 h" value={bits(all.avg)} note={packets(all.avg)} />
      <Figure
        name="Peak minute, 24 h"
        value={peak === null ? '–' : formatAmount(peak.value, 'bit/s')}
        note={peak === null ? undefined : `at ${formatMoment(Date.parse(peak.at))}`}
      />
      <Figure
        name="Volume, 24 h"
        value={formatAmount(all.total.bytes, 'B')}
        note={`${formatAmount(all.total.flows)} flow records`}
      />
    </dl>
  )
}

function bits({ bits }: Amounts['now']): string {
  return bits === null ? '–' : formatAmount(bits, 'bit/s')
}

function packets({ packets }: Amounts['now']): string | undefined {
  return packets === null ? undefined : formatAmount(packets, 'p/s')
}
