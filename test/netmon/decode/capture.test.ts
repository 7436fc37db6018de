import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPackets } from '../../../netmon/decode/capture.ts'
import { DamagedCapture } from '../../../netmon/decode/captured-packet.ts'
import { FileBytes } from '../../../netmon/decode/file-bytes.ts'
import { hex, u8, zeros } from '../../build/bytes.ts'
import { join as bytes, order, pcap, pcapng, section } from '../../build/capture.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'capture-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Read {
  packets: { linkType: number; timeMs: number | undefined; bytes: Uint8Array }[]
  damage?: string
}

function read(content: Uint8Array): Read {
  const path = join(directory, 'capture')
  writeFileSync(path, content)
  const file = openSync(path, 'r')
  const packets: Read['packets'] = []
  try {
    for (const packet of readPackets(new FileBytes(file))) {
      packets.push({ ...packet, bytes: packet.bytes.slice() })
    }
    return { packets }
  } catch (error) {
    if (!(error instanceof DamagedCapture)) throw error
    return { packets, damage: error.message }
  } finally {
    closeSync(file)
  }
}

const first = { bytes: hex('01 02 03'), timeNs: 1_700_000_000_123_999_999n }
const second = { bytes: hex('04 05 06 07'), timeNs: 1_700_000_001_000_000_000n }

describe('pcap', () => {
  test.each([
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ])('little-endian %s, nanoseconds %s', (littleEndian, nanoseconds) => {
    const content = pcap([first, second], { littleEndian, nanoseconds, linkType: 113 })
    expect(read(content)).toEqual({
      packets: [
        { linkType: 113, timeMs: 1_700_000_000_123, bytes: first.bytes },
        { linkType: 113, timeMs: 1_700_000_001_000, bytes: second.bytes },
      ],
    })
  })

  test('the upper half of the link type word says something else', () => {
    const content = pcap([first])
    content[23] = 0x24 // a frame check sequence of 4 bytes
    expect(read(content).packets[0]?.linkType).toBe(1)
  })

  test('packets longer than what is read at a time', () => {
    const packets = Array.from({ length: 12 }, (_, i) => ({ bytes: zeros(200_000).fill(i) }))
    const { packets: found } = read(pcap(packets))
    expect(found.map((packet) => packet.bytes.length)).toEqual(packets.map(() => 200_000))
    expect(found.every((packet, i) => packet.bytes.every((byte) => byte === i))).toBe(true)
  })

  test('a file without packets is fine', () => {
    expect(read(pcap([]))).toEqual({ packets: [] })
  })

  test('damage ends the reading and names its place', () => {
    const whole = pcap([first, second])
    expect(read(whole.subarray(0, 20)).damage).toBe('ends within the file header')
    expect(read(whole.subarray(0, 50))).toEqual({
      packets: [{ linkType: 1, timeMs: 1_700_000_000_123, bytes: first.bytes }],
      damage: 'ends within the packet that begins at byte 43',
    })
    const long = Uint8Array.from(whole)
    long.set(hex('01 00 04 00'), 43 + 8)
    expect(read(long).damage).toBe('is damaged at byte 43: a packet of 262145 bytes')
  })
})

