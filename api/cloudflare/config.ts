// Cloudflare's routes of an account's configuration: /client/v4/accounts/{account_id}/mnm/config, and what is not supported.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Collection } from '../../rules/configuration/configuration.ts'
import type { Rule, RuleInput } from '../../rules/configuration/rule.ts'
import { parseOrRefuse, unknownFields } from '../../rules/problem.ts'
import { changesBody } from '../body.ts'
import { failure, failureSchema, json, problem, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import {
  accountCodes,
  accountInputSchema,
  accountSchema,
  type CloudflareAccount,
} from './account.ts'
import { accountPath, params } from './account-path.ts'
import { cloudflareRuleSchema, toCloudflare } from './rule-shape.ts'

const path = `${accountPath}/config`
const one = json('The configuration.', successSchema(accountSchema))
const body = {
  required: true,
  content: { 'application/json': { schema: accountInputSchema } },
} as const

const get = createRoute({
  method: 'get',
  path,
  summary: 'Get the configuration: default sampling and the addresses of all routers',
  request: { params },
  responses: { 200: one, ...failures(404, 503) },
})
const full = createRoute({
  method: 'get',
  path: `${path}/full`,
  summary: 'Get the configuration and all rules',
  request: { params },
  responses: {
    200: json(
      'Both.',
      successSchema(accountSchema.extend({ rules: z.array(cloudflareRuleSchema) })),
    ),
    ...failures(404, 503),
  },
})
const create = createRoute({
  method: 'post',
  path,
  summary: 'Create the configuration',
  request: { params, body },
  responses: { 200: one, ...failures(400, 409, 413, 422, 503) },
})
const replace = createRoute({
  method: 'put',
  path,
  summary: 'Replace the configuration',
  request: { params, body },
  responses: { 200: one, ...failures(400, 404, 409, 413, 422, 503) },
})
const change = createRoute({
  method: 'patch',
  path,
  summary: 'Change some fields of the configuration',
  request: { params, body: changesBody },
  responses: { 200: one, ...failures(400, 404, 409, 413, 422, 503) },
})
const remove = createRoute({
  method: 'delete',
  path,
  summary: 'Delete the configuration, and every router with it',
  request: { params },
  responses: { 200: one, ...failures(404, 503) },
})
const vpcFlowsToken = createRoute({
  method: 'post',
  path: `${accountPath}/vpc-flows/token`,
  summary: 'Not supported: VPC flow logs are not received here',
  request: { params },
  responses: { 400: json('Always.', failureSchema) },
})

export function cloudflareConfigRoutes(
  account: CloudflareAccount,
  rules: Collection<RuleInput, Rule>,
): OpenAPIHono {
  const app = new OpenAPIHono()
  const refuse = refuseInvalid(accountCodes)
  const notices = (body: object) => unknownFields(body, Object.keys(accountInputSchema.shape))

  app.openapi(get, async (c) => c.json(success(await account.get()), 200))

  app.openapi(full, async (c) => {
    const [config, all] = await Promise.all([account.get(), rules.list()])
    return c.json(success({ ...config, rules: all.map(toCloudflare) }), 200)
  })

  app.openapi(
    create,
    async (c) => {
      const created = await account.create(c.req.valid('json'))
      return c.json(success(created, notices(await c.req.json())), 200)
    },
    refuse,
  )

  app.openapi(
    replace,
    async (c) => {
      const replaced = await account.change((present) => {
        c.set('before', present)
        return c.req.valid('json')
      })
      return c.json(success(replaced, notices(await c.req.json())), 200)
    },
    refuse,
  )

  app.openapi(
    change,
    async (c) => {
      const changes = c.req.valid('json')
      const changed = await account.change((present) => {
        c.set('before', present)
        return parseOrRefuse(accountInputSchema, { ...present, ...changes }, accountCodes)
      })
      return c.json(success(changed, notices(changes)), 200)
    },
    refuse,
  )

  app.openapi(remove, async (c) => {
    const removed = await account.remove()
    c.set('before', removed)
    return c.json(success(removed), 200)
  })

  app.openapi(vpcFlowsToken, (c) => {
    const message =
      'VPC flow logs are not received here: export NetFlow, IPFIX or sFlow to the collector'
    return c.json(failure(problem(1010, message)), 400)
  })

  return app
}
