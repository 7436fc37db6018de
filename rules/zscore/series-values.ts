// The minutes that zscore rules are judged by: very many, of which all but the newest were there when they were judged last. A process that judges again
// and again keeps them, and reads anew only minutes that the store has since come to know more of.
//
// Flows are counted and rows are only ever added, by the view and by the back-fill alike, each with one flow at least. So the flows of a minute, of all
// prefixes together, grow with whatever is added to it: what was read when they were as many is what would be read now.

import type { StoreClient } from '../../schema/client.ts'
import { createMutex } from '../mutex.ts'
import type { CountedRule } from '../traffic/query.ts'
import type { Series } from '../traffic/series.ts'
import {
  type Amounts,
  addAmounts,
  nameOf,
  readEdited,
  readFlows,
  type SeriesQuestion,
  sharesOf,
  slotOf,
  slots,
  type Target,
} from './series-amounts.ts'

/**
 * Is told bits or packets per second in every minute of the question, 0 for a minute without flows. They are lent for this call, in which they
 * may be changed.
 */
export type TakeSeries = (counted: CountedRule, series: Series, values: Float64Array) => void

/** Calls `take` for every series of the rules, in their order, after all has been read. Questions wait for one another. @throws StoreError */
export type ReadSeries = (question: SeriesQuestion, take: TakeSeries) => Promise<void>

export const mostKeptBytes = 128 * 2 ** 20

/** They are told one by one, in the request's URL. */
const mostChanged = 256

interface Kept {
  /** Minutes outside of these are not kept. */
  first: number
  last: number
  /** By `nameOf`. */
  series: Map<string, Amounts>
  /** Of each minute that has any, as of when it was read or before; as text, since they have 64 bits. */
  flows: Map<number, string>
}

/** `mostBytes` is what all minutes kept by this reader may take together; of a target for which they do not suffice nothing is kept. */
export function createSeriesReader(client: StoreClient, mostBytes = mostKeptBytes): ReadSeries {
  const kept: Record<Target, Kept> = { bits: nothing(), packets: nothing() }
  const inTurn = createMutex()

  const bring = async (question: SeriesQuestion): Promise<ReadonlyMap<string, Amounts>> => {
    const { target, rules, first, last } = question
    const wanted = new Map(
      rules.flatMap(({ series }) => series.map((one) => [nameOf(one), one] as const)),
    )
    const before = kept[target]
    // What fails on the way leaves nothing behind that is not whole.
    kept[target] = nothing()
    const others = sizeOf(kept.bits.series) + sizeOf(kept.packets.series)
    if (others + sizeOf(wanted) > mostBytes) return readWhole(client, question, wanted)

    // Asked for before the minutes are: what is added in between may be read already, and is read again.
    const flows = await readFlows(client, first, last)
    const changed = changedSince(before, question, flows)
    const present = changed.length > mostChanged ? nothing().series : before.series
    const known = [...wanted].filter(([name]) => present.has(name))
    const unknown = [...wanted].filter(([name]) => !present.has(name))
    const series = new Map(known.map(([name]) => [name, present.get(name)!]))
    for (const amounts of series.values()) {
      for (const minute of changed) amounts[slotOf(minute)] = 0
    }
    const minutes = changed.filter((minute) => flows.has(minute))
    if (known.length > 0 && minutes.length > 0) {
      await addAmounts(client, question, sharesOf(known, series), minutes)
    }
    if (unknown.length > 0) {
      const isUnknown = ({ series: all }: CountedRule) =>
        all.some((one) => !present.has(nameOf(one)))
      const ofUnknown = { ...question, rules: rules.filter(isUnknown) }
      const fresh = await readWhole(client, ofUnknown, new Map(unknown))
      for (const [name, amounts] of fresh) series.set(name, amounts)
    }
    const whole = new Map(series)
    for (const edited of await readEdited(client, question)) {
      for (const one of edited.series) whole.delete(nameOf(one))
    }
    kept[target] = { first, last, series: whole, flows }
    return series
  }

  return (question, take) =>
    inTurn(async () => {
      const { target, rules, first, last } = question
      if ((last - first) / 60 >= slots)
        throw new RangeError('these are more minutes than a zscore rule goes back to')
      const all = await bring(question)
      const perSecond = (target === 'bits' ? 8 : 1) / 60
      const values = new Float64Array((last - first) / 60 + 1)
      for (const counted of rules) {
        for (const series of counted.series) {
          const amounts = all.get(nameOf(series))!
          for (let index = 0; index < values.length; index++) {
            values[index] = amounts[slotOf(first + 60 * index)]! * perSecond
          }
          take(counted, series, values)
        }
      }
    })
}

const nothing = (): Kept => ({
  first: Infinity,
  last: -Infinity,
  series: new Map(),
  flows: new Map(),
})

function sizeOf(series: ReadonlyMap<string, unknown>): number {
  let bytes = 0
  for (const name of series.keys()) bytes += name.length + slots * Float64Array.BYTES_PER_ELEMENT
  return bytes
}

/** The minutes of the question that are not kept as they are now. */
function changedSince(
  kept: Kept,
  { first, last }: SeriesQuestion,
  flows: ReadonlyMap<number, string>,
): number[] {
  const changed: number[] = []
  for (let minute = first; minute <= last; minute += 60) {
    const isKept = minute >= kept.first && minute <= kept.last
    if (!isKept || flows.get(minute) !== kept.flows.get(minute)) changed.push(minute)
  }
  return changed
}

async function readWhole(
  client: StoreClient,
  question: SeriesQuestion,
  wanted: ReadonlyMap<string, Series>,
): Promise<Map<string, Amounts>> {
  const series = new Map([...wanted.keys()].map((name) => [name, new Float64Array(slots)]))
  await addAmounts(client, question, sharesOf(wanted, series))
  return series
}
