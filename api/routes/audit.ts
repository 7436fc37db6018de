// /audit: who wrote what.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type Audit, type AuditEntry, auditEntrySchema } from '../access/audit.ts'
import { needs } from '../access/roles.ts'
import { failure, json, page, pageSchema, problem } from '../envelope.ts'
import { failures } from '../failures.ts'
import { badQuery, countParameter, refuseQuery, timeParameter } from '../query.ts'

const keptMs = 366 * 86_400_000

const list = createRoute({
  method: 'get',
  path: '/audit',
  ...needs('admin'),
  summary: 'List the writes of the last year, newest first',
  request: {
    query: z.object({
      from: timeParameter('from'),
      to: timeParameter('to'),
      /** Name of a token, or `anonymous`. */
      caller: z.string().max(256).optional(),
      limit: countParameter('limit', 100, 50),
      /** Of the page before. */
      cursor: z.string().optional(),
    }),
  },
  responses: {
    200: json('A page of them.', pageSchema(auditEntrySchema)),
    400: badQuery,
    ...failures(503),
  },
})

export function auditRoutes(audit: Audit, now: () => number): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })

  app.openapi(list, async (c) => {
    const { from, to, caller, limit, cursor } = c.req.valid('query')
    const before = cursor === undefined ? undefined : readCursor(cursor)
    if (cursor !== undefined && before === undefined) {
      return c.json(failure(problem(1006, 'cursor must be one of an earlier answer')), 400)
    }
    const fromMs = from ?? now() - keptMs
    // What is written right now included, whatever the clocks say.
    const toMs = to ?? now() + keptMs
    const entries = await audit.read({ fromMs, toMs, caller, limit, before })
    const last = entries.length === limit ? entries.at(-1) : undefined
    return c.json(page(entries, last === undefined ? null : writeCursor(last)), 200)
  })

  return app
}

function writeCursor({ time, id }: AuditEntry): string {
  return `${Date.parse(time)}.${id}`
}

function readCursor(text: string): { timeMs: number; id: string } | undefined {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(text)
  return match === null ? undefined : { timeMs: Number(match[1]), id: match[2] ?? '' }
}
