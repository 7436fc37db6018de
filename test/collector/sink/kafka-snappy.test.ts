import { describe, expect, test } from 'vitest'
import { frameSnappy, snappyBlocks } from '../../../collector/sink/kafka-snappy.ts'

const block = Buffer.from('02046162', 'hex')
/** snappy-java, SnappyCodec: the magic, version 1, readable from version 1 on. */
const header = '82534e41505059000000000100000001'

describe("snappy as Kafka's Java frames it", () => {
  test('is the header of snappy-java, and the block behind its length', () => {
    expect(frameSnappy(block).toString('hex')).toBe(`${header}0000000402046162`)
  })

  test('may hold several blocks', () => {
    const framed = Buffer.from(`${header}00000004020461620000000101`, 'hex')
    expect(snappyBlocks(framed)).toEqual([block, Buffer.from([1])])
  })

  test('may be missing around a single block', () => {
    expect(snappyBlocks(block)).toEqual([block])
  })

  test.each([`${header}00000005020461`, `${header}0000`])('is refused when cut off: %s', (hex) => {
    expect(() => snappyBlocks(Buffer.from(hex, 'hex'))).toThrow('a snappy block is cut off')
  })
})
