// Which table a panel reads, by the range it shows: seconds or minutes where it is short, 5 minutes, hours. One SQL text has all three, and
// bounds that leave all but one, and the newest rows of the finest, nothing to read.

export interface Rollup {
  /** The finest table, its time column, what one row of it spans, and for how long rows are kept. */
  fine: { table: string; time: 'time' | 'minute'; seconds: number; days: number }
  /** `<name>_5m` and `<name>_1h`. */
  name: string
  hasLevels: boolean
}

export const rollups = {
  interface: {
    fine: { table: 'interface_10s', time: 'time', seconds: 10, days: 7 },
    name: 'interface',
    hasLevels: true,
  },
  protocol: minutes('protocol', 30),
  port: minutes('port', 30),
  sourceAs: minutes('source_as', 30),
  destinationAs: minutes('destination_as', 30),
  host: minutes('host', 7),
  prefix: {
    fine: { table: 'prefix_minutes', time: 'minute', seconds: 60, days: 90 },
    name: 'prefix',
    hasLevels: false,
  },
  prefixVector: { ...minutes('prefix_vector', 30), hasLevels: false },
} satisfies Record<string, Rollup>

function minutes(name: string, days: number): Rollup {
  return {
    fine: { table: `${name}_1m`, time: 'minute', seconds: 60, days },
    name,
    hasLevels: true,
  }
}

/** Ranges up to these are shown by the finest table, and by that of 5 minutes. */
const fineSpanSeconds = 6 * 3600
const middleSpanSeconds = 8 * 86_400
/** Rows of 5 minutes are kept for 90 days, but for hosts'. */
const middleDays = { other: 90, host: 30 }
/** A row that is not an hour away from its end may be gone already. */
const marginSeconds = 3_600

/** The API writes the coarser tables at least this often after a bucket is over; what is newer is read from the finest one. */
const settledSeconds = 900
/** Flows of a moment are stored after this, as a rule. */
const graceSeconds = 15

/**
 * WITH expressions that everything below refers to. `step` is the width of a bucket in seconds: Grafana's interval, made a multiple of what a row
 * spans, so that every bucket has as many rows as its width says. Buckets are whole: the range begins with the one that holds its start
 * (`first`) and ends before the one that is still being filled (`after_last`).
 */
export function bounds(rollup: Rollup, seconds = rollup.fine.seconds): string {
  const coarseDays = rollup.name === 'host' ? middleDays.host : middleDays.other
  const isKept = (days: number) => `range_from > present - ${days * 86_400 - marginSeconds}`
  return `
    toUnixTimestamp($__fromTime) AS range_from,
    toUnixTimestamp($__toTime) AS range_to,
    toUnixTimestamp(now()) AS present,
    multiIf(
      range_to - range_from <= ${fineSpanSeconds} AND ${isKept(rollup.fine.days)}, ${seconds},
      range_to - range_from <= ${middleSpanSeconds} AND ${isKept(coarseDays)}, 300,
      3600) AS resolution,
    toUInt32(ceil($__interval_s / resolution) * resolution) AS step,
    toUInt32(intDiv(range_from, step) * step) AS first,
    toUInt32(least(intDiv(range_to, step) * step + step, intDiv(present - ${graceSeconds}, step) * step)) AS after_last,
    toUInt32(intDiv(present - ${settledSeconds}, resolution) * resolution) AS settled`
}

export interface Selection {
  /** Whose rows, of the coarser tables; undefined where they have no levels. */
  level?: string
  /** SQL of the key that is told apart. */
  key?: string
  /** SQL of what is counted. */
  amount: string
  /** SQL of what is left out. */
  where?: string
  /** The same of the finest table, which has no levels. */
  whereFine?: string
}

/** Rows (at: seconds since 1970, key, amount) of the range, of whichever table has them. */
export function rowsOf(rollup: Rollup, selection: Selection): string {
  const { level, key = "''", amount, where, whereFine } = selection
  const { fine, name, hasLevels } = rollup
  const and = (condition: string | undefined) =>
    condition === undefined ? '' : ` AND ${condition}`
  const also = and(where)
  const ofLevel = hasLevels ? ` AND level = '${level}'` : ''
  const coarse = (suffix: string, seconds: number) => `
      SELECT toUnixTimestamp(time) AS at, ${key} AS key, ${amount} AS amount
      FROM ${name}_${suffix} FINAL
      WHERE resolution = ${seconds} AND time >= toDateTime(first) AND time < toDateTime(least(after_last, settled))${ofLevel}${also}`
  return `(
      SELECT toUnixTimestamp(${fine.time}) AS at, ${key} AS key, ${amount} AS amount
      FROM ${fine.table}
      WHERE ${fine.time} >= toDateTime(if(resolution < 300, first, greatest(first, settled))) AND ${fine.time} < toDateTime(after_last)${also}${and(whereFine)}
      UNION ALL${coarse('5m', 300)}
      UNION ALL${coarse('1h', 3600)}
    )`
}
