// A template, made ready for reading its records: which bytes go where. A record is then one loop.

import { readUint, readUint16 } from './bytes.ts'
import type { DataRecord } from './data-record.ts'
import { type Element, elements, netflow9Elements, netflow9Scopes } from './element.ts'
import { enterpriseElement } from './enterprise-elements.ts'
import { optionsElements } from './options-elements.ts'
import type { Plan, Step } from './record-plan.ts'
import { type FoundElement, findReverse } from './reverse.ts'
import { type FieldSpecifier, type Template, variableLength } from './template.ts'

export function compile(template: Template): Plan {
  const fields = template.fields()
  const offsets = new Uint16Array(fields.length)
  const lengths = Uint16Array.from(fields, (field) => field.length)
  const isVariable = lengths.includes(variableLength)
  let offset = 0
  for (let i = 0; i < fields.length && !isVariable; i++) {
    offsets[i] = offset
    offset += lengths[i]!
  }
  const found = fields.flatMap((specifier, field): FoundElement[] => {
    const element = elementOf(template, specifier, field)
    return element === undefined ? [] : [{ element, rank: element.rank, field }]
  })
  const steps = toSteps(found, fields)
  const reverse = findReverse(fields, (id) => ianaElement(template, id))
  return {
    isOptions: template.isOptions,
    steps,
    samplerSteps: steps.filter(({ field }) => isOf(samplers, fields[field]!)),
    reverseSteps: reverse.length > 0 ? toSteps(reverse, fields) : undefined,
    hasSamplingInterval: fields.some((field) => isOf(samplingIntervals, field)),
    minBytes: template.minRecordBytes,
    offsets,
    lengths,
    variable: isVariable ? lengths.slice() : undefined,
    layout: undefined,
  }
}

const samplingIntervals = [34, 50]
const samplers = [48, 302, ...samplingIntervals]

function isOf(ids: readonly number[], { id, enterprise }: FieldSpecifier): boolean {
  return enterprise === undefined && ids.includes(id)
}

function elementOf(
  template: Template,
  { id, enterprise }: FieldSpecifier,
  field: number,
): Element | undefined {
  if (enterprise !== undefined) return enterpriseElement(enterprise, id)
  if (!template.isOptions) return ianaElement(template, id)
  const isScope9 = template.protocol === 'netflow9' && field < template.scopeCount
  return isScope9 ? netflow9Scopes[id] : (optionsElements[id] ?? ianaElement(template, id))
}

function ianaElement({ protocol }: Template, id: number): Element | undefined {
  return elements[id] ?? (protocol === 'netflow9' ? netflow9Elements[id] : undefined)
}

/** In the order of their ranks, without those that other fields of their direction displace or do not call for. */
function toSteps(found: readonly FoundElement[], fields: readonly FieldSpecifier[]): Step[] {
  const present = new Set(fields.map(({ enterprise, id }) => `${enterprise}/${id}`))
  return found
    .filter(({ element: { unless, onlyWith }, field }) => {
      const isPresent = (id: number) => present.has(`${fields[field]?.enterprise}/${id}`)
      return !unless?.some(isPresent) && (onlyWith?.some(isPresent) ?? true)
    })
    .sort((a, b) => a.rank - b.rank || a.field - b.field)
    .map(({ element, field }) => ({
      setUint: 'setUint' in element ? element.setUint : undefined,
      setBytes: 'setBytes' in element ? element.setBytes : undefined,
      field,
    }))
}

/**
 * Reads the record at `offset` into `record`, which has begun. Returns where the next one starts, or -1 when this one
 * does not end before `end`: nothing was read then. The caller has seen to it that `minBytes` are there.
 */
export function readRecord(
  plan: Plan,
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  let next = offset + plan.minBytes
  if (plan.variable !== undefined) {
    next = locateFields(plan, plan.variable, bytes, offset, end)
    if (next === -1) return -1
  }
  runSteps(plan, plan.steps, record, bytes, offset)
  return next
}

/** Takes the values of the record that `readRecord` found at `offset`. */
export function runSteps(
  { offsets, lengths }: Plan,
  steps: readonly Step[],
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
): void {
  for (let i = 0; i < steps.length; i++) {
    const { setUint, setBytes, field } = steps[i]!
    const at = offset + offsets[field]!
    const length = lengths[field]!
    if (setUint !== undefined) setUint(record, readUint(bytes, at, length))
    else if (setBytes !== undefined) setBytes(record, bytes, at, length)
  }
}

/**
 * Variable length, RFC 7011 7: one byte of length, or 255 and two bytes.
 */
function locateFields(
  plan: Plan,
  variable: Uint16Array,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const { offsets, lengths } = plan
  let at = offset
  for (let i = 0; i < variable.length; i++) {
    let length = variable[i]!
    if (length === variableLength) {
      if (end - at < 1) return -1
      length = bytes[at]!
      at++
      if (length === 255) {
        if (end - at < 2) return -1
        length = readUint16(bytes, at)
        at += 2
      }
    }
    if (end - at < length) return -1
    offsets[i] = at - offset
    lengths[i] = length
    at += length
  }
  return at
}
