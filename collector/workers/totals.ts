// Sums over workers, those that ended included.

import type { DecoderCounters } from '../decode/counters.ts'
import type { Ledger } from '../delivery/ledger.ts'

type Counts = { [name: string]: number | Counts }

/** What a run of a worker had counted, when that is all there is to know of it. */
export interface Counted {
  readonly ledger: Ledger
  readonly counters: DecoderCounters
}

/** Makes every number of `total`, however deep, the sum of those in its place in `parts`. */
export function sumInto<T extends Ledger | DecoderCounters>(total: T, parts: readonly T[]): void {
  clear(total as unknown as Counts)
  for (const part of parts) add(total as unknown as Counts, part as unknown as Counts)
}

/** Counts what `part` has on top of `total`. */
export function addTo(total: Counted, part: Counted): void {
  add(total.ledger as unknown as Counts, part.ledger as unknown as Counts)
  add(total.counters as unknown as Counts, part.counters as unknown as Counts)
}

function clear(counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) {
    if (typeof count === 'number') counts[name] = 0
    else clear(count)
  }
}

function add(total: Counts, part: Counts): void {
  for (const [name, count] of Object.entries(part)) {
    const sum = total[name]
    if (typeof count === 'number' && typeof sum === 'number') total[name] = sum + count
    else if (typeof count === 'object' && typeof sum === 'object') add(sum, count)
  }
}
