import { type DecoderLimits, defaultLimits } from '../decode/limits.ts'

/** What is bounded over all exporters, and of which each worker may use its share. */
const shared = [
  'templates',
  'exporters',
  'samplingRates',
  'parkedBytes',
  'sequences',
  'reportedSessions',
  'dropCounts',
] as const satisfies readonly (keyof DecoderLimits)[]

/**
 * Of one port the order is kept, between ports it is not: one worker may be some hundred datagrams behind another. Sequences of NetFlow and sFlow go over all ports of
 * an exporter, so that what comes late has to be known for longer.
 */
const lateDatagrams = 1_024
const gapsKept = 128

/** The bounds of one of several workers: together they hold no more than one would. */
export function shareOfLimits(workers: number): DecoderLimits {
  const shares = shared.map((name) => [name, Math.ceil(defaultLimits[name] / workers)])
  return { ...defaultLimits, lateDatagrams, gapsKept, ...Object.fromEntries(shares) }
}
