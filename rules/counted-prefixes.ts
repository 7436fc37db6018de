// The `prefixes` table: which prefixes the store counts traffic for, and which of them enclose one another.

import type { StoreClient } from '../schema/client.ts'
import { enclosingChains } from './prefix.ts'
import { askStore } from './store-error.ts'

/** The store's dictionaries take up a change within 2 s; twice that, and the way of the insert. */
const takeUpMs = 5_000

interface Row {
  prefix: string
  chain: string[]
  /** Seconds since 1970. */
  active_from: number
}

/**
 * Makes the table hold exactly these canonical prefixes. What changes is one insert under one version, so that a reader sees all of it or
 * nothing; a prefix that was not there counts from the first whole minute after the dictionaries have taken it up.
 * @throws StoreError
 */
export function countPrefixes(
  client: StoreClient,
  prefixes: Iterable<string>,
  nowMs: number,
): Promise<void> {
  return askStore(async () => {
    const present = await readCounted(client)
    const chains = enclosingChains(prefixes)
    const countedFrom = Math.ceil((nowMs + takeUpMs) / 60_000) * 60
    const changed: (Row & { deleted: 0 | 1 })[] = []
    for (const [prefix, chain] of chains) {
      const row = present.get(prefix)
      if (row === undefined || !sameChain(row.chain, chain)) {
        changed.push({ prefix, chain, active_from: row?.active_from ?? countedFrom, deleted: 0 })
      }
    }
    for (const row of present.values()) {
      if (!chains.has(row.prefix)) changed.push({ ...row, deleted: 1 })
    }
    if (changed.length === 0) return

    const version = await nextVersion(client)
    await client.insert({
      table: 'prefixes',
      columns: ['prefix', 'family', 'chain', 'active_from', 'version', 'deleted'],
      values: changed.map((row) => ({ ...row, family: row.prefix.includes(':') ? 6 : 4, version })),
      format: 'JSONEachRow',
    })
    await reloadDictionaries(client)
  })
}

async function readCounted(client: StoreClient): Promise<Map<string, Row>> {
  const result = await client.query({
    query: `SELECT prefix, chain, toUnixTimestamp(active_from) AS active_from
      FROM prefixes FINAL WHERE NOT deleted`,
    format: 'JSONEachRow',
  })
  return new Map((await result.json<Row>()).map((row) => [row.prefix, row]))
}

async function nextVersion(client: StoreClient): Promise<number> {
  const result = await client.query({
    query: 'SELECT toString(max(version)) AS newest FROM prefixes',
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ newest: string }>()
  return Number(row?.newest ?? 0) + 1
}

/** Sooner than their lifetime of 1 to 2 s, where the store allows that. */
async function reloadDictionaries(client: StoreClient): Promise<void> {
  for (const dictionary of ['prefixes4', 'prefixes6']) {
    try {
      await client.command({
        query: 'SYSTEM RELOAD DICTIONARY {dictionary:Identifier}',
        query_params: { dictionary },
      })
    } catch {
      return
    }
  }
}

function sameChain(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((prefix, index) => prefix === b[index])
}
