// Some minutes of very many series: when a whole network is crossed at once, in as little memory as they need.

import type { StoreClient } from '../../schema/client.ts'
import type { TrafficAt } from '../traffic/minute-traffic.ts'
import type { Series } from '../traffic/series.ts'
import type { AmountColumn } from './packed-amounts.ts'
import {
  type Amounts,
  addColumns,
  nameOf,
  type SeriesQuestion,
  sharesOf,
  slots,
} from './series-amounts.ts'

/** Room for so many minutes of these series, column by column. */
export function createColumns(
  series: readonly Series[],
  columns: readonly AmountColumn[],
  minutes: number,
) {
  if (minutes > slots) throw new RangeError('these are more minutes than can be read at once')
  const named = new Map(series.map((one) => [nameOf(one), one]))
  const sums = columns.map(
    () => new Map([...named.keys()].map((name) => [name, new Float64Array(minutes)])),
  )
  const shares = sums.map((ofColumn) => sharesOf(named, ofColumn))
  return {
    /** Of each column the sum of every minute of what was read last, the first one first. */
    of: (one: Series): readonly Amounts[] => {
      const name = nameOf(one)
      return sums.map((ofColumn) => ofColumn.get(name)!)
    },
    /** In place of what was read before. The series are those of the question's rules. @throws StoreError */
    async read(client: StoreClient, question: SeriesQuestion): Promise<void> {
      for (const ofColumn of sums) for (const amounts of ofColumn.values()) amounts.fill(0)
      await addColumns(client, question, columns, shares, 0)
    },
  }
}

export const trafficColumns = ['bytes', 'packets', 'flows', 'samples'] as const

/** Minutes of `trafficColumns`, the first of them being `first`. */
export function trafficOf(amounts: readonly Amounts[], first: number): TrafficAt {
  const [bytes, packets, flows, samples] = amounts as readonly [Amounts, Amounts, Amounts, Amounts]
  return {
    get(minute) {
      const place = (minute - first) / 60
      // Every row has a flow.
      if (!(flows[place]! > 0)) return undefined
      return {
        bytes: BigInt(bytes[place]!),
        packets: BigInt(packets[place]!),
        flows: BigInt(flows[place]!),
        samples: BigInt(samples[place]!),
      }
    },
  }
}
