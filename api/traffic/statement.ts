// The statements of questions about traffic. Names of tables and columns are ours; all that a question brings is a parameter.

import { rawCondition, rawExpression, roleCondition } from './columns.ts'
import type { Parameters } from './parameters.ts'
import type { Piece, Plan } from './plan.ts'
import { type Unit, units } from './unit.ts'

export interface Question {
  dimensions: readonly string[]
  unit: Unit
  /** How many rows, the rest is added up. */
  limit: number
  /** For rollups whose rows are of one. */
  direction: 'in' | 'out'
  /** The condition over expressions of fields that `express` gives. */
  condition: (express: (field: string) => string, parameters: Parameters) => string | undefined
  filterFields: ReadonlySet<string>
}

/** So that a question can neither take the store's memory nor hold a Session for long. */
export const questionLimits = `SETTINGS max_execution_time = 25, max_memory_usage = 2000000000, do_not_merge_across_partitions_select_final = 1`
/** Of more keys than these, those seen first are ranked; all others are still added up. */
const rankedKeys = "max_rows_to_group_by = 1000000, group_by_overflow_mode = 'any'"

/** One row for each of the greatest keys, and one with an empty key for all others. */
export function seriesStatement(question: Question, plan: Plan, parameters: Parameters): string {
  const { dimensions, unit } = question
  const { stepSeconds } = plan
  const keys = keysOf(dimensions)
  const step = parameters.add('UInt32', stepSeconds)
  const slotSeconds = Math.min(60, stepSeconds)
  const slot = parameters.add('UInt32', slotSeconds)
  const bucketOf = (time: string) =>
    `toUInt32(intDiv(toUnixTimestamp(${time}), ${step}) * ${step}) AS bucket`
  const pieces = plan.pieces.flatMap((piece) => {
    const { time, sum, peak } = columnsOf(piece, plan, unit)
    // Coarse rows know the greatest of their minutes; of others it is worked out.
    if (peak === undefined) {
      const slot_ = `toUInt32(intDiv(toUnixTimestamp(${time}), ${slot}) * ${slot}) AS slot`
      const columns = [bucketOf(time), slot_, `${sum} AS amount`, 'toFloat64(0) AS minute_peak']
      return [select(question, plan, piece, parameters, [`${foldedKey(keys)} AS key`, ...columns])]
    }
    const of = (key: string, amount: string, minutePeak: string) => [
      `${key} AS key`,
      bucketOf(time),
      'toUInt32(0) AS slot',
      `${amount} AS amount`,
      `${minutePeak} AS minute_peak`,
    ]
    const minutePeak = `toFloat64(${peak}) / 60`
    if (!hasTotals(question, plan)) {
      const columns = of(foldedKey(keys), sum, minutePeak)
      return [select(question, plan, piece, parameters, columns)]
    }
    // All keys but the greatest are what all traffic is more than those: of a large table only a little is read.
    const signed = `toInt256(${sum})`
    return [
      select(question, plan, piece, parameters, of('emptyArrayString()', signed, 'toFloat64(0)'), {
        level: 'total',
      }),
      select(
        question,
        plan,
        piece,
        parameters,
        of(
          `arrayJoin([${keyText(keys)}, emptyArrayString()])`,
          `if(empty(key), -${signed}, ${signed})`,
          `if(empty(key), 0, ${minutePeak})`,
        ),
        { where: `${keyOf(keys)} IN top` },
      ),
    ]
  })
  const ranking =
    keys.length === 0 ? '' : `WITH top AS (${rankStatement(question, plan, parameters)})\n`
  return `${ranking}SELECT key, groupArray(bucket) AS buckets, groupArray(toFloat64(bucket_amount)) AS amounts,
  toString(sum(bucket_amount)) AS total, max(bucket_peak) AS peak
FROM
(
  SELECT key, bucket, greatest(sum(slot_amount), 0) AS bucket_amount, max(if(slot = 0, slot_peak, toFloat64(slot_amount) / ${slot})) AS bucket_peak
  FROM
  (
    SELECT key, bucket, slot, sum(amount) AS slot_amount, max(minute_peak) AS slot_peak
    FROM
    (
      ${pieces.join('\n      UNION ALL\n      ')}
    )
    GROUP BY key, bucket, slot
  )
  GROUP BY key, bucket
)
GROUP BY key
HAVING notEmpty(key) OR sum(bucket_amount) > 0
${questionLimits}`
}

/** Whether the others can be told by rows that hold all traffic. */
function hasTotals({ dimensions, filterFields }: Question, { source }: Plan): boolean {
  return source.rollup?.hasTotals === true && dimensions.length > 0 && filterFields.size === 0
}

