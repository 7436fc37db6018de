// Alerts as the API tells them (docs/rules.md).

import type { AlertDocument } from '../../rules/alerts/document.ts'
import type { Evidence } from '../../rules/evidence/evidence.ts'

export type Alert = AlertDocument

export interface AlertDetail extends Alert {
  timeline: { id: string; at: string; minute: string | null; event: string; text: string }[]
  evidence: Evidence | null
}

export const metricUnits = { bandwidth: 'bit/s', packets: 'p/s', flows: 'flows/s' } as const

export function peakOf(alert: Alert): number {
  return { bandwidth: alert.peak_bps, packets: alert.peak_pps, flows: alert.peak_fps }[alert.metric]
}
