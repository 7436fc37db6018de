// A captured frame, down to the UDP datagram in it. Link types: tcpdump.org/linktypes.html; VLAN
// tags: IEEE 802.1Q.

import { readUint16 } from '../../collector/decode/bytes.ts'
import type { Reassembler } from './fragments.ts'
import { type FrameReason, readIp, type UdpDatagram } from './ip-packet.ts'

/** `timeMs` is the time of capture. */
export function readFrame(
  linkType: number,
  frame: Uint8Array,
  timeMs: number,
  reassembler: Reassembler,
): UdpDatagram | FrameReason {
  const offset = ipOffset(linkType, frame)
  return typeof offset === 'string' ? offset : readIp(frame.subarray(offset), timeMs, reassembler)
}

/** Where the IP packet begins. */
function ipOffset(linkType: number, frame: Uint8Array): number | FrameReason {
  switch (linkType) {
    case 1: // Ethernet: destination 6, source 6, EtherType 2
      return behindTags(frame, 12, 14)
    case 113: // Linux cooked: packet type 2, ARPHRD 2, address length 2, address 8, EtherType 2
      return behindTags(frame, 14, 16)
    case 276: // Linux cooked 2: EtherType 2, and 18 more that say nothing of what follows
      return behindTags(frame, 0, 20)
    case 0: // BSD loopback: address family 4, in the byte order of the machine that captured it
    case 108: // the same in network byte order
      return behindAddressFamily(frame)
    case 12: // raw IP, as some systems number it
    case 14:
    case 101: // raw IP
    case 228: // raw IPv4
    case 229: // raw IPv6
      return 0
    default:
      return 'unknown-link-type'
  }
}

/**
 * Passes over VLAN tags: the EtherType is at `typeAt`, and what it names at `next`: here a tag 2
 * and another EtherType 2.
 */
function behindTags(frame: Uint8Array, typeAt: number, next: number): number | FrameReason {
  while (next <= frame.length) {
    switch (readUint16(frame, typeAt)) {
      case 0x0800: // IPv4
      case 0x86dd: // IPv6
        return next
      case 0x8100: // 802.1Q
      case 0x88a8: // 802.1ad, the outer of two tags
      case 0x9100: // what was used for it before
        typeAt = next + 2
        next += 4
        break
      default:
        return 'not-udp'
    }
  }
  return 'truncated'
}

function behindAddressFamily(frame: Uint8Array): number | FrameReason {
  if (frame.length < 4) return 'truncated'
  // Below 256 in either byte order: one of the two bytes is zero.
  switch (frame[0]! | frame[3]!) {
    case 2: // IPv4, everywhere
    case 10: // IPv6: Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // macOS
      return 4
    default:
      return 'not-udp'
  }
}
