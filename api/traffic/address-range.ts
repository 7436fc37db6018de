// Addresses and networks as ranges of 128-bit numbers, IPv4 mapped into IPv6 (RFC 4291 2.5.5.2). Without Node, for the console.

export interface AddressRange {
  readonly first: bigint
  readonly last: bigint
}

const ipv4 = 0xffff_0000_0000n

/** Of an address, or a network as ADDRESS/LENGTH whose host bits do not matter. Undefined when `text` is neither. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length))) return
  const isIpv4 = !address.includes(':')
  const value = isIpv4 ? parseIpv4(address) : parseIpv6(address)
  if (value === undefined) return undefined
  const bits = isIpv4 ? 32 : 128
  const prefixLength = length === undefined ? bits : Number(length)
  if (prefixLength > bits) return undefined
  const hostMask = (1n << BigInt(bits - prefixLength)) - 1n
  const base = isIpv4 ? ipv4 | value : value
  return { first: base & ~hostMask, last: base | hostMask }
}

/** Eight groups, as the store reads them. */
export function addressText(value: bigint): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => (value >> BigInt(16 * (7 - index))) & 0xffffn,
  )
  return groups.map((group) => group.toString(16)).join(':')
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  let value = 0n
  for (const octet of octets) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined
    value = (value << 8n) | BigInt(octet)
  }
  return value
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(parseGroups)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const given = head.length + (tail?.length ?? 0)
  if (tail === undefined ? given !== 8 : given > 7) return undefined
  const groups = [...head, ...new Array<bigint>(8 - given).fill(0n), ...(tail ?? [])]
  return groups.reduce((value, group) => (value << 16n) | group, 0n)
}

/** Of which the last may be an IPv4 address, two groups long. */
function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const value = parseIpv4(part)
      if (value === undefined) return undefined
      groups.push(value >> 16n, value & 0xffffn)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined
      groups.push(BigInt(`0x${part}`))
    }
  }
  return groups
}
