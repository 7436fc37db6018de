// Explore: any traffic by any dimension over any time. Its address is all it knows.

import { useCallback, useMemo, useState } from 'preact/hooks'
import { useAsk, useEvery } from '../ask.ts'
import { colorOf, otherColor } from '../chart/colors.ts'
import { Sankey } from '../chart/sankey.tsx'
import { type Layer, TimeChart } from '../chart/time-chart.tsx'
import { navigate, useLocation } from '../location.ts'
import { Asking } from '../parts/asking.tsx'
import { Page } from '../shell/page.tsx'
import { labelOf, rateUnits, type Series, type Side, type Timeseries } from '../traffic.ts'
import { Controls } from './controls.tsx'
import { Exports } from './exports.tsx'
import { SeriesTable } from './series-table.tsx'
import {
  type ExploreState,
  hrefOf,
  hrefOfFlows,
  narrowed,
  pathsOf,
  previouses,
  ranges,
  readState,
} from './state.ts'

export function ExplorePage() {
  const { query } = useLocation()
  const state = useMemo(() => readState(query), [query.toString()])
  const [nowMs, setNowMs] = useState(Date.now)
  const tick = useCallback(() => setNowMs(Date.now()), [])
  const isLive = typeof state.time === 'string'
  useEvery(isLive && state.refresh > 0 ? state.refresh * 1000 : undefined, tick)
  const { series: path } = useMemo(() => pathsOf(state, nowMs), [state, nowMs])
  // A refresh is the same question: its old answer stays until the new one is there.
  const asked = useAsk<Timeseries>(path, { key: hrefOf(state) })
  const change = (changes: Partial<ExploreState>) => {
    setNowMs(Date.now())
    navigate(hrefOf({ ...state, ...changes }))
  }
  return (
    <Page
      title="Explore"
      actions={
        <>
          <Exports path={path} sql={asked.answer?.result.sql} />
          <a class="button" href={hrefOfFlows(state)}>
            Flows
          </a>
        </>
      }
    >
      <Controls state={state} nowMs={nowMs} isWaiting={asked.isWaiting} onChange={change} />
      <Asking asked={asked}>
        {(result) => (
          <>
            {state.graph !== 'table' && (
              <section class="card" aria-label="Graph">
                <Graph
                  state={state}
                  result={result}
                  onZoom={(from, to) =>
                    change({ time: { from: Math.floor(from), to: Math.ceil(to) } })
                  }
                />
              </section>
            )}
            <SeriesTable
              result={result}
              onFilter={(row, dimensions, isWanted) =>
                change({ filter: narrowed(state, dimensions, row.key, isWanted).filter })
              }
            />
          </>
        )}
      </Asking>
    </Page>
  )
}

/** The greatest at the bottom; the others together on top. */
export function layersOf({ rows, other, total }: Side, dimensions: readonly string[]): Layer[] {
  const layer = (row: Series, index: number) => ({
    label: row.key.length === 0 ? 'All traffic' : labelOf(row, dimensions),
    color: colorOf(index),
    values: row.values,
  })
  if (rows.length === 0) return [layer(total, 0)]
  const layers = rows.map(layer)
  if (other !== null) layers.push({ label: 'Other', color: otherColor, values: other.values })
  return layers
}

function Graph(props: {
  state: ExploreState
  result: Timeseries
  onZoom(from: number, to: number): void
}) {
  const { state, result } = props
  const layers = useMemo(() => layersOf(result, result.dimensions), [result])
  const below = useMemo(
    () => (result.reverse === null ? [] : layersOf(result.reverse, result.dimensions)),
    [result],
  )
  const before = useMemo(
    () =>
      result.previous === null
        ? undefined
        : { label: `Total ${previouses[state.previous]}`, values: result.previous.values },
    [result],
  )
  const label = `Traffic by ${state.by.join(' and ')}, ${
    typeof state.time === 'string' ? `last ${ranges[state.time][0]}` : 'in the chosen time'
  }`
  if (state.graph === 'sankey') {
    if (result.dimensions.length < 2) {
      return <p class="muted">A sankey is drawn between two dimensions: choose a second one.</p>
    }
    const links = result.rows
      .filter(({ avg }) => (avg ?? 0) > 0)
      .map(({ key, name, avg }) => ({
        from: labelOf({ key: key.slice(0, 1), name: name.slice(0, 1) }, state.by),
        to: labelOf({ key: key.slice(1), name: name.slice(1) }, state.by.slice(1)),
        value: avg ?? 0,
      }))
    return <Sankey links={links} unit={rateUnits[result.unit]} label={label} />
  }
  return (
    <TimeChart
      label={label}
      times={result.times}
      layers={layers}
      below={below}
      kind={state.graph === 'table' ? 'lines' : state.graph}
      unit={rateUnits[result.unit]}
      before={before}
      height={340}
      onZoom={props.onZoom}
    />
  )
}
