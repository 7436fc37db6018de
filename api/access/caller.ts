// Who asks. The guard finds out, before any route is reached.

import type { Context } from 'hono'
import type { Role } from './roles.ts'

/** The names of callers whose token is not of the store. */
export const environmentCaller = 'NETMON_API_TOKEN'
export const anonymousCaller = 'anonymous'

export interface Caller {
  /** Of the token, or one of the two above. */
  name: string
  role: Role
  /** That the request came from, as the socket tells; '' when there is no socket. A proxy's own, since what it says of others can be forged. */
  address: string
}

declare module 'hono' {
  interface ContextVariableMap {
    caller: Caller
  }
}

/** Of the peer. */
export function addressOf(c: Context): string {
  const incoming: unknown = c.env?.incoming
  const socket = (incoming as { socket?: { remoteAddress?: string } } | undefined)?.socket
  return (socket?.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}
