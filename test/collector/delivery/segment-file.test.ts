import { expect, test } from 'vitest'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { readSegmentPrefix, writeSegment } from '../../../collector/delivery/segment-file.ts'

const segment: Segment = {
  name: 'collector-1/20261122T101112.131Z-ab12/7',
  stream: 'flows',
  flows: 3,
  firstReceivedMs: 1_795_300_000_123,
  payloadBytes: 6,
  payload: [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])],
}

test('what stands before the payload is read back, and says where the payload is', () => {
  const file = Buffer.concat(writeSegment(segment))
  const { payload, ...header } = segment
  const prefix = readSegmentPrefix(file)
  expect(prefix?.header).toEqual(header)
  expect(file.subarray(prefix?.payloadOffset)).toEqual(Buffer.concat(payload))
  // CRC-32 of 01 02 03 04 05 06, by Python's zlib.crc32.
  expect(prefix?.payloadCrc).toBe(0x81f67724)
})

test('one bit wrong before the payload, but in its checksum, and it is no segment', () => {
  const file = Buffer.concat(writeSegment(segment))
  const { payloadOffset } = readSegmentPrefix(file)!
  for (let bit = 0; bit < payloadOffset * 8; bit++) {
    const damaged = Buffer.from(file)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    const isPayloadChecksum = bit >> 3 >= 12 && bit >> 3 < 16
    expect(readSegmentPrefix(damaged) === undefined, `bit ${bit}`).toBe(!isPayloadChecksum)
  }
})
