// npm run dashboards: writes grafana/dashboards/*.json.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { dashboards, formatDashboard } from './dashboards.ts'

for (const [file, dashboard] of dashboards) {
  await writeFile(path.join(packageRoot, 'grafana', 'dashboards', file), formatDashboard(dashboard))
}
