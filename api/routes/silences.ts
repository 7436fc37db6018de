// /silences: alerts that nobody is told of for some time.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { silenceCodes, silenceInputSchema, silenceSchema } from '../../rules/alerts/silence.ts'
import { createSilences } from '../../rules/alerts/silences.ts'
import { unknownFields } from '../../rules/problem.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'

const list = createRoute({
  method: 'get',
  path: '/silences',
  summary: 'List silences, those that have ended among them',
  responses: {
    200: json('All of them, those that end last first.', successSchema(z.array(silenceSchema))),
    ...failures(503),
  },
})

const create = createRoute({
  method: 'post',
  path: '/silences',
  summary: 'Silence alerts of a rule, a prefix, a vector or a severity for some time',
  request: {
    body: { required: true, content: { 'application/json': { schema: silenceInputSchema } } },
  },
  responses: {
    201: json('The silence.', successSchema(silenceSchema)),
    ...failures(400, 413, 422, 503),
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/silences/{silence_id}',
  summary: 'End a silence',
  request: { params: z.object({ silence_id: z.string() }) },
  responses: { 204: { description: 'It is gone.' }, ...failures(404, 503) },
})

export function silenceRoutes({
  store,
  now,
}: {
  store: StoreClient
  now: () => number
}): OpenAPIHono {
  const app = new OpenAPIHono()
  const silences = createSilences(store, now)

  app.openapi(list, async (c) => c.json(success(await silences.list()), 200))

  app.openapi(
    create,
    async (c) => {
      const created = await silences.create(c.req.valid('json'), c.get('caller').name)
      const notices = unknownFields(await c.req.json(), Object.keys(created))
      return c.json(success(created, notices), 201)
    },
    refuseInvalid(silenceCodes),
  )

  app.openapi(remove, async (c) => {
    await silences.remove(c.req.valid('param').silence_id)
    return c.body(null, 204)
  })

  return app
}
