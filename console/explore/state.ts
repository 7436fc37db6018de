// What Explore shows, as its address says it. Addresses of version 1 stay valid; what one says wrongly is taken as not said.

import { type Field, fields, findField } from '../../api/traffic/fields.ts'
import { type Unit, units } from '../traffic.ts'

export const ranges = {
  '15m': ['15 min', 900],
  '1h': ['1 h', 3600],
  '6h': ['6 h', 21_600],
  '24h': ['24 h', 86_400],
  '7d': ['7 d', 604_800],
  '30d': ['30 d', 2_592_000],
} as const
export type Range = keyof typeof ranges

export const graphs = {
  stacked: 'stacked area',
  lines: 'lines',
  share: '100 %',
  sankey: 'sankey',
  table: 'table only',
} as const
export type Graph = keyof typeof graphs

export const limits = [5, 10, 15, 20, 30, 50] as const
export const refreshes = { 0: 'off', 10: '10 s', 30: '30 s', 60: '1 min', 300: '5 min' } as const
export const previouses = {
  none: 'none',
  hour: 'an hour before',
  day: 'a day before',
  week: 'a week before',
} as const
export type Previous = keyof typeof previouses

export interface ExploreState {
  /** A range that ends now, or two moments in seconds since 1970. */
  time: Range | { from: number; to: number }
  /** One or two. */
  by: readonly string[]
  limit: number
  unit: Unit
  graph: Graph
  bidirectional: boolean
  previous: Previous
  filter: string
  /** Seconds; 0 for never. Only a range that ends now is refreshed. */
  refresh: number
}

export const initialState: ExploreState = {
  time: '6h',
  by: ['exporter'],
  limit: 10,
  unit: 'bits',
  graph: 'stacked',
  bidirectional: false,
  previous: 'none',
  filter: '',
  refresh: 60,
}

export const dimensions: readonly Field[] = fields.filter((field) => field.isDimension)

export function readState(query: URLSearchParams): ExploreState {
  const choice = <T extends string>(
    name: string,
    choices: Readonly<Record<T, unknown>>,
    none: T,
  ) => {
    const text = query.get(name)
    return text !== null && Object.hasOwn(choices, text) ? (text as T) : none
  }
  const by = (query.get('by') ?? '')
    .split(',')
    .map(findField)
    .filter((field) => field?.isDimension === true)
    .map((field) => field!.name)
  const limit = Number(query.get('limit'))
  const refresh = query.get('refresh')
  return {
    time: readTime(query) ?? choice('range', ranges, '6h'),
    by: query.has('by') && by.length > 0 ? [...new Set(by)].slice(0, 2) : initialState.by,
    limit: Number.isInteger(limit) && limit >= 1 && limit <= 50 ? limit : initialState.limit,
    unit: units.find((unit) => unit === query.get('unit')) ?? initialState.unit,
    graph: choice('graph', graphs, initialState.graph),
    bidirectional: query.get('bidirectional') === 'true',
    previous: choice('previous', previouses, 'none'),
    filter: (query.get('filter') ?? '').slice(0, 2000),
    refresh: refresh !== null && Object.hasOwn(refreshes, refresh) ? Number(refresh) : 60,
  }
}

/** Two moments, where an address names them. */
export function readTime(query: URLSearchParams): { from: number; to: number } | undefined {
  const from = Date.parse(query.get('from') ?? '') / 1000
  const to = Date.parse(query.get('to') ?? '') / 1000
  return from < to ? { from: Math.floor(from), to: Math.ceil(to) } : undefined
}

/** The address of a state: what is as it is by itself is left out. */
export function hrefOf(state: ExploreState): string {
  const query = new URLSearchParams({ v: '1' })
  if (typeof state.time === 'string') query.set('range', state.time)
  else {
    query.set('from', timeText(state.time.from))
    query.set('to', timeText(state.time.to))
  }
  query.set('by', state.by.join(','))
  for (const name of ['limit', 'unit', 'graph', 'previous', 'filter', 'refresh'] as const) {
    if (state[name] !== initialState[name]) query.set(name, String(state[name]))
  }
  if (state.bidirectional) query.set('bidirectional', 'true')
  return `/console/explore?${query}`.replaceAll('%2C', ',').replaceAll('%3A', ':')
}

/** The single flows of a time and a filter. */
export function hrefOfFlows({ time, filter }: Pick<ExploreState, 'time' | 'filter'>): string {
  const query = new URLSearchParams({
    v: '1',
    ...(typeof time === 'string'
      ? { range: time }
      : { from: timeText(time.from), to: timeText(time.to) }),
    ...(filter.trim() === '' ? {} : { filter }),
  })
  return `/console/flows?${query}`.replaceAll('%3A', ':')
}

/** Its time, in seconds since 1970: whole steps of ten seconds, so that the same question is the same address. */
export function timeOf({ time }: ExploreState, nowMs: number): { from: number; to: number } {
  if (typeof time !== 'string') return time
  const to = Math.floor(nowMs / 10_000) * 10
  return { from: to - ranges[time][1], to }
}

/** The time as long before, or after: never after now. */
export function shifted(state: ExploreState, direction: -1 | 1, nowMs: number): ExploreState {
  const { from, to } = timeOf(state, nowMs)
  const by = Math.round((to - from) / 2) * direction
  const over = Math.max(0, to + by - Math.floor(nowMs / 1000))
  return { ...state, time: { from: from + by - over, to: to + by - over } }
}

/** With one more condition, as a click on a row adds it. */
export function narrowed(
  state: ExploreState,
  dimensionNames: readonly string[],
  key: readonly string[],
  isWanted: boolean,
): ExploreState {
  const conditions = dimensionNames.map((name, index) => conditionOf(name, key[index] ?? ''))
  const condition = conditions.join(' AND ')
  const added = isWanted
    ? condition
    : conditions.length > 1
      ? `NOT (${condition})`
      : `NOT ${condition}`
  if (state.filter.trim() === '') return { ...state, filter: added }
  const before = /\bOR\b/i.test(state.filter) ? `(${state.filter})` : state.filter
  return { ...state, filter: `${before} AND ${added}` }
}

function conditionOf(name: string, value: string): string {
  // A network can only be asked of the addresses in it.
  if (name === 'src_net' || name === 'dst_net') return `${name.replace('net', 'addr')} << ${value}`
  return /^[\w.:/-]+$/.test(value) ? `${name} = ${value}` : `${name} = ${JSON.stringify(value)}`
}

/** The question that the API is asked: a series, and for a sankey the sums. */
export function pathsOf(state: ExploreState, nowMs: number): { series: string; top: string } {
  const { from, to } = timeOf(state, nowMs)
  const common = {
    from: timeText(from),
    to: timeText(to),
    by: state.by.join(','),
    limit: String(state.limit),
    unit: state.unit,
    ...(state.filter.trim() === '' ? {} : { filter: state.filter.trim() }),
  }
  const series = new URLSearchParams({
    ...common,
    ...(state.bidirectional ? { bidirectional: 'true' } : {}),
    ...(state.previous === 'none' ? {} : { previous: state.previous }),
  })
  return {
    series: `/traffic/timeseries?${series}`,
    top: `/traffic/top?${new URLSearchParams(common)}`,
  }
}

export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
