// Who is attacked, by how many, and whether it is one host or all of a network.

import type { StoreClient } from '../../schema/client.ts'
import { read } from '../traffic/query.ts'
import { addressText, type FlowSelection, rawFlowSettings, rawFlows } from '../traffic/raw-flows.ts'

/** `single`: one host has most of it; `carpet`: none has more than a fifth; `spread`: some hosts share it. */
export const patterns = ['single', 'carpet', 'spread'] as const
export type Pattern = (typeof patterns)[number]

export interface Victim {
  host: string
  bytes: number
  packets: number
  /** Of the bytes or packets of all hosts, as it was asked. */
  share: number
}

export interface Victims {
  pattern: Pattern
  /** How many hosts there are. */
  hosts: number
  /** The ten greatest. */
  top: Victim[]
}

const mostVictims = 10
/** Of very many hosts of a forged attack not each is told apart: the greatest are among the first. */
const mostHosts = 1_000_000

/** The hosts of some minutes, by bytes or packets. Undefined when there are no flows. @throws StoreError */
export async function readVictims(
  client: StoreClient,
  selection: FlowSelection,
  by: 'bytes' | 'packets',
): Promise<Victims | undefined> {
  const { from, parameters } = rawFlows(selection)
  const rows = await read<{
    host: string
    host_bytes: number
    host_packets: number
    share: number
    hosts: number
  }>(
    client,
    `SELECT ${addressText('ours')} AS host, toFloat64(sum(seen_bytes)) AS host_bytes, toFloat64(sum(seen_packets)) AS host_packets,
      if({by:String} = 'bytes', host_bytes, host_packets) AS amount,
      if(sum(amount) OVER () = 0, 0, amount / sum(amount) OVER ()) AS share, toUInt32(count() OVER ()) AS hosts
    FROM ${from}
    GROUP BY ours
    ORDER BY amount DESC, ours
    LIMIT ${mostVictims}
    SETTINGS ${rawFlowSettings}, max_rows_to_group_by = ${mostHosts}, group_by_overflow_mode = 'any'`,
    { ...parameters, by },
  )
  const [greatest] = rows
  if (greatest === undefined) return undefined
  return {
    pattern: patternOf(greatest.share),
    hosts: greatest.hosts,
    top: rows.map(({ host, host_bytes, host_packets, share }) => ({
      host,
      bytes: host_bytes,
      packets: host_packets,
      share: Math.round(share * 10_000) / 10_000,
    })),
  }
}

/** By the greatest host's share. */
export function patternOf(share: number): Pattern {
  if (share > 0.5) return 'single'
  return share > 0.2 ? 'spread' : 'carpet'
}
