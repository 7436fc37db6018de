// Who may ask: refuses requests that a browser was led to send, and asks for the token where one is set.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { failure, problem } from './envelope.ts'

export interface Access {
  /** What requests must carry as bearer token; undefined lets everybody in. */
  token: string | undefined
  /** Host names, without port, that requests may be addressed to; undefined allows every name. */
  hosts: ((hostname: string) => boolean) | undefined
}

/**
 * Is this the name of the machine itself? A web page can make its own name resolve to 127.0.0.1 (DNS rebinding), but its requests still carry
 * that name.
 */
export function isLoopback(hostname: string): boolean {
  return (
    /^(?:[^.]+\.)*localhost$/i.test(hostname) ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname) ||
    hostname === '::1' ||
    hostname === '[::1]'
  )
}

/** Requests of other web pages: 403. /health tells nothing secret and is asked by probes, so that it needs no token; all else without it: 401. */
export function guard(access: Access) {
  return createMiddleware(async (c, next) => {
    const url = new URL(c.req.url)
    if (access.hosts !== undefined && !access.hosts(url.hostname)) {
      const message = 'the Host header names another machine: ask for localhost or 127.0.0.1'
      return c.json(failure(problem(1901, message)), 403)
    }
    if (isFromOtherSite(c.req.header('Origin'), c.req.header('Sec-Fetch-Site'), url.host)) {
      return c.json(failure(problem(1901, 'requests of other web pages are refused')), 403)
    }
    const { token } = access
    if (token === undefined || c.req.path === '/health') return next()
    if (carriesToken(c.req.header('Authorization'), token)) return next()
    c.header('WWW-Authenticate', 'Bearer')
    const message = 'this API asks for its token: send it as `Authorization: Bearer TOKEN`'
    return c.json(failure(problem(1900, message)), 401)
  })
}

function isFromOtherSite(
  origin: string | undefined,
  fetchSite: string | undefined,
  host: string,
): boolean {
  if (fetchSite === 'cross-site') return true
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)
}

function carriesToken(authorization: string | undefined, token: string): boolean {
  const [scheme = '', given = ''] = (authorization ?? '').split(' ')
  // Of equal length, so that the comparison takes the same time for every token.
  return scheme.toLowerCase() === 'bearer' && timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
