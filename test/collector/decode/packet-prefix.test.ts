// Sampled packets are cut off anywhere. What a part of a packet shows is what the whole shows, or less of it.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, hex, ip6, u8, u16, zeros } from '../../build/bytes.ts'
import type { PlainFlow } from '../../build/decoded.ts'
import { ethernet, icmp, ipv4, ipv6, mplsLabel, tcp, udp, vlanTag } from '../../build/packet.ts'
import { readFrame } from '../../build/sampled-packet.ts'

/** They name the last of several headers, as far as it is there. */
const namesOfTheLast = ['etype', 'proto', 'vlanId', 'customerVlanId']

/** What `part`, of the first `length` bytes, shows other than `whole`; undefined when there is nothing. */
function difference(part: PlainFlow, whole: PlainFlow, length: number): string | undefined {
  for (const [field, value] of Object.entries(part)) {
    if (namesOfTheLast.includes(field) || field === 'layerSize') continue
    const isSame = Array.isArray(value)
      ? startsWith(list(whole[field]), value)
      : value === whole[field]
    if (!isSame) return field
  }
  // All layers but the last are complete, and together they are no more than what is there.
  const sizes = list(part['layerSize'])
  const wholeSizes = list(whole['layerSize'])
  const last = sizes.length - 1
  if (list(part['layerStack']).length !== sizes.length) return 'layerStack without layerSize'
  if (!startsWith(wholeSizes, sizes.slice(0, -1))) return 'layerSize'
  if (last >= 0 && Number(sizes[last]) > Number(wholeSizes[last])) return 'layerSize of the last'
  const total = sizes.reduce((sum: number, size) => sum + Number(size), 0)
  return total > length ? 'layerSize in all' : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function startsWith(whole: readonly unknown[], start: readonly unknown[]): boolean {
  return start.every((item, i) => item === whole[i])
}

function expectPrefixes(frame: Uint8Array): void {
  let longer = readFrame(frame)
  for (let length = frame.length - 1; length >= 0; length--) {
    const part = readFrame(frame.subarray(0, length))
    const differs = difference(part, longer, length)
    if (differs !== undefined) expect.fail(`${differs} at ${length} bytes`)
    longer = part
  }
}

test('TCP behind a tag shows each field as soon as it is there', () => {
  const frame = ethernet(0x8100, vlanTag(100, 0x0800, ipv4({ protocol: 6 }, tcp(1111, 2222, 0x18))))
  const at = (length: number) => readFrame(frame.slice(0, length))
  expect(at(13)).not.toHaveProperty('layerStack')
  expect(at(14)).toMatchObject({ etype: 0x8100, layerSize: [14] })
  expect(at(17)).toEqual(at(14))
  expect(at(18)).toMatchObject({ etype: 0x0800, vlanId: 100, layerSize: [14, 4] })
  expect(at(37)).toEqual(at(18))
  expect(at(38)).toMatchObject({ srcAddr: '192.0.2.10', proto: 6, layerSize: [14, 4, 20] })
  expect(at(41)).toEqual(at(38))
  expect(at(42)).toMatchObject({ srcPort: 1111, dstPort: 2222, layerSize: [14, 4, 20, 4] })
  expect(at(51)).not.toHaveProperty('tcpFlags')
  expect(at(52)).toMatchObject({ tcpFlags: 0x018, layerSize: [14, 4, 20, 14] })
  expect(at(58)).toMatchObject({ layerSize: [14, 4, 20, 20] })
})

/** Any packet of nested headers, up to a depth that the bound on headers cuts off. */
const { packet: anyPacket } = fc.letrec<{ packet: Uint8Array; frame: Uint8Array; ip: Uint8Array }>(
  (tie) => {
    const frame = fc
      .tuple(
        fc.constantFrom(0x0800, 0x86dd, 0x8847, 0x6558),
        fc.array(fc.tuple(fc.constantFrom(0x8100, 0x88a8), fc.nat(0xffff)), { maxLength: 3 }),
        tie('ip'),
        fc.boolean(),
      )
      .map(([etherType, tags, content, isRight]) => {
        const isV6 = (content[0] ?? 0) >> 4 === 6
        const ipType = isV6 ? 0x86dd : 0x0800
        let rest = bytes(u16(isRight ? ipType : etherType), content)
        for (const [tagType, tag] of tags) rest = bytes(u16(tagType), u16(tag), rest)
        return bytes(hex('02000000000d 020000000005'), rest)
      })
    const labelled = fc
      .tuple(
        fc.array(fc.nat(0xfffff), { maxLength: 18 }),
        fc.constantFrom(0, 2, 100),
        fc.oneof(
          tie('ip'),
          tie('frame').map((inner) => bytes(zeros(4), inner)),
        ),
      )
      .map(([labels, bottom, content]) => {
        const stack = labels.map((label) => mplsLabel(label, false))
        return ethernet(0x8847, ...stack, mplsLabel(bottom, true), content)
      })
    const ports = fc.constantFrom(53, 3544, 4789, 6081)
    const overUdp = fc
      .tuple(
        ports,
        ports,
        fc.constantFrom(
          '',
          '08000000 00abcd00',
          '02006558 00abcd00 0102000166666666',
          '0000ffff00000000',
        ),
        fc.oneof(tie('frame'), tie('ip')),
      )
      .map(([source, destination, header, content]) =>
        udp(source, destination, hex(header), content),
      )
    const extended = fc
      .tuple(
        fc.array(fc.constantFrom(0, 43, 44, 60, 51), { minLength: 1, maxLength: 12 }),
        fc.nat(0xffff),
        fc.oneof(
          overUdp.map((content) => ({ nextHeader: 17, content })),
          tie('ip').map((content) => ({ nextHeader: 41, content })),
        ),
      )
      .map(([headers, fragment, { nextHeader, content }]) => {
        let rest = content
        let next = nextHeader
        for (const header of headers) {
          rest = bytes(u8(next), extensionBody(header, fragment), rest)
          next = header
        }
        return ipv6({ nextHeader: next }, rest)
      })
    const ip = fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(ipv4({ protocol: 6 }, tcp(1111, 2222, 0x1ff, 8))),
      fc.constant(ipv6({ nextHeader: 58, flowLabel: 0xabcde }, icmp(128, 3))),
      fc.constant(ipv4({ protocol: 132, fragment: 0x2000 }, hex('045708ae0000000100000000'))),
      overUdp.map((content) => ipv4({ options: hex('01010101') }, content)),
      extended,
      tie('ip').map((content) => ipv4({ protocol: (content[0] ?? 0) >> 4 }, content)),
      tie('frame').map((content) =>
        ipv4({ protocol: 47 }, u16(0xb000), u16(0x6558), zeros(12), content),
      ),
    )
    return { frame, ip, packet: fc.oneof(frame, labelled) }
  },
)

/** No sample is longer: sFlow's usual length is 128. */
const packet = anyPacket.map((whole) => whole.slice(0, 256))

/** All of an extension header but its first byte, RFC 8200 4 and RFC 4302 2. */
function extensionBody(header: number, fragment: number): Uint8Array {
  if (header === 44) return bytes(u8(0), u16(fragment & 0xf), zeros(4))
  if (header === 51) return bytes(u8(1), zeros(10))
  if (header === 43)
    return bytes(hex('04 04 01 01 00 0000'), ip6('2001:db8::1'), ip6('2001:db8::2'))
  return hex('01 01 0c 000000 000000000000000000')
}

test('any prefix of a packet shows a part of what the packet shows', () => {
  fc.assert(fc.property(packet, expectPrefixes), { numRuns: 150 })
})

test('and so does any prefix of a packet with bytes changed', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const damaged = fc.tuple(packet, changes).map(([frame, changed]) => {
    for (const [at, value] of changed) frame[at % frame.length] = value
    return frame
  })
  fc.assert(fc.property(damaged, expectPrefixes), { numRuns: 150 })
})
