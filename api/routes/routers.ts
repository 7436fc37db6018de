// /routers: registered exporters. The collector polls the list.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Configuration } from '../../rules/configuration/configuration.ts'
import {
  routerCodes,
  routerInputSchema,
  routerNotices,
  routerSchema,
} from '../../rules/configuration/router.ts'
import { type Notice, parseOrRefuse } from '../../rules/problem.ts'
import { changesBody } from '../body.ts'
import { listSchema, parseIds, parseList, pointerTo, presentOf } from '../bulk.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { ifMatch, refuseStale, tag } from '../versions.ts'

const one = json('The router.', successSchema(routerSchema))
const params = z.object({ router_id: z.string() })
const body = {
  required: true,
  content: { 'application/json': { schema: routerInputSchema } },
} as const

const list = createRoute({
  method: 'get',
  path: '/routers',
  summary: 'List all routers',
  responses: {
    200: json('All routers, by name.', successSchema(z.array(routerSchema))),
    ...failures(503),
  },
})

const get = createRoute({
  method: 'get',
  path: '/routers/{router_id}',
  summary: 'Get a router',
  request: { params },
  responses: { 200: one, ...failures(404, 503) },
})

const create = createRoute({
  method: 'post',
  path: '/routers',
  summary: 'Create a router',
  request: { body },
  responses: { 201: one, ...failures(400, 409, 413, 422, 503) },
})

const replace = createRoute({
  method: 'put',
  path: '/routers/{router_id}',
  summary: 'Replace a router',
  request: { params, headers: ifMatch, body },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const change = createRoute({
  method: 'patch',
  path: '/routers/{router_id}',
  summary: 'Change some fields of a router',
  request: { params, headers: ifMatch, body: changesBody },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const remove = createRoute({
  method: 'delete',
  path: '/routers/{router_id}',
  summary: 'Delete a router',
  request: { params, headers: ifMatch },
  responses: { 204: { description: 'It is deleted.' }, ...failures(404, 412, 503) },
})

const many = json('All of them, in the order of the body.', successSchema(z.array(routerSchema)))
const manyBody = {
  required: true,
  content: { 'application/json': { schema: listSchema } },
} as const

const createMany = createRoute({
  method: 'post',
  path: '/routers/bulk',
  summary: 'Create many routers, all or none',
  request: { body: manyBody },
  responses: { 201: many, ...failures(400, 409, 413, 422, 503) },
})

const replaceMany = createRoute({
  method: 'put',
  path: '/routers/bulk',
  summary: 'Replace many routers by the ids they hold, all or none',
  request: { body: manyBody },
  responses: { 200: many, ...failures(400, 404, 409, 413, 422, 503) },
})

export function routerRoutes(routers: Configuration['routers']): OpenAPIHono {
  const app = new OpenAPIHono()
  const refuse = refuseInvalid(routerCodes)

  // Before the routes of one, for which `bulk` would be an id.
  app.openapi(
    createMany,
    async (c) => {
      const inputs = parseList(c.req.valid('json'), routerInputSchema, routerCodes)
      const created = await routers.rewrite(() => inputs.map((input) => ({ input })), pointerTo)
      return c.json(success(created.map(({ doc }) => doc)), 201)
    },
    refuse,
  )

  app.openapi(
    replaceMany,
    async (c) => {
      const body = c.req.valid('json')
      const inputs = parseList(body, routerInputSchema, routerCodes)
      const ids = parseIds(body)
      const replaced = await routers.rewrite((present) => {
        c.set('before', presentOf(present, ids, 'router'))
        return inputs.map((input, index) => ({ id: ids[index]!, input }))
      }, pointerTo)
      return c.json(success(replaced.map(({ doc }) => doc)), 200)
    },
    refuse,
  )

  app.openapi(list, async (c) => c.json(success(await routers.list()), 200))

  app.openapi(get, async (c) => {
    const { router_id } = c.req.valid('param')
    const { doc, version } = await routers.read(router_id)
    tag(c, version)
    return c.json(success(doc), 200)
  })

  app.openapi(
    create,
    async (c) => {
      const router = c.req.valid('json')
      const created = await routers.create(router)
      tag(c, 1)
      return c.json(success(created, routerNotices(await c.req.json(), router)), 201)
    },
    refuse,
  )

  app.openapi(
    replace,
    async (c) => {
      const { router_id } = c.req.valid('param')
      const router = c.req.valid('json')
      const replaced = await routers.change(router_id, (present, version) => {
        refuseStale(c, version)
        c.set('before', present)
        return router
      })
      tag(c, replaced.version)
      return c.json(success(replaced.doc, routerNotices(await c.req.json(), router)), 200)
    },
    refuse,
  )

  app.openapi(
    change,
    async (c) => {
      const { router_id } = c.req.valid('param')
      const changes = c.req.valid('json')
      let notices: Notice[] = []
      const changed = await routers.change(router_id, (present, version) => {
        refuseStale(c, version)
        c.set('before', present)
        const body = { ...present, ...changes }
        const router = parseOrRefuse(routerInputSchema, body, routerCodes)
        notices = routerNotices(body, router)
        return router
      })
      tag(c, changed.version)
      return c.json(success(changed.doc, notices), 200)
    },
    refuse,
  )

  app.openapi(remove, async (c) => {
    await routers.remove(c.req.valid('param').router_id, (present, version) => {
      refuseStale(c, version)
      c.set('before', present)
    })
    return c.body(null, 204)
  })

  return app
}
