// When the next datagram may leave: not before its flows are due, and after a stall at no more than twice the scenario's rate,
// so that catching up does not overrun a receive buffer.

import type { Scenario } from './scenario.ts'

/** At the double rate, what may leave at once: two milliseconds' worth, or a few datagrams where that is less than one. */
const burstMs = 2
const burstDatagrams = 4

export interface Pacer {
  /** Milliseconds until a datagram with `count` flows up to number `last` may leave, `elapsedMs` after the start; 0: now. */
  waitMs(last: number, count: number, elapsedMs: number): number
  /** Tells that it has left. */
  left(count: number): void
}

export function createPacer({ peakRate, dueMs }: Scenario): Pacer {
  if (peakRate === Infinity) return { waitMs: () => 0, left: () => {} }
  const flowsPerMs = (2 * peakRate) / 1000
  let allowance = 0
  let allowanceMs = 0

  function waitMs(last: number, count: number, elapsedMs: number): number {
    const most = Math.max(burstMs * flowsPerMs, burstDatagrams * count)
    allowance = Math.min(most, allowance + (elapsedMs - allowanceMs) * flowsPerMs)
    allowanceMs = elapsedMs
    return Math.max(0, dueMs(last) - elapsedMs, (count - allowance) / flowsPerMs)
  }

  return {
    waitMs,
    left: (count) => {
      allowance -= count
    },
  }
}
