// /alerts: all alerts of a year, open or over, and what people say of them.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type AlertPlace,
  alertStorySchema,
  readAlert,
  readAlerts,
} from '../../rules/alerts/archive.ts'
import { alertDocumentSchema, classes } from '../../rules/alerts/document.ts'
import { addRemark, type Remark } from '../../rules/alerts/people.ts'
import { parsePrefix } from '../../rules/prefix.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, page, pageSchema, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { badQuery, countParameter, refuseQuery, timeParameter } from '../query.ts'

const cursorParameter = z
  .string()
  .regex(/^\d{1,10}-[0-9a-f]{32}$/, { error: 'cursor must be one that an answer gave' })
  .transform((text): AlertPlace => {
    const [firedAt, id = ''] = text.split('-')
    return { firedAt: Number(firedAt), id }
  })
  .refine(({ firedAt }) => firedAt <= 0xffff_ffff, {
    error: 'cursor must be one that an answer gave',
  })
  .optional()

const prefixParameter = z
  .string()
  .transform((text, context) => {
    const prefix = parsePrefix(text)
    if (prefix !== undefined) return prefix.text
    context.addIssue({
      code: 'custom',
      message: 'prefix must be an IPv4 or IPv6 prefix or address',
    })
    return z.NEVER
  })
  .optional()

const list = createRoute({
  method: 'get',
  path: '/alerts',
  summary: 'List alerts, those that fired last first',
  request: {
    query: z.object({
      state: z
        .enum(['open', 'resolved', 'all'], { error: 'state must be one of open, resolved, all' })
        .default('open'),
      /** Its id. */
      rule: z.string().max(64, { error: 'rule must be the id of a rule' }).optional(),
      prefix: prefixParameter,
      /** Open at some time from then on, and before that. */
      from: timeParameter('from'),
      to: timeParameter('to'),
      limit: countParameter('limit', 200, 50),
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: json('A page of them.', pageSchema(alertDocumentSchema)),
    400: badQuery,
    ...failures(503),
  },
})

const params = z.object({ alert_id: z.string().max(64) })

const get = createRoute({
  method: 'get',
  path: '/alerts/{alert_id}',
  summary: 'Get an alert, with all that happened to it and what its traffic was made of',
  request: { params },
  responses: { 200: json('The alert.', successSchema(alertStorySchema)), ...failures(404, 503) },
})

const remarkCodes = { comment: 1310, text: 1310, class: 1311 } as const

function remarkSchema(field: string) {
  const error = `${field} must be a text of 1 to 1024 characters`
  return z.string({ error }).trim().min(1, { error }).max(1024, { error })
}

const objectError = { error: 'the body must be a JSON object' }
const acknowledge = createRoute({
  method: 'post',
  path: '/alerts/{alert_id}/ack',
  summary: 'Acknowledge an alert: it is not repeated any more while it fires',
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({ comment: remarkSchema('comment').optional() }, objectError),
        },
      },
    },
  },
  responses: {
    200: json('The alert.', successSchema(alertStorySchema)),
    ...failures(400, 404, 413, 422, 503),
  },
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
  responses: {
    200: json('The alert.', successSchema(alertStorySchema)),
    ...failures(400, 404, 413, 422, 503),
  },
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
  responses: {
    200: json('The alert.', successSchema(alertStorySchema)),
    ...failures(400, 404, 413, 422, 503),
  },
})

export function alertHistoryRoutes({
  store,
  now,
}: {
  store: StoreClient
  now: () => number
}): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })

  app.openapi(list, async (c) => {
    const { state, rule, prefix, from, to, limit, cursor } = c.req.valid('query')
    const filter = { state, ruleId: rule, prefix, fromMs: from, toMs: to }
    const { alerts, next } = await readAlerts(store, filter, limit, cursor, now())
    return c.json(page(alerts, next === undefined ? null : `${next.firedAt}-${next.id}`), 200)
  })

  app.openapi(get, async (c) => {
    const { alert_id } = c.req.valid('param')
    return c.json(success(await readAlert(store, alert_id, now())), 200)
  })

  const remark = async (id: string, said: Remark) => {
    const alert = await readAlert(store, id, now())
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
