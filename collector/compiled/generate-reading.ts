// Lines that read a record's fields into variables, and those that find what is left to the interpreter: `stop = 1` in front of an odd record,
// `stop = 2` where the sampler is another than the one whose rate is known.

import type { UintField } from './actions.ts'
import type { CompilableRecord, Part } from './record-layout.ts'

const odd = '{ stop = 1; break }'

export function rateChange({ sampler }: CompilableRecord): string[] {
  return sampler === undefined ? [] : [`if (${uint(sampler)} !== samplerId) { stop = 2; break }`]
}

/** The record says what it is. When that does not agree with its addresses, it takes more than these to tell its family. */
export function checks({ checks, family, source, destination }: CompilableRecord): string[] {
  return checks.map((part) => {
    if (part.action.what === 'ipVersion') {
      return `if (${uint(part)} !== 0 && ${uint(part)} !== ${family}) ${odd}`
    }
    return `if ((${uint(part)} & 65535) !== 0 && ${isZero(source)} && ${isZero(destination)}) ${odd}`
  })
}

/** An IPv4-mapped address is an IPv4 one. */
export function oddAddresses({ source, destination, addresses }: CompilableRecord): string[] {
  return [source, destination, ...addresses]
    .filter(({ length }) => length === 16)
    .map((part) => {
      const [first, second, third] = words(part)
      return `if (${third} === 65535 && ${first} === 0 && ${second} === 0) ${odd}`
    })
}

/** Whole seconds and nanoseconds of start and end. */
export function readTimes({ start, end }: CompilableRecord): string[] {
  return [...readTime(start), ...readTime(end)]
}

function readTime(part: CompilableRecord['start']): string[] {
  const { of, unit } = part.action
  const isOdd = `if (${of}Seconds < earliest || ${of}Seconds > latest) ${odd}`
  switch (unit) {
    case 'seconds':
      return [`const ${of}Seconds = ${uint(part)} >>> 0`, `const ${of}Nanos = 0`, isOdd]
    case 'milliseconds':
      return [
        `const ${of}Ms = (${high(part)} >>> 0) * 4294967296 + (${uint(part)} >>> 0)`,
        `const ${of}Seconds = Math.floor(${of}Ms / 1000)`,
        `const ${of}Nanos = (${of}Ms - ${of}Seconds * 1000) * 1000000`,
        isOdd,
      ]
    case 'uptime':
      // A difference of 32 bits with a sign survives the wrap of the uptime.
      return [
        `const ${of}Ms = exportMs - ((uptime - ${uint(part)}) | 0)`,
        `let ${of}Seconds = Math.floor(${of}Ms / 1000)`,
        `let ${of}Nanos = (${of}Ms - ${of}Seconds * 1000) * 1000000 + exportNanos`,
        `if (${of}Nanos >= 1000000000) { ${of}Nanos -= 1000000000; ${of}Seconds++ }`,
        isOdd,
      ]
  }
}

/** 64 bits as two halves with signs, each variable declared once; of several that fill one, the first that is not zero. */
export function readCounts({ counts, macs }: CompilableRecord): string[] {
  const lines: string[] = []
  const seen = new Set<string>()
  for (const part of [...counts, ...macs]) {
    const { field } = part.action
    if (seen.has(field)) {
      const values = `${field}High = ${high(part)}; ${field}Low = ${uint(part)}`
      lines.push(`if (${field}High === 0 && ${field}Low === 0) { ${values} }`)
    } else {
      lines.push(`let ${field}High = ${high(part)}`, `let ${field}Low = ${uint(part)}`)
      seen.add(field)
    }
  }
  return lines
}

/** Integers; of several elements that fill one field, the first that is not zero. */
export function readUints({ uints }: CompilableRecord, declared: Set<UintField>): string[] {
  const lines: string[] = []
  const fill = (field: UintField, value: string) => {
    lines.push(
      declared.has(field) ? `if (${field} === 0) ${field} = ${value}` : `let ${field} = ${value}`,
    )
    declared.add(field)
  }
  for (const part of uints) {
    const { action } = part
    if (action.does === 'fill') {
      fill(action.field, action.cut(uint(part)))
    } else if (action.does === 'vlan') {
      fill('vlanId', `${uint(part)} & 4095`)
      fill('srcVlan', `${uint(part)} & 4095`)
    } else if (action.part !== 'both') {
      fill(action.part, `${uint(part)} & 255`)
    } else if (declared.has('icmpType')) {
      const values = `icmpType = ${uint(part)} >> 8 & 255; icmpCode = ${uint(part)} & 255`
      lines.push(`if (icmpType === 0 && icmpCode === 0) { ${values} }`)
    } else {
      fill('icmpType', `${uint(part)} >> 8 & 255`)
      fill('icmpCode', `${uint(part)} & 255`)
    }
  }
  return [...lines, ...icmpOfPort(uints, declared)]
}

/** Exporters without a field for it put the type and code of ICMP into the destination port. */
function icmpOfPort(uints: CompilableRecord['uints'], declared: Set<UintField>): string[] {
  const hasField = uints.some(({ action }) => action.does === 'icmp')
  if (hasField || !declared.has('proto') || !declared.has('dstPort')) return []
  declared.add('icmpType').add('icmpCode')
  const noSource = declared.has('srcPort') ? ' && srcPort === 0' : ''
  return [
    'let icmpType = 0',
    'let icmpCode = 0',
    `if ((proto === 1 || proto === 58)${noSource}) { icmpType = dstPort >> 8; icmpCode = dstPort & 255 }`,
  ]
}

/** An integer's low 32 bits, with a sign where it has all of them. Lengths as `readUint` takes them. */
function uint({ at, length }: Pick<Part, 'at' | 'length'>): string {
  if (length === 1) return `wire.getUint8(offset + ${at})`
  if (length === 2) return `wire.getUint16(offset + ${at})`
  if (length === 3)
    return `(wire.getUint16(offset + ${at}) << 8 | wire.getUint8(offset + ${at + 2}))`
  return length >= 4 && length <= 8 ? `wire.getInt32(offset + ${at + length - 4})` : '0'
}

/** The bits of an integer above those. */
function high({ at, length }: Pick<Part, 'at' | 'length'>): string {
  return length > 4 && length <= 8 ? uint({ at, length: length - 4 }) : '0'
}

/** An address, 32 bits at a time. */
export function words({ at, length }: Pick<Part, 'at' | 'length'>): string[] {
  return Array.from({ length: length / 4 }, (_, i) => `wire.getInt32(offset + ${at + 4 * i})`)
}

function isZero(part: Part): string {
  return words(part)
    .map((word) => `${word} === 0`)
    .join(' && ')
}
