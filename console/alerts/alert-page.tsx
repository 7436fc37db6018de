// One alert: how bad, what it was made of, what happened, and what people make of it.

import { useAsk } from '../ask.ts'
import { type ExploreState, hrefOf, hrefOfFlows, initialState } from '../explore/state.ts'
import { formatAmount, formatDuration, formatExactly, formatMoment } from '../format.ts'
import { Asking } from '../parts/asking.tsx'
import { Figure } from '../parts/figure.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'
import { type AlertDetail, metricUnits, peakOf } from './alert.ts'
import { AlertState, Severity } from './alert-table.tsx'
import { EvidenceCard } from './evidence-card.tsx'
import { Remarks } from './remarks.tsx'

export function AlertPage({ id }: { id: string }) {
  const asked = useAsk<AlertDetail>(`/alerts/${encodeURIComponent(id)}`, { everyMs: 10_000 })
  const name = asked.answer?.result.rule_name
  return (
    <Page title={name === undefined ? 'Alert' : visible(name)}>
      <Asking asked={asked}>
        {(alert) => (
          <>
            <Summary alert={alert} />
            <Remarks alert={alert} onDone={asked.again} />
            {alert.evidence !== null && <EvidenceCard evidence={alert.evidence} alert={alert} />}
            <Timeline alert={alert} />
          </>
        )}
      </Asking>
    </Page>
  )
}

function Summary({ alert }: { alert: AlertDetail }) {
  const unit = metricUnits[alert.metric]
  const began = Date.parse(alert.started_at)
  const ended = alert.resolved_at === null ? Date.now() : Date.parse(alert.resolved_at)
  const times = peakOf(alert) / (alert.limit ?? Number.NaN)
  const minute = 60
  const state: ExploreState = {
    ...initialState,
    unit: alert.metric === 'bandwidth' ? 'bits' : alert.metric,
    time: { from: began / 1000 - 15 * minute, to: ended / 1000 + 5 * minute },
    by: ['src_as'],
    filter: alert.prefixes
      .slice(0, 10)
      .map((prefix) => `${alert.direction === 'in' ? 'dst' : 'src'}_addr << ${prefix}`)
      .join(' OR '),
  }
  return (
    <>
      <p>
        <Severity alert={alert} /> <AlertState alert={alert} />{' '}
        <span class="muted">
          {alert.direction === 'in' ? 'towards' : 'from'} {alert.prefixes.slice(0, 3).join(', ')}
          {alert.prefixes.length > 3 && ` and ${alert.prefixes.length - 3} more`}
          {alert.vector !== null && `, ${alert.vector}`}
        </span>{' '}
        <a href={hrefOf(state)}>Explore its traffic</a>{' '}
        <a href={hrefOfFlows(state)}>See its flows</a>
      </p>
      <dl class="figures">
        <Figure name="Peak" value={formatAmount(peakOf(alert), unit)} />
        <Figure
          name="Limit"
          value={alert.limit === null ? '–' : formatAmount(alert.limit, unit)}
          note={Number.isFinite(times) ? `peak is ${times.toFixed(1)} times that` : undefined}
        />
        <Figure
          name="Now"
          value={alert.value === null ? 'not known' : formatAmount(alert.value, unit)}
        />
        <Figure
          name="Began"
          value={formatMoment(began)}
          note={alert.resolved_at === null ? undefined : `ended ${formatMoment(ended)}`}
          title={formatExactly(began)}
        />
        <Figure
          name={alert.resolved_at === null ? 'Lasts for' : 'Lasted'}
          value={formatDuration(ended - began)}
        />
        <Figure
          name="Volume"
          value={formatAmount(alert.total_bytes, 'B')}
          note={`${formatAmount(alert.total_packets)} packets`}
        />
      </dl>
    </>
  )
}

function Timeline({ alert }: { alert: AlertDetail }) {
  return (
    <section>
      <h2>Timeline</h2>
      <ol class="timeline card">
        {alert.timeline.map(({ id, at, event, text }) => (
          <li key={id}>
            <time dateTime={at} title={formatExactly(Date.parse(at))}>
              {formatMoment(Date.parse(at))}
            </time>
            <b>{event.replace('_', ' ')}</b>
            <Text value={text} />
          </li>
        ))}
      </ol>
    </section>
  )
}
