// What the alert command tells about a rule that is crossed: as JSON for programs, as lines for people.

import type { Rule } from '../rules/rule.ts'
import type { MetricVerdict, Verdict } from '../rules/verdict.ts'

export interface Alert {
  id: string
  type: Rule['type']
  name: string
  prefixes: string[]
  /** Which limits are crossed. */
  bandwidth_alert: boolean
  packet_alert: boolean
  /** Bits and packets per second; null: no such limit. */
  bandwidth_threshold: number | null
  packet_threshold: number | null
  /** Minutes that a limit must be exceeded. */
  duration: number
  /** Greatest one-minute averages, bits and packets per second, since `since`. */
  peak_bps: number
  peak_pps: number
  /** Start of the first minute over a limit, at most an hour beyond the duration back. RFC 3339, UTC. */
  since: string
  /** Start of the newest minute judged. */
  minute: string
}

/** Undefined when no limit of the rule is crossed. */
export function toAlert(rule: Rule, verdict: Verdict): Alert | undefined {
  const crossed = [verdict.bandwidth, verdict.packets].filter(isCrossed)
  if (crossed.length === 0) return undefined
  return {
    id: rule.id,
    type: rule.type,
    name: rule.name,
    prefixes: rule.prefixes,
    bandwidth_alert: isCrossed(verdict.bandwidth),
    packet_alert: isCrossed(verdict.packets),
    bandwidth_threshold: rule.bandwidth_threshold,
    packet_threshold: rule.packet_threshold,
    duration: rule.duration,
    peak_bps: verdict.peakBps,
    peak_pps: verdict.peakPps,
    since: minuteText(Math.min(...crossed.map((metric) => metric.since))),
    minute: minuteText(verdict.closedMinute),
  }
}

/** One array, on lines of its own. */
export function asJson(alerts: readonly Alert[]): string {
  return `${JSON.stringify(alerts, undefined, 2)}\n`
}

/** One line an alert. */
export function asText(alerts: readonly Alert[]): string {
  return alerts.map((alert) => `${lineOf(alert)}\n`).join('')
}

function lineOf(alert: Alert): string {
  const metrics = []
  if (alert.bandwidth_alert) {
    metrics.push(
      `${siPrefixed(alert.peak_bps)}bit/s over ${siPrefixed(alert.bandwidth_threshold)}bit/s`,
    )
  }
  if (alert.packet_alert) {
    metrics.push(
      `${siPrefixed(alert.peak_pps)}packets/s over ${siPrefixed(alert.packet_threshold)}packets/s`,
    )
  }
  const [first, ...more] = alert.prefixes
  const prefixes = more.length === 0 ? first : `${first} and ${more.length} more`
  return `${alert.name}: peak ${metrics.join(' and ')} since ${alert.since} (${prefixes})`
}

function isCrossed(metric: MetricVerdict | undefined): metric is MetricVerdict & { since: number } {
  return metric?.crossed === true
}

function minuteText(minute: number): string {
  return new Date(minute * 1000).toISOString().replace('.000Z', 'Z')
}

/** Three significant digits; what is between powers of a thousand is not rounded up to the next. */
function siPrefixed(value: number | null): string {
  let scaled = value ?? 0
  let unit = ''
  for (const next of ['k', 'M', 'G', 'T', 'P']) {
    if (scaled < 1000) break
    scaled /= 1000
    unit = next
  }
  return `${Number(scaled.toPrecision(3))} ${unit}`
}
