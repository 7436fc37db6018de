// The minutes that a zscore rule compares: the five newest, and the 240 before them that were not left out.

export const recentMinutes = 5
export const leastRecentMinutes = 3
export const baselineMinutes = 240
const blockMinutes = 15
export const leastBaselineMinutes = 30

/** Of the five minutes up to this one, each named by its place; undefined when fewer than three are known, the others being NaN. */
export function recentMean(valueAt: (place: number) => number, place: number): number | undefined {
  let sum = 0
  let known = 0
  for (let back = 0; back < recentMinutes; back++) {
    const value = valueAt(place - back)
    if (Number.isNaN(value)) continue
    sum += value
    known++
  }
  return known < leastRecentMinutes ? undefined : sum / known
}

export type Baseline = ReturnType<typeof createBaseline>

/** The newest 240 minutes that were not left out, those that are not known among them. */
export function createBaseline(valueAt: (place: number) => number) {
  const values = new Float64Array(baselineMinutes)
  const places = new Int32Array(baselineMinutes)
  // The mean is asked for every minute. Sums of blocks, made anew when one of their values changes, are quick and do not drift.
  const sums = new Float64Array(baselineMinutes / blockMinutes)
  const knowns = new Int32Array(baselineMinutes / blockMinutes)
  let next = 0
  const put = (place: number) => {
    values[next] = valueAt(place)
    places[next] = place
    next = (next + 1) % baselineMinutes
  }
  const addUp = (block: number) => {
    let sum = 0
    let known = 0
    for (let slot = block * blockMinutes; slot < (block + 1) * blockMinutes; slot++) {
      const value = values[slot]!
      if (Number.isNaN(value)) continue
      sum += value
      known++
    }
    sums[block] = sum
    knowns[block] = known
  }
  return {
    add(place: number) {
      const block = Math.floor(next / blockMinutes)
      put(place)
      addUp(block)
    },
    oldest: () => places[next]!,
    /**
     * The newest 240 minutes up to this one of which `isLeftOut` is 0. When nothing is left out, each is where it would be had they been added one by one, so that
     * sums are the same to the bit.
     */
    restart(last: number, isLeftOut: Uint8Array) {
      const chosen: number[] = []
      for (let place = last; chosen.length < baselineMinutes; place--) {
        if (isLeftOut[place] !== 1) chosen.push(place)
      }
      next = (last + 1) % baselineMinutes
      for (const place of chosen.reverse()) put(place)
      for (let block = 0; block < sums.length; block++) addUp(block)
    },
    /** Mean of the known minutes, and how many they are. */
    mean() {
      let known = 0
      let sum = 0
      for (let block = 0; block < sums.length; block++) {
        sum += sums[block]!
        known += knowns[block]!
      }
      return { known, mean: known === 0 ? 0 : sum / known }
    },
    /** Standard deviation of the whole, not of a sample. */
    deviation(known: number, mean: number) {
      let squares = 0
      for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2
      return Math.sqrt(squares / known)
    },
  }
}
