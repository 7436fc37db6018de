// Keys of rows as people read and write them.

import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import { findField } from './fields.ts'

/** What the store tells as text, in the form that a filter takes. */
export function keyText(dimension: string, stored: string): string {
  const type = findField(dimension)?.type
  if (type !== 'address' && type !== 'exporter') return stored
  const bytes = parseAddress(stored)
  if (bytes === undefined) return stored
  // The store's way to say that there is none.
  if (bytes.length === 16 && bytes.every((byte) => byte === 0)) return '::'
  const text = formatAddress(bytes)
  if (!dimension.endsWith('_net')) return text
  return `${text}/${bytes.length === 4 ? 24 : 48}`
}
