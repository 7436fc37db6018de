// Segments of the stream `flows`, by hand: each flow is a FlowMessage of its number (sequence_num, field 4) and a filler (src_mac, field 27).

import type { Segment } from '../../collector/delivery/segment.ts'

/** Flows numbered from `first`, about 110 bytes each, as is common. */
export function flowsSegment(name: string, count: number, first = 0): Segment {
  const flows = Array.from({ length: count }, (_, index) => flowMessage(first + index))
  const payload = [Buffer.concat(flows)]
  return {
    name,
    stream: 'flows',
    flows: count,
    firstReceivedMs: Date.now(),
    payloadBytes: payload[0]?.length ?? 0,
    payload,
  }
}

function flowMessage(number: number): Buffer {
  const message = [0x20, ...varint(number)]
  while (message.length < 109) message.push(0xd8, 0x01, 0x01)
  return Buffer.from([...varint(message.length), ...message])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}
