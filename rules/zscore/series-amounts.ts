// Bytes or packets of prefixes, minute by minute, read from the store for zscore rules. All functions throw StoreError.

import type { StoreClient } from '../../schema/client.ts'
import type { Rule } from '../configuration/rule.ts'
import { askStore } from '../store-error.ts'
import { type CountedRule, read } from '../traffic/query.ts'
import { type Series, seriesKey } from '../traffic/series.ts'
import { directionsOf } from '../traffic/traffic.ts'
import {
  type AmountColumn,
  addPacked,
  mostPackedMinutes,
  packedColumns,
  readPacked,
} from './packed-amounts.ts'

export type Target = NonNullable<Rule['zscore_target']>

export interface SeriesQuestion {
  target: Target
  /** zscore rules of this target. */
  rules: readonly CountedRule[]
  /** Minutes, in seconds since 1970; both are included. */
  first: number
  last: number
}

/** Bytes or packets by minute, each minute in the slot that `slotOf` names. */
export type Amounts = Float64Array

/** More than any question is about: 15 h 8 min, and the hour that may have to be caught up with. */
export const slots = mostPackedMinutes
export const slotOf = (minute: number) => (minute / 60) % slots

/** They go into the request's URL. */
const mostIds = 100
/** What was counted and what is read must be of one replica, which may be behind others. */
const oneReplica = { load_balancing: 'in_order' } as const

/** Where the amounts of a prefix and direction are added to. */
export type Shares = ReadonlyMap<string, readonly Amounts[]>

/** Of all prefixes and directions: the column is small, and telling them apart would cost more than to read a minute in vain. */
export function readFlows(
  client: StoreClient,
  first: number,
  last: number,
): Promise<Map<number, string>> {
  return askStore(async () => {
    const result = await client.query({
      query: `SELECT toUnixTimestamp(minute) AS at, toString(sum(flows)) AS counted
    FROM prefix_minutes
    WHERE minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({last:UInt32})
    GROUP BY minute`,
      query_params: { first, last },
      clickhouse_settings: oneReplica,
      format: 'JSONEachRow',
    })
    const rows = await result.json<{ at: number; counted: string }>()
    return new Map(rows.map(({ at, counted }) => [at, counted]))
  })
}

/**
 * A list of dates, so that the primary key finds them. It looks for the hour of each in the time zone of the list, which would be the store's: half an hour
 * beside those of the table in India.
 */
const onlyMinutes = "AND minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))"

/** All minutes of the question, or only these. */
export function addAmounts(
  client: StoreClient,
  question: SeriesQuestion,
  shares: Shares,
  minutes?: readonly number[],
): Promise<void> {
  const column = question.target === 'bits' ? 'bytes' : 'packets'
  return addColumns(client, question, [column], [shares], slotOf(question.first), minutes)
}

/** Adds each column to its shares; the first minute of the question is `firstSlot` of them. */
export async function addColumns(
  client: StoreClient,
  { target, rules, first, last }: SeriesQuestion,
  columns: readonly AmountColumn[],
  shares: readonly Shares[],
  firstSlot: number,
  minutes?: readonly number[],
): Promise<void> {
  const ids = rules.length <= mostIds ? rules.map(({ rule }) => rule.id) : []
  const directions = directionsOf(rules.flatMap(({ series }) => series))
  await askStore(async () => {
    const { stream } = await client.exec({
      query: `SELECT ${packedColumns(columns)}
        FROM prefix_minutes
        WHERE minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({last:UInt32})
          ${minutes === undefined ? '' : onlyMinutes}
          AND direction IN {directions:Array(String)}
          AND prefix IN
          (
            SELECT arrayJoin(JSONExtract(doc, 'counted_prefixes', 'Array(String)'))
            FROM rules FINAL
            WHERE JSONExtractString(doc, 'type') = 'zscore' AND JSONExtractString(doc, 'zscore_target') = {target:String}
              AND (empty({ids:Array(String)}) OR has({ids:Array(String)}, id))
          )
        -- By one column the store groups twice as fast as by two.
        GROUP BY prefix
        FORMAT Native`,
      query_params: { target, ids, directions, minutes: minutes ?? [], first, last },
      clickhouse_settings: oneReplica,
    })
    // Added up here: rows of very many groups would take the store longer than handing them over does.
    await readPacked(stream, columns, (prefix, column, run) => {
      const inwards = shares[column]!.get(seriesKey({ prefix, direction: 'in' })) ?? []
      const outwards = shares[column]!.get(seriesKey({ prefix, direction: 'out' })) ?? []
      for (let share = 0; share < Math.max(inwards.length, outwards.length); share++) {
        const into = { in: inwards[share] ?? unasked, out: outwards[share] ?? unasked }
        addPacked(run, firstSlot, into)
      }
    })
  })
}

/** What nobody has asked for is added to this. */
const unasked: Amounts = new Float64Array(slots)

/** What a sum depends on, whoever's it is: a rule that gets other prefixes has another series. */
export const nameOf = ({ direction, prefixes }: Series) => `${direction} ${prefixes.join(' ')}`

/** Where the amounts of these series, named by `nameOf`, are added up. */
export function sharesOf(
  series: Iterable<[string, Series]>,
  all: ReadonlyMap<string, Amounts>,
): Shares {
  const shares = new Map<string, Amounts[]>()
  for (const [name, { direction, prefixes }] of series) {
    const amounts = all.get(name)!
    for (const prefix of prefixes) {
      const key = seriesKey({ prefix, direction })
      const others = shares.get(key)
      if (others === undefined) shares.set(key, [amounts])
      else others.push(amounts)
    }
  }
  return shares
}

/** Which of the rules have been edited since the question was made, so that what was read may be without some of their prefixes. */
export async function readEdited(
  client: StoreClient,
  { rules }: SeriesQuestion,
): Promise<CountedRule[]> {
  const rows = await read<{ id: string; newest: string }>(
    client,
    `SELECT id, toString(version) AS newest FROM rules FINAL WHERE JSONExtractString(doc, 'type') = 'zscore'`,
  )
  const versions = new Map(rows.map(({ id, newest }) => [id, Number(newest)]))
  return rules.filter(({ rule, version }) => versions.get(rule.id) !== version)
}
