// Request bodies: JSON whatever their Content-Type says, and of bounded size.

import { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { failure, problem } from './envelope.ts'

const mostBytes = 1024 * 1024
const mostBulkBytes = 16 * 1024 * 1024

function mostBytesOf(path: string): number {
  return /\/bulk\/?$/.test(path) ? mostBulkBytes : mostBytes
}

/** What is sent to change some fields of a document; which of them are right shows when it is held against that document. */
export const changesBody = {
  required: true,
  content: {
    'application/json': {
      schema: z
        .record(z.string(), z.unknown(), { error: 'the body must be a JSON object' })
        .openapi({
          description: 'Some of the fields that POST takes. All others stay as they are.',
        }),
    },
  },
} as const

/**
 * Reads the bodies of POST, PUT and PATCH; nothing else has one that is looked at. `curl -d` sends a form type, and the router's validators read only
 * what calls itself JSON: says so of every body. What is not UTF-8 is not JSON (RFC 8259 8.1), and must not become a name with replacement
 * characters. A body over 1 MiB, or 16 MiB of many documents, is answered at once: by its Content-Length, or as soon as it has grown too large.
 */
export const jsonBody = createMiddleware(async (c, next) => {
  const { method, url, raw } = c.req
  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH') return next()
  const most = mostBytesOf(c.req.path)
  const bytes = await readBytes(raw, most)
  if (bytes === undefined) {
    return c.json(failure(problem(1002, `the body is over ${most} bytes`)), 413)
  }
  let body: string
  try {
    body = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return c.json(failure(problem(1001, 'the body is not UTF-8, so not JSON')), 400)
  }
  // Here already, so that nothing is asked of the store for it. Whether there must be one is the route's to say.
  if (body !== '' && !isJson(body)) {
    return c.json(failure(problem(1001, 'the body is not JSON')), 400)
  }
  const headers = new Headers(raw.headers)
  headers.set('Content-Type', 'application/json')
  c.req.raw = new Request(url, { method, headers, body })
  return next()
})

/** For a route all of whose fields may be left out: no body at all is then an empty one. */
export const optionalBody = createMiddleware(async (c, next) => {
  const { method, url, raw } = c.req
  const isEmpty = (await raw.clone().arrayBuffer()).byteLength === 0
  if (isEmpty) c.req.raw = new Request(url, { method, headers: raw.headers, body: '{}' })
  return next()
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Undefined when it is too large. @throws HTTPException 400 when it breaks off. */
async function readBytes(request: Request, most: number): Promise<Uint8Array | undefined> {
  // A body that is never touched is read and thrown away by the server, so that the client gets to read its answer.
  if (Number(request.headers.get('Content-Length')) > most) return undefined
  const reader = request.body?.getReader()
  if (reader === undefined) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read().catch(breaksOff)
    if (done) return Buffer.concat(chunks)
    length += value.length
    if (length > most) {
      void discardRest(reader)
      return undefined
    }
    chunks.push(value)
  }
}

function breaksOff(cause: unknown): never {
  throw new HTTPException(400, { message: 'the body breaks off', cause })
}

/** The server cannot throw away what this reader holds. It gives the client half a second, then the connection ends. */
async function discardRest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The client is gone.
  }
}
