// /alerts/{alert_id}/...: what people say of an alert.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type AlertStory, alertStorySchema, readAlert } from '../../rules/alerts/archive.ts'
import { classes } from '../../rules/alerts/document.ts'
import { addRemark, type Remark } from '../../rules/alerts/people.ts'
import { Unacceptable } from '../../rules/problem.ts'
import type { StoreClient } from '../../schema/client.ts'
import { optionalBody } from '../body.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { alertParams } from './alert-history.ts'

const remarkCodes = { comment: 1310, text: 1310, class: 1311, accept: 1312 } as const

function remarkSchema(field: string) {
  const error = `${field} must be a text of 1 to 1024 characters`
  return z.string({ error }).trim().min(1, { error }).max(1024, { error })
}

const params = alertParams
const objectError = { error: 'the body must be a JSON object' }
/** A body with a comment, or none at all: `curl -X POST` is enough to say that somebody takes care of it. */
const commentBody = {
  content: {
    'application/json': {
      schema: z.object({ comment: remarkSchema('comment').optional() }, objectError),
    },
  },
} as const

const responses = {
  200: json('The alert.', successSchema(alertStorySchema)),
  ...failures(400, 404, 413, 422, 503),
}

const acknowledge = createRoute({
  method: 'post',
  path: '/alerts/{alert_id}/ack',
  middleware: optionalBody,
  summary: 'Acknowledge an alert: it is not repeated any more while it fires',
  request: {
    params,
    body: commentBody,
  },
  responses,
})

const classify = createRoute({
  method: 'post',
  path: '/alerts/{alert_id}/classify',
  summary: 'Say what an alert was: the last one who does is shown',
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object(
            {
              class: z.enum(classes, { error: `class must be one of ${classes.join(', ')}` }),
              comment: remarkSchema('comment').optional(),
            },
            objectError,
          ),
        },
      },
    },
  },
  responses,
})

const comment = createRoute({
  method: 'post',
  path: '/alerts/{alert_id}/comment',
  summary: 'Say something about an alert',
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': { schema: z.object({ text: remarkSchema('text') }, objectError) },
      },
    },
  },
  responses,
})

const acceptBaseline = createRoute({
  method: 'post',
  path: '/alerts/{alert_id}/accept-baseline',
  middleware: optionalBody,
  summary: "Accept an alert's traffic as normal: its zscore rule learns it at once",
  request: {
    params,
    body: commentBody,
  },
  responses,
})

export function alertRemarkRoutes({
  store,
  now,
}: {
  store: StoreClient
  now: () => number
}): OpenAPIHono {
  const app = new OpenAPIHono()

  const remark = async (id: string, said: Remark, check?: (alert: AlertStory) => void) => {
    const alert = await readAlert(store, id, now())
    check?.(alert)
    await addRemark(store, alert, said, now())
    return success(await readAlert(store, id, now()))
  }

  app.openapi(
    acknowledge,
    async (c) => {
      const { comment = '' } = c.req.valid('json')
      const { alert_id } = c.req.valid('param')
      const said = { event: 'acknowledged', by: c.get('caller').name, comment } as const
      return c.json(await remark(alert_id, said), 200)
    },
    refuseInvalid(remarkCodes),
  )

  app.openapi(
    classify,
    async (c) => {
      const { class: given, comment = '' } = c.req.valid('json')
      const { alert_id } = c.req.valid('param')
      const by = c.get('caller').name
      const said = { event: 'classified', by, comment, class: given } as const
      return c.json(await remark(alert_id, said), 200)
    },
    refuseInvalid(remarkCodes),
  )

  app.openapi(
    acceptBaseline,
    async (c) => {
      const { comment = '' } = c.req.valid('json')
      const { alert_id } = c.req.valid('param')
      const said = { event: 'accepted', by: c.get('caller').name, comment } as const
      return c.json(await remark(alert_id, said, refuseWithoutBaseline), 200)
    },
    refuseInvalid(remarkCodes),
  )

  app.openapi(
    comment,
    async (c) => {
      const { text } = c.req.valid('json')
      const { alert_id } = c.req.valid('param')
      const said = { event: 'commented', by: c.get('caller').name, comment: text } as const
      return c.json(await remark(alert_id, said), 200)
    },
    refuseInvalid(remarkCodes),
  )

  return app
}

function refuseWithoutBaseline({ type }: AlertStory): void {
  if (type === 'zscore') return
  const message = `a ${type} rule has no baseline that traffic could be accepted into: change its limits`
  throw new Unacceptable([{ code: remarkCodes.accept, message, source: { pointer: '' } }])
}
