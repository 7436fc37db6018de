// Expressions of what stands in a record, and lines that write what is made of several bytes: what all parts of the generator need.

import type { Part } from './record-layout.ts'

type Place = Pick<Part, 'at' | 'length'>

/** An integer's low 32 bits, with a sign where it has all of them. Lengths as `readUint` takes them. */
export function uint({ at, length }: Place): string {
  if (length === 1) return `wire.getUint8(offset + ${at})`
  if (length === 2) return `wire.getUint16(offset + ${at})`
  if (length === 3)
    return `(wire.getUint16(offset + ${at}) << 8 | wire.getUint8(offset + ${at + 2}))`
  return length >= 4 && length <= 8 ? `wire.getInt32(offset + ${at + length - 4})` : '0'
}

/** The bits of an integer above those. */
export function high({ at, length }: Place): string {
  return length > 4 && length <= 8 ? uint({ at, length: length - 4 }) : '0'
}

/** An address, 32 bits at a time. */
export function words({ at, length }: Place): string[] {
  return Array.from({ length: length / 4 }, (_, i) => `wire.getInt32(offset + ${at + 4 * i})`)
}

export function isZero(part: Place): string {
  return words(part)
    .map((word) => `${word} === 0`)
    .join(' && ')
}

export function writeAddress(number: number, part: Place): string[] {
  const [writeTag, behind] = tagOf(number, 2)
  const values = words(part)
  return [
    writeTag,
    `target[at + ${behind}] = ${part.length}`,
    ...values.map((word, i) => `out.setInt32(at + ${behind + 1 + 4 * i}, ${word})`),
    `at += ${behind + 1 + part.length}`,
  ]
}

/** Writes the tag at `at`, and how many bytes it has: one up to number 15, then two. */
export function tagOf(number: number, wireType: 0 | 2): [line: string, bytes: 1 | 2] {
  const low = ((number << 3) | wireType) & 0xff
  if (number < 16) return [`target[at] = ${low}`, 1]
  return [`out.setUint16(at, ${((low | 0x80) << 8) | (number >> 4)})`, 2]
}
