// Names of what evidence tells apart: protocols, flags, routers and their interfaces.

import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../configuration/documents.ts'
import { routerSchema } from '../configuration/router.ts'
import { read } from '../traffic/query.ts'
import { addressText } from '../traffic/raw-flows.ts'

const protocols: Readonly<Record<string, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  132: 'sctp',
}

const flags = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']

/** SYN ACK; none */
export function flagNames(bits: number): string {
  return flags.filter((_, index) => (bits >> index) & 1).join(' ') || 'none'
}

/** For the dimensions and keys of `rows`; null for what has no name. @throws StoreError */
export async function readNames(
  client: StoreClient,
  rows: readonly { dimension: string; key: string }[],
): Promise<(dimension: string, key: string) => string | null> {
  const keys = rows.filter(({ dimension }) => dimension === 'interface').map(({ key }) => key)
  const [interfaces, routers] = await Promise.all([
    read<{ key: string; name: string }>(
      client,
      `SELECT concat(${addressText('exporter')}, ' ', id) AS key, argMax(metadata.name, time) AS name
      FROM metadata WHERE kind = 'interface' AND has({keys:Array(String)}, key) GROUP BY key`,
      { keys },
    ),
    readDocuments(client, 'routers', routerSchema),
  ])
  const byInterface = new Map(interfaces.map(({ key, name }) => [key, name]))
  const byRouter = new Map(routers.map(({ doc }) => [doc.router_ip, doc.name]))
  return (dimension, key) => {
    if (dimension === 'proto') return protocols[key] ?? null
    if (dimension === 'tcp_flags') return flagNames(Number(key))
    if (dimension === 'interface') return byInterface.get(key) || null
    return dimension === 'exporter' ? (byRouter.get(key) ?? null) : null
  }
}
