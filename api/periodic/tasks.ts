// The API's periodic work. One API does it, since one API writes.

import { createEvaluator } from '../../rules/alerts/advance.ts'
import { lookUpEvidence } from '../../rules/alerts/look-up-evidence.ts'
import { createSourceWatch } from '../../rules/alerts/watch-sources.ts'
import { createBackfill } from '../../rules/configuration/backfill.ts'
import type { ReadSeries } from '../../rules/zscore/series-values.ts'
import type { Logger } from '../../runtime/log.ts'
import type { StoreClient } from '../../schema/client.ts'
import { refreshCoarseRollups } from './coarse-rollups.ts'
import { applyRetention, keepDays, type RetentionLimits, type Storage } from './retention.ts'
import type { Task } from './scheduler.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

export interface PeriodicWork {
  tasks: readonly Task[]
  /** They wait for none of the other work. */
  alerts: readonly Task[]
  /** What the tables took when retention was applied last; never known of a cluster. */
  storage(): Storage | undefined
}

export function createPeriodicWork({
  client,
  readSeries,
  limits,
  cluster,
  log,
}: {
  client: StoreClient
  readSeries: ReadSeries
  limits: RetentionLimits
  cluster: string | undefined
  log: Logger
}): PeriodicWork {
  const backfill = createBackfill(client)
  const evaluate = createEvaluator(client, readSeries, createSourceWatch(client))
  let storage: Storage | undefined
  const refresh = (lookBackMs: number) => async (nowMs: number) => {
    await refreshCoarseRollups(client, nowMs, lookBackMs)
  }
  return {
    tasks: [
      { name: 'evidence', everyMs: 5_000, run: (nowMs) => lookUpEvidence(client, nowMs) },
      { name: 'fill in new prefixes', everyMs: 15_000, run: (nowMs) => backfill.run(nowMs) },
      { name: 'coarse rollups', everyMs: 5 * minuteMs, run: refresh(3 * hourMs) },
      // What an exporter's collector kept in its spool through a long outage.
      { name: 'coarse rollups of late flows', everyMs: hourMs, run: refresh(48 * hourMs) },
      // What Kafka kept over a long weekend. The shortest kept minutes are those of a week.
      {
        name: 'coarse rollups of very late flows',
        everyMs: 24 * hourMs,
        run: refresh(144 * hourMs),
      },
      {
        name: 'retention',
        everyMs: minuteMs,
        run: async (nowMs) => {
          if (cluster === undefined) storage = await applyRetention(client, limits, nowMs, log)
          else await keepDays(client, limits.days, cluster)
        },
      },
    ],
    alerts: [
      {
        name: 'alerts',
        everyMs: 5_000,
        run: async (nowMs) => {
          const { untracked } = await evaluate(nowMs)
          if (untracked > 0) log.warn({ untracked }, 'more alerts than are kept track of')
        },
      },
    ],
    storage: () => storage,
  }
}
