// Compares what `netmon decode` prints with what dissectors read, every field of every flow, both ways.

import type { Difference } from './differences.ts'

/** A flow as `netmon decode` prints it: FlowMessage's names. */
export type Flow = Readonly<Record<string, unknown>>

/** Where the two disagree, for people: the flow, the field and both values. */
export function mismatches(
  capture: string,
  expected: readonly Flow[],
  actual: readonly Flow[],
  differences: readonly Difference[],
): { complaints: string[]; used: Set<Difference>; fieldsCompared: number } {
  const complaints: string[] = []
  const used = new Set<Difference>()
  let fieldsCompared = 0
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const [theirs, ours] = [expected[i], actual[i]]
    if (theirs === undefined || ours === undefined) {
      const what = theirs === undefined ? 'is invented' : 'is missing'
      complaints.push(`${capture}, flow ${i} ${what}: ${JSON.stringify(theirs ?? ours)}`)
      continue
    }
    for (const field of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      fieldsCompared++
      const [read, printed] = [theirs[field], ours[field]].map((value) => JSON.stringify(value))
      if (read === printed) continue
      const difference = differences.find(
        (one) =>
          one.capture === capture &&
          one.field === field &&
          (one.flows === 'all' || one.flows.includes(i)),
      )
      if (difference !== undefined) used.add(difference)
      else complaints.push(`${capture}, flow ${i}: ${field} is ${printed}, read as ${read}`)
    }
  }
  return { complaints, used, fieldsCompared }
}
