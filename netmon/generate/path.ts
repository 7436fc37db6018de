// The way of a flow through its router, the same in every scenario: source, interfaces, routes, next hop.

import { writeSourceAddress } from '../../exporter/numbering.ts'
import { pick } from './random.ts'
import type { Router } from './routers.ts'
import type { FlowSlot } from './scenario.ts'

const interfaceCount = 8
/** Private AS numbers (RFC 6996) that fit the 16 bits of NetFlow v5: sources take the lower ones, destinations the upper. */
const firstAs = 64_512
const asCount = 256
/** Locally administered. */
const firstMac = 0x02_00_00_00_00_00

/**
 * Points the flow's addresses to those of one family and sets all but the destination, transport, counters and times. `bits` are
 * the flow's own 32 random bits.
 */
export function setPath(
  slot: FlowSlot,
  isIpv6: boolean,
  number: number,
  router: Router,
  bits: number,
): void {
  const { flow } = slot
  const addresses = isIpv6 ? slot.ipv6 : slot.ipv4
  flow.srcAddr = addresses.src
  flow.dstAddr = addresses.dst
  flow.nextHop = addresses.nextHop
  writeSourceAddress(number, addresses.src)
  flow.inIf = 1 + (bits % interfaceCount)
  flow.outIf = 1 + ((flow.inIf + pick(bits, interfaceCount - 1)) % interfaceCount)
  setNextHop(addresses.nextHop, flow.outIf)
  flow.srcMask = isIpv6 ? 64 : 24
  flow.dstMask = isIpv6 ? 48 : 20
  flow.srcAs = firstAs + ((bits >>> 8) % asCount)
  flow.dstAs = firstAs + asCount + ((bits >>> 16) % asCount)
  flow.ttl = 32 + (bits % 32)
  flow.srcMac = firstMac + router.index * 256 + flow.inIf
  flow.dstMac = firstMac + router.index * 256 + 128 + flow.outIf
  flow.vlanId = (bits & 0x100) === 0 ? 0 : 100 + flow.inIf
}

/** The neighbour on an interface: 192.0.2.n or 2001:db8:ffff::n (RFC 5737, RFC 3849). */
function setNextHop(address: Uint8Array, outIf: number): void {
  address.set(address.length === 4 ? [192, 0, 2] : [0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff])
  address[address.length - 1] = outIf
}
