// Ethernet, 802.1Q tags and MPLS labels of a sampled packet.

import { readUint16, readUint32, readUint48 } from './bytes.ts'
import {
  EtherType,
  Layer,
  type Next,
  nextByIpVersion,
  nothing,
  type PacketCursor,
} from './packet-cursor.ts'

/** Below it stands the length of an 802.3 frame, and what follows is not for us. */
const minEtherType = 0x600
/** Segment routing stacks a dozen; a crafted stack may have no bottom. */
const maxMplsLabels = 16

/**
 *    0  destination 6
 *    6  source      6
 *   12  EtherType   2
 */
export function readEthernet(cursor: PacketCursor): Next {
  if (!cursor.has(14)) return nothing
  const { bytes, offset, flow } = cursor
  const etherType = readUint16(bytes, offset + 12)
  if (!cursor.inside) {
    // The frame in an MPLS pseudowire has addresses of its own, but the first IP header is in it.
    if (!cursor.hasEthernet) {
      flow.dstMac = readUint48(bytes, offset)
      flow.srcMac = readUint48(bytes, offset + 6)
    }
    flow.etype = etherType >= minEtherType ? etherType : 0
  }
  cursor.hasEthernet = true
  cursor.pass(Layer.ethernet, 14)
  return etherType >= minEtherType ? etherType : nothing
}

/**
 * IEEE 802.1Q 9.6
 *
 *   0  priority (PCP) 3 bits, drop eligible (DEI) 1 bit, VLAN id 12 bits
 *   2  EtherType 2
 *
 * Of several tags the innermost names the VLAN: it is the customer's. GoFlow2 takes all 16 bits for the id.
 */
export function readVlanTag(cursor: PacketCursor): Next {
  if (!cursor.has(4)) return nothing
  const { bytes, offset, flow } = cursor
  const tag = readUint16(bytes, offset)
  const etherType = readUint16(bytes, offset + 2)
  if (!cursor.inside) {
    flow.vlanId = cursor.compat === 'goflow2' ? tag : tag & 0x0fff
    if (cursor.vlanTags > 0) flow.customerVlanId = tag & 0x0fff
    cursor.vlanTags++
    flow.etype = etherType >= minEtherType ? etherType : 0
  }
  cursor.pass(Layer.dot1q, 4)
  return etherType >= minEtherType ? etherType : nothing
}

/**
 * Label stack entries, RFC 3032 2.1: label 20 bits, traffic class 3, bottom of stack 1, TTL 8.
 *
 * Only its bottom bit ends a stack. A reserved label does not: explicit null may stand above others (RFC 4182), an
 * entropy label indicator always does (RFC 6790).
 */
export function readMplsLabels(cursor: PacketCursor): Next {
  const { bytes, flow, end } = cursor
  const start = cursor.offset
  const isOutermost = !cursor.inside && flow.mplsLabel.length === 0
  let offset = start
  let label = 0
  let isBottom = false
  while (!isBottom && end - offset >= 4 && offset - start < maxMplsLabels * 4) {
    const entry = readUint32(bytes, offset)
    label = entry >>> 12
    isBottom = (entry & 0x100) !== 0
    offset += 4
    if (!isOutermost) continue
    flow.mplsLabel.push(label)
    flow.mplsTtl.push(entry & 0xff)
  }
  if (offset === start) return nothing
  cursor.pass(Layer.mpls, offset - start)
  return isBottom ? nextInMpls(cursor, label) : nothing
}

const ipv4ExplicitNull = 0
const ipv6ExplicitNull = 2

/**
 * What a label stack carries: the labels for explicit null say it (RFC 3032 2.1), else its first 4 bits do. 0 is neither
 * version of IP but the control word of a pseudowire (RFC 4385 3); one of zeros stands before an Ethernet frame (RFC 4448
 * 4.6).
 */
function nextInMpls(cursor: PacketCursor, bottomLabel: number): Next {
  if (bottomLabel === ipv4ExplicitNull) return EtherType.ipv4
  if (bottomLabel === ipv6ExplicitNull) return EtherType.ipv6
  const { bytes, offset, end } = cursor
  if (cursor.has(4) && readUint32(bytes, offset) === 0) {
    cursor.pass(Layer.custom, 4)
    return EtherType.ethernet
  }
  return nextByIpVersion(bytes, offset, end)
}
