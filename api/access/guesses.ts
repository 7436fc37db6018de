// Tokens that were wrong, by the address they came from: who guesses waits.

import { parseAddress } from '../../runtime/ip.ts'

/** Wrong tokens that an address may send before it waits, and how long it takes to be allowed one more. */
const mostWrong = 10
const forgiveMs = 6_000
/** Addresses that are remembered, of either kind. */
const mostAddresses = 10_000

export interface Guesses {
  /**
   * Seconds to wait before tokens from this address are told from wrong ones again; 0 for none. Whose token was right from there before does not wait:
   * many share the address of a proxy, and one of them could lock out all others.
   */
  waitSeconds(address: string, caller: string | undefined): number
  wrong(address: string): void
  right(address: string, caller: string): void
}

/** Each address has a bucket of `mostWrong` that fills again by one every `forgiveMs`. */
export function createGuesses(now: () => number): Guesses {
  /** When the bucket is full again; the one that changed longest ago comes first. */
  const fullAtMs = new Map<string, number>()
  const letIn = new Map<string, true>()
  return {
    waitSeconds(address, caller) {
      if (caller !== undefined && letIn.has(`${address} ${caller}`)) return 0
      const missingMs = (fullAtMs.get(networkOf(address)) ?? 0) - now()
      const overMs = missingMs - (mostWrong - 1) * forgiveMs
      return overMs > 0 ? Math.ceil(overMs / 1000) : 0
    },
    wrong(address) {
      const network = networkOf(address)
      const fromMs = Math.max(fullAtMs.get(network) ?? 0, now())
      keepNewest(fullAtMs, network, fromMs + forgiveMs)
    },
    right(address, caller) {
      keepNewest(letIn, `${address} ${caller}`, true)
    },
  }
}

function keepNewest<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key)
  entries.set(key, value)
  if (entries.size <= mostAddresses) return
  const [oldest] = entries.keys()
  if (oldest !== undefined) entries.delete(oldest)
}

/** One host has all addresses of an IPv6 /64, so that they count as one. */
function networkOf(address: string): string {
  const bytes = parseAddress(address)
  return bytes?.length === 16 ? Buffer.from(bytes.subarray(0, 8)).toString('hex') : address
}
