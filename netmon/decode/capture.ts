// Packets of a capture file, pcap or pcapng, told apart by their first four bytes.

import { type CapturedPacket, DamagedCapture } from './captured-packet.ts'
import type { FileBytes } from './file-bytes.ts'
import { readPcapPackets } from './pcap.ts'
import { readPcapngPackets } from './pcapng.ts'

/**
 * @throws DamagedCapture, after the packets that stand before the damage
 * @throws the system's error when the file cannot be read
 */
export function* readPackets(file: FileBytes): Generator<CapturedPacket> {
  const magic = file.take(4)
  if (magic === undefined) throw new DamagedCapture('is too short for a capture file')
  const hex = Buffer.from(magic).toString('hex')
  switch (hex) {
    case 'd4c3b2a1':
      return yield* readPcapPackets(file, { littleEndian: true, fractionsPerMs: 1_000 })
    case 'a1b2c3d4':
      return yield* readPcapPackets(file, { littleEndian: false, fractionsPerMs: 1_000 })
    case '4d3cb2a1':
      return yield* readPcapPackets(file, { littleEndian: true, fractionsPerMs: 1_000_000 })
    case 'a1b23c4d':
      return yield* readPcapPackets(file, { littleEndian: false, fractionsPerMs: 1_000_000 })
    case '0a0d0d0a':
      return yield* readPcapngPackets(file)
    default:
      throw new DamagedCapture(`is neither pcap nor pcapng: it begins with the bytes ${hex}`)
  }
}
