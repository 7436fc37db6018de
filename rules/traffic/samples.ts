// How far an estimate can be trusted that rests on sampled packets.

import { toThousandth } from '../to-thousandth.ts'
import type { Traffic } from './minute-traffic.ts'

/**
 * Packets of some minutes. `samples` are those that were exported, `packets` what they were multiplied to. Every exported packet counts as a
 * sample, also where an exporter sees them all: so more flows never make a rule see less, whoever forged them.
 */
export interface Sampled {
  samples: bigint
  packets: bigint
}

export function addSamples(minutes: Iterable<Traffic | undefined>): Sampled {
  let samples = 0n
  let packets = 0n
  for (const minute of minutes) {
    samples += minute?.samples ?? 0n
    packets += minute?.packets ?? 0n
  }
  return { samples, packets }
}

/** Nothing was left to chance, or chance had enough to choose from. */
export function areEnough(sampled: Sampled, minSamples: number): boolean {
  return isWhole(sampled) || sampled.samples >= BigInt(minSamples)
}

/**
 * Of the number of packets, to either side, at 95 %: 196 % / sqrt(samples), the sampling being random. 0 when no packet was left out. Bytes vary more,
 * as packets are of many sizes. Where exporters of very different rates see the same traffic, more.
 */
export function errorPercent(sampled: Sampled): number {
  return isWhole(sampled) ? 0 : toThousandth(196 / Math.sqrt(Number(sampled.samples)))
}

function isWhole({ samples, packets }: Sampled): boolean {
  return samples >= packets
}
