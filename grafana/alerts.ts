// Alerts: which are open, what happened, and the traffic that it happened in.

import { alertCounts, alertEvents, alertsOfRange } from './alert-sql.ts'
import { createDashboard } from './dashboard.ts'
import { numbersPanel, seriesPanel, tablePanel } from './panels.ts'
import { rollups } from './rollups.ts'
import { bits, rollupRows, topRates } from './series.ts'

export const alertDashboards = {
  alerts: createDashboard('netmon-alerts', 'Alerts')
    .withPanel(numbersPanel({ title: 'Alerts', sql: alertCounts, unit: 'short' }))
    .withPanel(
      tablePanel({
        title: 'Open alerts, and those of the range',
        sql: alertsOfRange,
        units: { Peak: 'bps', 'Packet peak': 'pps', Value: 'short', Limit: 'short' },
      }),
    )
    .withPanel(
      seriesPanel({
        title: "Traffic towards the rules' prefixes: greatest ten",
        description: 'Alerts are marked, from firing to their end.',
        sql: topRates(
          rollupRows(rollups.prefix, bits, { key: 'prefix', where: "direction = 'in'" }),
          bits,
          10,
        ),
        unit: bits.rate,
      }),
    )
    .withPanel(tablePanel({ title: 'What happened', sql: alertEvents })),
}
