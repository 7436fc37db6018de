// Times of flows depend on when they were received, which is the exporter's time of day only if the capture was made on
// the spot: the clocks of those here are often years apart.

import type { Flow } from './compare.ts'

const dayNs = 86_400_000_000_000n

/**
 * The flow as it is printed when it was received at `receivedNs`, or when tshark says it was: in whole milliseconds. An
 * sFlow sample has no time of its own. A start or an end more than a day ahead is the fault of some clock: the time of
 * receipt stands in for it.
 */
export function atReceipt(flow: Flow, receivedNs = BigInt(String(flow['time_received_ns']))): Flow {
  const received = (receivedNs / 1_000_000n) * 1_000_000n
  const believed = (value: unknown) => {
    const time = value === undefined ? received : BigInt(String(value))
    return String(time > received + dayNs ? received : time)
  }
  return {
    ...flow,
    time_received_ns: String(received),
    time_flow_start_ns: believed(flow['time_flow_start_ns']),
    time_flow_end_ns: believed(flow['time_flow_end_ns']),
  }
}

/**
 * A pcap file's packets, all captured at `time`. Layout: 24 bytes; before each packet seconds4 fraction4 captured4 length4.
 */
export function recapturedAt(capture: Buffer, time: Date): Buffer {
  const copy = Buffer.from(capture)
  const isLittleEndian = [0xa1b2c3d4, 0xa1b23c4d].includes(copy.readUInt32LE(0))
  const seconds = Math.floor(time.getTime() / 1000)
  for (let at = 24; at < copy.length; ) {
    if (isLittleEndian) copy.writeUInt32LE(seconds, at)
    else copy.writeUInt32BE(seconds, at)
    copy.writeUInt32LE(0, at + 4)
    at += 16 + (isLittleEndian ? copy.readUInt32LE(at + 8) : copy.readUInt32BE(at + 8))
  }
  return copy
}
