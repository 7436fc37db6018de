import { expect, test } from 'vitest'
import { toAlert } from '../../rules/alert.ts'
import type { Rule } from '../../rules/configuration/rule.ts'
import type { Verdict } from '../../rules/threshold/verdict.ts'
import type { Series } from '../../rules/traffic/series.ts'
import type { ZscoreVerdict } from '../../rules/zscore/zscore.ts'

const rule: Rule = {
  id: '0123456789abcdef0123456789abcdef',
  name: 'Production Network - High Bandwidth',
  type: 'threshold',
  prefixes: ['10.0.0.0/8', '2001:db8::/32'],
  bandwidth_threshold: 1_000_000_000,
  packet_threshold: 1_000_000,
  flow_threshold: null,
  scope: 'rule',
  direction: 'in',
  duration: 5,
  zscore_sensitivity: null,
  zscore_target: null,
  min_traffic: null,
  min_samples: 10,
  prefix_match: null,
  sensitivity: null,
  vectors: null,
  severity: null,
  repeat_interval: null,
  escalation_factor: null,
}
const series: Series = {
  prefix: undefined,
  direction: 'in',
  prefixes: rule.prefixes,
  countedFrom: 0,
}
const closedMinute = Date.UTC(2026, 10, 22, 12, 9) / 1000
const crossed = { crossed: true, streak: 5, reason: 'crossed', errorPercent: 1.96 } as const
const below = {
  crossed: false,
  streak: 0,
  since: undefined,
  reason: 'below',
  errorPercent: undefined,
} as const
const peaks = { peakBps: 1_234_567_890.133, peakPps: 999_999, peakFps: 12 }
const verdict: Verdict = {
  kind: 'threshold',
  closedMinute,
  bandwidth: { ...crossed, limit: 1_000_000_000, since: closedMinute - 240 },
  packets: { ...below, limit: 1_000_000 },
  flows: undefined,
  ...peaks,
}

test('an alert tells rule, limits, peaks and times', () => {
  expect(toAlert({ rule, series, verdict, peaks })).toEqual({
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
    flow_threshold: null,
    duration: 5,
    zscore: null,
    ddos: null,
    peak_bps: 1_234_567_890.133,
    peak_pps: 999_999,
    peak_fps: 12,
    error_percent: 1.96,
    since: '2026-11-22T12:05:00Z',
    minute: '2026-11-22T12:09:00Z',
  })
})

test('with both limits crossed it began with the first', () => {
  const packets = { ...crossed, limit: 1_000_000, since: closedMinute - 600 }
  const both = { ...verdict, packets }
  expect(toAlert({ rule, series, verdict: both, peaks })?.since).toBe('2026-11-22T11:59:00Z')
})

test('that of a series names its prefix and direction', () => {
  const one = { ...series, prefix: '2001:db8::/32', direction: 'out' } as const
  expect(toAlert({ rule, series: one, verdict, peaks })).toMatchObject({
    prefix: '2001:db8::/32',
    direction: 'out',
  })
})

test('that of a zscore rule tells value, limit and what they rest on', () => {
  const zscoreRule = {
    ...rule,
    type: 'zscore',
    bandwidth_threshold: null,
    packet_threshold: null,
    zscore_sensitivity: 'high',
    zscore_target: 'packets',
  } as const
  const zscore: ZscoreVerdict = {
    kind: 'zscore',
    closedMinute,
    crossed: true,
    reason: 'crossed',
    value: 2_000.00049,
    mean: 1_000,
    deviation: 150,
    limit: 1_450,
    usual: undefined,
    z: 20 / 3,
    baselineMinutes: 240,
    since: closedMinute - 60,
    errorPercent: 19.6,
  }
  expect(toAlert({ rule: zscoreRule, series, verdict: zscore, peaks })).toMatchObject({
    type: 'zscore',
    bandwidth_alert: false,
    packet_alert: true,
    flow_alert: false,
    bandwidth_threshold: null,
    duration: 1,
    zscore: {
      target: 'packets',
      sensitivity: 'high',
      value: 2_000,
      limit: 1_450,
      mean: 1_000,
      deviation: 150,
      z: 6.667,
    },
    error_percent: 19.6,
    since: '2026-11-22T12:08:00Z',
  })
})

test('a rule that is not crossed is no alert', () => {
  const none = { ...verdict, bandwidth: undefined }
  expect(toAlert({ rule, series, verdict: none, peaks: undefined })).toBeUndefined()
})
