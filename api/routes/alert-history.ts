// /alerts: all alerts of a year, open or over.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type AlertPlace,
  type AlertStory,
  alertStorySchema,
  readAlert,
  readAlerts,
} from '../../rules/alerts/archive.ts'
import { alertDocumentSchema } from '../../rules/alerts/document.ts'
import { parsePrefix } from '../../rules/configuration/prefix.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, page, pageSchema, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { withNames } from '../names/evidence.ts'
import { type NameLists, noLists } from '../names/lists.ts'
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

export const alertParams = z.object({ alert_id: z.string().max(64) })

const get = createRoute({
  method: 'get',
  path: '/alerts/{alert_id}',
  summary: 'Get an alert, with all that happened to it and what its traffic was made of',
  request: { params: alertParams },
  responses: { 200: json('The alert.', successSchema(alertStorySchema)), ...failures(404, 503) },
})

export function alertHistoryRoutes({
  store,
  now,
  lists = noLists,
}: {
  store: StoreClient
  now: () => number
  lists?: NameLists
}): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  const tell = async (id: string): Promise<AlertStory> => {
    const story = await readAlert(store, id, now())
    return { ...story, evidence: story.evidence && withNames(story.evidence, lists) }
  }

  app.openapi(list, async (c) => {
    const { state, rule, prefix, from, to, limit, cursor } = c.req.valid('query')
    const filter = { state, ruleId: rule, prefix, fromMs: from, toMs: to }
    const { alerts, next } = await readAlerts(store, filter, limit, cursor, now())
    return c.json(page(alerts, next === undefined ? null : `${next.firedAt}-${next.id}`), 200)
  })

  app.openapi(get, async (c) => {
    const { alert_id } = c.req.valid('param')
    return c.json(success(await tell(alert_id)), 200)
  })

  return app
}
