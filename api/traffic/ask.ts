// Questions about traffic, asked of the store. All functions throw StoreError and Unanswerable.

import { askStore } from '../../rules/store-error.ts'
import { readCollectorRuns } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import { reversed } from './fields.ts'
import { keyText } from './key.ts'
import { createParameters, readableSql } from './parameters.ts'
import { type Plan, Unanswerable } from './plan.ts'
import { type Question, seriesStatement, topStatement } from './statement.ts'
import { type SeriesRow, type Timeseries, timeseriesOf } from './timeseries.ts'
import type { Unit } from './unit.ts'

export interface SeriesAnswer {
  series: Timeseries
  sql: string
}

export async function askSeries(
  store: StoreClient,
  question: Question,
  plan: Plan,
): Promise<SeriesAnswer> {
  const parameters = createParameters()
  const sql = seriesStatement(question, plan, parameters)
  const [rows, runs] = await Promise.all([
    readTraffic<SeriesRow>(store, sql, parameters.values),
    // A run that ended before the first step covers none of it.
    readCollectorRuns(store, plan.from * 1000),
  ])
  const series = timeseriesOf(rows, runs, question.dimensions, plan, question.unit)
  return { series, sql: readableSql(sql, parameters) }
}

export interface TopRow {
  key: string[]
  bytes: bigint
  packets: bigint
  flows: bigint
  /** Of the total, in the unit that is asked for; 0 to 1. */
  share: number
}

export interface TopAnswer {
  rows: TopRow[]
  /** Null when there are no others. */
  other: TopRow | null
  total: TopRow
  sql: string
}

export async function askTop(
  store: StoreClient,
  question: Question,
  plan: Plan,
): Promise<TopAnswer> {
  const parameters = createParameters()
  const sql = topStatement(question, plan, parameters)
  const stored = await readTraffic<{
    key: string[]
    bytes: string
    packets: string
    flows: string
  }>(store, sql, parameters.values)
  const counted = stored.map(({ key, bytes, packets, flows }) => ({
    key: key.map((text, index) => keyText(question.dimensions[index]!, text)),
    bytes: BigInt(bytes),
    packets: BigInt(packets),
    flows: BigInt(flows),
  }))
  const sum = (unit: 'bytes' | 'packets' | 'flows') =>
    counted.reduce((total, row) => total + row[unit], 0n)
  const measure = measureOf(question.unit)
  const all = sum(measure)
  const share = (part: bigint) => (all === 0n ? 0 : Number(part) / Number(all))
  const rows = counted
    .map((row) => ({ ...row, share: share(row[measure]) }))
    .sort((a, b) => (a[measure] === b[measure] ? 0 : a[measure] < b[measure] ? 1 : -1))
  return {
    rows: rows.filter(({ key }) => key.length > 0),
    other:
      question.dimensions.length === 0 ? null : (rows.find(({ key }) => key.length === 0) ?? null),
    total: {
      key: [],
      bytes: sum('bytes'),
      packets: sum('packets'),
      flows: sum('flows'),
      share: all === 0n ? 0 : 1,
    },
    sql: readableSql(sql, parameters),
  }
}

/** The same question of the other direction. */
export function reverseQuestion(question: Question): Question {
  return {
    ...question,
    dimensions: question.dimensions.map(reversed),
    filterFields: new Set([...question.filterFields].map(reversed)),
    direction: question.direction === 'in' ? 'out' : 'in',
    condition: (express, parameters) =>
      question.condition((field) => express(reversed(field)), parameters),
  }
}

function measureOf(unit: Unit): 'bytes' | 'packets' | 'flows' {
  return unit === 'bits' ? 'bytes' : unit
}

/** What the engine says when a question is too large for it. */
const tooLarge: Readonly<Record<string, string>> = {
  '159': 'it takes longer than 25 s',
  '160': 'it would take longer than 25 s',
  '241': 'it takes more memory than one question may',
}

/** @throws StoreError, and Unanswerable when it is too much for one question */
export function readTraffic<Row>(
  store: StoreClient,
  query: string,
  parameters: Record<string, unknown>,
): Promise<Row[]> {
  return askStore(async () => {
    const result = await store.query({ query, query_params: parameters, format: 'JSONEachRow' })
    return result.json<Row>()
  }).catch((error: unknown) => {
    const reason = tooLarge[codeOfStore(error)]
    if (reason === undefined) throw error
    throw new Unanswerable(
      `${reason}: ask for a shorter time, for fewer dimensions or for less by a filter`,
    )
  })
}

/** The code of ClickHouse's error behind a StoreError. */
function codeOfStore(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
