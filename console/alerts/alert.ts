// Alerts as the API tells them (docs/rules.md).

export interface Alert {
  id: string
  state: 'pending' | 'firing' | 'recovering' | 'resolved'
  health: 'ok' | 'no_data'
  rule_id: string
  rule_name: string
  type: string
  scope: string
  key: string
  prefixes: string[]
  direction: 'in' | 'out'
  vector: string | null
  severity: 'warning' | 'high' | 'critical'
  started_at: string
  fired_at: string | null
  resolved_at: string | null
  updated_at: string
  metric: 'bandwidth' | 'packets' | 'flows'
  value: number | null
  limit: number | null
  peak_bps: number
  peak_pps: number
  peak_fps: number
  total_bytes: number
  total_packets: number
  flapping: boolean
  acknowledged: { at: string; by: string; comment: string } | null
  silenced: boolean
  resolve_reason: string | null
}

export const metricUnits = { bandwidth: 'bit/s', packets: 'p/s', flows: 'flows/s' } as const

export function peakOf(alert: Alert): number {
  return { bandwidth: alert.peak_bps, packets: alert.peak_pps, flows: alert.peak_fps }[alert.metric]
}
