// Extended flow records: what an sFlow agent knows of a sampled packet beside its header. sFlow v5 section 5, "Extended
// data"; later ones at sflow.org/developers/structures.php. Each returns false when it is too short for what it should hold.

import type { FlowRecord } from '../flow.ts'
import type { NumberList } from '../number-list.ts'
import { readUint32 } from './bytes.ts'
import { readAddress } from './sflow-addresses.ts'

/** AS numbers and communities of one path that are kept. */
const maxPathLength = 1000

/**
 *   0  source VLAN 4    8  destination VLAN 4
 *   4  priority    4   12  priority         4
 *
 * An untagged port has none: some agents write 2^32 - 1.
 */
export function readExtendedSwitch(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 16) return false
  flow.srcVlan = vlanId(readUint32(bytes, offset))
  flow.dstVlan = vlanId(readUint32(bytes, offset + 8))
  return true
}

function vlanId(value: number): number {
  return value <= 0x0fff ? value : 0
}

/**
 *   0  next hop                4 + a
 *   4 + a  source mask         4
 *   8 + a  destination mask    4
 */
export function readExtendedRouter(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const masks = readAddress(flow.nextHop, bytes, offset, end)
  if (masks === -1 || end - masks < 8) return false
  flow.srcNet = readUint32(bytes, masks) & 0xff
  flow.dstNet = readUint32(bytes, masks + 4) & 0xff
  return true
}

/**
 *   0  next hop           4 + a
 *   4 + a  router's AS    4
 *   8 + a  source AS      4
 *  12 + a  source peer AS 4
 *  16 + a  segment count  4, each: type 4, AS count 4, that many AS numbers
 *          community count 4, that many communities
 *          local preference 4
 *
 * Segments are sets (1) or sequences (2). A source AS of 0 stands for the router's own, as does a path without any.
 */
export function readExtendedGateway(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const numbers = readAddress(flow.bgpNextHop, bytes, offset, end)
  if (numbers === -1 || end - numbers < 16) return false
  const { asPath } = flow
  const communities = readAsPath(asPath, bytes, numbers + 12, end)
  if (communities === -1) {
    asPath.clear()
    return false
  }
  const routerAs = readUint32(bytes, numbers)
  flow.srcAs = readUint32(bytes, numbers + 4) || routerAs
  flow.dstAs = asPath.length > 0 ? asPath.at(asPath.length - 1) : routerAs
  flow.nextHopAs = asPath.at(0)
  return end - communities >= 4 && readNumbers(flow.bgpCommunities, bytes, communities, end) !== -1
}

/** Reads a count and that many segments into `path`. Returns where they end, or -1 when that is beyond `end`. */
function readAsPath(path: NumberList, bytes: Uint8Array, offset: number, end: number): number {
  const segments = readUint32(bytes, offset)
  let at = offset + 4
  for (let i = 0; i < segments; i++) {
    if (end - at < 8) return -1
    at = readNumbers(path, bytes, at + 4, end)
    if (at === -1) return -1
  }
  return at
}

/** Reads a count and that many numbers into `list`. Returns where they end, or -1 when that is beyond `end`. */
function readNumbers(list: NumberList, bytes: Uint8Array, offset: number, end: number): number {
  const count = readUint32(bytes, offset)
  const start = offset + 4
  if (count > (end - start) / 4) return -1
  const next = start + count * 4
  for (let at = start; at < next && list.length < maxPathLength; at += 4) {
    list.push(readUint32(bytes, at))
  }
  return next
}

/** Addresses after translation: source 4 + a, destination 4 + a. */
export function readExtendedNat(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  const destination = readAddress(flow.postNatSrcAddr, bytes, offset, end)
  return destination !== -1 && readAddress(flow.postNatDstAddr, bytes, destination, end) !== -1
}

/** Ports after translation: source 4, destination 4. */
export function readExtendedNatPort(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 8) return false
  flow.postNatSrcPort = readUint32(bytes, offset) & 0xffff
  flow.postNatDstPort = readUint32(bytes, offset + 4) & 0xffff
  return true
}

/** The virtual network at ingress or egress: 4. */
export function readExtendedVni(
  flow: FlowRecord,
  bytes: Uint8Array,
  offset: number,
  end: number,
): boolean {
  if (end - offset < 4) return false
  flow.vni ||= readUint32(bytes, offset) & 0xffffff
  return true
}
