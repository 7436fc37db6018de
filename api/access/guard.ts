// Who may ask: refuses requests that a browser was led to send, finds out whose token a request carries, and whether its role is enough.

import { isIP } from 'node:net'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Logger } from '../../runtime/log.ts'
import { failure, problem } from '../envelope.ts'
import { addressOf, anonymousCaller, type Caller, environmentCaller } from './caller.ts'
import type { Guesses } from './guesses.ts'
import { isEnough, type RequiredRole } from './roles.ts'
import { isSameSecret, type Tokens } from './tokens.ts'

export interface Access {
  /** Of the environment: it may everything. Undefined lets everybody in, and everybody may everything. */
  token: string | undefined
  /** Lets everybody in although there is a token. */
  anonymous?: boolean
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

/**
 * Which host names requests may carry: those of the machine itself, `names`, and where `addresses` are allowed every address, since no name can pretend to be one.
 */
export function allowedHosts(
  names: readonly string[],
  addresses: boolean,
): (hostname: string) => boolean {
  const named = new Set(names)
  return (hostname) =>
    isLoopback(hostname) ||
    named.has(hostname.toLowerCase()) ||
    (addresses && isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0)
}

export interface GuardDependencies {
  access: Access
  tokens: Tokens
  guesses: Guesses
  requiredRole: (c: Context) => RequiredRole
  log: Logger
}

/** Answers 403 to other web pages and where a role is not enough, 401 without a token that is known, and 429 to who tries many that are not. */
export function guard({ access, tokens, guesses, requiredRole, log }: GuardDependencies) {
  const identify = async (secret: string): Promise<Omit<Caller, 'address'> | undefined> => {
    if (access.token !== undefined && isSameSecret(secret, access.token)) {
      return { name: environmentCaller, role: 'admin' }
    }
    const token = await tokens.find(secret)
    return token === undefined ? undefined : { name: token.name, role: token.role }
  }

  return createMiddleware(async (c, next) => {
    const url = new URL(c.req.url)
    if (access.hosts !== undefined && !access.hosts(url.hostname)) {
      const message = `the Host header names ${url.hostname}: ask for localhost or 127.0.0.1, or add the name to NETMON_API_HOSTS`
      return c.json(failure(problem(1901, message)), 403)
    }
    if (isFromOtherSite(c.req.header('Origin'), c.req.header('Sec-Fetch-Site'), url.host)) {
      return c.json(failure(problem(1901, 'requests of other web pages are refused')), 403)
    }

    const address = addressOf(c)
    const required = requiredRole(c)
    const authorization = c.req.header('Authorization')
    const isOpen = access.token === undefined || access.anonymous === true
    if (required === 'public' || (authorization === undefined && isOpen)) {
      c.set('caller', { name: anonymousCaller, role: isOpen ? 'admin' : 'read', address })
      return next()
    }
    if (authorization === undefined) {
      return unauthorized(c, 'this API asks for a token: send it as `Authorization: Bearer TOKEN`')
    }

    const secret = bearerOf(authorization)
    const caller = secret === undefined ? undefined : await identify(secret)
    const waitSeconds = guesses.waitSeconds(address, caller?.name)
    if (waitSeconds > 0) {
      c.header('Retry-After', String(waitSeconds))
      const message = `too many wrong tokens came from ${address}: wait ${waitSeconds} s`
      return c.json(failure(problem(1902, message)), 429)
    }
    if (caller === undefined) {
      guesses.wrong(address)
      log.warn({ address, path: c.req.path }, 'a token that is not known')
      return unauthorized(c, 'this token is not known, or was revoked')
    }
    guesses.right(address, caller.name)
    c.set('caller', { ...caller, address })
    if (isEnough(caller.role, required)) return next()
    const message = `this needs the role ${required}; the token ${JSON.stringify(caller.name)} has ${caller.role}`
    return c.json(failure(problem(1901, message)), 403)
  })
}

function unauthorized(c: Context, message: string) {
  c.header('WWW-Authenticate', 'Bearer')
  return c.json(failure(problem(1900, message)), 401)
}

function isFromOtherSite(
  origin: string | undefined,
  fetchSite: string | undefined,
  host: string,
): boolean {
  if (fetchSite === 'cross-site') return true
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)
}

function bearerOf(authorization: string): string | undefined {
  const [scheme = '', given = '', ...rest] = authorization.split(' ')
  return scheme.toLowerCase() === 'bearer' && given !== '' && rest.length === 0 ? given : undefined
}
