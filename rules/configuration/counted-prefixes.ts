// The `prefixes` table: which prefixes the store counts traffic for, and which of them enclose one another.

import type { StoreClient } from '../../schema/client.ts'
import { askStore } from '../store-error.ts'
import { enclosingChains } from './prefix.ts'

/** The store's dictionaries take up a change within 2 s; twice that, and the way of the insert. */
const takeUpMs = 5_000

interface Row {
  prefix: string
  /** Rule prefixes that enclose it, itself first when it is one. */
  chain: string[]
  /** Seconds since 1970. */
  active_from: number
}

/** Canonical prefixes. */
export interface Watched {
  /** Of rules: their traffic is counted by minute. */
  rules: Iterable<string>
  /** Of our own networks: the hosts in them, and in those of rules, are counted one by one. */
  local: Iterable<string>
}

/**
 * Makes the table hold exactly these prefixes. What changes is one insert under one version, so that a reader sees all of it or nothing. A rule
 * prefix that was none counts from the first whole minute after the dictionaries have taken it up; what lies before is filled in from raw
 * (backfill.ts).
 * @throws StoreError
 */
export function countPrefixes(client: StoreClient, watched: Watched, nowMs: number): Promise<void> {
  return askStore(async () => {
    const { present, newest } = await readCounted(client)
    const changed = changesTo(watched, present, Math.ceil((nowMs + takeUpMs) / 60_000) * 60)
    if (changed.length === 0) return

    const version = newest + 1
    await client.insert({
      table: 'prefixes',
      columns: [
        'prefix',
        'family',
        'chain',
        'chain_active_from',
        'active_from',
        'version',
        'deleted',
      ],
      values: changed.map((row) => ({ ...row, family: row.prefix.includes(':') ? 6 : 4, version })),
      format: 'JSONEachRow',
    })
    await reloadDictionaries(client)
  })
}

type Change = Row & { chain_active_from: number[]; deleted: 0 | 1 }

/** The rows to write, when what becomes a rule's prefix now is counted from the minute `countedFrom` on. */
function changesTo(
  { rules, local }: Watched,
  present: ReadonlyMap<string, Row>,
  countedFrom: number,
): Change[] {
  const ofRules = new Set(rules)
  const chains = enclosingChains([...ofRules, ...local])
  const activeFrom = (prefix: string) => {
    const row = present.get(prefix)
    return row?.chain[0] === prefix ? row.active_from : countedFrom
  }
  const changed: Change[] = []
  for (const [prefix, enclosing] of chains) {
    const chain = enclosing.filter((text) => ofRules.has(text))
    const row = present.get(prefix)
    if (row !== undefined && sameChain(row.chain, chain)) continue
    const chain_active_from = chain.map(activeFrom)
    changed.push({ prefix, chain, chain_active_from, active_from: activeFrom(prefix), deleted: 0 })
  }
  for (const row of present.values()) {
    if (!chains.has(row.prefix)) {
      changed.push({ ...row, chain: [], chain_active_from: [], deleted: 1 })
    }
  }
  return changed
}

async function readCounted(client: StoreClient) {
  const result = await client.query({
    query: `SELECT toString(max(version)) AS newest,
        groupArrayIf((prefix, chain, toUnixTimestamp(active_from)), NOT deleted) AS present
      FROM prefixes FINAL`,
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ newest: string; present: [string, string[], number][] }>()
  const present = new Map(
    row?.present.map(([prefix, chain, active_from]): [string, Row] => [
      prefix,
      { prefix, chain, active_from },
    ]),
  )
  return { present, newest: Number(row?.newest ?? 0) }
}

/** Sooner than their lifetime of 1 to 2 s, where the store allows that. */
async function reloadDictionaries(client: StoreClient): Promise<void> {
  const reload = (dictionary: string) =>
    client.command({
      query: 'SYSTEM RELOAD DICTIONARY {dictionary:Identifier}',
      query_params: { dictionary },
    })
  await Promise.allSettled(['prefixes4', 'prefixes6'].map(reload))
}

function sameChain(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((prefix, index) => prefix === b[index])
}
