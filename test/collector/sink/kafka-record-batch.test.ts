import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../collector/sink/kafka-crc.ts'
import type { KafkaMessage } from '../../../collector/sink/kafka-messages.ts'
import { encodeRecordBatch } from '../../../collector/sink/kafka-record-batch.ts'

const identity = { producerId: 0x0102030405060708n, producerEpoch: 9, sequence: 77 }

function message(value: string, headers: Record<string, string> = {}): KafkaMessage {
  return { partition: 0, value: Buffer.from(value), headers, timestamp: '1700000000123' }
}

describe('a record batch', () => {
  test('is what the documentation of Kafka says, byte for byte', async () => {
    const chunks = await encodeRecordBatch(
      [message('ab', { h: 'é' }), message('')],
      identity,
      { type: 0 },
      () => 0xdeadbeef,
    )
    // 1700000000123 is 0x18bcfe5687b; 49 bytes of the head follow the length, 14 and 7 of records: 0x46. Numbers in records are zigzag: twice what they say.
    const expected = [
      '0000000000000000 00000046 ffffffff 02 deadbeef 0000 00000001',
      '0000018bcfe5687b 0000018bcfe5687b 0102030405060708 0009 0000004d 00000002',
      '1a 00 00 00 01 04 6162 02 02 68 04 c3a9',
      '0c 00 00 02 01 00 00',
    ]
    expect(Buffer.concat(chunks).toString('hex')).toBe(expected.join('').replaceAll(' ', ''))
  })

  test('is summed up from its attributes on', async () => {
    const chunks = await encodeRecordBatch([message('x')], identity, { type: 0 }, crc32c)
    const batch = Buffer.concat(chunks)
    expect(batch.readUInt32BE(17)).toBe(crc32c([batch.subarray(21)]))
    // RFC 3720, B.4: 32 bytes of zeros.
    expect(crc32c([Buffer.alloc(20), Buffer.alloc(12)])).toBe(0x8a9136aa)
  })

  test('has its records packed as one, and says by what', async () => {
    const messages = Array.from({ length: 300 }, (_, n) =>
      message('y'.repeat(n), { block: `${n}` }),
    )
    const plain = Buffer.concat(await encodeRecordBatch(messages, identity, { type: 0 }, () => 0))
    const compress = async (records: Buffer) => zlib.gzipSync(records)
    const packed = Buffer.concat(
      await encodeRecordBatch(messages, identity, { type: 1, compress }, () => 0),
    )
    expect(packed.readInt16BE(21)).toBe(1)
    expect(packed.readInt32BE(8)).toBe(packed.length - 12)
    expect(zlib.gunzipSync(packed.subarray(61)).equals(plain.subarray(61))).toBe(true)
  })

  test('has large values as they are, without a copy', async () => {
    const value = Buffer.alloc(10_000, 7)
    const messages = [{ ...message(''), value }, message('after')]
    const chunks = await encodeRecordBatch(messages, identity, { type: 0 }, () => 0)
    expect(chunks).toContain(value)
    const copied = await encodeRecordBatch(
      [{ ...message(''), value: value.subarray(0, 4_000) }],
      identity,
      { type: 0 },
      () => 0,
    )
    expect(copied).toHaveLength(2)
    // A record behind a large value follows it as it would follow a small one.
    expect(Buffer.concat(chunks).subarray(-12).toString('latin1')).toContain('after')
    expect(Buffer.concat(chunks).readInt32BE(8)).toBe(Buffer.concat(chunks).length - 12)
  })
})
