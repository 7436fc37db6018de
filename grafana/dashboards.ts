// All dashboards by the name of their file.

import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { alertDashboards } from './alerts.ts'
import { exporterDashboards } from './exporters.ts'
import { pipelineDashboards } from './pipeline.ts'
import { prefixDashboards } from './prefixes.ts'
import { trafficDashboards } from './traffic.ts'

const builders = {
  ...trafficDashboards,
  ...prefixDashboards,
  ...alertDashboards,
  ...exporterDashboards,
  ...pipelineDashboards,
}

export const dashboards: ReadonlyMap<string, Dashboard> = new Map(
  Object.entries(builders).map(([name, builder]) => [`${name}.json`, builder.build()]),
)

/** As it is committed and provisioned. */
export function formatDashboard(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`
}
