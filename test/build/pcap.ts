// Reads the UDP datagrams of a capture for tests: classic pcap, Ethernet, no VLAN tags, no IP fragments.

import { readFileSync } from 'node:fs'
import { createSource, type Source } from '../../collector/exporters/source.ts'

export interface CapturedDatagram {
  readonly source: Source
  readonly payload: Uint8Array
}

const fileHeaderBytes = 24
const packetHeaderBytes = 16
const ethernetBytes = 14

export function readCapture(path: string): CapturedDatagram[] {
  const file = readFileSync(path)
  const isLittleEndian = file.readUInt32LE(0) === 0xa1b2c3d4 || file.readUInt32LE(0) === 0xa1b23c4d
  const datagrams: CapturedDatagram[] = []
  for (let offset = fileHeaderBytes; offset < file.length; ) {
    const length = isLittleEndian ? file.readUInt32LE(offset + 8) : file.readUInt32BE(offset + 8)
    const packet = file.subarray(offset + packetHeaderBytes, offset + packetHeaderBytes + length)
    datagrams.push(datagramOf(packet))
    offset += packetHeaderBytes + length
  }
  return datagrams
}

function datagramOf(packet: Buffer): CapturedDatagram {
  const ip = packet.subarray(ethernetBytes)
  const isIpv4 = packet.readUInt16BE(12) === 0x0800
  const bytes = Uint8Array.from(isIpv4 ? ip.subarray(12, 16) : ip.subarray(8, 24))
  const udp = ip.subarray(isIpv4 ? (ip.readUInt8(0) & 0x0f) * 4 : 40)
  return {
    source: createSource(bytes, udp.readUInt16BE(0)),
    payload: Uint8Array.from(udp.subarray(8, udp.readUInt16BE(4))),
  }
}
