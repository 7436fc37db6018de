// The values that a rule compares with its limits, and those limits.

import { useMemo, useState } from 'preact/hooks'
import type { Rule } from '../../rules/configuration/rule.ts'
import type { Explanation } from '../../rules/questions/explain.ts'
import type { Preview } from '../../rules/questions/preview.ts'
import { colorOf } from '../chart/colors.ts'
import { Legend } from '../chart/legend.tsx'
import { type Layer, TimeChart } from '../chart/time-chart.tsx'
import { readAmount } from '../format.ts'
import type { RuleDraft } from './draft.ts'

const metrics = {
  bandwidth: ['bit/s', 'bps', 'bandwidth_threshold'],
  packets: ['p/s', 'pps', 'packet_threshold'],
  flows: ['flows/s', 'fps', 'flow_threshold'],
} as const
type Metric = keyof typeof metrics

/** As many lines as can be told apart. */
const mostLines = 10

export function PreviewChart(props: { preview: Preview; type: Rule['type']; draft: RuleDraft }) {
  const { preview, type, draft } = props
  const { series, intervals } = preview
  const [metric, setMetric] = useState<Metric>(() => firstMetric(type, draft))
  const [chosen, setChosen] = useState(0)
  // Each of these has limits of its own, which move.
  const isByItself = type !== 'threshold' && series.length > 1
  const index = chosen < series.length ? chosen : 0
  const shown = useMemo(
    () => (isByItself ? series.slice(index, index + 1) : series.slice(0, mostLines)),
    [series, isByItself, index],
  )
  const limit = type === 'threshold' ? readAmount(draft[metrics[metric][2]]) : null
  if (series.length === 0) {
    return (
      <p class="muted">
        {type === 'advanced_ddos'
          ? 'No kind of packets came near its floor.'
          : 'No minute is closed yet.'}
      </p>
    )
  }
  return (
    <>
      <div class="row">
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
        {isByItself && (
          <label class="labelled">
            <span class="hidden">Of</span>
            <select
              value={String(index)}
              onChange={(event) => setChosen(Number(event.currentTarget.value))}
            >
              {series.map((one, at) => (
                <option key={at} value={String(at)}>
                  {nameOf(one)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Chart
        series={shown}
        metric={metric}
        limit={typeof limit === 'number' && limit > 0 ? limit : undefined}
        intervals={intervals}
        stepMinutes={preview.step_minutes}
      />
    </>
  )
}

/** Of a rule with one limit, or one target, that one. */
function firstMetric(type: Rule['type'], draft: RuleDraft): Metric {
  if (type === 'zscore') return draft.zscore_target === 'packets' ? 'packets' : 'bandwidth'
  const names = Object.keys(metrics) as Metric[]
  return names.find((name) => draft[metrics[name][2]].trim() !== '') ?? 'bandwidth'
}

function nameOf({ prefix, direction, vector }: Explanation): string {
  return [vector, prefix ?? (vector === null ? 'all prefixes' : null), direction]
    .filter((part) => part !== null)
    .join(', ')
}

function Chart(props: {
  series: readonly Explanation[]
  metric: Metric
  /** The same all the time; limits that move are in the series. */
  limit: number | undefined
  intervals: Preview['intervals']
  stepMinutes: number
}) {
  const { series, metric, limit, intervals, stepMinutes } = props
  const [unit, rate] = metrics[metric]
  const times = useMemo(
    () => (series[0]?.minutes ?? []).map(({ minute }) => Date.parse(minute) / 1000),
    [series],
  )
  const layers = useMemo(
    () =>
      series.map(
        (one, index): Layer => ({
          label: nameOf(one),
          color: colorOf(index),
          values: one.minutes.map((minute) => minute[rate]),
        }),
      ),
    [series, rate],
  )
  const moving = useMemo(() => {
    const [only] = series
    if (limit !== undefined || series.length !== 1 || only === undefined) return undefined
    const values = only.minutes.map(
      ({ verdicts }) => verdicts.find((verdict) => verdict.metric === metric)?.limit ?? null,
    )
    return values.some((value) => value !== null) ? { label: 'Limit', values } : undefined
  }, [series, metric, limit])
  const limits = useMemo(
    () => (limit === undefined ? [] : [{ label: 'Limit', value: limit }]),
    [limit],
  )
  const marks = useMemo(
    () =>
      intervals
        .filter(({ vector }) => series.some((one) => one.vector === vector))
        .map(({ since, last }) => ({
          from: Date.parse(since) / 1000,
          to: Date.parse(last) / 1000 + 60,
        })),
    [intervals, series],
  )
  return (
    <>
      <TimeChart
        label="What the rule would have seen in the last 24 hours"
        times={times}
        layers={layers}
        kind="lines"
        unit={unit}
        before={moving}
        limits={limits}
        marks={marks}
        height={240}
      />
      <Legend
        layers={layers}
        lines={[
          ...(moving === undefined ? [] : [{ label: 'limit', look: 'moving' as const }]),
          ...(limits.length === 0 ? [] : [{ label: 'limit', look: 'limit' as const }]),
        ]}
      />
      {stepMinutes > 1 && (
        <p class="hint">
          Each point is the minute that came nearest to the limit, of every {stepMinutes}.
        </p>
      )}
    </>
  )
}
