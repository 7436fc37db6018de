// Stores what every write did, whatever route it is of: a route has nothing to do for it, but may tell what there was before.

import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import { type Audit, longestDocument } from './audit.ts'
import type { RequiredRole } from './roles.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** The document that a route is about to change, as it was. */
    before: unknown
  }
}

/** What nobody reads again, wherever it stands in a document. */
const secretNames = /secret|token|password|authorization|api_?key|routing_?key|private_?key/i

/** A request is a write unless `read` is enough for it; what no route takes needs read. */
export function audited(audit: Audit, requiredRole: (c: Context) => RequiredRole, log: Logger) {
  return createMiddleware(async (c, next) => {
    const required = requiredRole(c)
    const { method, path } = c.req
    if (required === 'public' || required === 'read' || method === 'GET' || method === 'HEAD') {
      return next()
    }
    const { name, role, address } = c.get('caller')
    const write = { request_id: c.get('requestId'), caller: name, role, address, method, path }
    const end = await audit.begin(write)
    await next()

    const after = await resultOf(c.res)
    const entry = {
      status: c.res.status,
      document_id: idOf(after) ?? idOf(c.req.param()),
      before: bounded(withoutSecrets(c.get('before'))),
      after: bounded(withoutSecrets(after)),
    }
    try {
      await end(entry)
    } catch (error) {
      // It is done and stands in the audit log as begun; the rest is told here.
      log.error({ ...write, ...entry, error: messageOf(error) }, 'the end of a write is not stored')
    }
  })
}

async function resultOf(response: Response): Promise<unknown> {
  if (!response.headers.get('Content-Type')?.startsWith('application/json')) return undefined
  const body: unknown = await response.clone().json()
  const { success, result, errors } = body as Record<string, unknown>
  return success === true ? result : errors
}

/** Of a document, or by the name of a path's parameter. */
function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const [, id] =
    Object.entries(value).find(([name]) => name === 'id') ??
    Object.entries(value).find(([name]) => name.endsWith('_id') && name !== 'account_id') ??
    []
  return typeof id === 'string' ? id.slice(0, 256) : null
}

/** Lists and objects as they are, but for what is secret by its name. */
export function withoutSecrets(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(
        JSON.stringify(value, (name, inner) =>
          secretNames.test(name) && inner !== null ? '[not kept]' : inner,
        ),
      )
}

function bounded(value: unknown): unknown {
  const text = value === undefined ? '' : JSON.stringify(value)
  if (text.length <= longestDocument) return value
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { omitted_characters: text.length, sha256 }
}
