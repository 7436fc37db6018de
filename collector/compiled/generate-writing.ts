// Lines that write the fields of a FlowMessage from variables, in the order of the fields' numbers and in the encoding of `protobuf.ts`.

import { addressFields, type UintField, uintFields } from './actions.ts'
import { type Constant, constantOffsets, constants } from './constants.ts'
import { isZero, tagOf, writeAddress } from './generate-bytes.ts'
import { writeApplication, writeLabelAddresses, writeLabels } from './generate-opaque.ts'
import type { CompilableRecord, Ends, Part } from './record-layout.ts'

/** Loaded once for all records. */
export function loadConstants(): string[] {
  return constants.flatMap(({ name, words }) => [
    ...Array.from(
      { length: words },
      (_, i) => `const ${name}${i} = constants.getInt32(${constantOffsets[name] + 4 * i})`,
    ),
    `const ${name}Bytes = env.${name}Bytes`,
  ])
}

/** `declared` are the integers that have a variable. */
export function writeFields(record: CompilableRecord, declared: ReadonlySet<UintField>): string[] {
  const { addresses, counts, macs } = record
  const fields: [number: number, lines: string[]][] = constants.map((constant) => [
    constant.number,
    copyConstant(constant),
  ])
  fields.push(
    [6, ofFamily(record, ({ source }) => writeAddress(6, source))],
    [7, ofFamily(record, ({ destination }) => writeAddress(7, destination))],
    [30, ofFamily(record, ({ family }) => writeEtherType(family))],
    [81, writeLabels(record)],
    [82, writeLabelAddresses(record)],
    [1020, writeApplication(record)],
  )
  for (const [first, second] of addresses) {
    if (first === undefined) continue
    const number = addressFields[first.action.field]
    fields.push([number, writeFirst(number, first, second)])
  }
  for (const [number, field] of [
    [9, 'bytes'],
    [10, 'packets'],
    [27, 'srcMac'],
    [28, 'dstMac'],
  ] as const) {
    const own = [...counts, ...macs].filter(({ action }) => action.field === field)
    if (own.length > 0) fields.push([number, writeWide(number, field, own)])
  }
  for (const field of declared) {
    const [number, bits] = uintFields[field]
    fields.push([number, writeUint(number, field, bits)])
  }
  fields.push([111, writeTime(111, 'start')], [112, writeTime(112, 'end')])
  return fields.sort(([a], [b]) => a - b).flatMap(([, lines]) => lines)
}

function copyConstant({ name, words, usualWords }: Constant): string[] {
  const copy = (from: number, to: number) =>
    Array.from(
      { length: to - from },
      (_, i) => `out.setInt32(at + ${4 * (from + i)}, ${name}${from + i})`,
    )
  const rest = copy(usualWords, words)
  return [
    ...copy(0, usualWords),
    ...(rest.length === 0 ? [] : [`if (${name}Bytes > ${4 * usualWords}) { ${rest.join('; ')} }`]),
    `at += ${name}Bytes`,
  ]
}

function writeUint(number: number, field: UintField, bits: 8 | 16 | 32): string[] {
  const [writeTag, behind] = tagOf(number, 0)
  if (bits === 8) {
    // Eight bits with the highest set are the first byte of two as they are.
    return [
      `if (${field} !== 0) { ${writeTag}; target[at + ${behind}] = ${field}; at += ${behind + 1}; if (${field} > 127) target[at++] = 1 }`,
    ]
  }
  const more = bits === 16 ? `${field} > 127` : `${field} < 0 || ${field} > 127`
  const rest =
    bits === 16
      ? `target[at++] = ${field} | 128; if (${field} > 16383) { target[at++] = ${field} >> 7 | 128; target[at++] = ${field} >> 14 } else target[at++] = ${field} >> 7`
      : `at = varint(target, at, ${field})`
  return [
    `if (${field} !== 0) { ${writeTag}; at += ${behind}; if (${more}) { ${rest} } else target[at++] = ${field} }`,
  ]
}

/** A counter or a MAC address, in two halves. */
function writeWide(number: number, field: string, parts: readonly Part[]): string[] {
  const [writeTag, behind] = tagOf(number, 0)
  const isWide = parts.some(({ length }) => length > 4)
  const write = isWide
    ? `at = varint64(target, at + ${behind}, ${field}High, ${field}Low)`
    : `at = varint(target, at + ${behind}, ${field}Low)`
  return [`if (${field}Low !== 0 || ${field}High !== 0) { ${writeTag}; ${write} }`]
}

function writeTime(number: number, of: 'start' | 'end'): string[] {
  const [writeTag, behind] = tagOf(number, 0)
  return [writeTag, `at = nanoseconds(target, at + ${behind}, ${of}Seconds, ${of}Nanos)`]
}

function ofFamily(
  { ends, otherEnds }: CompilableRecord,
  write: (ends: Ends) => string[],
): string[] {
  if (otherEnds === undefined) return write(ends)
  return [`if (isIpv6) { ${write(otherEnds).join('; ')} } else { ${write(ends).join('; ')} }`]
}

/** The first that is not zero; of two zeros the first. */
function writeFirst(number: number, first: Part, second: Part | undefined): string[] {
  if (second === undefined) return writeAddress(number, first)
  const isSecond = `${isZero(first)} && !(${isZero(second)})`
  return [
    `if (${isSecond}) { ${writeAddress(number, second).join('; ')} } else { ${writeAddress(number, first).join('; ')} }`,
  ]
}

/** 0x0800 or 0x86dd. */
function writeEtherType(family: 4 | 6): string[] {
  const [writeTag, behind] = tagOf(30, 0)
  return family === 4
    ? [writeTag, `out.setUint16(at + ${behind}, 0x8010)`, `at += ${behind + 2}`]
    : [
        writeTag,
        `out.setUint16(at + ${behind}, 0xdd8d)`,
        `target[at + ${behind + 2}] = 2`,
        `at += ${behind + 3}`,
      ]
}
