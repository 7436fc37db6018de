import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fitsAddress,
  flowNumber,
  flowNumberCount,
  sourcePort,
  writeSourceAddress,
} from '../../exporter/numbering.ts'
import { formatAddress } from '../../runtime/ip.ts'

function sourceOf(number: number, addressBytes: 4 | 16): string {
  const address = new Uint8Array(addressBytes).fill(0xee)
  writeSourceAddress(number, address)
  return formatAddress(address)
}

const tcp = 6
const icmp = 1
const numbers = fc.integer({ min: 0, max: flowNumberCount - 1 })

describe('flow numbers', () => {
  it('are found again in the source address and port', () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom<4 | 16>(4, 16), (number, addressBytes) => {
        const row = {
          src_addr: sourceOf(number, addressBytes),
          src_port: sourcePort(number),
          proto: tcp,
        }
        expect(row.src_port).toBeGreaterThanOrEqual(1024)
        expect(row.src_port).toBeLessThanOrEqual(65_535)
        expect(flowNumber(row)).toBe(number)
      }),
    )
  })

  it('are found again at both ends of the range', () => {
    for (const number of [0, 1, 2 ** 24 - 1, 2 ** 24, flowNumberCount - 1]) {
      const port = { src_port: sourcePort(number), proto: tcp }
      expect(flowNumber({ src_addr: sourceOf(number, 4), ...port })).toBe(number)
      expect(flowNumber({ src_addr: sourceOf(number, 16), ...port })).toBe(number)
    }
  })

  it('stand in 10.0.0.0/8 and in the last five bytes of 2001:db8::/64', () => {
    expect(sourceOf(0x03_0a_0b_0c, 4)).toBe('10.10.11.12')
    expect(sourceOf(0x11_03_0a_0b_0c, 16)).toBe('2001:db8::11:30a:b0c')
  })

  it('need no port in ICMP while the address holds them', () => {
    expect(fitsAddress(2 ** 24 - 1)).toBe(true)
    expect(fitsAddress(2 ** 24)).toBe(false)
    const row = { src_addr: sourceOf(2 ** 24 - 1, 4), src_port: 0, proto: icmp }
    expect(flowNumber(row)).toBe(2 ** 24 - 1)
  })

  it('are read from an IPv4-mapped address too', () => {
    const row = { src_addr: '::ffff:10.0.0.7', src_port: sourcePort(7), proto: tcp }
    expect(flowNumber(row)).toBe(7)
  })

  it('are not seen in flows of other origin', () => {
    const port = { src_port: 40_000, proto: tcp }
    for (const src_addr of ['192.0.2.1', '2001:db8:1::7', '2001:db8::1:0:0:7', '', 'host']) {
      expect(flowNumber({ src_addr, ...port })).toBeUndefined()
    }
    expect(flowNumber({ src_addr: '10.0.0.7', src_port: 443, proto: tcp })).toBeUndefined()
  })
})
