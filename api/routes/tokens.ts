// /tokens: who may ask this API, besides the token of the environment.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { needs } from '../access/roles.ts'
import { type Tokens, tokenCodes, tokenInputSchema, tokenSchema } from '../access/tokens.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'

const list = createRoute({
  method: 'get',
  path: '/tokens',
  ...needs('admin'),
  summary: 'List the tokens: names and roles, no secrets',
  responses: {
    200: json('All of them, by name.', successSchema(z.array(tokenSchema))),
    ...failures(503),
  },
})

const create = createRoute({
  method: 'post',
  path: '/tokens',
  ...needs('admin'),
  summary: 'Make a token',
  request: {
    body: { required: true, content: { 'application/json': { schema: tokenInputSchema } } },
  },
  responses: {
    201: json(
      'The token, and its secret, which is shown this once.',
      successSchema(tokenSchema.extend({ token: z.string() })),
    ),
    ...failures(400, 409, 413, 422, 503),
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/tokens/{token_id}',
  ...needs('admin'),
  summary: 'Revoke a token, at once',
  request: { params: z.object({ token_id: z.string() }) },
  responses: { 204: { description: 'It is revoked.' }, ...failures(404, 503) },
})

export function tokenRoutes(tokens: Tokens): OpenAPIHono {
  const app = new OpenAPIHono()

  app.openapi(list, async (c) => c.json(success(await tokens.list()), 200))

  app.openapi(
    create,
    async (c) => {
      const { token, secret } = await tokens.create(c.req.valid('json'), c.get('caller').name)
      return c.json(success({ ...token, token: secret }), 201)
    },
    refuseInvalid(tokenCodes),
  )

  app.openapi(remove, async (c) => {
    await tokens.remove(c.req.valid('param').token_id)
    return c.body(null, 204)
  })

  return app
}
