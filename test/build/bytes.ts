// Bytes for tests, in network order. Independent of the code under test.

export type Part = Uint8Array | readonly number[]

export function bytes(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export function u8(value: number): Uint8Array {
  return uint(value, 1)
}

export function u16(value: number): Uint8Array {
  return uint(value, 2)
}

export function u32(value: number): Uint8Array {
  return uint(value, 4)
}

export function u64(value: number | bigint): Uint8Array {
  return uint(value, 8)
}

/** An unsigned integer of `length` bytes. */
export function uint(value: number | bigint, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let rest = BigInt(value)
  for (let i = length - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return out
}

/** Hex digits; spaces are for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length)
}

export function ip4(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number)
}

/** An IPv6 address with all eight groups, or with one `::`. */
export function ip6(text: string): Uint8Array {
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const middle = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return bytes(...[...before, ...middle, ...after].map((group) => u16(Number.parseInt(group, 16))))
}

export function mac(text: string): Uint8Array {
  return hex(text.replaceAll(':', ''))
}
