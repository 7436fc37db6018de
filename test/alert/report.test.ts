import { expect, test } from 'vitest'
import { asJson, asText, toAlert } from '../../alert/report.ts'
import type { Rule } from '../../rules/rule.ts'
import type { Verdict } from '../../rules/verdict.ts'

const rule: Rule = {
  id: '0123456789abcdef0123456789abcdef',
  name: 'Production Network - High Bandwidth',
  type: 'threshold',
  prefixes: ['10.0.0.0/8', '2001:db8::/32'],
  bandwidth_threshold: 1_000_000_000,
  packet_threshold: 1_000_000,
  duration: 5,
  zscore_sensitivity: null,
  zscore_target: null,
  prefix_match: null,
}
const closedMinute = Date.UTC(2026, 10, 22, 12, 9) / 1000
const crossed = { crossed: true, streak: 5, reason: 'crossed' } as const
const below = { crossed: false, streak: 0, since: undefined, reason: 'below' } as const
const verdict: Verdict = {
  closedMinute,
  bandwidth: { ...crossed, limit: 1_000_000_000, since: closedMinute - 240 },
  packets: { ...below, limit: 1_000_000 },
  peakBps: 1_234_567_890.133,
  peakPps: 999_999,
}

test('an alert tells rule, limits, peaks and times', () => {
  expect(toAlert(rule, verdict)).toEqual({
    id: '0123456789abcdef0123456789abcdef',
    type: 'threshold',
    name: 'Production Network - High Bandwidth',
    prefixes: ['10.0.0.0/8', '2001:db8::/32'],
    bandwidth_alert: true,
    packet_alert: false,
    bandwidth_threshold: 1_000_000_000,
    packet_threshold: 1_000_000,
    duration: 5,
    peak_bps: 1_234_567_890.133,
    peak_pps: 999_999,
    since: '2026-11-22T12:05:00Z',
    minute: '2026-11-22T12:09:00Z',
  })
})

test('with both limits crossed it began with the first', () => {
  const packets = { ...crossed, limit: 1_000_000, since: closedMinute - 600 }
  expect(toAlert(rule, { ...verdict, packets })?.since).toBe('2026-11-22T11:59:00Z')
})

test('a rule that is not crossed is no alert', () => {
  expect(toAlert(rule, { ...verdict, bandwidth: undefined })).toBeUndefined()
})

test('as text an alert is one line', () => {
  expect(asText([toAlert(rule, verdict)!])).toBe(
    'Production Network - High Bandwidth: peak 1.23 Gbit/s over 1 Gbit/s since 2026-11-22T12:05:00Z (10.0.0.0/8 and 1 more)\n',
  )
  const packets = { ...crossed, limit: 1_000_000, since: closedMinute - 240 }
  const both = toAlert(
    { ...rule, prefixes: ['10.0.0.0/8'] },
    { ...verdict, packets, peakPps: 1_500_000 },
  )
  expect(asText([both!])).toBe(
    'Production Network - High Bandwidth: peak 1.23 Gbit/s over 1 Gbit/s and 1.5 Mpackets/s over 1 Mpackets/s since 2026-11-22T12:05:00Z (10.0.0.0/8)\n',
  )
})

test('as JSON they are one array', () => {
  const alert = toAlert(rule, verdict)!
  expect(JSON.parse(asJson([alert, alert]))).toEqual([alert, alert])
})
