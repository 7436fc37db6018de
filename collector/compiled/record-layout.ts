// What a template's records are, for the generator: which field is where, and what is done with it.

import type { TemplateProtocol } from '../decode/speaker.ts'
import type { FieldSpecifier } from '../decode/template.ts'
import { type Action, actions } from './actions.ts'

/** A template of fixed length, as its plan has it. */
export interface RecordLayout {
  /** Whose header tells what uptimes count from; IPFIX has none. */
  readonly protocol: TemplateProtocol
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

/** Source and destination of one family. */
export interface Ends {
  readonly family: 4 | 6
  readonly source: Does<'end'>
  readonly destination: Does<'end'>
}

/** The parts of a record that a writer can be made for. */
export interface CompilableRecord {
  readonly protocol: TemplateProtocol
  readonly recordBytes: number
  readonly ends: Ends
  /** IPv6, in templates that have both families and fill one of them with zeros. */
  readonly otherEnds: Ends | undefined
  readonly start: Does<'time'>
  readonly end: Does<'time'>
  readonly sampler: Does<'sampler'> | undefined
  /** One or two that fill the same field. */
  readonly addresses: readonly (readonly Does<'address'>[])[]
  readonly counts: readonly Does<'count'>[]
  readonly macs: readonly Does<'mac'>[]
  readonly checks: readonly Does<'check'>[]
  /** Integers, in the order in which they are to be looked at. */
  readonly uints: readonly (Does<'fill'> | Does<'vlan'> | Does<'icmp'>)[]
  /** From the top of the stack. */
  readonly labels: readonly Does<'label'>[]
  readonly labelAddresses: readonly Does<'labelAddress'>[]
  readonly application: Does<'application'> | undefined
}

/**
 * Undefined for records that have to be interpreted: with an element that writers do not know, without both ends and both times, or with
 * several elements for what is taken from one.
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
  const [ends, otherEnds] = endsOf(only('end'))
  const [start, end] = timesOf(only('time'))
  const addresses = byField(only('address'))
  const labels = only('label').sort((a, b) => a.action.depth - b.action.depth)
  const [sampler, ...samplers] = only('sampler')
  const [application, ...applications] = only('application')
  const hasOne = samplers.length + applications.length === 0
  const isSimple =
    hasOne &&
    addresses.every((same) => same.length <= 2 && same.every(isAddress)) &&
    new Set(labels.map(({ action }) => action.depth)).size === labels.length
  if (ends === undefined || start === undefined || end === undefined || !isSimple) return undefined
  return {
    protocol: layout.protocol,
    recordBytes: integer(layout.recordBytes),
    ends,
    otherEnds,
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
    labels,
    labelAddresses: only('labelAddress').filter(isAddress),
    application,
  }
}

function byField(parts: readonly Does<'address'>[]): Does<'address'>[][] {
  const fields = new Set(parts.map(({ action }) => action.field))
  return Array.from(fields, (field) => parts.filter(({ action }) => action.field === field))
}

function isAddress({ length }: Part): boolean {
  return length === 4 || length === 16
}

/** Nothing when they are not one source and one destination of each family that there is. */
function endsOf(parts: readonly Does<'end'>[]): Ends[] {
  const found: Ends[] = []
  for (const family of [4, 6] as const) {
    const own = parts.filter(({ action }) => action.family === family)
    if (own.length === 0) continue
    const source = own.find(({ action }) => action.field === 'srcAddr')
    const destination = own.find(({ action }) => action.field === 'dstAddr')
    const haveLength = own.every(({ length }) => length === (family === 4 ? 4 : 16))
    if (!source || !destination || own.length > 2 || !haveLength) return []
    found.push({ family, source, destination })
  }
  return found
}

/** Nothing when they are not one start and one end of the same unit. */
function timesOf(parts: readonly Does<'time'>[]): Does<'time'>[] {
  const start = parts.find(({ action }) => action.of === 'start')
  const end = parts.find(({ action }) => action.of === 'end')
  if (!start || !end || parts.length > 2 || start.action.unit !== end.action.unit) return []
  // Shorter ones say nothing.
  if (start.action.unit === 'ntp' && (start.length !== 8 || end.length !== 8)) return []
  return [start, end]
}

/** @throws RangeError for what may not stand in generated code. */
export function integer(value: number | undefined): number {
  if (value !== undefined && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new RangeError('a template has a length or an offset that is none')
}
