// Lines that write the fields of a FlowMessage that are no single integer and no end of the flow: label stacks, and identifiers that are only bytes.

import { isZero, tagOf, uint, writeAddress } from './generate-bytes.ts'
import type { CompilableRecord, Part } from './record-layout.ts'

/** mpls_label, packed: from the top of the stack down to the last that is not zero. A label is 20 of 24 bits. */
export function writeLabels({ labels }: CompilableRecord): string[] {
  const deepest = labels.at(-1)
  if (deepest === undefined) return []
  const [writeTag, behind] = tagOf(81, 2)
  const partOf = (depth: number) => labels.find(({ action }) => action.depth === depth)
  const written = Array.from({ length: deepest.action.depth + 1 }, (_, depth) => {
    const part = partOf(depth)
    const value = part === undefined ? '0' : `${uint(part)} >>> 4 & 1048575`
    return `if (labels > ${depth}) at = varint(target, at, ${value})`
  })
  return [
    'let labels = 0',
    ...labels.map((part) => `if (${uint(part)} !== 0) labels = ${part.action.depth + 1}`),
    'if (labels !== 0) {',
    `  ${writeTag}`,
    `  const labelsStart = at + ${behind + 1}`,
    '  at = labelsStart',
    ...written.map((line) => `  ${line}`),
    '  target[labelsStart - 1] = at - labelsStart',
    '}',
  ]
}

/** mpls_ip: each that is not zero. */
export function writeLabelAddresses({ labelAddresses }: CompilableRecord): string[] {
  return labelAddresses.map(
    (part) => `if (!(${isZero(part)})) { ${writeAddress(82, part).join('; ')} }`,
  )
}

const maxApplicationBytes = 16

/** application_id: its bytes as they are. Zeros, and what is longer, say nothing. */
export function writeApplication({ application }: CompilableRecord): string[] {
  if (application === undefined) return []
  const { length } = application
  if (length === 0 || length > maxApplicationBytes) return []
  const bytes = Array.from({ length }, (_, i) => byteAt(application, i))
  const [writeTag, behind] = tagOf(1020, 2)
  return [
    `if ((${bytes.join(' | ')}) !== 0) {`,
    `  ${writeTag}`,
    `  target[at + ${behind}] = ${length}`,
    ...bytes.map((byte, i) => `  target[at + ${behind + 1 + i}] = ${byte}`),
    `  at += ${behind + 1 + length}`,
    '}',
  ]
}

function byteAt({ at }: Part, index: number): string {
  return `wire.getUint8(offset + ${at + index})`
}
