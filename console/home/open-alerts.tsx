// What is crossed now.

import type { Alert } from '../alerts/alert.ts'
import { AlertTable } from '../alerts/alert-table.tsx'
import { useAsk } from '../ask.ts'

export function OpenAlerts() {
  const asked = useAsk<Alert[]>('/alerts?state=open&limit=5', { everyMs: 10_000 })
  const alerts = asked.answer?.result
  if (alerts === undefined) return null
  if (alerts.length === 0) {
    return (
      <p class="note good">
        <span>
          No alert is open. <a href="/console/alerts?state=all">Past ones</a>
        </span>
      </p>
    )
  }
  return (
    <section>
      <div class="section-head">
        <h2>Open alerts</h2>
        <a href="/console/alerts">All</a>
      </div>
      <AlertTable alerts={alerts} />
    </section>
  )
}
