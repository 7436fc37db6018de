// pcap, draft-ietf-opsawg-pcap: file header 4, packet record 5.

import { type CapturedPacket, DamagedCapture, maxPacketBytes } from './captured-packet.ts'
import type { FileBytes } from './file-bytes.ts'

export interface PcapFlavour {
  littleEndian: boolean
  /** Units of a packet's fraction of a second: microseconds or nanoseconds. */
  fractionsPerMs: number
}

// magic 4 (read), major version 2, minor 2, reserved 8, snaplen 4, link type 4 (its low 16 bits)
const headerRestBytes = 20
// seconds 4, fraction 4, captured length 4, original length 4, the bytes
const recordHeaderBytes = 16

/** Reads on behind the magic number. */
export function* readPcapPackets(
  file: FileBytes,
  { littleEndian, fractionsPerMs }: PcapFlavour,
): Generator<CapturedPacket> {
  const header = file.take(headerRestBytes)
  if (header === undefined) throw new DamagedCapture('ends within the file header')
  const linkType = viewOf(header).getUint32(16, littleEndian) & 0xffff

  while (!file.isAtEnd()) {
    const recordStart = file.position
    const record = file.take(recordHeaderBytes)
    if (record === undefined) throw endsWithin(recordStart)
    const view = viewOf(record)
    const seconds = view.getUint32(0, littleEndian)
    const fraction = view.getUint32(4, littleEndian)
    const length = view.getUint32(8, littleEndian)
    if (length > maxPacketBytes) {
      throw new DamagedCapture(`is damaged at byte ${recordStart}: a packet of ${length} bytes`)
    }
    const bytes = file.take(length)
    if (bytes === undefined) throw endsWithin(recordStart)
    yield { linkType, timeMs: seconds * 1000 + Math.floor(fraction / fractionsPerMs), bytes }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function endsWithin(recordStart: number): DamagedCapture {
  return new DamagedCapture(`ends within the packet that begins at byte ${recordStart}`)
}
