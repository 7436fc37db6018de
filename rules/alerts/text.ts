// What happened to an alert, as one line for people.

import type { AlertDocument } from './document.ts'
import { isSourceType } from './source-type.ts'
import type { EvaluatedEvent } from './step.ts'

const units = { bandwidth: 'bit/s', packets: 'packets/s', flows: 'flows/s' } as const

export function eventText(event: EvaluatedEvent, alert: AlertDocument): string {
  return `${subjectText(alert)}: ${happened(event, alert)}`
}

/** Which rule, and what of it. */
export function subjectText({
  rule_name,
  key,
  prefixes,
  direction,
  vector,
}: AlertDocument): string {
  const [first = key, ...more] = key === 'rule' ? prefixes : [key]
  const from = direction === 'out' ? 'from ' : ''
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  return `${rule_name}${vector === null ? '' : ` ${vector}`} (${from}${first}${others})`
}

/** What is told of an alert that is open. */
export function sinceText(alert: AlertDocument): string {
  const what = isSourceType(alert.type) ? 'nothing was heard' : peakText(alert)
  return `${what} since ${alert.started_at}`
}

/** The greatest value and its limit. */
function peakText(alert: AlertDocument): string {
  const peak = { bandwidth: alert.peak_bps, packets: alert.peak_pps, flows: alert.peak_fps }
  const unit = units[alert.metric]
  const limit = alert.limit === null ? '' : ` over ${siPrefixed(alert.limit)}${unit}`
  return `peak ${siPrefixed(peak[alert.metric])}${unit}${limit}`
}

function happened(event: EvaluatedEvent, alert: AlertDocument): string {
  switch (event) {
    case 'firing':
      return `${alert.severity}, ${sinceText(alert)}`
    case 'reopened':
      return `again ${alert.severity}, ${sinceText(alert)}`
    case 'escalated':
      return `now ${alert.severity}, ${sinceText(alert)}`
    case 'still_firing':
      return `still ${alert.severity}, ${sinceText(alert)}`
    case 'flapping':
      return 'fires and ends again and again: it must stay below its limit for longer to end'
    case 'no_data':
      return `nothing is known of the last minutes, it stays ${alert.state}`
    case 'data_back':
      return 'its traffic is known again'
    case 'resolved':
      if (isSourceType(alert.type)) {
        return `${alert.resolve_reason === 'gone' ? reasons.gone : 'heard again'} after ${durationText(alert)}`
      }
      return `${reasons[alert.resolve_reason ?? 'cleared']} after ${durationText(alert)}, ${peakText(alert)}, in all ${siPrefixed(alert.total_bytes)}B and ${siPrefixed(alert.total_packets)}packets`
  }
}

const reasons = {
  cleared: 'over',
  rule_changed: 'closed, since its rule was changed,',
  rule_deleted: 'closed, since its rule was deleted,',
  gone: 'closed, since it is not expected any more,',
} as const

function durationText({ started_at, resolved_at }: AlertDocument): string {
  const minutes = (Date.parse(resolved_at ?? started_at) - Date.parse(started_at)) / 60_000
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`
}

/** Three significant digits; what is between powers of a thousand is not rounded up to the next. */
export function siPrefixed(value: number | null): string {
  let scaled = value ?? 0
  let unit = ''
  for (const next of ['k', 'M', 'G', 'T', 'P']) {
    if (scaled < 1000) break
    scaled /= 1000
    unit = next
  }
  return `${Number(scaled.toPrecision(3))} ${unit}`
}
