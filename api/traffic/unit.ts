/** What is measured. Totals of bits are in bytes, as counters are. */
export const units = ['bits', 'packets', 'flows'] as const
export type Unit = (typeof units)[number]

/** Per second, from what was counted in a second. */
export function rateFactor(unit: Unit): number {
  return unit === 'bits' ? 8 : 1
}
