// IP prefixes: reading, canonical text, and how the prefixes of a rule, or of all rules, lie inside one another.

import { formatAddress, parseAddress } from '../../runtime/ip.ts'

export interface Prefix {
  readonly family: 4 | 6
  /** 4 or 16 bytes in network order; bits beyond `length` are 0. */
  readonly address: Uint8Array
  readonly length: number
  /** `address/length` in canonical form: the prefix's name in every table. */
  readonly text: string
}

/** No prefix in any notation is longer, so that longer input is refused unread. */
const longestText = 64

/**
 * Reads CIDR notation, or a bare address as a prefix of its full length. Bits beyond the length are cleared, which
 * `hadHostBits` tells. What lies inside ::ffff:0:0/96 is its IPv4 prefix (RFC 4291 2.5.5.2). Undefined when `text` is neither.
 */
export function parsePrefix(text: string): (Prefix & { hadHostBits: boolean }) | undefined {
  if (text.length > longestText) return undefined
  const slash = text.indexOf('/')
  const addressText = slash === -1 ? text : text.slice(0, slash)
  const parsed = parseAddress(addressText)
  if (parsed === undefined) return undefined

  const writtenBits = addressText.includes(':') ? 128 : 32
  let length = slash === -1 ? writtenBits : parseLength(text.slice(slash + 1))
  if (length === undefined || length > writtenBits) return undefined

  let address = parsed
  if (parsed.length * 8 < writtenBits) {
    if (length >= 96) length -= 96
    else address = mapped(parsed)
  }
  const network = clearHostBits(address, length)
  return {
    family: network.length === 4 ? 4 : 6,
    address: network,
    length,
    text: `${formatAddress(network)}/${length}`,
    hadHostBits: Buffer.compare(network, address) !== 0,
  }
}

/**
 * Each prefix with the prefixes of the same set that enclose it: itself first, then outwards. All prefixes that match an
 * address are the chain of the most specific one that does. Takes canonical texts; n log n and the length of the chains.
 */
export function enclosingChains(texts: Iterable<string>): Map<string, string[]> {
  const chains = new Map<string, string[]>()
  // In order of address, then length, a prefix comes after all that enclose it, and they are on the stack.
  const open: Prefix[] = []
  for (const prefix of inOrder(texts)) {
    while (open.length > 0 && !encloses(open.at(-1)!, prefix)) open.pop()
    open.push(prefix)
    chains.set(prefix.text, open.map((enclosing) => enclosing.text).reverse())
  }
  return chains
}

/**
 * The prefixes that lie in no other of the set, each once: what a rule adds up, so that a flow counts once. Prefixes are
 * nested or disjoint, never partly overlapping, so the sum over these is the sum over all.
 */
export function withoutNested(texts: Iterable<string>): string[] {
  const outermost: Prefix[] = []
  for (const prefix of inOrder(texts)) {
    const last = outermost.at(-1)
    if (last === undefined || !encloses(last, prefix)) outermost.push(prefix)
  }
  return outermost.map((prefix) => prefix.text)
}

export function encloses(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false
  const wholeBytes = outer.length >> 3
  for (let i = 0; i < wholeBytes; i++) if (outer.address[i] !== inner.address[i]) return false
  const bits = outer.length & 7
  return bits === 0 || (outer.address[wholeBytes]! ^ inner.address[wholeBytes]!) >> (8 - bits) === 0
}

function inOrder(texts: Iterable<string>): Prefix[] {
  const prefixes = [...new Set(texts)].map((text) => {
    const prefix = parsePrefix(text)
    if (prefix === undefined) throw new Error(`not a canonical prefix: ${text}`)
    return prefix
  })
  return prefixes.sort(
    (a, b) => a.family - b.family || Buffer.compare(a.address, b.address) || a.length - b.length,
  )
}

function parseLength(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined
}

/** ::ffff:a.b.c.d */
function mapped(ipv4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.fill(0xff, 10, 12)
  bytes.set(ipv4, 12)
  return bytes
}

function clearHostBits(address: Uint8Array, length: number): Uint8Array {
  const network = new Uint8Array(address.length)
  const wholeBytes = length >> 3
  network.set(address.subarray(0, wholeBytes))
  const bits = length & 7
  if (bits > 0) network[wholeBytes] = address[wholeBytes]! & (0xff << (8 - bits))
  return network
}
