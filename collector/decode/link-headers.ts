// Ethernet, 802.1Q tags and MPLS labels of a sampled packet.

import { readUint16, readUint32, readUint48 } from './bytes.ts'
import { Layer, type Next, nextByIpVersion, nothing, type PacketCursor } from './packet-cursor.ts'

/** Below it stands the length of an 802.3 frame, and what follows is not for us. */
const minEtherType = 0x600
const maxMplsLabels = 8
/** Labels below it are reserved, and end the stack: RFC 3032 2.1. */
const firstPlainLabel = 16

/**
 *    0  destination 6
 *    6  source      6
 *   12  EtherType   2
 */
export function readEthernet(cursor: PacketCursor): Next {
  if (!cursor.has(14)) return nothing
  const { bytes, offset, flow } = cursor
  const etherType = readUint16(bytes, offset + 12)
  if (cursor.hasEthernet || cursor.hasIp) cursor.inside = true
  cursor.hasEthernet = true
  if (!cursor.inside) {
    flow.dstMac = readUint48(bytes, offset)
    flow.srcMac = readUint48(bytes, offset + 6)
    flow.etype = etherType >= minEtherType ? etherType : 0
  }
  cursor.pass(Layer.ethernet, 14)
  return etherType >= minEtherType ? etherType : nothing
}

/**
 *   0  priority 3 bits, drop eligible 1 bit, VLAN id 12 bits
 *   2  EtherType 2
 *
 * Of several tags the innermost names the VLAN: it is the customer's.
 */
export function readVlanTag(cursor: PacketCursor): Next {
  if (!cursor.has(4)) return nothing
  const { bytes, offset, flow } = cursor
  const etherType = readUint16(bytes, offset + 2)
  if (!cursor.inside) {
    flow.vlanId = readUint16(bytes, offset) & 0x0fff
    if (cursor.vlanTags > 0) flow.customerVlanId = flow.vlanId
    cursor.vlanTags++
    flow.etype = etherType >= minEtherType ? etherType : 0
  }
  cursor.pass(Layer.dot1q, 4)
  return etherType >= minEtherType ? etherType : nothing
}

/**
 * Label stack entries, RFC 3032 2.1: label 20 bits, traffic class 3, bottom of stack 1, TTL 8. What they carry is told
 * only by its first bits.
 */
export function readMplsLabels(cursor: PacketCursor): Next {
  const { bytes, flow, end } = cursor
  const start = cursor.offset
  let offset = start
  let isBottom = false
  while (!isBottom && end - offset >= 4 && offset - start < maxMplsLabels * 4) {
    const entry = readUint32(bytes, offset)
    const label = entry >>> 12
    offset += 4
    isBottom = (entry & 0x100) !== 0 || label < firstPlainLabel
    if (cursor.inside) continue
    flow.mplsLabel.push(label)
    flow.mplsTtl.push(entry & 0xff)
  }
  cursor.pass(Layer.mpls, offset - start)
  return isBottom ? nextByIpVersion(bytes, offset, end) : nothing
}
