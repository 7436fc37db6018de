// Limits that a rule could have, by what its prefixes had so far.

import { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { minuteText } from '../time.ts'
import { toThousandth } from '../to-thousandth.ts'
import { knownMinutes } from '../traffic/minutes.ts'
import { type CountedRule, readCollectorRuns } from '../traffic/query.ts'
import { type GreatestMinutes, readGreatestMinutes } from '../traffic/traffic.ts'

const metricSchema = z.object({
  /** Greatest one-minute average, per second, and the minute that had it. */
  max: z.number(),
  max_at: z.string().nullable(),
  /** 99.9 % of the known minutes had no more: what is left when a few minutes of attacks are put aside. */
  p999: z.number(),
  /** Twice these; null for none, since a limit is at least 1. */
  twice_max: z.number().nullable(),
  twice_p999: z.number().nullable(),
})

export const suggestionSchema = z.object({
  /** First and last minute that were looked at. RFC 3339, UTC. */
  from: z.string(),
  to: z.string(),
  /** Of these minutes, how many are known: what everything here rests on. */
  minutes: z.number(),
  known_minutes: z.number(),
  /** By direction; with scope per_prefix the greatest of all prefixes. */
  directions: z.array(
    z.object({
      direction: z.enum(['in', 'out']),
      bandwidth: metricSchema,
      packets: metricSchema,
      flows: metricSchema,
    }),
  ),
  /** Twice the greatest minute of any direction, ready to be sent as a change of the rule; null where nothing was seen. */
  suggested: z.object({
    bandwidth_threshold: z.number().nullable(),
    packet_threshold: z.number().nullable(),
    flow_threshold: z.number().nullable(),
  }),
})

export type Suggestion = z.infer<typeof suggestionSchema>

/** By the minutes from `first` to `last`. @throws StoreError */
export async function suggest(
  client: StoreClient,
  counted: CountedRule,
  first: number,
  last: number,
): Promise<Suggestion> {
  const [runs, rows] = await Promise.all([
    readCollectorRuns(client, first * 1000),
    readGreatestMinutes(client, counted, first, last),
  ])
  const isStored = knownMinutes(runs, first, last)
  const countedFrom = Math.max(...counted.series.map((series) => series.countedFrom))
  const known: number[] = []
  const minutes = (last - first) / 60 + 1
  for (let index = 0; index < minutes; index++) {
    const minute = first + 60 * index
    if (minute >= countedFrom && isStored(minute)) known.push(index)
  }
  const directions = [...new Set(counted.series.map(({ direction }) => direction))].map(
    (direction) => {
      const row = rows.find((one) => one.direction === direction)
      const of = (amounts: number[] | undefined, perSecond: number) =>
        describe(row, amounts, perSecond, known, first)
      return {
        direction,
        bandwidth: of(row?.bytes, 8 / 60),
        packets: of(row?.packets, 1 / 60),
        flows: of(row?.flows, 1 / 60),
      }
    },
  )
  const greatest = (metric: 'bandwidth' | 'packets' | 'flows') =>
    twice(Math.max(...directions.map((direction) => direction[metric].max)))
  return {
    from: minuteText(first),
    to: minuteText(last),
    minutes,
    known_minutes: known.length,
    directions,
    suggested: {
      bandwidth_threshold: greatest('bandwidth'),
      packet_threshold: greatest('packets'),
      flow_threshold: greatest('flows'),
    },
  }
}

function describe(
  row: GreatestMinutes | undefined,
  amounts: readonly number[] | undefined,
  perSecond: number,
  known: readonly number[],
  first: number,
): z.infer<typeof metricSchema> {
  const byOffset = new Map(row?.offsets.map((offset, index) => [offset, amounts?.[index] ?? 0]))
  let max = 0
  let maxAt: number | undefined
  const values = Float64Array.from(known, (offset) => {
    const value = (byOffset.get(offset) ?? 0) * perSecond
    if (value > max) {
      max = value
      maxAt = first + 60 * offset
    }
    return value
  }).sort()
  // The least value that 99.9 % are no greater than.
  const p999 = values[Math.ceil((values.length * 999) / 1000) - 1] ?? 0
  return {
    max: toThousandth(max),
    max_at: maxAt === undefined ? null : minuteText(maxAt),
    p999: toThousandth(p999),
    twice_max: twice(max),
    twice_p999: twice(p999),
  }
}

/** As a limit: whole, and no greater than one may be. */
function twice(value: number): number | null {
  return value === 0 ? null : Math.min(Math.ceil(2 * value), Number.MAX_SAFE_INTEGER)
}
