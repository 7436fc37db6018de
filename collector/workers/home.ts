// Whose datagram it is. The kernel spreads datagrams over the workers by address and port; what a decoder has to remember belongs to an exporter,
// which may use several ports. So each exporter has one worker that reads all it sends, its home, and the others hand on what they receive.

import { readUint32 } from '../decode/bytes.ts'
import { addressLength } from '../decode/sflow-addresses.ts'
import type { Source } from '../exporters/source.ts'

const sflowVersion = 5
const agentOffset = 8

/**
 * The number of the worker that reads this datagram, of `workers`. All that comes from one address has one home; of sFlow, all that an agent tells,
 * whatever the address that it comes from.
 */
export function homeOf(datagram: Uint8Array, { bytes }: Source, workers: number): number {
  if (datagram.length >= agentOffset && readUint32(datagram, 0) === sflowVersion) {
    const length = addressLength(readUint32(datagram, 4))
    const end = agentOffset + length
    // An agent without an address is known by that of its datagrams.
    if (length > 0 && end <= datagram.length && !isZero(datagram, agentOffset, end)) {
      return hash(datagram, agentOffset, end) % workers
    }
  }
  return homeOfAddress(bytes, workers)
}

/** The home of what comes from this address, 4 or 16 bytes. */
export function homeOfAddress(address: Uint8Array, workers: number): number {
  return hash(address, 0, address.length) % workers
}

/** FNV-1a of 32 bits, and its bits mixed once more: neighbouring addresses differ in few, and the lowest decide. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5
  for (let i = start; i < end; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x85ebca6b)
  return (value ^ (value >>> 13)) >>> 0
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
