// /collectors: where every datagram and every flow went, as the collectors' status rows tell.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { collectorSchema, readCollectors } from '../../rules/exporters/collectors.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { badQuery, countParameter, refuseQuery } from '../query.ts'

const list = createRoute({
  method: 'get',
  path: '/collectors',
  summary: 'List the collectors, and what each received, stored and dropped since its start',
  request: { query: z.object({ hours: countParameter('hours', 720, 24) }) },
  responses: {
    200: json('The newest run of each, by name.', successSchema(z.array(collectorSchema))),
    400: badQuery,
    ...failures(503),
  },
})

export function collectorRoutes(dependencies: {
  store: StoreClient
  now: () => number
}): OpenAPIHono {
  const { store, now } = dependencies
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  app.openapi(list, async (c) => {
    const { hours } = c.req.valid('query')
    return c.json(success(await readCollectors(store, hours, now())), 200)
  })
  return app
}
