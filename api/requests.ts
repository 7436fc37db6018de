// What every request gets: an id, headers that make browsers careful with the answer, and a line in the log.

import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import type { Logger } from '../runtime/log.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Of the client when it sent one as X-Request-Id, else made here. */
    requestId: string
  }
}

/** Of a client: it is repeated in headers and logs, so that it must be short and plain. */
const plainId = /^[A-Za-z0-9._-]{1,64}$/

/**
 * For answers that say nothing else. No browser runs, frames or guesses at JSON, and none keeps what may be secret; a page sets a
 * Content-Security-Policy and Cache-Control of its own.
 */
const defaultHeaders = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

export function everyRequest(log: Logger) {
  return createMiddleware(async (c, next) => {
    const startMs = performance.now()
    const given = c.req.header('X-Request-Id')
    const requestId = given !== undefined && plainId.test(given) ? given : randomUUID()
    c.set('requestId', requestId)
    await next()

    const { headers, status } = c.res
    for (const [name, value] of Object.entries(defaultHeaders)) {
      if (!headers.has(name)) headers.set(name, value)
    }
    headers.set('X-Request-Id', requestId)
    if (!log.isLevelEnabled('debug')) return
    const { method, path } = c.req
    const caller = c.get('caller')
    const ms = Math.round(performance.now() - startMs)
    log.debug(
      { requestId, method, path, status, ms, caller: caller?.name, address: caller?.address },
      'request',
    )
  })
}
