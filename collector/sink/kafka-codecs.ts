// Compression of batches. kafkajs brings gzip alone, at zlib's middle level; batches are large and alike, and the lowest level takes nearly as much
// off for a third of the work. zstd is in newer Nodes; lz4 and snappy are packages of their own, which an installation may lack.

import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { messageOf, UserError } from '../../runtime/errors.ts'
import type { BatchCodec } from './kafka-record-batch.ts'
import { frameSnappy, snappyBlocks } from './kafka-snappy.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'lz4' | 'snappy'

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const require = createRequire(import.meta.url)

const compressions: Record<Compression, { type: CompressionTypes; codec?: () => Codec }> = {
  none: { type: CompressionTypes.None },
  gzip: { type: CompressionTypes.GZIP, codec: gzip },
  snappy: { type: CompressionTypes.Snappy, codec: snappy },
  lz4: { type: CompressionTypes.LZ4, codec: lz4 },
  zstd: { type: CompressionTypes.ZSTD, codec: zstd },
}

/** What is needed is not on this machine. */
class CodecMissing extends UserError {}

/**
 * The codec for whoever writes. Makes all codecs known to kafkajs, for the whole process: a topic may hold batches that were written with another setting. One that
 * this machine lacks makes reading such a batch fail (isCodecMissing).
 * @throws UserError when `compression` cannot be had.
 */
export function useCompression(compression: Compression): BatchCodec & { type: CompressionTypes } {
  for (const { type, codec } of Object.values(compressions)) {
    if (codec !== undefined) Object.assign(kafkajs.CompressionCodecs, { [type]: codec })
  }
  const { codec, type } = compressions[compression]
  const packer = codec?.()
  if (packer === undefined) return { type }
  return { type, compress: (records) => packer.compress({ buffer: records }) }
}

/** Whether a batch could not be read for want of its codec; kafkajs wraps errors in errors. */
export function isCodecMissing(error: unknown): boolean {
  if (error instanceof CodecMissing) return true
  return error instanceof Error && error.cause !== undefined && isCodecMissing(error.cause)
}

function gzip(): Codec {
  const compress = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
  return {
    compress: ({ buffer }) => compress(buffer, { level: zlib.constants.Z_BEST_SPEED }),
    decompress: promisify<Buffer, Buffer>(zlib.gunzip),
  }
}

function zstd(): Codec {
  const { zstdCompress, zstdDecompress } = zlib as Zstd
  if (zstdCompress === undefined || zstdDecompress === undefined) {
    throw new CodecMissing(
      `compression zstd needs Node 22.15 or newer, this is ${process.version}: set NETMON_KAFKA_COMPRESSION to another`,
    )
  }
  const compress = promisify(zstdCompress)
  return { compress: ({ buffer }) => compress(buffer), decompress: promisify(zstdDecompress) }
}

/** Frames of independent blocks, which are all that Kafka's Java reads (KIP-57); brokers check batches themselves, so the frame carries no checksum of its content. */
function lz4(): Codec {
  const { compressFrame, decompressFrame } = load<typeof import('lz4-napi')>('lz4', 'lz4-napi')
  return {
    compress: ({ buffer }) => compressFrame(buffer),
    decompress: (buffer) => decompressFrame(buffer),
  }
}

function snappy(): Codec {
  const { compress, uncompress } = load<typeof import('snappy')>('snappy', 'snappy')
  return {
    compress: async ({ buffer }) => frameSnappy(await compress(buffer)),
    decompress: async (buffer) => {
      const blocks = snappyBlocks(buffer).map((block) => uncompress(block, { asBuffer: true }))
      return Buffer.concat((await Promise.all(blocks)) as Buffer[])
    },
  }
}

/** A package that is installed only where its native part exists. */
function load<T>(compression: Compression, name: string): T {
  try {
    return require(name) as T
  } catch (error) {
    throw new CodecMissing(
      `compression ${compression} needs the package ${name}, which is not installed or not for this machine (${messageOf(error).split('\n')[0]}): run \`npm install ${name}\`, or set NETMON_KAFKA_COMPRESSION to another`,
    )
  }
}

type Transform = (buffer: Buffer, done: (error: Error | null, result: Buffer) => void) => void

/** Not in the types of the oldest Node that we run on. */
interface Zstd {
  zstdCompress?: Transform
  zstdDecompress?: Transform
}
