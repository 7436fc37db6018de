// What Explore asks, as it can be changed.

import { useEffect, useId, useState } from 'preact/hooks'
import { units } from '../traffic.ts'
import { FilterLine } from './filter-line.tsx'
import {
  dimensions,
  type ExploreState,
  type Graph,
  graphs,
  limits,
  type Previous,
  previouses,
  type Range,
  ranges,
  refreshes,
  shifted,
  timeOf,
} from './state.ts'

interface ControlsProps {
  state: ExploreState
  nowMs: number
  isWaiting: boolean
  onChange(changes: Partial<ExploreState>): void
}

export function Controls(props: ControlsProps) {
  const { state, onChange } = props
  const [first = '', second = ''] = state.by
  return (
    <section class="card controls" aria-label="What is shown" aria-busy={props.isWaiting}>
      <TimeControls {...props} />
      <div class="row">
        <Select label="By" value={first} onValue={(by) => onChange({ by: unique(by, second) })}>
          {dimensions.map((field) => (
            <option key={field.name} value={field.name}>
              {field.title}
            </option>
          ))}
        </Select>
        <Select label="and" value={second} onValue={(by) => onChange({ by: unique(first, by) })}>
          <option value="">nothing else</option>
          {dimensions
            .filter((field) => field.name !== first)
            .map((field) => (
              <option key={field.name} value={field.name}>
                {field.title}
              </option>
            ))}
        </Select>
        <Select
          label="Top"
          value={String(state.limit)}
          onValue={(limit) => onChange({ limit: Number(limit) })}
        >
          {[...new Set([...limits, state.limit])]
            .sort((a, b) => a - b)
            .map((limit) => (
              <option key={limit} value={String(limit)}>
                {limit}
              </option>
            ))}
        </Select>
        <Select
          label="In"
          value={state.unit}
          onValue={(unit) => onChange({ unit: unit as ExploreState['unit'] })}
        >
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </Select>
        <Select
          label="As"
          value={state.graph}
          onValue={(graph) => onChange({ graph: graph as Graph })}
        >
          {Object.entries(graphs).map(([graph, name]) => (
            <option key={graph} value={graph}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          label="Compare"
          value={state.previous}
          onValue={(previous) => onChange({ previous: previous as Previous })}
        >
          {Object.entries(previouses).map(([previous, name]) => (
            <option key={previous} value={previous}>
              {name}
            </option>
          ))}
        </Select>
        <label class="check">
          <input
            type="checkbox"
            checked={state.bidirectional}
            onChange={(event) => onChange({ bidirectional: event.currentTarget.checked })}
          />
          Both directions
        </label>
      </div>
      <FilterLine filter={state.filter} onFilter={(filter) => onChange({ filter })} />
    </section>
  )
}

function unique(first: string, second: string): string[] {
  return second === '' || second === first ? [first] : [first, second]
}

function TimeControls({ state, nowMs, onChange }: ControlsProps) {
  const { from, to } = timeOf(state, nowMs)
  const isLive = typeof state.time === 'string'
  return (
    <div class="row">
      <fieldset class="segments">
        <legend class="hidden">Time</legend>
        {Object.entries(ranges).map(([range, [name]]) => (
          <button
            key={range}
            type="button"
            aria-pressed={state.time === range}
            onClick={() => onChange({ time: range as Range })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <div class="segments">
        <button
          type="button"
          aria-label="Earlier"
          title="Earlier"
          onClick={() => onChange({ time: shifted(state, -1, Date.now()).time })}
        >
          ←
        </button>
        <button
          type="button"
          aria-label="Later"
          title="Later"
          disabled={isLive}
          onClick={() => onChange({ time: shifted(state, 1, Date.now()).time })}
        >
          →
        </button>
      </div>
      <Moment label="From" seconds={from} onSeconds={(from) => onChange({ time: { from, to } })} />
      <Moment label="to" seconds={to} onSeconds={(to) => onChange({ time: { from, to } })} />
      {isLive && (
        <Select
          label="Refresh"
          value={String(state.refresh)}
          onValue={(refresh) => onChange({ refresh: Number(refresh) })}
        >
          {Object.entries(refreshes).map(([seconds, name]) => (
            <option key={seconds} value={seconds}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </div>
  )
}

/** In the browser's time zone. What is being typed counts when it is left. */
function Moment(props: { label: string; seconds: number; onSeconds(seconds: number): void }) {
  const id = useId()
  const shown = localText(props.seconds)
  const [text, setText] = useState(shown)
  useEffect(() => setText(shown), [shown])
  const take = () => {
    const seconds = Date.parse(text) / 1000
    if (Number.isFinite(seconds) && text !== shown) props.onSeconds(seconds)
  }
  return (
    <span class="labelled">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="datetime-local"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === 'Enter' && take()}
      />
    </span>
  )
}

function localText(seconds: number): string {
  const date = new Date(seconds * 1000)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function Select(props: {
  label: string
  value: string
  onValue(value: string): void
  children: preact.ComponentChildren
}) {
  const id = useId()
  return (
    <span class="labelled">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      >
        {props.children}
      </select>
    </span>
  )
}
