// /rules: what is watched, and when to alert.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Configuration } from '../../rules/configuration/configuration.ts'
import {
  ruleCodes,
  ruleInputSchema,
  ruleNotices,
  ruleSchema,
} from '../../rules/configuration/rule.ts'
import { type Notice, parseOrRefuse } from '../../rules/problem.ts'
import { changesBody } from '../body.ts'
import { listSchema, parseIds, parseList, pointerTo, presentOf } from '../bulk.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { ifMatch, refuseStale, tag } from '../versions.ts'

const one = json('The rule.', successSchema(ruleSchema))
const params = z.object({ rule_id: z.string() })
const body = {
  required: true,
  content: { 'application/json': { schema: ruleInputSchema } },
} as const

const list = createRoute({
  method: 'get',
  path: '/rules',
  summary: 'List all rules',
  responses: {
    200: json('All rules, by name.', successSchema(z.array(ruleSchema))),
    ...failures(503),
  },
})

const get = createRoute({
  method: 'get',
  path: '/rules/{rule_id}',
  summary: 'Get a rule',
  request: { params },
  responses: { 200: one, ...failures(404, 503) },
})

const create = createRoute({
  method: 'post',
  path: '/rules',
  summary: 'Create a rule',
  request: { body },
  responses: { 201: one, ...failures(400, 409, 413, 422, 503) },
})

const replace = createRoute({
  method: 'put',
  path: '/rules/{rule_id}',
  summary: 'Replace a rule',
  request: { params, headers: ifMatch, body },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const change = createRoute({
  method: 'patch',
  path: '/rules/{rule_id}',
  summary: 'Change some fields of a rule',
  request: { params, headers: ifMatch, body: changesBody },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const remove = createRoute({
  method: 'delete',
  path: '/rules/{rule_id}',
  summary: 'Delete a rule',
  request: { params, headers: ifMatch },
  responses: { 204: { description: 'It is deleted.' }, ...failures(404, 412, 503) },
})

const many = json('All of them, in the order of the body.', successSchema(z.array(ruleSchema)))
const manyBody = {
  required: true,
  content: { 'application/json': { schema: listSchema } },
} as const

const createMany = createRoute({
  method: 'post',
  path: '/rules/bulk',
  summary: 'Create many rules, all or none',
  request: { body: manyBody },
  responses: { 201: many, ...failures(400, 409, 413, 422, 503) },
})

const replaceMany = createRoute({
  method: 'put',
  path: '/rules/bulk',
  summary: 'Replace many rules by the ids they hold, all or none',
  request: { body: manyBody },
  responses: { 200: many, ...failures(400, 404, 409, 413, 422, 503) },
})

export function ruleRoutes(rules: Configuration['rules']): OpenAPIHono {
  const app = new OpenAPIHono()
  const refuse = refuseInvalid(ruleCodes)

  // Before the routes of one, for which `bulk` would be an id.
  app.openapi(
    createMany,
    async (c) => {
      const inputs = parseList(c.req.valid('json'), ruleInputSchema, ruleCodes)
      const created = await rules.rewrite(() => inputs.map((input) => ({ input })), pointerTo)
      return c.json(success(created.map(({ doc }) => doc)), 201)
    },
    refuse,
  )

  app.openapi(
    replaceMany,
    async (c) => {
      const body = c.req.valid('json')
      const inputs = parseList(body, ruleInputSchema, ruleCodes)
      const ids = parseIds(body)
      const replaced = await rules.rewrite((present) => {
        c.set('before', presentOf(present, ids, 'rule'))
        return inputs.map((input, index) => ({ id: ids[index]!, input }))
      }, pointerTo)
      return c.json(success(replaced.map(({ doc }) => doc)), 200)
    },
    refuse,
  )

  app.openapi(list, async (c) => c.json(success(await rules.list()), 200))

  app.openapi(get, async (c) => {
    const { rule_id } = c.req.valid('param')
    const { doc, version } = await rules.read(rule_id)
    tag(c, version)
    return c.json(success(doc), 200)
  })

  app.openapi(
    create,
    async (c) => {
      const rule = c.req.valid('json')
      const created = await rules.create(rule)
      tag(c, 1)
      return c.json(success(created, ruleNotices(await c.req.json(), rule)), 201)
    },
    refuse,
  )

  app.openapi(
    replace,
    async (c) => {
      const { rule_id } = c.req.valid('param')
      const rule = c.req.valid('json')
      const replaced = await rules.change(rule_id, (present, version) => {
        refuseStale(c, version)
        c.set('before', present)
        return rule
      })
      tag(c, replaced.version)
      return c.json(success(replaced.doc, ruleNotices(await c.req.json(), rule)), 200)
    },
    refuse,
  )

  app.openapi(
    change,
    async (c) => {
      const { rule_id } = c.req.valid('param')
      const changes = c.req.valid('json')
      let notices: Notice[] = []
      const changed = await rules.change(rule_id, (present, version) => {
        refuseStale(c, version)
        c.set('before', present)
        const body = { ...present, ...changes }
        const rule = parseOrRefuse(ruleInputSchema, body, ruleCodes)
        notices = ruleNotices(body, rule)
        return rule
      })
      tag(c, changed.version)
      return c.json(success(changed.doc, notices), 200)
    },
    refuse,
  )

  app.openapi(remove, async (c) => {
    await rules.remove(c.req.valid('param').rule_id, (present, version) => {
      refuseStale(c, version)
      c.set('before', present)
    })
    return c.body(null, 204)
  })

  return app
}
