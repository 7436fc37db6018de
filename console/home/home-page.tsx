// Home: is it running, what does the network carry, and is anything wrong. Before anything has arrived: how to make something arrive.

import { useMemo, useState } from 'preact/hooks'
import type { Collector } from '../../rules/exporters/collectors.ts'
import type { Exporter } from '../../rules/exporters/exporter.ts'
import { type Asked, useAsk } from '../ask.ts'
import { Legend } from '../chart/legend.tsx'
import { TimeChart } from '../chart/time-chart.tsx'
import { layersOf } from '../explore/explore-page.tsx'
import { hrefOf, initialState, pathsOf } from '../explore/state.ts'
import { formatAmount, formatDuration } from '../format.ts'
import type { Health } from '../health.ts'
import { navigate } from '../location.ts'
import { Asking, Failure } from '../parts/asking.tsx'
import { Figure } from '../parts/figure.tsx'
import { Page } from '../shell/page.tsx'
import { rateUnits, type Summary, type Timeseries, type Unit, units } from '../traffic.ts'
import { ExporterTable } from './exporter-table.tsx'
import { Ledger } from './ledger.tsx'
import { Onboarding } from './onboarding.tsx'
import { OpenAlerts } from './open-alerts.tsx'
import { TopLists } from './top-lists.tsx'
import { TrafficFigures } from './traffic-figures.tsx'

export function HomePage() {
  const collectors = useAsk<Collector[]>('/collectors', { everyMs: 5_000 })
  const exporters = useAsk<Exporter[]>('/exporters', { everyMs: 5_000 })
  const health = useAsk<Health>('/health', { everyMs: 30_000 })
  const summary = useAsk<Summary>('/traffic/summary', { everyMs: 60_000 })
  const failure = collectors.failure ?? exporters.failure
  const known = collectors.answer?.result
  const heard = exporters.answer?.result
  const isEmpty = known !== undefined && heard !== undefined && !heard.some(hasFlows)
  return (
    <Page title="Home" heading={isEmpty ? 'Point a router here' : 'Your network'}>
      {failure !== undefined && <Failure failure={failure} again={collectors.again} />}
      {known === undefined || heard === undefined ? (
        failure === undefined && <p class="waiting">Loading …</p>
      ) : isEmpty ? (
        <Onboarding collectors={known} exporters={heard} />
      ) : (
        <>
          <OpenAlerts />
          {summary.answer !== undefined && <TrafficFigures summary={summary.answer.result} />}
          <DayChart />
          <Asking asked={summary}>{({ top }) => <TopLists top={top} />}</Asking>
          <PipelineFigures exporters={heard} collectors={known} health={health} />
          <ExporterTable exporters={heard} />
          <Ledger collectors={known} />
        </>
      )}
    </Page>
  )
}

/** The rate is that of its last flow. */
function hasFlows({ flows, sampling }: Exporter): boolean {
  return flows > 0 || sampling.rate !== null
}

function PipelineFigures(props: {
  exporters: readonly Exporter[]
  collectors: readonly Collector[]
  health: Asked<Health>
}) {
  const { exporters, collectors, health } = props
  const active = exporters.filter(({ state }) => state === 'active').length
  const rates = exporters.flatMap(({ rates }) => (rates === null ? [] : [rates]))
  const flows = rates.reduce((sum, { flows_per_second }) => sum + flows_per_second, 0)
  const live = collectors.filter(({ live }) => live)
  const lag = Math.max(
    0,
    ...live.map(({ last_status, watermark }) => Date.parse(last_status) - Date.parse(watermark)),
  )
  const storage = health.answer?.result.storage
  return (
    <dl class="figures">
      <Figure
        name="Exporters active"
        value={`${active} of ${exporters.length}`}
        isBad={active < exporters.length}
      />
      <Figure
        name="Flows received"
        value={rates.length === 0 ? '–' : formatAmount(flows, 'flows/s')}
      />
      <Figure
        name="Collectors live"
        value={`${live.length} of ${collectors.length}`}
        isBad={live.length === 0}
      />
      <Figure name="Time to store" value={lag < 1000 ? 'under 1 s' : formatDuration(lag)} />
      {storage != null && (
        <Figure
          name={storage.days_left === null ? 'On disk' : 'Disk lasts for'}
          value={
            storage.days_left === null
              ? formatAmount(storage.bytes, 'B')
              : formatDuration(storage.days_left * 86_400_000)
          }
        />
      )}
    </dl>
  )
}

/** By who exports it, which is known of every flow; or in and out, which is known of the prefixes of rules. */
const views = {
  exporter: { title: 'by exporter', by: ['exporter'], bidirectional: false },
  prefix: { title: 'in and out', by: ['prefix'], bidirectional: true },
} as const
type View = keyof typeof views

function DayChart() {
  const [unit, setUnit] = useState<Unit>('bits')
  const [view, setView] = useState<View>('exporter')
  const state = useMemo(() => {
    const { by, bidirectional } = views[view]
    return { ...initialState, time: '24h' as const, unit, limit: 8, by, bidirectional }
  }, [unit, view])
  const [nowMs, setNowMs] = useState(Date.now)
  const { series } = pathsOf(state, nowMs)
  const asked = useAsk<Timeseries>(series, { key: `${view} ${unit}` })
  return (
    <section class="card">
      <div class="section-head">
        <h2>Last 24 hours</h2>
        <fieldset class="segments">
          <legend class="hidden">Traffic</legend>
          {Object.entries(views).map(([name, { title }]) => (
            <button
              key={name}
              type="button"
              aria-pressed={view === name}
              onClick={() => {
                setNowMs(Date.now())
                setView(name as View)
              }}
            >
              {title}
            </button>
          ))}
        </fieldset>
        <fieldset class="segments">
          <legend class="hidden">Unit</legend>
          {units.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={unit === name}
              onClick={() => {
                setNowMs(Date.now())
                setUnit(name)
              }}
            >
              {rateUnits[name]}
            </button>
          ))}
        </fieldset>
        <a href={hrefOf(state)}>Explore</a>
      </div>
      <Asking asked={asked}>{(result) => <DayGraph result={result} view={view} />}</Asking>
    </section>
  )
}

function DayGraph({ result, view }: { result: Timeseries; view: View }) {
  const layers = useMemo(() => layersOf(result, result.dimensions), [result])
  const below = useMemo(
    () => (result.reverse === null ? [] : layersOf(result.reverse, result.dimensions)),
    [result],
  )
  const { title, by, bidirectional } = views[view]
  if (view === 'prefix' && result.rows.length === 0) {
    return (
      <p class="muted">
        In and out is known of prefixes that a <a href="/console/rules">rule</a> has.
      </p>
    )
  }
  return (
    <>
      {view === 'prefix' && (
        <p class="hint">Of the prefixes that rules have: towards them above, from them below.</p>
      )}
      <TimeChart
        label={`Traffic of the last 24 hours, ${title}`}
        times={result.times}
        layers={layers}
        below={below}
        kind="stacked"
        unit={rateUnits[result.unit]}
        height={240}
        onZoom={(from, to) =>
          navigate(
            hrefOf({
              ...initialState,
              unit: result.unit,
              by,
              bidirectional,
              time: { from: Math.floor(from), to: Math.ceil(to) },
            }),
          )
        }
      />
      <Legend layers={layers} />
    </>
  )
}