/** One row for each step that has flows, of all keys together. */
export function stepsStatement(question: Question, plan: Plan, parameters: Parameters): string {
  const step = parameters.add('UInt32', plan.stepSeconds)
  const pieces = plan.pieces.map((piece) => {
    const { time } = columnsOf(piece, plan, question.unit)
    return select(question, plan, piece, parameters, [
      `toUInt32(intDiv(toUnixTimestamp(${time}), ${step}) * ${step}) AS bucket`,
      ...sumsOfUnits(piece, plan),
    ])
  })
  return `SELECT bucket, ${amountsAsText}
FROM
(
  ${pieces.join('\n  UNION ALL\n  ')}
)
GROUP BY bucket
${questionLimits}`
}

/** One row for each of the greatest keys, and one with an empty key for all others. */
export function topStatement(question: Question, plan: Plan, parameters: Parameters): string {
  const keys = keysOf(question.dimensions)
  const pieces = plan.wholePieces.map((piece) =>
    select(question, plan, piece, parameters, sumsOfUnits(piece, plan)),
  )
  const ranking =
    keys.length === 0 ? '' : `WITH top AS (${rankStatement(question, plan, parameters)})\n`
  return `${ranking}SELECT ${foldedKey(keys)} AS key, ${amountsAsText}
FROM
(
  ${pieces.join('\n  UNION ALL\n  ')}
)
GROUP BY key
${questionLimits}`
}

const amountsAsText =
  'toString(sum(bits_sum)) AS bytes, toString(sum(packets_sum)) AS packets, toString(sum(flows_sum)) AS flows'

/** What `amountsAsText` adds up. */
function sumsOfUnits(piece: Piece, plan: Plan): string[] {
  return units.map((unit) => `${columnsOf(piece, plan, unit).sum} AS ${unit}_sum`)
}

function rankStatement(question: Question, plan: Plan, parameters: Parameters): string {
  const keys = keysOf(question.dimensions)
  const pieces = plan.wholePieces.map((piece) =>
    select(question, plan, piece, parameters, [
      `${columnsOf(piece, plan, question.unit).sum} AS amount`,
    ]),
  )
  return `
  SELECT ${keys.join(', ')}
  FROM
  (
    ${pieces.join('\n    UNION ALL\n    ')}
  )
  GROUP BY ${keys.join(', ')}
  ORDER BY sum(amount) DESC, ${keys.join(', ')}
  LIMIT ${parameters.add('UInt32', question.limit)}
  SETTINGS ${rankedKeys}
`
}

/** What is read of one table: rows of the plan's level, or of another one, which has no keys. */
function select(
  question: Question,
  plan: Plan,
  { table, from, to }: Piece,
  parameters: Parameters,
  columns: readonly string[],
  { level = plan.source.level?.name, where }: { level?: string | undefined; where?: string } = {},
): string {
  const { rollup } = plan.source
  const express = rollup === undefined ? rawExpression : (field: string) => field
  const time = rollup === undefined ? 'time_received' : table.timeColumn
  const fields = [...question.dimensions, ...question.filterFields]
  const selected = [
    ...question.dimensions.map((name, index) => `${express(name)} AS k${index}`),
    ...columns,
  ]
  const conditions = [
    `${time} >= toDateTime(${parameters.add('UInt32', from)}) AND ${time} < toDateTime(${parameters.add('UInt32', to)})`,
    table.isCoarse && level !== undefined ? `level = '${level}'` : undefined,
    rollup?.hasDirection ? `direction = '${question.direction}'` : undefined,
    ...(rollup === undefined ? [rawCondition(fields), roleCondition(fields)] : []),
    question.condition(express, parameters),
    where,
  ].filter((condition) => condition !== undefined)
  return `SELECT ${selected.join(', ')} FROM ${table.name}${table.isCoarse ? ' FINAL' : ''} WHERE ${conditions.join(' AND ')}`
}

function columnsOf({ table }: Piece, { source, hasPeaks }: Plan, unit: Unit) {
  const isRaw = source.rollup === undefined
  const column = unit === 'bits' ? 'bytes' : unit
  const time = isRaw ? 'time_received' : table.timeColumn
  if (isRaw) {
    const sum = unit === 'flows' ? 'toUInt64(1)' : `toUInt128(${column}) * sampling_rate`
    return { time, sum, peak: undefined }
  }
  // The coarse tables keep no peak of flows.
  const peak = unit === 'flows' ? '0' : hasPeaks ? `peak_${column}` : '0'
  return { time, sum: column, peak: table.isCoarse ? peak : undefined }
}

function keysOf(dimensions: readonly string[]): string[] {
  return dimensions.map((_, index) => `k${index}`)
}

/** The key as text when it is one of the greatest. */
function foldedKey(keys: readonly string[]): string {
  if (keys.length === 0) return 'emptyArrayString()'
  return `if(${keyOf(keys)} IN top, ${keyText(keys)}, emptyArrayString())`
}

function keyOf(keys: readonly string[]): string {
  return keys.length === 1 ? keys[0]! : `(${keys.join(', ')})`
}

function keyText(keys: readonly string[]): string {
  return `[${keys.map((each) => `toString(${each})`).join(', ')}]`
}
