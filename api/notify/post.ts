// One HTTP request with a JSON body, to an address that was checked. Redirects are not followed, and nothing of the answer is read but its status: what
// somebody else's server says has no business in our log.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Prefix } from '../../rules/configuration/prefix.ts'
import { findTarget, Unreachable } from './reach.ts'

export interface Post {
  url: string
  body: string
  headers: Readonly<Record<string, string>>
}

const timeoutMs = 10_000

/**
 * Resolves when the answer's status is 2xx.
 * @throws Unreachable, or the error of the connection.
 */
export async function post(
  { url: text, body, headers }: Post,
  allowed: readonly Prefix[],
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(text)
  const { address, family, isAllowed } = await findTarget(url.hostname, allowed)
  if (url.protocol !== 'https:' && !isAllowed) {
    throw new Unreachable('only https may be used outside of NETMON_NOTIFY_NETWORKS')
  }
  const status = await new Promise<number>((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: {
        ...headers,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        'User-Agent': 'network-monitoring',
      },
      // The name stays in the Host header and in the check of the certificate.
      lookup: (_host, options, callback) => {
        if (options.all === true) callback(null, [{ address, family }])
        else callback(null, address, family)
      },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    request.end(body)
  })
  if (status >= 200 && status < 300) return `answered ${status}`
  if (status >= 300 && status < 400) {
    throw new Unreachable(
      `it answered ${status}, and redirects are not followed: give the address that it leads to`,
    )
  }
  throw new Unreachable(`it answered ${status}`)
}
