// Snappy as Kafka's Java writes and reads it: not Snappy's own frames, but those of the library snappy-java (SnappyOutputStream), around blocks of the raw format.
//
//   magic 82 'SNAPPY' 00 (8) | version (4) | least version that can read it (4) | { length (4) | block (length) } ...
//
// Numbers are big-endian. Other clients write one raw block without any of it, and all readers take both.

const magic = Buffer.from('\x82SNAPPY\0', 'latin1')
const headerBytes = 16
const version = 1

/** Around one raw block. */
export function frameSnappy(block: Buffer): Buffer {
  const head = Buffer.alloc(headerBytes + 4)
  magic.copy(head)
  head.writeUInt32BE(version, 8)
  head.writeUInt32BE(version, 12)
  head.writeUInt32BE(block.length, headerBytes)
  return Buffer.concat([head, block])
}

/**
 * The raw blocks of either form; views of `bytes`.
 * @throws Error when a block promises more than there is.
 */
export function snappyBlocks(bytes: Buffer): Buffer[] {
  if (!bytes.subarray(0, magic.length).equals(magic)) return [bytes]
  const blocks: Buffer[] = []
  for (let at = headerBytes; at < bytes.length; ) {
    const start = at + 4
    const end = start > bytes.length ? Number.POSITIVE_INFINITY : start + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new Error('a snappy block is cut off')
    blocks.push(bytes.subarray(start, end))
    at = end
  }
  return blocks
}
