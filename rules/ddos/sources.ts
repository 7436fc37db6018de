// How many sources there are of an amplifier's packets: counted in raw, since no rollup tells sources apart.

import type { StoreClient } from '../../schema/client.ts'
import { read } from '../traffic/query.ts'
import { rawFlowSettings, rawFlows } from '../traffic/raw-flows.ts'
import type { Series } from '../traffic/series.ts'
import type { PrefixSource } from '../traffic/traffic.ts'
import { leastAmplifierSources, type Vector } from './vectors.ts'

/** By minute and vector of UDP; one more than are asked for stands for any greater number. @throws StoreError */
export async function countSources(
  client: StoreClient,
  { source, series }: { source: PrefixSource; series: Series },
  first: number,
  last: number,
): Promise<Map<number, Map<Vector, number>>> {
  const { from, parameters } = rawFlows({
    source: series.prefix === undefined ? source : { prefixes: [series.prefix] },
    direction: series.direction,
    vector: 'udp',
    first,
    last,
  })
  const rows = await read<{ minute: number; flow_vector: Vector; sources: number }>(
    client,
    `SELECT toUnixTimestamp(toStartOfMinute(time_received)) AS minute, flow_vector,
      toUInt32(uniqUpTo(${leastAmplifierSources})(theirs)) AS sources
    FROM ${from} GROUP BY minute, flow_vector SETTINGS ${rawFlowSettings}`,
    parameters,
  )
  const counts = new Map<number, Map<Vector, number>>()
  for (const { minute, flow_vector, sources } of rows) {
    const ofMinute = counts.get(minute) ?? new Map<Vector, number>()
    counts.set(minute, ofMinute.set(flow_vector, sources))
  }
  return counts
}
