import { expect, test } from 'vitest'
import {
  type ExploreState,
  hrefOf,
  initialState,
  narrowed,
  pathsOf,
  readState,
  shifted,
  timeOf,
} from '../../console/explore/state.ts'

const queryOf = (href: string) => new URL(href, 'http://console').searchParams
const noonMs = Date.UTC(2026, 10, 22, 12)

test('an address says the whole state', () => {
  const states: ExploreState[] = [
    initialState,
    {
      time: { from: 1_700_000_000, to: 1_700_003_600 },
      by: ['src_as', 'dst_as'],
      limit: 50,
      unit: 'packets',
      graph: 'sankey',
      bidirectional: true,
      previous: 'week',
      filter: 'proto = udp AND src_addr << 192.0.2.0/24 OR NOT dst_port IN (53, 123)',
      refresh: 0,
    },
  ]
  for (const state of states) expect(readState(queryOf(hrefOf(state)))).toEqual(state)
})

test('addresses of version 1 stay valid', () => {
  const kept =
    '/console/explore?v=1&from=2026-11-22T10:00:00Z&to=2026-11-22T11:00:00Z&by=src_as,port&limit=20&unit=flows&graph=lines&previous=day&filter=proto+%3D+tcp&refresh=0&bidirectional=true'
  expect(readState(queryOf(kept))).toEqual({
    time: { from: 1_795_341_600, to: 1_795_345_200 },
    by: ['src_as', 'port'],
    limit: 20,
    unit: 'flows',
    graph: 'lines',
    bidirectional: true,
    previous: 'day',
    filter: 'proto = tcp',
    refresh: 0,
  })
})

test('what an address says wrongly is taken as not said', () => {
  for (const wrong of [
    '',
    '?range=constructor&graph=__proto__&unit=bytes&limit=51&previous=toString&refresh=7',
    '?by=bytes,nothing&from=yesterday&to=2026-11-22T11:00:00Z&limit=1.5',
    '?from=2026-11-22T11:00:00Z&to=2026-11-22T10:00:00Z',
  ]) {
    expect(readState(new URLSearchParams(wrong))).toEqual(initialState)
  }
})

test('the time shifts by half of itself, and never into the future', () => {
  const state: ExploreState = { ...initialState, time: '1h' }
  const now = noonMs / 1000
  expect(timeOf(state, noonMs)).toEqual({ from: now - 3600, to: now })
  const before = shifted(state, -1, noonMs)
  expect(before.time).toEqual({ from: now - 5400, to: now - 1800 })
  expect(shifted(before, 1, noonMs).time).toEqual({ from: now - 3600, to: now })
  expect(shifted(state, 1, noonMs).time).toEqual({ from: now - 3600, to: now })
})

test('a row that is clicked becomes a condition', () => {
  const by = (name: string, value: string, isWanted = true) =>
    narrowed(initialState, [name], [value], isWanted).filter
  expect(by('src_as', '64500')).toBe('src_as = 64500')
  expect(by('src_as', '64500', false)).toBe('NOT src_as = 64500')
  expect(by('src_net', '192.0.2.0/24')).toBe('src_addr << 192.0.2.0/24')
  expect(by('exporter', '2001:db8::1')).toBe('exporter = 2001:db8::1')
  const either = { ...initialState, filter: 'proto = tcp OR proto = udp' }
  expect(narrowed(either, ['port'], ['443'], true).filter).toBe(
    '(proto = tcp OR proto = udp) AND port = 443',
  )
  expect(narrowed(initialState, ['src_as', 'dst_as'], ['1', '2'], false).filter).toBe(
    'NOT (src_as = 1 AND dst_as = 2)',
  )
})

test('the API is asked what the state says', () => {
  const state = { ...initialState, filter: 'port = 443', bidirectional: true, by: ['port'] }
  const { series } = pathsOf({ ...state, time: { from: 0, to: 60 } }, noonMs)
  expect(series).toBe(
    '/traffic/timeseries?from=1970-01-01T00%3A00%3A00Z&to=1970-01-01T00%3A01%3A00Z&by=port&limit=10&unit=bits&filter=port+%3D+443&bidirectional=true',
  )
})
