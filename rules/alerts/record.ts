// Writes what an evaluation decided to the tables that are read: events and newest states. Writing it again changes nothing, so that whoever comes next
// completes what was cut off.

import type { StoreClient } from '../../schema/client.ts'
import { parsePrefix } from '../configuration/prefix.ts'
import { askStore } from '../store-error.ts'
import { secondsText } from '../time.ts'
import { type AlertDocument, alertDocument } from './document.ts'
import type { Evaluation } from './journal.ts'
import { isOpen } from './state.ts'

/** @throws StoreError */
export async function record(client: StoreClient, evaluation: Evaluation): Promise<void> {
  const { number, decidedAtMs, events } = evaluation
  const insert = (table: string, values: object[]) =>
    askStore(async () => {
      if (values.length === 0) return
      await client.insert({
        table,
        values,
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: `${table}/${number}` },
      })
    })
  await insert(
    'alert_events',
    events.map(({ id, alertId, fingerprint, ruleId, minute, event, silenced, text, alert }) => ({
      id,
      number,
      alert_id: alertId,
      fingerprint,
      rule_id: ruleId,
      minute,
      at: secondsText(decidedAtMs),
      event,
      silenced: silenced ? 1 : 0,
      text,
      doc: JSON.stringify(alert),
    })),
  )
  await insert(
    'alerts',
    [...newestAlerts(evaluation)].map(([fingerprint, alert]) => ({
      id: alert.id,
      version: number,
      fingerprint,
      state: alert.state,
      rule_id: alert.rule_id,
      prefixes: alert.key === 'rule' ? alert.prefixes : [parsePrefix(alert.key)?.text ?? alert.key],
      fired_at: Date.parse(alert.fired_at) / 1000,
      updated_at: Date.parse(alert.updated_at) / 1000,
      doc: JSON.stringify(alert),
    })),
  )
}

/** All that are open, and those that ended. One that ended and another that fired of the same are both told. */
function newestAlerts({ states, events }: Evaluation): [fingerprint: string, AlertDocument][] {
  const alerts = new Map<string, [string, AlertDocument]>()
  for (const { alertId, fingerprint, alert } of events) alerts.set(alertId, [fingerprint, alert])
  for (const state of states) {
    if (!isOpen(state)) continue
    alerts.set(state.incident.alertId, [state.fingerprint, alertDocument(state)])
  }
  return [...alerts.values()]
}
