// Alerts as the alert command prints them: as JSON for programs, as lines for people.

import type { Alert } from '../rules/alert.ts'

/** One array, on lines of its own. */
export function asJson(alerts: readonly Alert[]): string {
  return `${JSON.stringify(alerts, undefined, 2)}\n`
}

/** One line an alert. */
export function asText(alerts: readonly Alert[]): string {
  return alerts.map((alert) => `${lineOf(alert)}\n`).join('')
}

function lineOf(alert: Alert): string {
  const [first, ...more] = alert.prefix.split(', ')
  const prefixes = more.length === 0 ? first : `${first} and ${more.length} more`
  const from = alert.direction === 'out' ? 'from ' : ''
  const what = alert.zscore === null ? thresholdText(alert) : zscoreText(alert, alert.zscore)
  const vector = alert.ddos === null ? '' : `${alert.ddos.vector} `
  return `${alert.name}: ${vector}${what} since ${alert.since} (${from}${prefixes})`
}

function thresholdText(alert: Alert): string {
  const metrics = [
    [alert.bandwidth_alert, alert.peak_bps, alert.bandwidth_threshold, 'bit/s'],
    [alert.packet_alert, alert.peak_pps, alert.packet_threshold, 'packets/s'],
    [alert.flow_alert, alert.peak_fps, alert.flow_threshold, 'flows/s'],
  ] as const
  const crossed = metrics
    .filter(([isCrossed]) => isCrossed)
    .map(([, peak, limit, unit]) => `${siPrefixed(peak)}${unit} over ${siPrefixed(limit)}${unit}`)
  return `peak ${crossed.join(' and ')}`
}

function zscoreText(alert: Alert, { target, mean, limit }: NonNullable<Alert['zscore']>): string {
  const [peak, unit] = target === 'bits' ? [alert.peak_bps, 'bit/s'] : [alert.peak_pps, 'packets/s']
  const usual = `usual are ${siPrefixed(mean)}${unit}, at most ${siPrefixed(limit)}${unit}`
  return `peak ${siPrefixed(peak)}${unit} where ${usual}`
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
