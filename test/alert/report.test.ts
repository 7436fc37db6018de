import { expect, test } from 'vitest'
import { alertsAsText, asJson, eventsAsText } from '../../alert/report.ts'
import type { AlertDocument } from '../../rules/alerts/document.ts'
import { type EvaluatedEvent, evaluatedEvents } from '../../rules/alerts/step.ts'
import { eventText } from '../../rules/alerts/text.ts'

const alert: AlertDocument = {
  id: '0123456789abcdef0123456789abcdef',
  state: 'firing',
  health: 'ok',
  rule_id: 'fedcba9876543210fedcba9876543210',
  rule_name: 'Production Network - High Bandwidth',
  type: 'threshold',
  scope: 'rule',
  key: 'rule',
  prefixes: ['10.0.0.0/8', '2001:db8::/32'],
  direction: 'in',
  vector: null,
  severity: 'warning',
  started_at: '2026-11-22T12:05:00Z',
  fired_at: '2026-11-22T12:10:00Z',
  resolved_at: null,
  updated_at: '2026-11-22T12:10:00Z',
  minute: '2026-11-22T12:09:00Z',
  metric: 'bandwidth',
  value: 1_100_000_000,
  limit: 1_000_000_000,
  peak_bps: 1_234_567_890.133,
  peak_pps: 1_500_000,
  peak_fps: 2_500,
  total_bytes: 40_000_000_000,
  total_packets: 90_000_000,
  error_percent: 0,
  flaps: 0,
  flapping: false,
  acknowledged: null,
  classification: null,
  accepted: null,
  silenced: false,
  resolve_reason: null,
}

test('as text an open alert is one line', () => {
  expect(alertsAsText([alert])).toBe(
    'Production Network - High Bandwidth (10.0.0.0/8 and 1 more): warning, firing, peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z\n',
  )
  const out = { key: '10.0.0.0/8', direction: 'out', vector: 'udp_ntp', health: 'no_data' } as const
  expect(alertsAsText([{ ...alert, ...out, metric: 'packets', limit: 1_000_000 }])).toBe(
    'Production Network - High Bandwidth udp_ntp (from 10.0.0.0/8): warning, firing, without data, peak 1.5 Mpackets/s over 1 Mpackets/s since 2026-11-22T12:05:00Z\n',
  )
})

test('as text an event is one line, which says what happened', () => {
  const over = {
    ...alert,
    state: 'resolved',
    resolved_at: '2026-11-22T13:10:00Z',
    resolve_reason: 'cleared',
  } as const
  const line = (event: EvaluatedEvent) => {
    const about = event === 'resolved' ? over : alert
    const told = { id: 'e', event, at: '', minute: '', text: eventText(event, about), alert: about }
    return eventsAsText([told]).replace(
      'Production Network - High Bandwidth (10.0.0.0/8 and 1 more): ',
      '',
    )
  }
  expect(evaluatedEvents.map(line)).toEqual([
    'firing: warning, peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z\n',
    'reopened: again warning, peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z\n',
    'escalated: now warning, peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z\n',
    'still_firing: still warning, peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z\n',
    'flapping: fires and ends again and again: it must stay below its limit for longer to end\n',
    'no_data: nothing is known of the last minutes, it stays firing\n',
    'data_back: its traffic is known again\n',
    'resolved: over after 1 h 5 min, peak 1.23 Gbit/s over 1 Gbit/s, in all 40 GB and 90 Mpackets\n',
  ])
})

test('as JSON they are one array', () => {
  expect(JSON.parse(asJson([alert, alert]))).toEqual([alert, alert])
})
