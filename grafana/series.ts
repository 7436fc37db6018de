// SQL of what panels show: rates over time, those of the greatest keys, totals. A rate is a bucket's sum divided by its seconds.

import type { Name } from './names.ts'
import { bounds, type Rollup, rowsOf, type Selection } from './rollups.ts'

/** What traffic is counted in. */
export interface Unit {
  /** Column of the rollups. */
  metric: 'bytes' | 'packets'
  /** To what a second's amount is multiplied. */
  factor: number
  /** Grafana's names of units. */
  rate: string
  total: string
}

export const bits: Unit = { metric: 'bytes', factor: 8, rate: 'bps', total: 'decbytes' }
export const packets: Unit = { metric: 'packets', factor: 1, rate: 'pps', total: 'short' }

/** Where rows come from: their bounds, and the rows (at, key, amount); what a key is called. */
export interface Rows {
  bounds: string
  rows: string
  name: Name
}

/** What is told apart in a rollup. */
export type Kind = Omit<Selection, 'amount'> & { name?: Name }

export function rollupRows(rollup: Rollup, unit: Unit, { name = asItIs, ...kind }: Kind): Rows {
  return {
    bounds: bounds(rollup),
    rows: rowsOf(rollup, { ...kind, amount: unit.metric }),
    name,
  }
}

const asItIs: Name = (text) => text

export interface Choice {
  /** Value of the dashboard's variable. */
  value: string
  rollup: Rollup
  kind: Kind
}

/**
 * Rows of one of several selections, all taken as minutes, 7 days old at most: SQL that the variable `variable` holds. `query` is that variable's own, which
 * answers with the rows that the variable `choice` names. One text with all of them would cost a third of a second to analyse, whatever it reads.
 */
export function chosenRows(
  choice: string,
  variable: string,
  unit: Unit,
  choices: readonly Choice[],
): { rows: Rows; query: string } {
  const [shortest] = [...choices].sort((a, b) => a.rollup.fine.days - b.rollup.fine.days)
  if (shortest === undefined) throw new Error('there is nothing to choose from')
  const values = choices.map(({ value }) => quote(value))
  const rows = choices.map(({ rollup, kind }) => quote(rollupRows(rollup, unit, kind).rows))
  return {
    rows: {
      bounds: bounds(shortest.rollup, 60),
      rows: `$${variable}`,
      name: chosenName(
        choice,
        choices.map(({ value, kind }) => ({ value, name: kind.name })),
      ),
    },
    query: `SELECT transform('$${choice}', [${values.join(', ')}], [${rows.join(', ')}], '')\n${settings}`,
  }
}

/** By the value of a variable. Keys without a name stay as they are. */
export function chosenName(
  choice: string,
  choices: readonly { value: string; name?: Name | undefined }[],
): Name {
  return (text) => {
    const named = choices.flatMap(({ value, name }) =>
      name === undefined ? [] : [`'$${choice}' = ${quote(value)}, ${name(text)}`],
    )
    return `multiIf(${named.join(', ')}, ${text})`
  }
}

/** Text as SQL. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** The newest hour of the range at most: every flow is read, so that every column can be told apart. */
const rawSeconds = 3_600

/**
 * Flows themselves, which ad-hoc filters apply to. `key` is SQL of their columns. Those of core routers, which the edge has exported as well, only when the variable
 * `exported` says so.
 */
export function rawRows(unit: Unit, key: string, name = asItIs): Rows {
  return {
    name,
    bounds: `
    toUnixTimestamp($__toTime) AS range_to,
    greatest(toUnixTimestamp($__fromTime), range_to - ${rawSeconds}) AS range_from,
    toUnixTimestamp(now()) AS present,
    toUInt32(ceil($__interval_s / 10) * 10) AS step,
    toUInt32(intDiv(range_from, step) * step) AS first,
    toUInt32(least(intDiv(range_to, step) * step + step, intDiv(present - 15, step) * step)) AS after_last`,
    rows: `(
      SELECT toUnixTimestamp(time_received) AS at, ${key} AS key, toUInt128(${unit.metric}) * sampling_rate AS amount
      FROM raw
      WHERE time_received >= toDateTime(first) AND time_received < toDateTime(after_last) AND (router_role = 'edge' OR '$exported' = 'everywhere')
    )`,
  }
}

/** The plugin puts the ad-hoc filters here, and nowhere else: without this it would add them to tables that lack their columns. */
const settings = "SETTINGS $__adHocFilters('raw')"

const time = "toDateTime(bucket, 'UTC') AS time"

/** One series. A bucket without any flow is absent: nobody can tell silence from a collector that was not there. */
export function rate({ bounds, rows }: Rows, unit: Unit, name: string): string {
  return `WITH${bounds}
SELECT ${time}, toFloat64(sum(amount)) * ${unit.factor} / step AS "${name}"
FROM (SELECT intDiv(at, step) * step AS bucket, amount FROM ${rows})
GROUP BY bucket
ORDER BY bucket
${settings}`
}

/** A series for each of the `limit` greatest keys of the range and one for the others; 0 where others had traffic and this one none. */
export function topRates({ bounds, rows, name }: Rows, unit: Unit, limit: number): string {
  return `WITH${bounds},
  (SELECT groupArray(key) FROM (SELECT key FROM ${rows} GROUP BY key ORDER BY sum(amount) DESC, key LIMIT ${limit + 1})) AS ranked,
  arraySlice(ranked, 1, ${limit}) AS top,
  toString(top[place]) AS text
SELECT ${time}, if(place = 0, 'others', ${name('text')}) AS series, sums[place] * ${unit.factor} / step AS value
FROM
(
  SELECT bucket, sumMap(map(of_place, place_amount)) AS sums
  FROM
  (
    SELECT intDiv(at, step) * step AS bucket, indexOf(top, key) AS of_place, toFloat64(sum(amount)) AS place_amount
    FROM ${rows}
    GROUP BY bucket, of_place
  )
  GROUP BY bucket
)
ARRAY JOIN if(length(ranked) > ${limit}, range(toUInt64(0), length(top) + 1), range(toUInt64(1), length(top) + 1)) AS place
ORDER BY bucket, series
${settings}`
}

/** The greatest keys with their totals and mean rates. */
export function topTotals({ bounds, rows, name }: Rows, unit: Unit, title: string, limit: number) {
  return `WITH${bounds},
  toString(key) AS text
SELECT
  ${name('text')} AS "${title}",
  toFloat64(sum(amount)) AS "Total",
  "Total" * ${unit.factor} / (after_last - first) AS "Mean rate",
  toFloat64(sum(amount)) / sum(toFloat64(sum(amount))) OVER () AS "Share"
FROM ${rows}
GROUP BY key
ORDER BY "Total" DESC, key
LIMIT ${limit}
${settings}`
}

/** One row: total, and of the buckets' rates mean, 95th percentile, greatest and newest. */
export function summary({ bounds, rows }: Rows, unit: Unit): string {
  return `WITH${bounds}
SELECT
  avg(rate) AS "Mean",
  quantileExact(0.95)(rate) AS "95 %",
  max(rate) AS "Max",
  argMax(rate, bucket) AS "Last",
  sum(total) AS "Total"
FROM
(
  SELECT intDiv(at, step) * step AS bucket, toFloat64(sum(amount)) AS total, total * ${unit.factor} / step AS rate
  FROM ${rows}
  GROUP BY bucket
)
${settings}`
}
