// Stored flows, newest first, page by page. All functions that ask throw StoreError and Unanswerable.

import type { StoreClient } from '../../schema/client.ts'
import { readTraffic } from './ask.ts'
import { rawCondition, rawExpression } from './columns.ts'
import { type Flow, type FlowCell, flowExpressions, flowOfRow } from './flow-columns.ts'
import { createParameters, type Parameters } from './parameters.ts'
import { mostRawHours, Unanswerable } from './plan.ts'
import { type Question, questionLimits } from './statement.ts'

export type FlowFilter = Pick<Question, 'condition' | 'filterFields'>

/**
 * Where a page ended. Flows have no number of their own: within a second they are in the order of a hash over all columns, and of equal flows,
 * which nobody can tell apart, it is known how many were told.
 */
export interface Position {
  /** Seconds since 1970. */
  time: number
  /** Decimal. */
  hash: string
  /** With this time and hash. */
  told: number
}

export interface FlowRange {
  /** Seconds since 1970. */
  from: number
  /** Exclusive. */
  to: number
}

export interface FlowPage {
  flows: Flow[]
  /** Undefined at the end. */
  next: Position | undefined
}

/** How far back to look for enough flows, in seconds, one after the other: the newest are asked for most. */
const windows = [300, 3600]

/** @param after the end of the page before; flows that were stored since then are told where they are older. */
export async function readFlows(
  store: StoreClient,
  filter: FlowFilter,
  { from, to }: FlowRange,
  limit: number,
  after: Position | undefined,
): Promise<FlowPage> {
  const hours = (to - from) / 3600
  if (hours > mostRawHours) {
    throw new Unanswerable(
      `flows are read for at most ${mostRawHours} hours at once, and this is ${Math.ceil(hours)} hours`,
    )
  }
  // Some of the second in which the page before ended are told already: enough older ones are looked for.
  const older = { from, to: after?.time ?? to }
  const first = (await findStart(store, filter, older, limit + 1)) ?? after?.time
  if (first === undefined) return { flows: [], next: undefined }
  const end = after === undefined ? to : after.time + 1
  const rows = await readRows(store, filter, { from: first, to: end }, limit + 1, after)
  const page = rows.slice(0, limit)
  return {
    flows: page.map(({ cells }) => flowOfRow(cells)),
    next: rows.length > limit ? positionAfter(page, after) : undefined,
  }
}

/** The second back to which there are as many flows as wanted; of a second, all are counted. Only times and what the filter tests are read. */
async function findStart(
  store: StoreClient,
  filter: FlowFilter,
  { from, to }: FlowRange,
  wanted: number,
): Promise<number | undefined> {
  let oldest: number | undefined
  let counted = 0
  let until = to
  for (const seconds of [...windows, Infinity]) {
    const since = Math.max(from, to - seconds)
    if (since >= until) continue
    const parameters = createParameters()
    const conditions = conditionsOf(filter, { from: since, to: until }, parameters)
    const rows = await readTraffic<{ second: number; flows: string }>(
      store,
      `SELECT toUnixTimestamp(time_received) AS second, toString(count()) AS flows FROM raw WHERE ${conditions}
      GROUP BY time_received ORDER BY time_received DESC LIMIT ${parameters.add('UInt32', wanted)} ${questionLimits}`,
      parameters.values,
    )
    for (const { second, flows } of rows) {
      oldest = second
      counted += Number(flows)
      if (counted >= wanted) return oldest
    }
    until = since
  }
  return oldest
}

interface HashedRow {
  second: number
  hash: string
  cells: FlowCell[]
}

function readRows(
  store: StoreClient,
  filter: FlowFilter,
  range: FlowRange,
  limit: number,
  after: Position | undefined,
): Promise<HashedRow[]> {
  const parameters = createParameters()
  const conditions = [conditionsOf(filter, range, parameters)]
  if (after !== undefined) {
    const time = `toDateTime(${parameters.add('UInt32', after.time)})`
    const hash = parameters.add('UInt64', after.hash)
    conditions.push(`(time_received < ${time} OR row_hash <= ${hash})`)
  }
  return readTraffic<HashedRow>(
    store,
    `WITH sipHash64(*) AS row_hash
    SELECT toUnixTimestamp(time_received) AS second, toString(row_hash) AS hash, tuple(${flowExpressions.join(', ')}) AS cells
    FROM raw
    WHERE ${conditions.join(' AND ')}
    ORDER BY time_received DESC, row_hash DESC
    LIMIT ${parameters.add('UInt32', limit)} OFFSET ${parameters.add('UInt32', after?.told ?? 0)}
    ${questionLimits}`,
    parameters.values,
  )
}

function conditionsOf(
  { condition, filterFields }: FlowFilter,
  { from, to }: FlowRange,
  parameters: Parameters,
): string {
  return [
    `time_received >= toDateTime(${parameters.add('UInt32', from)}) AND time_received < toDateTime(${parameters.add('UInt32', to)})`,
    rawCondition(filterFields),
    condition(rawExpression, parameters),
  ]
    .filter((each) => each !== undefined)
    .join(' AND ')
}

function positionAfter(page: readonly HashedRow[], before: Position | undefined): Position {
  const { second: time, hash } = page.at(-1)!
  const told = page.filter((row) => row.second === time && row.hash === hash).length
  const toldBefore = before?.time === time && before.hash === hash ? before.told : 0
  return { time, hash, told: told + toldBefore }
}
