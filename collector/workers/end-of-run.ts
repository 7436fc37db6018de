// What a run of a worker leaves behind that ended by itself: what it had counted, and what was lost with it.

import { createCounters } from '../decode/counters.ts'
import { createLedger } from '../delivery/ledger.ts'
import { live, type Told } from './messages.ts'
import { type Counted, sumInto } from './totals.ts'

export interface LostWithWorker {
  readonly datagrams: number
  readonly flows: number
}

/**
 * `counts` are those that the worker kept up to date (`WorkerStart.live`), `accepted` the flows in its segments. What it did not tell any more is
 * lost, and counted as that.
 */
export function endOfRun(
  { ledger, counters }: Told,
  counts: Float64Array,
  accepted: number,
): { lost: LostWithWorker; counted: Counted } {
  const refused = sumOf(ledger.datagramsRefused)
  const lost = {
    datagrams: counts[live.datagrams]! - ledger.datagramsDecoded - refused,
    flows: counts[live.flows]! - accepted - sumOf(ledger.flowsDropped),
  }
  const last = createLedger()
  sumInto(last, [ledger])
  last.datagrams = counts[live.datagrams]!
  last.datagramBytes = counts[live.datagramBytes]!
  last.datagramsRefused['worker-lost'] += lost.datagrams
  last.flowsDecoded = counts[live.flows]!
  last.flowsDropped['worker-lost'] += lost.flows
  return { lost, counted: { ledger: last, counters } }
}

/** By a run that has just begun. */
export function nothingTold(): Told {
  return {
    atMs: Date.now(),
    ledger: createLedger(),
    counters: createCounters(),
    templates: 0,
    parked: { sets: 0, bytes: 0 },
    exportersForgotten: 0,
    openFlows: 0,
    oldestOpenMs: undefined,
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
