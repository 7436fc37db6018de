// IP addresses between text and network-order bytes.

import { isIPv4, isIPv6 } from 'node:net'

/**
 * The text of an address of `length` bytes (4 or 16) at the start of `bytes`: dotted decimal, or
 * RFC 5952 (lower case, the first longest run of zero groups compressed, an IPv4-mapped address in
 * mixed notation). Any other length gives ''.
 */
export function formatAddress(bytes: Uint8Array, length: number = bytes.length): string {
  if (length === 4) return formatIpv4(bytes, 0)
  if (length !== 16) return ''
  if (isMapped(bytes)) return `::ffff:${formatIpv4(bytes, 12)}`
  return formatIpv6(bytes)
}

/**
 * The 4 or 16 bytes of an address, or undefined when `text` is not exactly one: no port, brackets,
 * zone, prefix length, spaces, or leading zeros in dotted decimal. An IPv4-mapped IPv6 address (RFC
 * 4291 2.5.5.2) gives the 4 bytes of its IPv4 address, so that one host has one form.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const bytes = parseIpv6(text)
  return isMapped(bytes) ? bytes.slice(12) : bytes
}

function formatIpv4(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`
}

function formatIpv6(bytes: Uint8Array): string {
  // The first longest run of zero groups; RFC 5952 4.2.2 leaves a single one alone.
  let runStart = 8
  let runLength = 1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && group(bytes, end) === 0) end++
    if (end - start > runLength) {
      runStart = start
      runLength = end - start
    }
    start = end
  }

  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += '::'
      i += runLength - 1
    } else {
      if (i > 0 && i !== runStart + runLength) text += ':'
      text += group(bytes, i).toString(16)
    }
  }
  return text
}

function group(bytes: Uint8Array, index: number): number {
  return (bytes[2 * index]! << 8) | bytes[2 * index + 1]!
}

/** `text` is a valid IPv6 address without a zone. */
function parseIpv6(text: string): Uint8Array {
  const [head = '', tail = ''] = text.split('::')
  const before = groups(head)
  const after = groups(tail)
  const bytes = new Uint8Array(16)
  bytes.set(before)
  bytes.set(after, 16 - after.length)
  return bytes
}

/** The bytes of colon-separated hexadecimal groups, of which the last may be dotted decimal. */
function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (part.includes('.')) return part.split('.').map(Number)
    const value = Number.parseInt(part, 16)
    return [value >> 8, value & 0xff]
  })
}

/** ::ffff:a.b.c.d */
function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  return bytes[10] === 0xff && bytes[11] === 0xff
}
