// Cloudflare's routes of rules: /client/v4/accounts/{account_id}/mnm/rules. The account is whatever the client calls it.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Collection } from '../../rules/configuration/configuration.ts'
import type { Versioned } from '../../rules/configuration/documents.ts'
import type { Rule, RuleInput } from '../../rules/configuration/rule.ts'
import { type Notice, noSuch } from '../../rules/problem.ts'
import { listSchema, parseEach, parseIds, pointerTo, presentOf } from '../bulk.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { accountPath, oneParams, params } from './account-path.ts'
import {
  changedByCloudflare,
  cloudflareRuleBody,
  cloudflareRuleSchema,
  fromCloudflare,
  toCloudflare,
} from './rule-shape.ts'

const path = `${accountPath}/rules`
const one = json('The rule.', successSchema(cloudflareRuleSchema))
const many = json('The rules.', successSchema(z.array(cloudflareRuleSchema)))
const body = {
  required: true,
  content: { 'application/json': { schema: cloudflareRuleBody } },
} as const
const manyBody = {
  required: true,
  content: { 'application/json': { schema: listSchema } },
} as const

const list = createRoute({
  method: 'get',
  path,
  summary: 'List all rules',
  request: { params },
  responses: { 200: many, ...failures(503) },
})
const create = createRoute({
  method: 'post',
  path,
  summary: 'Create a rule',
  request: { params, body },
  responses: { 200: one, ...failures(400, 409, 413, 422, 503) },
})
const replace = createRoute({
  method: 'put',
  path,
  summary: 'Replace the rule of the id in the body, or without one of the name',
  request: { params, body },
  responses: { 200: one, ...failures(400, 404, 409, 413, 422, 503) },
})
const createMany = createRoute({
  method: 'post',
  path: `${path}/bulk`,
  summary: 'Create many rules, all or none',
  request: { params, body: manyBody },
  responses: { 200: many, ...failures(400, 409, 413, 422, 503) },
})
const replaceMany = createRoute({
  method: 'put',
  path: `${path}/bulk`,
  summary: 'Replace many rules by the ids they hold, all or none',
  request: { params, body: manyBody },
  responses: { 200: many, ...failures(400, 404, 409, 413, 422, 503) },
})
const get = createRoute({
  method: 'get',
  path: `${path}/{rule_id}`,
  summary: 'Get a rule',
  request: { params: oneParams },
  responses: { 200: one, ...failures(404, 503) },
})
const change = createRoute({
  method: 'patch',
  path: `${path}/{rule_id}`,
  summary: 'Change some fields of a rule',
  request: { params: oneParams, body },
  responses: { 200: one, ...failures(400, 404, 409, 413, 422, 503) },
})
const remove = createRoute({
  method: 'delete',
  path: `${path}/{rule_id}`,
  summary: 'Delete a rule',
  request: { params: oneParams },
  responses: { 200: one, ...failures(404, 503) },
})
const advertisementSchema = z.object({ automatic_advertisement: z.boolean().nullable() })
const advertise = createRoute({
  method: 'patch',
  path: `${path}/{rule_id}/advertisement`,
  summary: 'Keep whether a rule should advertise its prefixes; nothing is advertised',
  request: { params: oneParams, body },
  responses: {
    200: json('What is kept.', successSchema(advertisementSchema)),
    ...failures(400, 404, 413, 422, 503),
  },
})

export function cloudflareRuleRoutes(rules: Collection<RuleInput, Rule>): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid({}) })

  app.openapi(list, async (c) => c.json(success((await rules.list()).map(toCloudflare)), 200))

  app.openapi(create, async (c) => {
    const { rule, notices } = fromCloudflare(c.req.valid('json'))
    return c.json(success(toCloudflare(await rules.create(rule)), notices), 200)
  })

  app.openapi(replace, async (c) => {
    const body = c.req.valid('json')
    let notices: Notice[] = []
    const [replaced] = await rules.rewrite((present) => {
      const { id, doc } = find(present, body)
      c.set('before', doc)
      const read = fromCloudflare(body, doc)
      notices = read.notices
      return [{ id, input: read.rule }]
    })
    return c.json(success(toCloudflare(replaced!.doc), notices), 200)
  })

  app.openapi(createMany, async (c) => {
    const inputs = parseEach(c.req.valid('json'), (element) => fromCloudflare(asBody(element)).rule)
    const created = await rules.rewrite(() => inputs.map((input) => ({ input })), pointerTo)
    return c.json(success(created.map(({ doc }) => toCloudflare(doc))), 200)
  })

  app.openapi(replaceMany, async (c) => {
    const body = c.req.valid('json')
    const ids = parseIds(body)
    const replaced = await rules.rewrite((present) => {
      const before = presentOf(present, ids, 'rule')
      c.set('before', before)
      const read = (element: unknown, index: number) =>
        fromCloudflare(asBody(element), before[index]).rule
      return parseEach(body, read).map((input, index) => ({ id: ids[index]!, input }))
    }, pointerTo)
    return c.json(success(replaced.map(({ doc }) => toCloudflare(doc))), 200)
  })

  app.openapi(get, async (c) => {
    return c.json(success(toCloudflare(await rules.get(c.req.valid('param').rule_id))), 200)
  })

  app.openapi(change, async (c) => {
    let notices: Notice[] = []
    const { doc } = await rules.change(c.req.valid('param').rule_id, (present) => {
      c.set('before', present)
      const read = changedByCloudflare(c.req.valid('json'), present)
      notices = read.notices
      return read.rule
    })
    return c.json(success(toCloudflare(doc), notices), 200)
  })

  app.openapi(remove, async (c) => {
    let removed: Rule | undefined
    await rules.remove(c.req.valid('param').rule_id, (present) => {
      c.set('before', present)
      removed = present
    })
    return c.json(success(toCloudflare(removed!)), 200)
  })

  app.openapi(advertise, async (c) => {
    const { automatic_advertisement: wanted } = c.req.valid('json')
    const { doc } = await rules.change(c.req.valid('param').rule_id, (present) => {
      c.set('before', present)
      const changes = wanted === undefined ? {} : { automatic_advertisement: wanted }
      return changedByCloudflare(changes, present).rule
    })
    const { automatic_advertisement } = toCloudflare(doc)
    return c.json(success({ automatic_advertisement }), 200)
  })

  return app
}

/** The rule that a body is about: by id, or, as Cloudflare's own client sends none, by its name. @throws Refused */
function find(
  present: readonly Versioned<Rule>[],
  { id, name }: Readonly<Record<string, unknown>>,
): Versioned<Rule> {
  const found = present.find((stored) =>
    id === undefined ? stored.doc.name === name : stored.id === id,
  )
  if (found !== undefined) return found
  throw noSuch('rule', id === undefined ? '/name' : '/id')
}

function asBody(element: unknown): Record<string, unknown> {
  // What is no object has no field, and is told so.
  return typeof element === 'object' && element !== null && !Array.isArray(element)
    ? (element as Record<string, unknown>)
    : {}
}
