// How a flow carries its number through export, decoding and storage, so that a missing flow can be named.
//
// All four protocols keep the source address and, but for ICMP, the source port. A number has 40 bits:
//
//   IPv4   low 24 bits: the host part of 10.0.0.0/8; the rest moves the source port
//   IPv6   all of it in the last 5 bytes of 2001:db8::/64; the source port is the same as in IPv4
//   ICMP   has no ports: in IPv4 only numbers below 2^24 may use it
//
// Ports run from 1024 and are scattered by the low bits, so that they look like those of clients.

import { parseAddress } from '../runtime/ip.ts'
import { IpProtocol } from './flow.ts'

const lowCount = 2 ** 24
const firstPort = 1024
const portCount = 65536 - firstPort

/** Flows are numbered from 0 to below this. */
export const flowNumberCount = lowCount * portCount

/** Whether the address alone names the flow in IPv4. */
export function fitsAddress(number: number): boolean {
  return number < lowCount
}

/** Writes the source address of a flow into 4 or 16 bytes. */
export function writeSourceAddress(number: number, address: Uint8Array): void {
  const low = number % lowCount
  const last = address.length - 1
  if (address.length === 4) {
    address[0] = 10
  } else {
    address.fill(0)
    address.set([0x20, 0x01, 0x0d, 0xb8])
    const high = Math.floor(number / lowCount)
    address[last - 3] = high & 0xff
    address[last - 4] = high >>> 8
  }
  address[last] = low & 0xff
  address[last - 1] = (low >>> 8) & 0xff
  address[last - 2] = low >>> 16
}

export function sourcePort(number: number): number {
  const high = Math.floor(number / lowCount)
  return firstPort + ((high + scatter(number % lowCount)) % portCount)
}

/**
 * The number of a stored flow, by the columns of the same names; undefined when it cannot be one of ours. The address is text:
 * IPv4, IPv6, or IPv4-mapped.
 */
export function flowNumber(row: {
  src_addr: string
  src_port: number
  proto: number
}): number | undefined {
  const address = parseAddress(row.src_addr)
  if (address === undefined) return undefined
  const last = address.length - 1
  const low = (address[last - 2]! << 16) | (address[last - 1]! << 8) | address[last]!
  if (address.length === 16) {
    if (!isOurIpv6(address)) return undefined
    return ((address[last - 4]! << 8) | address[last - 3]!) * lowCount + low
  }
  if (address[0] !== 10) return undefined
  if (row.proto === IpProtocol.icmp) return low
  if (row.src_port < firstPort) return undefined
  const high = (row.src_port - firstPort - scatter(low) + portCount) % portCount
  return high * lowCount + low
}

/** 2001:db8::/64, and nothing above the 40 bits. */
function isOurIpv6(address: Uint8Array): boolean {
  const head = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0]
  return head.every((byte, i) => address[i] === byte)
}

/** A prime factor keeps neighbours apart; the product stays below 2^53. */
function scatter(low: number): number {
  return (low * 40_507) % portCount
}
