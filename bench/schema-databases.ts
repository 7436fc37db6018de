// Databases to measure in: ours with some or all of its views, and the seed's.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { countPrefixes } from '../rules/configuration/counted-prefixes.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { createStoreClient } from '../schema/client.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import { splitStatements } from '../schema/statements.ts'
import { type BenchStore, rowsOf } from './store.ts'

/** The networks of traffic.sql and some inside them, 100 in all, and then networks without traffic. */
export function rulePrefixes(count: number): string[] {
  return [
    '2001:db8::/32',
    ...Array.from({ length: 20 }, (_, net) => `100.64.${net * 4}.0/22`),
    ...Array.from({ length: 79 }, (_, net) => `100.64.${net}.0/24`),
    ...Array.from(
      { length: Math.max(0, count - 100) },
      (_, net) => `10.${net >> 8}.${net & 255}.0/24`,
    ),
  ].slice(0, count)
}

/** Without those views of ours that are not named; all when absent. */
export async function createOurs(
  { address, client }: BenchStore,
  database: string,
  prefixes: readonly string[],
  views?: readonly string[],
): Promise<void> {
  await migrate({ ...address, database }, await readMigrations())
  const inside = createStoreClient({ ...address, database })
  await countPrefixes(inside, { rules: prefixes, local: [] }, 0)
  await inside.command({ query: 'SYSTEM RELOAD DICTIONARY prefixes4' })
  await inside.close()
  if (views === undefined) return
  for (const view of await viewsOf(client, database)) {
    if (!views.includes(view)) await client.command({ query: `DROP VIEW ${database}.${view}` })
  }
}

export async function viewsOf(client: BenchStore['client'], database: string): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    client,
    "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'MaterializedView' ORDER BY name",
    { database },
  )
  return rows.map(({ name }) => name)
}

/** `model` is a database of ours, whose `ingest` gives the columns. */
export async function createSeed(
  { address, client }: BenchStore,
  database: string,
  model: string,
  prefixes: readonly string[],
): Promise<void> {
  await client.command({ query: `CREATE DATABASE ${database}` })
  const inside = createStoreClient({ ...address, database }, 3_600_000)
  const text = readFileSync(path.join(packageRoot, 'bench', 'seed.sql'), 'utf8')
  for (const query of splitStatements(text.replaceAll('{{ingest}}', `${model}.ingest`))) {
    await inside.command({ query })
  }
  await inside.command({
    query: `INSERT INTO prefixes
      SELECT prefix, toUInt128(toUInt32(IPv4CIDRToRange(toIPv4(splitByChar('/', prefix)[1]), toUInt8(splitByChar('/', prefix)[2])).1)) AS first,
        toUInt128(toUInt32(IPv4CIDRToRange(toIPv4(splitByChar('/', prefix)[1]), toUInt8(splitByChar('/', prefix)[2])).2)) AS last
      FROM (SELECT arrayJoin({prefixes:Array(String)}) AS prefix)`,
    query_params: { prefixes: prefixes.filter((prefix) => !prefix.includes(':')) },
  })
  // The one of IPv6.
  await inside.command({
    query: `INSERT INTO prefixes SELECT '2001:db8::/32', reinterpretAsUInt128(reverse(reinterpret(range.1, 'FixedString(16)'))), reinterpretAsUInt128(reverse(reinterpret(range.2, 'FixedString(16)')))
      FROM (SELECT IPv6CIDRToRange(toIPv6('2001:db8::'), 32) AS range)`,
  })
  await inside.close()
}
