// What happened to every datagram, every flow, and every row of the other streams. The collector's counters are plain fields, read when somebody asks.
//
// Datagrams: received = decoded + refused by reason.
// Flows:     decoded + recovered = acknowledged + spooled + in memory + dropped by reason.
// Rows are counted up to where they are sealed: sealed or open by stream, dropped by reason.

import { decodeReasons } from '../decode/outcome.ts'

/** Why a datagram was not read to its end. The names are metric labels. */
export const refusalReasons = [
  ...decodeReasons,
  'handover', // its worker does not keep up with what the others hand on to it
  'worker-lost', // a worker ended before it told what became of it
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/** Why a decoded flow does not reach the store. The names are metric labels. */
export const dropReasons = [
  'unknown-exporter', // NETMON_EXPORTERS=known, and no router has this address
  'memory', // segments that could not be written to the spool filled the memory bound
  'spool-full', // the oldest segment made room for newer ones
  'spool-damaged', // a segment in the spool that cannot be read back
  'rejected', // a segment whose content the store refuses, set aside in the spool
  'worker-lost', // a worker ended before it handed over what it had decoded
  'stdout-full', // whoever reads stdout is too slow
] as const

export type DropReason = (typeof dropReasons)[number]

/** Why a learned name, or an interface's counters, do not become a row. */
export const rowDropReasons = [
  'unknown-exporter', // as for flows
  'row-limit', // more rows in a second than their stream takes
] as const

export type RowDropReason = (typeof rowDropReasons)[number]

export interface Ledger {
  datagrams: number
  datagramBytes: number
  datagramsDecoded: number
  readonly datagramsRefused: Record<RefusalReason, number>
  flowsDecoded: number
  /** Flows found in the spool at start: decoded by an earlier run. */
  flowsRecovered: number
  flowsAcknowledged: number
  /** Flows sent to Kafka again although an earlier attempt may have arrived and no broker can tell any more. */
  possibleDuplicates: number
  /** Threads that sent and ended by a fault; another took their place. */
  sinkFaults: number
  readonly flowsDropped: Record<DropReason, number>
  /** Learned names, those told again included, and samples of interface counters. */
  readonly rows: { metadata: number; counters: number }
  readonly rowsDropped: Record<RowDropReason, number>
}

export function createLedger(): Ledger {
  return {
    datagrams: 0,
    datagramBytes: 0,
    datagramsDecoded: 0,
    datagramsRefused: zeros(refusalReasons),
    flowsDecoded: 0,
    flowsRecovered: 0,
    flowsAcknowledged: 0,
    possibleDuplicates: 0,
    sinkFaults: 0,
    flowsDropped: zeros(dropReasons),
    rows: { metadata: 0, counters: 0 },
    rowsDropped: zeros(rowDropReasons),
  }
}

function zeros<const T extends string>(names: readonly T[]): Record<T, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>
}
