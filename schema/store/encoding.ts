// HTTP content encodings, both ways.

import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { QueryFailure } from './failure.ts'

interface Codec {
  compress(): Transform
  decompress(): Transform
}

/** As http_zlib_compression_level is by default: the network here is a loopback or a LAN. */
const level = 3

const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level } }

const codecs = {
  gzip: {
    compress: () => zlib.createGzip({ level }),
    decompress: () => zlib.createGunzip(),
  },
  br: {
    compress: () => zlib.createBrotliCompress(brotli),
    decompress: () => zlib.createBrotliDecompress(),
  },
  deflate: {
    compress: () => zlib.createDeflate({ level }),
    decompress: () => zlib.createInflate(),
  },
} satisfies Record<string, Codec>

export type Encoding = keyof typeof codecs

const isEncoding = (name: string): name is Encoding => Object.hasOwn(codecs, name)

/** The first that the client accepts and this server has; undefined for none. */
export function chooseEncoding(accepted: string): Encoding | undefined {
  return accepted
    .split(',')
    .map((item) => item.split(';')[0]?.trim().toLowerCase() ?? '')
    .find(isEncoding)
}

export const compressor = (encoding: Encoding): Transform => codecs[encoding].compress()

/**
 * What turns a request's body into what was sent; undefined when it is sent as it is.
 * @throws QueryFailure UNKNOWN_COMPRESSION_METHOD
 */
export function decompressor(contentEncoding: string | undefined): Transform | undefined {
  const name = contentEncoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return undefined
  if (isEncoding(name)) return codecs[name].decompress()
  throw new QueryFailure(
    'UNKNOWN_COMPRESSION_METHOD',
    `Unknown compression method ${name}. Only ${Object.keys(codecs).join(', ')} are supported here.`,
  )
}
