// The body of a request: its beginning is read as SQL, the rest of an INSERT's body goes to a file. Only a body that came whole is used.

import { createWriteStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { decompressor } from './encoding.ts'
import { QueryFailure } from './failure.ts'

/** Of a body as it is when decompressed. */
const longestBodyBytes = 1024 ** 3
/** How much of a request may be SQL; inline data begins before that. */
export const longestQueryBytes = 1024 ** 2
/** What an early error leaves unread is read away for so long, because a client that still sends would not see the answer. */
const lingerMs = 5_000

export type Chunks = AsyncGenerator<Buffer, undefined>

export interface Body {
  /** The first bytes: at least `longestQueryBytes`, unless the body is shorter. */
  readonly head: Buffer
  /** `head` is all there is. */
  readonly ended: boolean
  /**
   * Writes `before` and everything from byte `start` of `head` on into a new file.
   * @throws QueryFailure when the body breaks off or is too long
   */
  save(before: Buffer, start: number, file: string): Promise<void>
}

/** Reads the beginning of a body. @throws QueryFailure as `receive` */
export async function readBody(chunks: Chunks): Promise<Body> {
  const parts: Buffer[] = []
  let length = 0
  let ended = false
  while (length < longestQueryBytes && !ended) {
    const next = await chunks.next()
    if (next.done === true) ended = true
    else length += parts[parts.push(next.value) - 1]?.length ?? 0
  }
  const head = Buffer.concat(parts)
  return {
    head,
    ended,
    async save(before, start, file) {
      const whole = async function* () {
        yield before
        yield head.subarray(start)
        yield* chunks
      }
      await pipeline(whole, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    },
  }
}

/**
 * The bytes of a body as they were before compression. A generator that ends by itself has given all of them; one that is ended early leaves the rest
 * in the request.
 * @throws QueryFailure when the body breaks off, is too long, or not compressed as it says
 */
export async function* receive(request: IncomingMessage, longestBytes = longestBodyBytes): Chunks {
  let length = 0
  for await (const chunk of plainBytes(request)) {
    length += chunk.length
    if (length > longestBytes) {
      throw new QueryFailure(
        'QUERY_IS_TOO_LARGE',
        `The body is longer than ${longestBytes} bytes: send it in parts.`,
      )
    }
    yield chunk
  }
  if (!request.complete) throw brokenOff()
  return undefined
}

async function* plainBytes(request: IncomingMessage): AsyncGenerator<Buffer> {
  const decompress = decompressor(request.headers['content-encoding'])
  try {
    if (decompress === undefined) {
      yield* request.iterator({ destroyOnReturn: false })
      return
    }
    request.once('close', () => {
      if (!request.complete) decompress.destroy(brokenOff())
    })
    yield* request.pipe(decompress)
  } catch (error) {
    if (error instanceof QueryFailure) throw error
    if (!request.complete) throw brokenOff()
    throw new QueryFailure('CANNOT_DECOMPRESS', `Cannot decompress the body: ${String(error)}.`)
  }
}

/** Reads away what nobody wants, so that the answer arrives and the connection can be used again. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => request.destroy(), lingerMs)
  request.once('close', () => clearTimeout(timer)).resume()
}

const brokenOff = () =>
  new QueryFailure('CANNOT_READ_ALL_DATA', 'The body broke off: nothing of it was used.')
