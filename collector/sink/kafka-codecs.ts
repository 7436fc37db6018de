// Compression of batches. kafkajs brings gzip alone, at zlib's middle level; batches are large and alike, and the lowest level takes nearly as much
// off for a third of the work.

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { UserError } from '../../runtime/errors.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

/**
 * Makes the codec known to kafkajs, for the whole process.
 * @throws UserError when this Node cannot do it.
 */
export function useCompression(compression: Compression): CompressionTypes {
  const codecs = kafkajs.CompressionCodecs
  switch (compression) {
    case 'none':
      return CompressionTypes.None
    case 'gzip': {
      const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
      const gunzip = promisify<Buffer, Buffer>(zlib.gunzip)
      const codec = {
        compress: ({ buffer }: { buffer: Buffer }) =>
          gzip(buffer, { level: zlib.constants.Z_BEST_SPEED }),
        decompress: (buffer: Buffer) => gunzip(buffer),
      }
      codecs[CompressionTypes.GZIP] = () => codec
      return CompressionTypes.GZIP
    }
    case 'zstd': {
      const { zstdCompress, zstdDecompress } = zlib as Zstd
      if (zstdCompress === undefined || zstdDecompress === undefined) {
        throw new UserError(
          `NETMON_KAFKA_COMPRESSION=zstd needs Node 22.15 or newer, this is ${process.version}: use gzip`,
        )
      }
      const compress = promisify(zstdCompress)
      const decompress = promisify(zstdDecompress)
      const codec = {
        compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
        decompress: (buffer: Buffer) => decompress(buffer),
      }
      codecs[CompressionTypes.ZSTD] = () => codec
      return CompressionTypes.ZSTD
    }
  }
}

type Transform = (buffer: Buffer, done: (error: Error | null, result: Buffer) => void) => void

/** Not in the types of the oldest Node that we run on. */
interface Zstd {
  zstdCompress?: Transform
  zstdDecompress?: Transform
}
