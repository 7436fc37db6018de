// What judgeSources rests on, read once a minute by an evaluator that runs all the time.

import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../configuration/documents.ts'
import { routerSchema } from '../configuration/router.ts'
import { type CollectorRun, newestMinute } from '../traffic/minutes.ts'
import { read } from '../traffic/query.ts'
import { addressText } from '../traffic/raw-flows.ts'
import { type Heard, type JudgedSources, judgeSources, silentExporterMs } from './sources.ts'
import type { AlertState } from './state.ts'

/** Undefined when this minute was looked at already. @throws StoreError */
export type WatchSources = (
  runs: readonly CollectorRun[],
  states: readonly AlertState[],
  nowMs: number,
) => Promise<(JudgedSources & { minute: number }) | undefined>

/** An exporter must have been heard in so long a time before it fell silent. */
const heardWithinMs = silentExporterMs + 3_600_000
const mostExporters = 20_000

export function createSourceWatch(client: StoreClient): WatchSources {
  let watchedSinceMs: number | undefined
  let watchedMinute = 0
  return async (runs, states, nowMs) => {
    watchedSinceMs ??= nowMs
    const minute = newestMinute(nowMs)
    if (minute <= watchedMinute) return undefined
    const [routers, heard] = await Promise.all([
      readDocuments(client, 'routers', routerSchema),
      readHeard(client, nowMs - heardWithinMs),
    ])
    watchedMinute = minute
    const sources = { runs, routers: routers.map(({ doc }) => doc), heard }
    return { ...judgeSources(sources, states, { minute, nowMs, watchedSinceMs }), minute }
  }
}

async function readHeard(client: StoreClient, fromMs: number): Promise<Heard[]> {
  const rows = await read<{ address: string; source: string; heard_by: string; last_ms: string }>(
    client,
    `SELECT ${addressText('exporter')} AS address, ${addressText('udp_source')} AS source,
      argMax(collector, last_seen) AS heard_by, toString(toUnixTimestamp64Milli(max(last_seen))) AS last_ms
    FROM status
    WHERE kind = 'exporter' AND time > fromUnixTimestamp64Milli({from_ms:Int64})
    GROUP BY exporter, udp_source
    ORDER BY max(last_seen) DESC
    LIMIT {most:UInt32}`,
    { from_ms: fromMs, most: mostExporters },
  )
  return rows.map(({ address, source, heard_by, last_ms }) => ({
    addresses: [address, source],
    collector: heard_by,
    lastSeenMs: Number(last_ms),
  }))
}
