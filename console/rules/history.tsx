// What a rule has seen in the last day, drawn with its limit; and when it would have been crossed as it is typed.

import { useMemo, useState } from 'preact/hooks'
import type { Explanation } from '../../rules/explain.ts'
import type { Preview } from '../../rules/preview.ts'
import type { Notice } from '../../rules/problem.ts'
import type { Rule } from '../../rules/rule.ts'
import { failureOf, useAsk } from '../ask.ts'
import { colorOf } from '../chart/colors.ts'
import { type Layer, TimeChart } from '../chart/time-chart.tsx'
import { formatAmount, formatMoment, formatWhole, readAmount } from '../format.ts'
import { Asking, Failure } from '../parts/asking.tsx'
import { Notes } from '../parts/notes.tsx'
import { type RequestFailed, request } from '../request.ts'
import { bodyOf, type RuleDraft } from './draft.ts'

const metrics = {
  bps: ['bit/s', 'bandwidth_threshold'],
  pps: ['p/s', 'packet_threshold'],
  fps: ['flows/s', 'flow_threshold'],
} as const
type Metric = keyof typeof metrics

export function History({ rule, draft }: { rule: Rule | undefined; draft: RuleDraft }) {
  const [tried, setTried] = useState<{ preview: Preview; notices: Notice[] }>()
  const [failure, setFailure] = useState<RequestFailed>()
  const [isWaiting, setWaiting] = useState(false)
  const attempt = async () => {
    setWaiting(true)
    setFailure(undefined)
    try {
      const { result, messages } = await request<Preview>('/rules/preview', {
        method: 'POST',
        body: { ...bodyOf(draft), name: draft.name || 'preview' },
      })
      setTried({ preview: result, notices: messages })
    } catch (error) {
      setTried(undefined)
      setFailure(failureOf(error))
    } finally {
      setWaiting(false)
    }
  }
  return (
    <section class="card">
      <div class="section-head">
        <h2>The last 24 hours</h2>
        <button type="button" disabled={isWaiting} onClick={() => void attempt()}>
          {isWaiting ? 'Working …' : 'Preview'}
        </button>
      </div>
      {failure !== undefined && <Failure failure={failure} />}
      {tried !== undefined && <Tried {...tried} />}
      {rule === undefined ? (
        <p class="hint">A graph of what the rule sees is here once it is stored.</p>
      ) : (
        rule.type !== 'advanced_ddos' && (
          <Seen rule={rule} draft={draft} intervals={tried?.preview.intervals ?? []} />
        )
      )}
    </section>
  )
}

function Tried({ preview, notices }: { preview: Preview; notices: readonly Notice[] }) {
  const { intervals } = preview
  const unknown = preview.unknown_minutes + preview.not_counted_minutes
  return (
    <div role="status">
      <p>
        {intervals.length === 0 ? (
          'It would not have been crossed.'
        ) : (
          <b>
            It would have been crossed{' '}
            {intervals.length === 1 ? 'once' : `${intervals.length} times`}.
          </b>
        )}{' '}
        {unknown > 0 && (
          <span class="muted">
            Nothing is known of {formatWhole(unknown)} of {formatWhole(preview.minutes)} minutes.
          </span>
        )}
      </p>
      {notices.length > 0 && <Notes texts={notices.map(({ message }) => message)} />}
      {intervals.length > 0 && (
        <ol class="intervals">
          {intervals.slice(0, 8).map((interval) => (
            <li key={`${interval.first} ${interval.prefix} ${interval.direction}`}>
              {formatMoment(Date.parse(interval.since))} to{' '}
              {formatMoment(Date.parse(interval.last) + 60_000)}, {interval.direction}
              {interval.prefix !== null && `, ${interval.prefix}`}: up to{' '}
              {formatAmount(interval.peak_bps, 'bit/s')}, {formatAmount(interval.peak_pps, 'p/s')}
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

function Seen(props: { rule: Rule; draft: RuleDraft; intervals: Preview['intervals'] }) {
  const { rule, draft, intervals } = props
  const first = (Object.keys(metrics) as Metric[]).find((name) => rule[metrics[name][1]] !== null)
  const target = rule.zscore_target === 'packets' ? 'pps' : 'bps'
  const [metric, setMetric] = useState<Metric>(rule.type === 'zscore' ? target : (first ?? 'bps'))
  const path = `/rules/${encodeURIComponent(rule.id)}/explain?minutes=1440`
  const asked = useAsk<{ rule: Rule; series: Explanation[] }>(path, { everyMs: 60_000 })
  return (
    <>
      <fieldset class="segments">
        <legend class="hidden">Unit</legend>
        {(Object.keys(metrics) as Metric[]).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={metric === name}
            onClick={() => setMetric(name)}
          >
            {metrics[name][0]}
          </button>
        ))}
      </fieldset>
      <Asking asked={asked}>
        {({ series }) => (
          <SeenChart
            series={series}
            metric={metric}
            limit={rule.type === 'threshold' ? readAmount(draft[metrics[metric][1]]) : null}
            isDynamic={rule.type === 'zscore' && metric === target}
            intervals={intervals}
          />
        )}
      </Asking>
    </>
  )
}

function SeenChart(props: {
  series: readonly Explanation[]
  metric: Metric
  limit: number | string | null
  isDynamic: boolean
  intervals: Preview['intervals']
}) {
  const { series, metric, limit, isDynamic, intervals } = props
  const times = useMemo(
    () => (series[0]?.minutes ?? []).map(({ minute }) => Date.parse(minute) / 1000),
    [series],
  )
  const layers = useMemo(
    () =>
      series.slice(0, 12).map(
        ({ prefix, direction, minutes }, index): Layer => ({
          label: `${prefix ?? 'all prefixes'}, ${direction}`,
          color: colorOf(index),
          values: minutes.map((minute) => minute[metric]),
        }),
      ),
    [series, metric],
  )
  const moving = useMemo(
    () =>
      isDynamic && series[0] !== undefined
        ? {
            label: 'Limit',
            values: series[0].minutes.map(({ verdicts }) => verdicts[0]?.limit ?? null),
          }
        : undefined,
    [series, isDynamic],
  )
  const limits = useMemo(
    () => (typeof limit === 'number' && limit > 0 ? [{ label: 'Limit', value: limit }] : []),
    [limit],
  )
  const marks = useMemo(
    () =>
      intervals.map(({ since, last }) => ({
        from: Date.parse(since) / 1000,
        to: Date.parse(last) / 1000 + 60,
      })),
    [intervals],
  )
  if (times.length === 0) return <p class="muted">No minute is closed yet.</p>
  return (
    <TimeChart
      label="What the rule saw in the last 24 hours, minute by minute"
      times={times}
      layers={layers}
      kind="lines"
      unit={metrics[metric][0]}
      before={moving}
      limits={limits}
      marks={marks}
      height={240}
    />
  )
}
