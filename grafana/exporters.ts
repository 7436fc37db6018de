// Exporter health: who is heard, what is lost on the way, and how it is sampled.

import { createDashboard } from './dashboard.ts'
import { seriesPanel, tablePanel } from './panels.ts'
import { counterRates, exporters, samplingSources } from './status-sql.ts'

export const exporterDashboards = {
  exporters: createDashboard('netmon-exporters', 'Exporters')
    .withPanel(
      tablePanel({
        title: 'Exporters heard in the range',
        description:
          "Lost is what sequence numbers say is missing: flows of NetFlow v5, datagrams of v9 and sFlow, data records of IPFIX. Sampling source `assumed`: neither the exporter nor a router's document tells the rate.",
        sql: exporters,
        units: { Silent: 's', 'Clock skew': 'ms', Flows: 'short', Lost: 'short' },
        height: 14,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Flows per second of each exporter',
        sql: counterRates({ flows: 'flows' }, 'exporter'),
        unit: 'short',
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Lost per second of each exporter, by its sequence numbers',
        sql: counterRates({ lost: 'arraySum(mapValues(lost))' }, 'exporter'),
        unit: 'short',
      }),
    )
    .withPanel(
      tablePanel({
        title: 'Where sampling rates come from: flows of the newest hour',
        sql: samplingSources,
      }),
    ),
}
