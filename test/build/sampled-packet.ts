// Reads a packet as a switch sampled it.

import type { Compat } from '../../collector/decode/compat.ts'
import { PacketReader } from '../../collector/decode/packet.ts'
import { FlowRecord } from '../../collector/flow.ts'
import { bytes, hex, type Part, zeros } from './bytes.ts'
import { type PlainFlow, plainFlow } from './decoded.ts'

/** FlowMessage.LayerStack, schema/flow.proto. */
export const layer = {
  ethernet: 0,
  ipv4: 1,
  ipv6: 2,
  tcp: 3,
  udp: 4,
  mpls: 5,
  dot1q: 6,
  icmp: 7,
  icmpv6: 8,
  gre: 9,
  routing: 10,
  fragment: 11,
  geneve: 12,
  teredo: 13,
  custom: 99,
} as const

/** The flow of an Ethernet frame; its last byte is followed by others that are none of it. */
export function readFrame(...parts: Part[]): PlainFlow {
  return readFrameAs('none', ...parts)
}

export function readFrameAs(compat: Compat, ...parts: Part[]): PlainFlow {
  const frame = bytes(...parts)
  const flow = new FlowRecord()
  const around = bytes(zeros(3), frame, hex('ffffffffffffffff'))
  new PacketReader(compat).readEthernet(flow, around, 3, 3 + frame.length)
  return plainFlow(flow)
}
