// /channels: who is told of alerts; /notifications: what became of it.

import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { parseOrRefuse } from '../../rules/problem.ts'
import { needs } from '../access/roles.ts'
import { changesBody } from '../body.ts'
import { failure, json, page, pageSchema, problem, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import {
  type Channel,
  channelCodes,
  channelInputSchema,
  channelSchema,
  withoutSecrets,
} from '../notify/channel.ts'
import type { Channels } from '../notify/channels.ts'
import { reasonOf } from '../notify/deliver.ts'
import { type NotificationLog, notificationSchema } from '../notify/log.ts'
import { testNotice } from '../notify/notice.ts'
import type { SendNotice } from '../notify/send.ts'
import { badQuery, countParameter, refuseQuery, timeParameter } from '../query.ts'
import { ifMatch, refuseStale, tag } from '../versions.ts'

const params = z.object({ channel_id: z.string() })
const one = json('The channel, without its secrets.', successSchema(channelSchema))
const body = {
  required: true,
  content: { 'application/json': { schema: channelInputSchema } },
} as const

const list = createRoute({
  method: 'get',
  path: '/channels',
  ...needs('admin'),
  summary: 'List the channels, without their secrets',
  responses: { 200: json('By name.', successSchema(z.array(channelSchema))), ...failures(503) },
})

const get = createRoute({
  method: 'get',
  path: '/channels/{channel_id}',
  ...needs('admin'),
  summary: 'Get a channel, without its secrets',
  request: { params },
  responses: { 200: one, ...failures(404, 503) },
})

const create = createRoute({
  method: 'post',
  path: '/channels',
  ...needs('admin'),
  summary: 'Create a channel: it is told of what happens from now on',
  request: { body },
  responses: { 201: one, ...failures(400, 409, 413, 422, 503) },
})

const replace = createRoute({
  method: 'put',
  path: '/channels/{channel_id}',
  ...needs('admin'),
  summary: 'Replace a channel; a secret that is sent back hidden stays',
  request: { params, headers: ifMatch, body },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const change = createRoute({
  method: 'patch',
  path: '/channels/{channel_id}',
  ...needs('admin'),
  summary: 'Change some fields of a channel',
  request: { params, headers: ifMatch, body: changesBody },
  responses: { 200: one, ...failures(400, 404, 409, 412, 413, 422, 503) },
})

const remove = createRoute({
  method: 'delete',
  path: '/channels/{channel_id}',
  ...needs('admin'),
  summary: 'Delete a channel',
  request: { params, headers: ifMatch },
  responses: { 204: { description: 'It is deleted.' }, ...failures(404, 412, 503) },
})

const test = createRoute({
  method: 'post',
  path: '/channels/{channel_id}/test',
  ...needs('admin'),
  summary: 'Send a notification that says it is a test',
  request: { params },
  responses: {
    200: json(
      'Whether it was taken, and what was answered.',
      successSchema(z.object({ delivered: z.boolean(), detail: z.string(), ms: z.int() })),
    ),
    ...failures(404, 503),
  },
})

const notifications = createRoute({
  method: 'get',
  path: '/notifications',
  summary: 'List the attempts to tell somebody, newest first, of the last 90 days',
  request: {
    query: z.object({
      from: timeParameter('from'),
      to: timeParameter('to'),
      channel: z.string().max(64).optional(),
      alert: z.string().max(64).optional(),
      limit: countParameter('limit', 1_000, 100),
      /** Of the page before. */
      cursor: z.string().optional(),
    }),
  },
  responses: {
    200: json('A page of them.', pageSchema(notificationSchema)),
    400: badQuery,
    ...failures(503),
  },
})

export interface ChannelDependencies {
  channels: Channels
  notificationLog: NotificationLog
  send: SendNotice
  now: () => number
}

const testWithinMs = 15_000

export function channelRoutes(dependencies: ChannelDependencies): OpenAPIHono {
  const { channels, notificationLog, send, now } = dependencies
  const app = new OpenAPIHono()
  const refuse = refuseInvalid(channelCodes)
  const shown = (channel: Channel) => success(withoutSecrets(channel))

  app.openapi(list, async (c) => c.json(success((await channels.list()).map(withoutSecrets)), 200))

  app.openapi(get, async (c) => {
    const { doc, version } = await channels.read(c.req.valid('param').channel_id)
    tag(c, version)
    return c.json(shown(doc), 200)
  })

  app.openapi(
    create,
    async (c) => {
      const created = await channels.create(c.req.valid('json'))
      tag(c, 1)
      return c.json(shown(created), 201)
    },
    refuse,
  )

  app.openapi(
    replace,
    async (c) => {
      const { channel_id } = c.req.valid('param')
      const replaced = await channels.change(channel_id, (present, version) => {
        refuseStale(c, version)
        c.set('before', withoutSecrets(present))
        return c.req.valid('json')
      })
      tag(c, replaced.version)
      return c.json(shown(replaced.doc), 200)
    },
    refuse,
  )

  app.openapi(
    change,
    async (c) => {
      const { channel_id } = c.req.valid('param')
      const changed = await channels.change(channel_id, (present, version) => {
        refuseStale(c, version)
        const before = withoutSecrets(present)
        c.set('before', before)
        const body = { ...before, ...c.req.valid('json') }
        return parseOrRefuse(channelInputSchema, body, channelCodes)
      })
      tag(c, changed.version)
      return c.json(shown(changed.doc), 200)
    },
    refuse,
  )

  app.openapi(remove, async (c) => {
    await channels.remove(c.req.valid('param').channel_id, (present, version) => {
      refuseStale(c, version)
      c.set('before', withoutSecrets(present))
    })
    return c.body(null, 204)
  })

  app.openapi(test, async (c) => {
    const { doc: channel } = await channels.read(c.req.valid('param').channel_id)
    const notice = testNotice(randomUUID(), now())
    const startedMs = performance.now()
    let delivered = true
    let detail: string
    try {
      detail = await send(channel, notice, AbortSignal.timeout(testWithinMs))
    } catch (error) {
      delivered = false
      detail = reasonOf(error)
    }
    const ms = Math.round(performance.now() - startedMs)
    const outcome = delivered ? 'sent' : 'given_up'
    await notificationLog.keep({ channel, notice, outcome, detail, atMs: now(), ms })
    return c.json(success({ delivered, detail, ms }), 200)
  })

  app.openapi(
    notifications,
    async (c) => {
      const { from, to, channel, alert, limit, cursor } = c.req.valid('query')
      if (cursor !== undefined && !/^\d{1,15}\.\d{1,6}$/.test(cursor)) {
        return c.json(failure(problem(1006, 'cursor must be one of an earlier answer')), 400)
      }
      const [beforeMs, skip] = (cursor ?? '').split('.').map(Number)
      const toMs = Math.min(beforeMs || Infinity, to ?? now() + 60_000)
      const found = await notificationLog.read({
        fromMs: from ?? 0,
        toMs,
        channel: channel ?? '',
        alert: alert ?? '',
        limit,
        skip: skip ?? 0,
      })
      return c.json(page(found.entries, found.cursor), 200)
    },
    refuseQuery,
  )

  return app
}
