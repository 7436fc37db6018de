// How much of a vector is usual at this time of the week, and so how much is too much. Pure.
//
// An attack must not become usual to itself, nor to the next one. So single minutes weigh little (percentiles), one week that stands out among
// several is left out, and of the last day so is what is over the limit that the rest of it makes. What lasts for twelve hours is usual.

/** Known minutes before the judged one, per second, of one vector in one metric. */
export interface History {
  /** Half an hour before and after the same time, one, two, three and four weeks earlier. */
  weeks: readonly Float64Array[]
  /** Undefined: not read, since the weeks alone say that it is below the limit. */
  day: DayHistory | undefined
}

export interface DayHistory {
  /** The 24 hours before. */
  values: Float64Array
  /** Half an hour before and after the same time yesterday. */
  yesterday: Float64Array
}

export interface Limit {
  /** What must be exceeded, per second. */
  limit: number
  /** What is usual; undefined while too little is known. */
  base: number | undefined
  /** What the base rests on; `floor`: nothing that counts, the limit is the floor. */
  basis: 'weeks' | 'day' | 'half_day' | 'floor'
}

export const sensitivityFactors = { low: 5, medium: 3, high: 2 } as const

/** Of the 61 minutes of a window. */
const leastWindowMinutes = 30
const leastDayMinutes = 30
/** What was exceeded in so many minutes of the last day is usual. */
const relearnMinutes = 720

/** limit = max(floor, factor x base) */
export function limitOf(floor: number, factor: number, { weeks, day }: History): Limit {
  const from = (base: number, basis: Limit['basis']): Limit => {
    const limit = Math.max(floor, factor * base)
    return { limit, base, basis: limit > floor ? basis : 'floor' }
  }
  const sortedDay = day?.values.toSorted()
  const lasting = sortedDay?.at(-relearnMinutes)
  const usual = weeklyBase(weeks, floor, factor)
  const [base, basis] =
    usual !== undefined
      ? ([usual, 'weeks'] as const)
      : ([day && sortedDay && dailyBase(sortedDay, day.yesterday, floor, factor), 'day'] as const)
  if (lasting !== undefined && (base === undefined || lasting > base)) {
    return from(lasting, 'half_day')
  }
  if (base === undefined) return { limit: floor, base: undefined, basis: 'floor' }
  return from(base, basis)
}

/**
 * The greatest 95th percentile of the windows. When one alone would make the limit higher than the next one lets traffic be, it had an
 * attack, and the next one counts: what is usual shows in two weeks.
 */
function weeklyBase(
  weeks: readonly Float64Array[],
  floor: number,
  factor: number,
): number | undefined {
  const [greatest, next] = weeks
    .filter(({ length }) => length >= leastWindowMinutes)
    .map((values) => percentile(values.toSorted(), 0.95))
    .sort((a, b) => b - a)
  if (greatest === undefined || next === undefined) return greatest
  return greatest > Math.max(floor, factor * next) ? next : greatest
}

/** The 99th percentile of what is not over the limit that it makes itself; or what came yesterday at the same time, if that is more. */
function dailyBase(
  sorted: Float64Array,
  yesterday: Float64Array,
  floor: number,
  factor: number,
): number | undefined {
  if (sorted.length < leastDayMinutes) return undefined
  // Beginning with the lower half, ever more belongs to it, until what is left is set apart from the rest by the factor.
  let base = percentile(sorted, 0.5)
  for (let kept = 0; ; ) {
    const within = countUpTo(sorted, Math.max(floor, factor * base))
    if (within <= kept) break
    kept = within
    base = Math.max(base, percentile(sorted.subarray(0, kept), 0.99))
  }
  if (yesterday.length < leastWindowMinutes) return base
  return Math.max(base, percentile(yesterday.toSorted(), 0.95))
}

/** The least value that this share of all are no greater than. */
function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

function countUpTo(sorted: Float64Array, limit: number): number {
  let count = sorted.length
  while (count > 0 && sorted[count - 1]! > limit) count--
  return count
}
