// Alerts and events as the alert command prints them: as JSON for programs, as lines for people.

import type { AlertDocument } from '../rules/alerts/document.ts'
import type { TellableEvent } from '../rules/alerts/history.ts'
import { sinceText, subjectText } from '../rules/alerts/text.ts'

/** One array, on lines of its own. */
export function asJson(rows: readonly object[]): string {
  return `${JSON.stringify(rows, undefined, 2)}\n`
}

/** One line an alert. */
export function alertsAsText(alerts: readonly AlertDocument[]): string {
  return alerts.map((alert) => `${lineOf(alert)}\n`).join('')
}

/** One line an event. */
export function eventsAsText(events: readonly TellableEvent[]): string {
  return events.map(({ event, text }) => `${event}: ${text}\n`).join('')
}

function lineOf(alert: AlertDocument): string {
  const health = alert.health === 'no_data' ? ', without data' : ''
  return `${subjectText(alert)}: ${alert.severity}, ${alert.state}${health}, ${sinceText(alert)}`
}
