import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createReassembler, type Fragment } from '../../../netmon/decode/fragments.ts'
import { readFrame } from '../../../netmon/decode/frame.ts'
import { bytes, u8, u16, u32 } from '../../build/bytes.ts'
import { ipv4, ipv6, udp } from '../../build/packet.ts'

const body = Uint8Array.from({ length: 3_001 }, (_, i) => i % 251)

/** `whole` in pieces of `size` bytes, a multiple of 8. */
function cut(whole: Uint8Array, size: number, key = 'k'): Fragment[] {
  const parts: Fragment[] = []
  for (let offset = 0; offset < whole.length; offset += size) {
    const end = Math.min(offset + size, whole.length)
    parts.push({ key, offset, more: end < whole.length, body: whole.subarray(offset, end) })
  }
  return parts
}

describe('fragments', () => {
  test('in any order and captured twice, they give the datagram once', () => {
    const parts = cut(body, 1_000)
    const order = fc.shuffledSubarray([...parts, ...parts.slice(0, -1)], { minLength: 7 })
    fc.assert(
      fc.property(order, (fragments) => {
        const reassembler = createReassembler()
        const results = fragments.map((fragment) => reassembler.add(fragment, 0))
        const whole = results.filter((result) => typeof result !== 'string')
        expect(whole).toEqual([body])
      }),
    )
  })

  test('the bytes are copied, since a capture is read through one buffer', () => {
    const reassembler = createReassembler()
    const [first, ...rest] = cut(body, 1_000)
    const buffer = first!.body.slice()
    reassembler.add({ ...first!, body: buffer }, 0)
    buffer.fill(0)
    expect(rest.map((fragment) => reassembler.add(fragment, 0)).at(-1)).toEqual(body)
  })

  test('datagrams with different keys do not mix', () => {
    const reassembler = createReassembler()
    const other = body.map((byte) => byte ^ 0xff)
    const [a, b] = [cut(body, 1_504, 'a'), cut(other, 1_504, 'b')]
    expect([a[0], b[0], a[1]].map((part) => reassembler.add(part!, 0)).at(-1)).toEqual(body)
    expect(reassembler.add(b[1]!, 0)).toEqual(other)
    expect(reassembler.incomplete()).toBe(0)
  })

  test('a key used again after 30 s begins anew', () => {
    const reassembler = createReassembler()
    const [first, second, third, last] = cut(body, 1_000)
    reassembler.add(second!, 0)
    reassembler.add(last!, 0)
    expect(reassembler.add(third!, 30_001)).toBe('fragment')
    expect(reassembler.add(first!, 30_001)).toBe('fragment')
    expect(reassembler.incomplete()).toBe(2)
  })

  // What comes then begins another, with which the missing part may be at odds as well.
  test.each([
    ['another overlaps it', { offset: 992, more: true }, 3],
    ['one begins behind its last', { offset: 3_008, more: true }, 2],
    ['a second last one comes', { offset: 1_000, more: false }, 3],
  ])('a datagram is given up when %s', (_, { offset, more }, incomplete) => {
    const reassembler = createReassembler()
    const [first, second, third, last] = cut(body, 1_000)
    for (const part of [first, third, last]) reassembler.add(part!, 0)
    reassembler.add({ key: 'k', offset, more, body: new Uint8Array(1_000) }, 0)
    expect(reassembler.add(second!, 0)).toBe('fragment')
    expect(reassembler.incomplete()).toBe(incomplete)
  })

  test('a last fragment before the end of others cannot be theirs', () => {
    const reassembler = createReassembler()
    reassembler.add({ key: 'k', offset: 2_000, more: true, body: new Uint8Array(2_000) }, 0)
    const last = { key: 'k', offset: 1_000, more: false, body: new Uint8Array(1_000) }
    expect(reassembler.add(last, 0)).toBe('fragment')
    expect(reassembler.incomplete()).toBe(2)
  })

  test.each([
    ['empty', { offset: 0, more: true, body: new Uint8Array(0) }],
    ['of a length that no other can follow', { offset: 0, more: true, body: new Uint8Array(7) }],
    ['beyond 65,535 bytes', { offset: 65_528, more: false, body: new Uint8Array(8) }],
  ])('a fragment %s is refused', (_, fragment) => {
    expect(createReassembler().add({ key: 'k', ...fragment }, 0)).toBe('bad-length')
  })

  test('256 datagrams can wait; then the one that waits longest is given up', () => {
    const reassembler = createReassembler()
    const all = Array.from({ length: 257 }, (_, i) => cut(body, 2_000, `k${i}`))
    for (const parts of all) reassembler.add(parts[0]!, 0)
    expect(reassembler.incomplete()).toBe(257)
    expect(reassembler.add(all[1]![1]!, 0)).toEqual(body)
    expect(reassembler.add(all[256]![1]!, 0)).toEqual(body)
    expect(reassembler.add(all[0]![1]!, 0)).toBe('fragment')
  })

  test('a datagram has at most 256 of them', () => {
    const reassembler = createReassembler()
    const results = cut(body.subarray(0, 257 * 8), 8).map((part) => reassembler.add(part, 0))
    expect(results.every((result) => result === 'fragment')).toBe(true)
    const enough = cut(body.subarray(0, 256 * 8), 8, 'other')
    expect(enough.map((part) => reassembler.add(part, 0)).at(-1)).toEqual(body.subarray(0, 2_048))
  })
})

describe('a UDP datagram in fragments', () => {
  const datagram = udp(50_000, 4739, body)
  const parts = cut(datagram, 1_480)

  test('over IPv4, by addresses and id', () => {
    const reassembler = createReassembler()
    const packets = parts.map(({ offset, more, body }) =>
      ipv4({ source: '192.0.2.1', id: 7, fragment: (more ? 0x2000 : 0) | (offset / 8) }, body),
    )
    const other = ipv4({ source: '192.0.2.1', id: 8, fragment: 0x2000 }, parts[0]!.body)
    const results = [packets[2], other, packets[0], packets[1]].map((packet) =>
      readFrame(101, packet!, 0, reassembler),
    )
    expect(results.slice(0, 3)).toEqual(['fragment', 'fragment', 'fragment'])
    expect(results[3]).toMatchObject({ sourcePort: 50_000, payload: body })
    expect(reassembler.incomplete()).toBe(1)
  })

  test('over IPv6, behind other extension headers', () => {
    const reassembler = createReassembler()
    const results = parts.map(({ offset, more, body }) => {
      const options = bytes(u8(44), u8(0), u16(0x0104), u32(0))
      const fragment = bytes(u8(17), u8(0), u16(offset | (more ? 1 : 0)), u32(0xfeedbeef), body)
      return readFrame(101, ipv6({ nextHeader: 60 }, options, fragment), 0, reassembler)
    })
    expect(results.slice(0, -1)).toEqual(['fragment', 'fragment'])
    expect(results.at(-1)).toMatchObject({ sourcePort: 50_000, payload: body })
  })

  test('fragments of TCP are none of ours', () => {
    const reassembler = createReassembler()
    const overIpv4 = ipv4({ protocol: 6, fragment: 0x2000 }, parts[0]!.body)
    const overIpv6 = ipv6({ nextHeader: 44 }, u8(6), u8(0), u16(1), u32(1), parts[0]!.body)
    expect(readFrame(101, overIpv4, 0, reassembler)).toBe('not-udp')
    expect(readFrame(101, overIpv6, 0, reassembler)).toBe('not-udp')
    expect(reassembler.incomplete()).toBe(0)
  })
})
