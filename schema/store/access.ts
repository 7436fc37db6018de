// Who may ask: one user with a password, and no page of another site.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { QueryFailure } from './failure.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Makes a browser ask its user. */
export class CredentialsMissing extends QueryFailure {
  override readonly status = 401
}

/**
 * Credentials come as X-ClickHouse-User and -Key, as Basic authentication, or as `user` and `password` in the URL.
 * @throws QueryFailure AUTHENTICATION_FAILED, ACCESS_DENIED
 */
export function checkAccess(
  headers: IncomingHttpHeaders,
  parameters: URLSearchParams,
  expected: Credentials,
): void {
  if (isForeign(headers)) {
    throw new QueryFailure('ACCESS_DENIED', 'Requests of other web sites are not answered.')
  }
  const given = credentialsOf(headers, parameters)
  const text = (user: string) =>
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`
  if (given === undefined) throw new CredentialsMissing('AUTHENTICATION_FAILED', text('default'))
  // Both are compared, always.
  const sameUser = isSame(given.user, expected.user)
  const samePassword = isSame(given.password, expected.password)
  if (!sameUser || !samePassword) {
    throw new QueryFailure('AUTHENTICATION_FAILED', text(given.user))
  }
}

/** A browser says where a request comes from; other programs say nothing. */
function isForeign({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && origin !== `http://${host}`
}

function credentialsOf(
  headers: IncomingHttpHeaders,
  parameters: URLSearchParams,
): Credentials | undefined {
  const [user, key] = [headers['x-clickhouse-user'], headers['x-clickhouse-key']]
  if (typeof user === 'string' || typeof key === 'string') {
    return { user: String(user ?? 'default'), password: String(key ?? '') }
  }
  const basic = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon < 0
      ? { user: text, password: '' }
      : { user: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  if (!parameters.has('user') && !parameters.has('password')) return undefined
  return {
    user: parameters.get('user') ?? 'default',
    password: parameters.get('password') ?? '',
  }
}

/** In a time that tells nothing of where the two differ, nor of their lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
