// What a template's records are, for the generator: which field is where, and what is done with it.

import type { FieldSpecifier } from '../decode/template.ts'
import { type Action, actions } from './actions.ts'

/** A template of fixed length, as its plan has it. */
export interface RecordLayout {
  readonly fields: readonly FieldSpecifier[]
  /** Of each field in the record. */
  readonly offsets: ArrayLike<number>
  /** The fields that matter, by index, in the order in which they are to be looked at. */
  readonly order: readonly number[]
  readonly recordBytes: number
}

/** A field that matters, and where it is in a record. */
export interface Part<A extends Action = Action> {
  readonly action: A
  readonly at: number
  readonly length: number
}

type Does<D extends Action['does']> = Part<Extract<Action, { does: D }>>

/** The parts of a record that a writer can be made for. */
export interface CompilableRecord {
  readonly recordBytes: number
  readonly family: 4 | 6
  readonly source: Does<'end'>
  readonly destination: Does<'end'>
  readonly start: Does<'time'>
  readonly end: Does<'time'>
  readonly sampler: Does<'sampler'> | undefined
  readonly addresses: readonly Does<'address'>[]
  readonly counts: readonly Does<'count'>[]
  readonly macs: readonly Does<'mac'>[]
  readonly checks: readonly Does<'check'>[]
  /** Integers, in the order in which they are to be looked at. */
  readonly uints: readonly (Does<'fill'> | Does<'vlan'> | Does<'icmp'>)[]
}

/**
 * Undefined for records that have to be interpreted: with an element that writers do not know, without both ends and both times, or with
 * several elements for one of them.
 */
export function recordOf(layout: RecordLayout): CompilableRecord | undefined {
  const parts: Part[] = []
  for (const index of layout.order) {
    const { id, enterprise, length } = layout.fields[index]!
    const action = enterprise === undefined ? actions[id] : undefined
    if (action === undefined) return undefined
    parts.push({ action, at: integer(layout.offsets[index]), length: integer(length) })
  }
  const only = <D extends Action['does']>(does: D) =>
    parts.filter((part): part is Does<D> => part.action.does === does)
  const ends = only('end')
  const times = only('time')
  const [source, ...sources] = ends.filter(({ action }) => action.field === 'srcAddr')
  const [destination, ...destinations] = ends.filter(({ action }) => action.field === 'dstAddr')
  const [start, ...starts] = times.filter(({ action }) => action.of === 'start')
  const [end, ...laterEnds] = times.filter(({ action }) => action.of === 'end')
  const [sampler, ...samplers] = only('sampler')
  const addresses = only('address')
  if (!source || !destination || !start || !end) return undefined
  if (sources.length + destinations.length + starts.length + laterEnds.length + samplers.length > 0)
    return undefined
  const { family } = source.action
  const isOneKind = destination.action.family === family && start.action.unit === end.action.unit
  const haveLength =
    ends.every(({ length }) => length === (family === 4 ? 4 : 16)) &&
    addresses.every(({ length }) => length === 4 || length === 16)
  const isOneEach = new Set(addresses.map(({ action }) => action.field)).size === addresses.length
  if (!isOneKind || !haveLength || !isOneEach) return undefined
  return {
    recordBytes: integer(layout.recordBytes),
    family,
    source,
    destination,
    start,
    end,
    sampler,
    addresses,
    counts: only('count'),
    macs: only('mac').filter(({ length }) => length === 6),
    checks: only('check'),
    uints: parts.filter(
      (part): part is Does<'fill'> | Does<'vlan'> | Does<'icmp'> =>
        part.action.does === 'fill' || part.action.does === 'vlan' || part.action.does === 'icmp',
    ),
  }
}

/** @throws RangeError for what may not stand in generated code. */
export function integer(value: number | undefined): number {
  if (value !== undefined && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new RangeError('a template has a length or an offset that is none')
}
