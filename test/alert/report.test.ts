import { expect, test } from 'vitest'
import { asJson, asText } from '../../alert/report.ts'
import type { Alert } from '../../rules/alert.ts'

const alert: Alert = {
  id: '0123456789abcdef0123456789abcdef',
  type: 'threshold',
  name: 'Production Network - High Bandwidth',
  prefix: '10.0.0.0/8, 2001:db8::/32',
  direction: 'in',
  prefixes: ['10.0.0.0/8', '2001:db8::/32'],
  bandwidth_alert: true,
  packet_alert: false,
  flow_alert: false,
  bandwidth_threshold: 1_000_000_000,
  packet_threshold: 1_000_000,
  flow_threshold: 2_000,
  duration: 5,
  zscore: null,
  ddos: null,
  peak_bps: 1_234_567_890.133,
  peak_pps: 1_500_000,
  peak_fps: 2_500,
  since: '2026-11-22T12:05:00Z',
  error_percent: 0,
  minute: '2026-11-22T12:09:00Z',
}

test('as text an alert is one line', () => {
  expect(asText([alert])).toBe(
    'Production Network - High Bandwidth: peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z (10.0.0.0/8 and 1 more)\n',
  )
  const all = {
    packet_alert: true,
    flow_alert: true,
    direction: 'out',
    prefix: '10.0.0.0/8',
  } as const
  expect(asText([{ ...alert, ...all }])).toBe(
    'Production Network - High Bandwidth: peak 1.23 Gbit/s over 1 Gbit/s and 1.5 Mpackets/s over 1 Mpackets/s and 2.5 kflows/s over 2 kflows/s since 2026-11-22T12:05:00Z (from 10.0.0.0/8)\n',
  )
})

test('that of a zscore rule tells what would be usual', () => {
  const zscore = {
    target: 'packets',
    sensitivity: 'high',
    value: 9_000,
    limit: 1_300,
    mean: 1_000,
    deviation: 100,
    z: 80,
  } as const
  expect(asText([{ ...alert, type: 'zscore', zscore }])).toBe(
    'Production Network - High Bandwidth: peak 1.5 Mpackets/s where usual are 1 kpackets/s, at most 1.3 kpackets/s since 2026-11-22T12:05:00Z (10.0.0.0/8 and 1 more)\n',
  )
})

test('as JSON they are one array', () => {
  expect(JSON.parse(asJson([alert, alert]))).toEqual([alert, alert])
})
