// Capture files for tests, pcap and pcapng, of packets built elsewhere.

import { type Part, uint } from './bytes.ts'

export interface Packet {
  readonly bytes: Uint8Array
  /** Nanoseconds since 1970. */
  readonly timeNs?: bigint
}

export interface PcapOptions {
  littleEndian?: boolean
  nanoseconds?: boolean
  linkType?: number
}

const defaultTimeNs = 1_700_000_000_123_456_789n

/** For large captures: what `bytes` does, only faster. */
export function join(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Uint8Array.from(part))))
}

export function pcap(packets: readonly Packet[], options: PcapOptions = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = false, linkType = 1 } = options
  const n = order(littleEndian)
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4
  const records = packets.map(({ bytes, timeNs = defaultTimeNs }) => {
    const fraction = (timeNs % 1_000_000_000n) / (nanoseconds ? 1n : 1_000n)
    const seconds = timeNs / 1_000_000_000n
    return join(n(seconds, 4), n(fraction, 4), n(bytes.length, 4), n(bytes.length, 4), bytes)
  })
  const header = join(n(magic, 4), n(2, 2), n(4, 2), n(0, 8), n(262_144, 4), n(linkType, 4))
  return join(header, ...records)
}

/** Numbers of `length` bytes in a byte order. */
export function order(littleEndian: boolean): (value: number | bigint, length: number) => Part {
  return (value, length) => (littleEndian ? uint(value, length).reverse() : uint(value, length))
}

/** The blocks of one pcapng section, in its byte order. */
export function section(littleEndian: boolean) {
  const n = order(littleEndian)
  const padded = (body: Uint8Array) => join(body, new Uint8Array(-body.length & 3))
  const block = (type: number, ...body: Part[]) => {
    const content = padded(join(...body))
    return join(n(type, 4), n(content.length + 12, 4), content, n(content.length + 12, 4))
  }
  const option = (code: number, ...value: Part[]) => {
    const content = join(...value)
    return join(n(code, 2), n(content.length, 2), padded(content))
  }
  return {
    n,
    block,
    option,
    header: (...options: Part[]) =>
      block(0x0a0d0d0a, n(0x1a2b3c4d, 4), n(1, 2), n(0, 2), n(2n ** 64n - 1n, 8), ...options),
    interface: (linkType: number, snapLength: number, ...options: Part[]) =>
      block(1, n(linkType, 2), n(0, 2), n(snapLength, 4), ...options),
    /** `time` in the interface's units. */
    enhanced: (from: number, time: bigint, bytes: Uint8Array, ...options: Part[]) =>
      block(
        6,
        n(from, 4),
        n(time >> 32n, 4),
        n(time & 0xffff_ffffn, 4),
        n(bytes.length, 4),
        n(bytes.length, 4),
        padded(bytes),
        ...options,
      ),
    simple: (bytes: Uint8Array, originalLength = bytes.length) =>
      block(3, n(originalLength, 4), bytes),
  }
}

/** pcapng with one section and interface of microseconds. */
export function pcapng(
  packets: readonly Packet[],
  { littleEndian = true, linkType = 1 }: PcapOptions = {},
): Uint8Array {
  const blocks = section(littleEndian)
  return join(
    blocks.header(),
    blocks.interface(linkType, 0),
    ...packets.map(({ bytes, timeNs = defaultTimeNs }) =>
      blocks.enhanced(0, timeNs / 1_000n, bytes),
    ),
  )
}
