import { describe, expect, test } from 'vitest'
import { diagnose, pipelineStates } from '../../api/pipeline.ts'
import type { Collector } from '../../rules/exporters/collectors.ts'

const now = Date.UTC(2026, 10, 22, 12)
const iso = (agoMs: number) => new Date(now - agoMs).toISOString()

/** A live one to which nothing has come. */
const idle: Collector = {
  name: 'edge',
  live: true,
  started: iso(3_600_000),
  last_status: iso(5_000),
  watermark: iso(5_000),
  datagrams: 0,
  datagram_bytes: 0,
  kernel_drops: 0,
  datagrams_refused: {},
  undecodable_sets: {},
  flows: 0,
  flows_by_protocol: {},
  flows_acknowledged: 0,
  flows_spooled: 0,
  flows_in_memory: 0,
  flows_dropped: {},
  templates: 0,
  parked_sets: 0,
  spool_bytes: 0,
}
const busy = { ...idle, datagrams: 10, flows: 200, flows_acknowledged: 200 }

describe('why there is no data is told from what the collectors counted', () => {
  const told = new Set<string>()
  test.each<[state: string, collectors: Collector[], heardAgoMs?: number]>([
    ['no_collector', []],
    ['collector_silent', [{ ...busy, live: false, last_status: iso(120_000) }]],
    ['no_datagrams', [idle]],
    // One that died does not count.
    ['no_datagrams', [idle, { ...busy, live: false }]],
    ['waiting_for_template', [{ ...idle, datagrams: 3, parked_sets: 2 }]],
    [
      'waiting_for_template',
      [{ ...idle, datagrams: 3, undecodable_sets: { 'unknown-template': 9 } }],
    ],
    ['datagrams_refused', [{ ...idle, datagrams: 3, datagrams_refused: { 'unknown-version': 3 } }]],
    ['no_flows_yet', [{ ...idle, datagrams: 3, templates: 4 }]],
    [
      'exporters_refused',
      [{ ...busy, flows_acknowledged: 0, flows_dropped: { 'unknown-exporter': 200 } }],
    ],
    ['not_stored', [{ ...busy, flows_acknowledged: 0, flows_spooled: 200 }]],
    ['silent', [busy], 600_000],
    ['flowing', [busy], 30_000],
    ['flowing', [busy, idle], 30_000],
    ['flowing', [{ ...busy, datagrams_refused: { 'short-header': 1 }, parked_sets: 1 }], 30_000],
  ])('%s', (state, collectors, heardAgoMs) => {
    const lastHeardMs = heardAgoMs === undefined ? undefined : now - heardAgoMs
    const { state: found, message } = diagnose(collectors, lastHeardMs, now)
    expect(found).toBe(state)
    expect(message).not.toBe('')
    told.add(found)
  })

  test('every state has a case above', () => {
    expect([...told].sort()).toEqual([...pipelineStates].sort())
  })
})

test('reasons and times are in the message', () => {
  const refused = { ...idle, datagrams: 3, datagrams_refused: { 'unknown-version': 3 } }
  expect(diagnose([refused], undefined, now).message).toContain('(unknown-version)')
  expect(diagnose([busy], now - 600_000, now).message).toContain('2026-11-22T11:50:00.000Z')
})