describe('pcapng', () => {
  test.each([true, false])('little-endian %s', (littleEndian) => {
    expect(read(pcapng([first, second], { littleEndian, linkType: 276 }))).toEqual({
      packets: [
        { linkType: 276, timeMs: 1_700_000_000_123, bytes: first.bytes },
        { linkType: 276, timeMs: 1_700_000_001_000, bytes: second.bytes },
      ],
    })
  })

  test.each([
    ['10^-3', 3, 1_700_000_000_123n],
    ['10^-9', 9, 1_700_000_000_123_000_000n],
    ['10^-9, just before the next', 9, 1_700_000_000_123_999_999n],
    ['10^0', 0, 1_700_000_000n],
    ['2^-10', 0x80 | 10, 1_700_000_000n * 1024n + 126n], // 126 / 1024 s = 123.05 ms
  ])('if_tsresol %s', (_, resolution, time) => {
    const { header, interface: describeInterface, option, enhanced } = section(true)
    const content = bytes(
      header(),
      describeInterface(1, 0, option(9, u8(resolution)), option(0)),
      enhanced(0, time, first.bytes),
    )
    const expected = resolution === 0 ? 1_700_000_000_000 : 1_700_000_000_123
    expect(read(content).packets[0]?.timeMs).toBe(expected)
  })

  test('if_tsoffset is added, and a time before 1970 is none', () => {
    const { n, header, interface: describeInterface, option, enhanced } = section(false)
    const content = bytes(
      header(),
      describeInterface(1, 0, option(14, n(1_700_000_000, 8))),
      describeInterface(1, 0, option(14, n(2n ** 64n - 1_700_000_000n, 8))),
      enhanced(0, 123_000n, first.bytes),
      enhanced(1, 123_000n, first.bytes),
    )
    const times = read(content).packets.map((packet) => packet.timeMs)
    expect(times).toEqual([1_700_000_000_123, undefined])
  })

  test('each section has its own byte order and interfaces', () => {
    const big = section(false)
    const little = section(true)
    const content = bytes(
      big.header(big.option(4, hex('61 62 63'))),
      big.interface(1, 0),
      big.interface(101, 0),
      big.enhanced(1, 1_000n, first.bytes),
      little.header(),
      little.interface(113, 0),
      little.enhanced(0, 2_000n, second.bytes, little.option(1, hex('64'))),
    )
    expect(read(content)).toEqual({
      packets: [
        { linkType: 101, timeMs: 1, bytes: first.bytes },
        { linkType: 113, timeMs: 2, bytes: second.bytes },
      ],
    })
  })

  test('a simple packet has no time, and no more bytes than the interface keeps', () => {
    const { header, interface: describeInterface, simple } = section(true)
    const content = bytes(
      header(),
      describeInterface(1, 2),
      simple(hex('01 02'), 1500),
      simple(hex('03')),
    )
    expect(read(content)).toEqual({
      packets: [
        { linkType: 1, timeMs: undefined, bytes: hex('01 02') },
        { linkType: 1, timeMs: undefined, bytes: hex('03') },
      ],
    })
  })

  test('other blocks are passed over, however long', () => {
    const { header, interface: describeInterface, block, enhanced } = section(true)
    const content = bytes(
      header(),
      block(10, zeros(3_000_000)),
      describeInterface(1, 0),
      block(5, zeros(12)),
      enhanced(0, 5_000n, first.bytes),
      block(0x0bad),
    )
    expect(read(content).packets).toEqual([{ linkType: 1, timeMs: 5, bytes: first.bytes }])
    expect(read(content).damage).toBeUndefined()
  })

  const { n, header, interface: describeInterface, block, enhanced, simple } = section(true)
  const start = bytes(header(), describeInterface(1, 0)) // 28 and 20 bytes
  test.each([
    ['no byte-order magic', hex('0a0d0d0a 1c000000 11223344'), 'at byte 0: a section header'],
    ['a short section', bytes(hex('0a0d0d0a'), n(24, 4), n(0x1a2b3c4d, 4)), 'a block of 24 bytes'],
    ['a block of 0 bytes', bytes(start, n(6, 4), n(0, 4)), 'at byte 48: a block of 0 bytes'],
    ['an odd block', bytes(start, n(6, 4), n(33, 4), zeros(40)), 'at byte 48: a block of 33 bytes'],
    ['a huge packet block', bytes(start, n(6, 4), n(2 ** 31, 4)), 'a block of 2147483648 bytes'],
    ['a huge other block', bytes(start, n(5, 4), n(2 ** 31, 4)), 'ends within the block'],
    ['differing lengths', bytes(start, n(9, 4), n(12, 4), n(16, 4)), 'two lengths differ'],
    ['an interface nobody described', bytes(start, enhanced(1, 0n, first.bytes)), 'not described'],
    ['a simple packet before any', bytes(header(), simple(first.bytes)), 'not described'],
    ['a packet block of 8 bytes', bytes(start, block(6, zeros(8))), 'a short packet block'],
    ['an empty interface', bytes(header(), block(1)), 'a short interface description'],
    ['a packet longer than its block', bytes(start, simple(first.bytes, 9)), 'a packet of 9 bytes'],
  ])('%s is damage', (_, content, message) => {
    const { packets, damage } = read(content)
    expect(packets).toEqual([])
    expect(damage).toContain(message)
  })
})

test.each([
  ['', 'is too short for a capture file'],
  ['0a0d', 'is too short for a capture file'],
  ['1f8b0800 0000', 'is neither pcap nor pcapng: it begins with the bytes 1f8b0800'],
])('bytes %j are no capture', (content, damage) => {
  expect(read(hex(content))).toEqual({ packets: [], damage })
})

test('the beginning of a capture gives the first of its packets', () => {
  const big = section(false)
  const captures = [
    pcap([first, second, first]),
    bytes(pcapng([first, second]), big.header(), big.interface(1, 0), big.simple(first.bytes)),
  ]
  for (const whole of captures) {
    const all = read(whole).packets
    expect(all).toHaveLength(3)
    for (let length = 0; length < whole.length; length++) {
      const { packets } = read(whole.subarray(0, length))
      expect(packets).toEqual(all.slice(0, packets.length))
    }
  }
})

test('bytes at random are damage at worst', () => {
  const magic = fc.constantFrom(
    bytes(order(true)(0xa1b2c3d4, 4)),
    hex('0a0d0d0a 1c000000 4d3c2b1a 01000000 00000000 00000000 1c000000'),
  )
  const small = fc.uint8Array({ maxLength: 60 })
  fc.assert(
    fc.property(
      magic,
      fc.array(fc.oneof(small, fc.constant(zeros(9))), { maxLength: 6 }),
      (m, r) => {
        read(bytes(m, ...r))
      },
    ),
    { numRuns: 500 },
  )
})
