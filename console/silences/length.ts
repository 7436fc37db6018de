export const silenceLengths = [
  ['1', '1 hour'],
  ['4', '4 hours'],
  ['24', 'a day'],
  ['168', 'a week'],
  ['720', '30 days'],
] as const

/** Hours. */
export type SilenceLength = (typeof silenceLengths)[number][0]

/** RFC 3339, UTC. */
export function endOf(startMs: number, length: SilenceLength): string {
  return new Date(startMs + Number(length) * 3_600_000).toISOString()
}
