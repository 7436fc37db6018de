// /flows: the stored flows themselves.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { page, pageSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { badQuery, countParameter, refuseQuery } from '../query.ts'
import { isInRaw } from '../traffic/columns.ts'
import { flowFields } from '../traffic/flow-columns.ts'
import { type FlowRange, type Position, readFlows } from '../traffic/flows.ts'
import { readNames } from '../traffic/names.ts'
import { Unanswerable } from '../traffic/plan.ts'
import type { TrafficDependencies } from './traffic.ts'
import {
  answerCsv,
  conditionOf,
  filterParameter,
  formatParameter,
  orCsv,
  rangeOf,
  rangeParameters,
} from './traffic-parameters.ts'

/** A page's end, and the range that the first page was asked for: pages are of one time, whatever comes in meanwhile. */
type Cursor = FlowRange & Position

const cursorSchema = z.tuple([
  z.int().min(0).max(0xffffffff),
  z.int().min(0).max(0xffffffff),
  z.int().min(0).max(0xffffffff),
  z.string().regex(/^\d{1,20}$/),
  z.int().min(0).max(0xffffffff),
])

const cursorParameter = z
  .string()
  .max(200)
  .optional()
  .transform((text, context): Cursor | undefined => {
    if (text === undefined || text === '') return undefined
    const parsed = cursorSchema.safeParse(jsonOf(text))
    if (parsed.success) {
      const [from, to, time, hash, told] = parsed.data
      if (BigInt(hash) < 1n << 64n) return { from, to, time, hash, told }
    }
    context.addIssue({
      code: 'custom',
      input: text,
      message: 'cursor must be one that an answer gave',
    })
    return z.NEVER
  })

const list = createRoute({
  method: 'get',
  path: '/flows',
  summary: 'Stored flows, newest first',
  request: {
    query: z.object({
      ...rangeParameters,
      filter: filterParameter,
      limit: countParameter('limit', 1000, 100),
      cursor: cursorParameter,
      format: formatParameter,
    }),
  },
  responses: {
    200: {
      description: 'Flows as `netmon decode` writes them, by FlowMessage names.',
      content: {
        'application/json': { schema: pageSchema(z.record(z.string(), z.unknown())) },
        ...orCsv,
      },
    },
    400: badQuery,
    ...failures(422, 503),
  },
})

export function flowRoutes({ configuration, store, now }: TrafficDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })

  app.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const names = await readNames(store, configuration, [])
    const filter = conditionOf(query.filter, names)
    const unknown = [...filter.filterFields].find((name) => !isInRaw(name))
    if (unknown !== undefined) {
      throw new Unanswerable(
        `flows have no ${unknown}: name its addresses by src_addr << or dst_addr <<`,
      )
    }
    const range = query.cursor ?? rangeOf(query, now())
    const { flows, next } = await readFlows(store, filter, range, query.limit, query.cursor)
    const cursor =
      next === undefined ? null : cursorText({ ...next, from: range.from, to: range.to })
    if (query.format === 'csv') {
      if (cursor !== null) c.header('X-Next-Cursor', cursor)
      const lines = flows.map((flow) => flowFields.map((name) => cell(flow[name])))
      return answerCsv(c, 'flows', [flowFields, ...lines])
    }
    return c.json(page(flows, cursor), 200)
  })

  return app
}

function cursorText({ from, to, time, hash, told }: Cursor): string {
  return Buffer.from(JSON.stringify([from, to, time, hash, told])).toString('base64url')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}

function cell(value: unknown): string | number | undefined {
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}
