// What the numbers and addresses of keys are called. All functions that ask throw StoreError.

import type { Configuration } from '../../rules/configuration/configuration.ts'
import { read } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import { type NameLists, noLists } from '../names/lists.ts'
import { findField } from './fields.ts'
import { keyText } from './key.ts'
import { portName } from './port-names.ts'
import { protocolName } from './protocol-names.ts'

export interface KnownNames {
  routers: readonly { name: string; router_ip: string }[]
  /** Of interfaces: by `EXPORTER IFINDEX`, and by ` IFINDEX` for those that one exporter alone names. */
  interfaces: ReadonlyMap<string, string>
  lists: NameLists
}

const mostInterfaces = 50_000

export async function readNames(
  store: StoreClient,
  { routers }: Configuration,
  dimensions: readonly string[],
  lists: NameLists = noLists,
): Promise<KnownNames> {
  const hasInterfaces = dimensions.includes('in_if') || dimensions.includes('out_if')
  const [known, interfaces] = await Promise.all([
    routers.list(),
    hasInterfaces ? readInterfaces(store) : new Map<string, string>(),
  ])
  return { routers: known, interfaces, lists }
}

async function readInterfaces(store: StoreClient): Promise<Map<string, string>> {
  const rows = await read<{ address: string; id: string; newest: string }>(
    store,
    `SELECT toString(exporter) AS address, id, argMax(name, time) AS newest
    FROM metadata
    WHERE kind = 'interface' AND name != ''
    GROUP BY exporter, id
    ORDER BY exporter, id
    LIMIT {most:UInt32}`,
    { most: mostInterfaces },
  )
  const names = new Map<string, string>()
  const exportersOf = new Map<string, number>()
  for (const { address, id, newest } of rows) {
    names.set(`${keyText('exporter', address)} ${id}`, newest)
    names.set(` ${id}`, newest)
    exportersOf.set(id, (exportersOf.get(id) ?? 0) + 1)
  }
  for (const [id, exporters] of exportersOf) if (exporters > 1) names.delete(` ${id}`)
  return names
}

/** One for each part of the key; null for what has no name. */
export function namesOf(
  dimensions: readonly string[],
  key: readonly string[],
  { routers, interfaces, lists }: KnownNames,
): (string | null)[] {
  const exporter = key[dimensions.indexOf('exporter')] ?? ''
  return dimensions.map((dimension, index) => {
    const text = key[index] ?? ''
    switch (dimension) {
      case 'exporter':
        return routers.find(({ router_ip }) => router_ip === text)?.name ?? null
      case 'in_if':
      case 'out_if':
        return interfaces.get(`${exporter} ${text}`) ?? null
      case 'proto':
        return protocolName(Number(text)) ?? null
      case 'port':
      case 'src_port':
      case 'dst_port':
        return portName(Number(text)) ?? null
      default:
        return listed(dimension, text, lists)
    }
  })
}

/** What an AS is called, and the country of an address or of the network that begins with it. */
export function listed(dimension: string, key: string, lists: NameLists): string | null {
  const type = findField(dimension)?.type
  if (type === 'as') return lists.asName(Number(key)) ?? null
  if (type === 'address') return lists.countryOf(key.split('/')[0]!) ?? null
  return null
}
