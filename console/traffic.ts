// Traffic as the API tells it (docs/api.md, /traffic).

import { findField } from '../api/traffic/fields.ts'

export const units = ['bits', 'packets', 'flows'] as const
export type Unit = (typeof units)[number]

/** Values are per second, null where nothing is known; the total is in bytes, packets or flows. */
export interface Series {
  key: string[]
  name: (string | null)[]
  values: (number | null)[]
  min: number | null
  avg: number | null
  p95: number | null
  max: number | null
  last: number | null
  total: number
}

export interface Side {
  rows: Series[]
  other: Series | null
  total: Series
}

export interface Timeseries extends Side {
  from: string
  to: string
  step_seconds: number
  unit: Unit
  dimensions: string[]
  source: string
  /** Starts of the steps, seconds since 1970. */
  times: number[]
  reverse: Side | null
  previous: Series | null
  sql: string
}

export interface TopRow {
  key: string[]
  name: (string | null)[]
  bytes: number
  packets: number
  flows: number
  /** Of the total, 0 to 1. */
  share: number
}

type PerUnit<T> = Readonly<Record<Unit, T>>

export interface Amounts {
  /** Of the newest closed minute, per second. */
  now: PerUnit<number | null>
  avg: PerUnit<number | null>
  /** Of the greatest minute. */
  peak: PerUnit<{ value: number; at: string } | null>
  total: { bytes: number; packets: number; flows: number }
}

/** Of 24 hours. */
export interface Summary {
  all: Amounts
  /** Of the prefixes of rules; null without rules. */
  in: Amounts | null
  out: Amounts | null
  top: Readonly<
    Record<'exporter' | 'src_as' | 'dst_as' | 'host' | 'prefix' | 'port' | 'proto', TopRow[]>
  >
}

export const rateUnits = { bits: 'bit/s', packets: 'p/s', flows: 'flows/s' } as const
export const totalUnits = { bits: 'B', packets: 'packets', flows: 'flows' } as const

/** `https (443)`, `198.51.100.7, Netherlands`; the key alone where it has no name. */
export function labelOf(
  { key, name }: Pick<Series, 'key' | 'name'>,
  dimensions: readonly string[],
): string {
  return key
    .map((text, index) => {
      const known = name[index]
      if (known == null || known === '') return text
      return isAddress(dimensions[index]) ? `${text}, ${known}` : `${known} (${text})`
    })
    .join(' → ')
}

/** Of which the name says where it is, and not what it is. */
export function isAddress(dimension: string | undefined): boolean {
  return findField(dimension ?? '')?.type === 'address'
}
