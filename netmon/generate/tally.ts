// Counting what routers sent.

import type { Router } from './routers.ts'

/** Sums are exact up to 2^53. */
export interface Tally {
  readonly router: Router
  datagrams: number
  flows: number
  /** As exported: not multiplied by the sampling rate. */
  bytes: number
  packets: number
}

export function createTally(router: Router): Tally {
  return { router, datagrams: 0, flows: 0, bytes: 0, packets: 0 }
}

export function addDatagram(tally: Tally, flows: number, bytes: number, packets: number): void {
  tally.datagrams++
  tally.flows += flows
  tally.bytes += bytes
  tally.packets += packets
}

export interface Totals {
  datagrams: number
  flows: number
  bytes: number
  packets: number
  /** The real traffic that this stands for: each router's counters times its sampling rate. */
  estimatedBytes: bigint
  estimatedPackets: bigint
}

export function sumTallies(tallies: readonly Tally[]): Totals {
  const totals = {
    datagrams: 0,
    flows: 0,
    bytes: 0,
    packets: 0,
    estimatedBytes: 0n,
    estimatedPackets: 0n,
  }
  for (const { router, datagrams, flows, bytes, packets } of tallies) {
    totals.datagrams += datagrams
    totals.flows += flows
    totals.bytes += bytes
    totals.packets += packets
    totals.estimatedBytes += BigInt(bytes) * BigInt(router.samplingRate)
    totals.estimatedPackets += BigInt(packets) * BigInt(router.samplingRate)
  }
  return totals
}
