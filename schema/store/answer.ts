// An answer on its way out: headers, body with back-pressure, compression, and ClickHouse's way to tell of an error that comes when part of the
// answer has left already.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { compressor } from './encoding.ts'
import type { Engine } from './engine.ts'
import { failureText, type QueryFailure } from './failure.ts'
import { contentType } from './formats.ts'
import type { Request } from './request.ts'

/** A client that takes nothing for so long is given up. */
const sendTimeoutMs = 120_000
/** A connection that breaks takes along what its client has not read yet, which here is the message: so long it may read. */
const lingerMs = 3_000

export interface Answer {
  /** Sends the headers. Until then an error has a status of its own. */
  start(format: string, summary: Summary): void
  /** Resolves when the bytes have left, so that no more is made than the client takes. @throws when the client is gone. */
  send(chunk: Uint8Array): Promise<void>
  end(): Promise<void>
  fail(failure: QueryFailure): Promise<void>
}

/** What is known of a query when its headers leave; of a stream, next to nothing. */
export interface Summary {
  readonly readRows?: number
  readonly readBytes?: number
  readonly writtenRows?: number
  readonly writtenBytes?: number
  readonly resultRows?: number
  readonly resultBytes?: number
}

/** `request` is missing when what was asked could not be read. */
export function createAnswer(
  response: ServerResponse,
  { version, timezone }: Engine,
  request?: Request,
): Answer {
  const startedNs = process.hrtime.bigint()
  const exceptionTag = randomBytes(8).toString('hex')
  let transform: Transform | undefined
  let pumped: Promise<void> | undefined

  const setHeaders = () => {
    if (request !== undefined) response.setHeader('X-ClickHouse-Query-Id', request.queryId)
    response.setHeader('X-ClickHouse-Timezone', timezone)
    response.setHeader('X-ClickHouse-Exception-Tag', exceptionTag)
  }

  const write = async (chunk: Uint8Array) => {
    const timer = setTimeout(() => response.destroy(), sendTimeoutMs)
    let gone = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        gone = () => reject(new Error('the client is gone'))
        response.once('close', gone)
        if (response.destroyed) gone()
        response.write(chunk, (error) => (error ? reject(error) : resolve()))
      })
    } finally {
      clearTimeout(timer)
      response.off('close', gone)
    }
  }

  const startPump = (through: Transform) => {
    transform = through
    pumped = (async () => {
      for await (const chunk of through) await write(chunk)
    })()
    pumped.catch(() => through.destroy())
  }

  const send = async (chunk: Uint8Array) => {
    if (chunk.length === 0) return
    if (transform === undefined) return write(chunk)
    if (transform.write(chunk)) return
    await Promise.race([once(transform, 'drain'), pumped])
  }

  const flush = async () => {
    transform?.end()
    await pumped
  }

  return {
    start(format, summary) {
      setHeaders()
      response.setHeader('Content-Type', contentType(format))
      response.setHeader('X-ClickHouse-Format', format)
      response.setHeader('X-ClickHouse-Summary', summaryText(summary, startedNs))
      if (request?.encoding !== undefined) {
        response.setHeader('Content-Encoding', request.encoding)
        startPump(compressor(request.encoding))
      }
      response.writeHead(200)
    },
    send,
    async end() {
      await flush()
      response.end()
    },
    async fail(failure) {
      const text = failureText(failure, version)
      if (!response.headersSent) {
        setHeaders()
        response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
        response.setHeader('X-ClickHouse-Exception-Code', failure.code)
        response.writeHead(failure.status)
        response.end(text)
        return
      }
      try {
        await send(exceptionBlock(text, exceptionTag))
        await flush()
        await closedWithin(response, lingerMs)
      } finally {
        // Without the last chunk: no client can take this for a whole answer.
        response.destroy()
      }
    },
  }
}

/** What ends an answer that failed (ClickHouse 25.11 and later): the client finds the message by its length, from the end. */
function exceptionBlock(text: string, tag: string): Buffer {
  const length = Buffer.byteLength(text)
  return Buffer.from(`\r\n__exception__\r\n${tag}\r\n${text}${length} ${tag}\r\n__exception__\r\n`)
}

function closedWithin(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    response.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function summaryText(summary: Summary, startedNs: bigint): string {
  const text = (value: number | undefined) => String(value ?? 0)
  return JSON.stringify({
    read_rows: text(summary.readRows),
    read_bytes: text(summary.readBytes),
    written_rows: text(summary.writtenRows),
    written_bytes: text(summary.writtenBytes),
    total_rows_to_read: '0',
    result_rows: text(summary.resultRows),
    result_bytes: text(summary.resultBytes),
    elapsed_ns: String(process.hrtime.bigint() - startedNs),
  })
}
