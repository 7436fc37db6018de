// Lines that read a record's fields into variables, and those that find what is left to the interpreter: `stop = 1` in front of an odd record,
// `stop = 2` where the sampler is another than the one whose rate is known.

import { ntpEraSeconds, ntpToUnixSeconds } from '../decode/instant.ts'
import type { TemplateProtocol } from '../decode/speaker.ts'
import type { UintField } from './actions.ts'
import { high, isZero, uint, words } from './generate-bytes.ts'
import type { CompilableRecord, Part } from './record-layout.ts'

const odd = '{ stop = 1; break }'

export function rateChange({ sampler }: CompilableRecord): string[] {
  return sampler === undefined ? [] : [`if (${uint(sampler)} !== samplerId) { stop = 2; break }`]
}

/**
 * Of a template with both families, a record has the ends of one, and zeros in place of the other. Where an address of its own family is zero, too, it takes more than that to tell
 * which one it is.
 */
export function familyOf({ ends, otherEnds }: CompilableRecord): string[] {
  if (otherEnds === undefined) return []
  const { source, destination } = ends
  const isIpv4 = `!(${isZero(otherEnds.source)} && ${isZero(otherEnds.destination)}) || ${isZero(source)} || ${isZero(destination)}`
  const isIpv6 = `${isZero(otherEnds.source)} || ${isZero(otherEnds.destination)}`
  return [
    `const isIpv6 = ${isZero(source)} && ${isZero(destination)}`,
    `if (isIpv6) { if (${isIpv6}) ${odd} } else if (${isIpv4}) ${odd}`,
  ]
}

/** The record says what it is. When that does not agree with its addresses, it takes more than these to tell its family. */
export function checks({ checks, ends, otherEnds }: CompilableRecord): string[] {
  const { family, source, destination } = ends
  const version = otherEnds === undefined ? family : '(isIpv6 ? 6 : 4)'
  return checks.flatMap((part) => {
    if (part.action.what === 'ipVersion') {
      return `if (${uint(part)} !== 0 && ${uint(part)} !== ${version}) ${odd}`
    }
    if (otherEnds !== undefined) return []
    return `if ((${uint(part)} & 65535) !== 0 && ${isZero(source)} && ${isZero(destination)}) ${odd}`
  })
}

/** An IPv4-mapped address is an IPv4 one. */
export function oddAddresses({ ends, otherEnds, addresses }: CompilableRecord): string[] {
  const all = [ends, ...(otherEnds ? [otherEnds] : [])].flatMap((ends): Part[] => [
    ends.source,
    ends.destination,
  ])
  return [...all, ...addresses.flat()]
    .filter(({ length }) => length === 16)
    .map((part) => {
      const [first, second, third] = words(part)
      return `if (${third} === 65535 && ${first} === 0 && ${second} === 0) ${odd}`
    })
}

/** Whole seconds and nanoseconds of start and end. */
export function readTimes({ start, end, protocol }: CompilableRecord): string[] {
  return [...readTime(start, protocol), ...readTime(end, protocol)]
}

function readTime(part: CompilableRecord['start'], protocol: TemplateProtocol): string[] {
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
    case 'ntp':
      // Since 1900, and since 2036 when it has begun anew. 0 is neither near now.
      return [
        `const ${of}Ntp = wire.getUint32(offset + ${part.at})`,
        `const ${of}Seconds = ${of}Ntp - ${ntpToUnixSeconds} + (${of}Ntp < ${ntpToUnixSeconds} ? ${ntpEraSeconds} : 0)`,
        `const ${of}Nanos = Math.floor(wire.getUint32(offset + ${part.at + 4}) * 1000000000 / 4294967296)`,
        isOdd,
      ]
    case 'uptime':
      if (protocol === 'ipfix') {
        return [
          `const ${of}Uptime = ${uint(part)} >>> 0`,
          `const ${of}Ms = initMs + ${of}Uptime + Math.round((exportMs - initMs - ${of}Uptime) / 4294967296) * 4294967296`,
          `const ${of}Seconds = Math.floor(${of}Ms / 1000)`,
          `const ${of}Nanos = (${of}Ms - ${of}Seconds * 1000) * 1000000`,
          isOdd,
        ]
      }
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
