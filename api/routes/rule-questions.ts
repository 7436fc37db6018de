// What is asked about rules: when one would have been crossed, why it is or is not, which limits suit it.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import {
  ruleCodes,
  ruleInputSchema,
  ruleNotices,
  ruleSchema,
} from '../../rules/configuration/rule.ts'
import { listSome, type Notice } from '../../rules/problem.ts'
import {
  askExplanation,
  askPreview,
  askSuggestion,
  keptDays,
  mostPreviewDays,
  mostSuggestDays,
} from '../../rules/questions/ask.ts'
import { explanationSchema } from '../../rules/questions/explain.ts'
import { previewSchema } from '../../rules/questions/preview.ts'
import { suggestionSchema } from '../../rules/questions/suggest.ts'
import type { StoreClient } from '../../schema/client.ts'
import { needs } from '../access/roles.ts'
import { failure, json, problem, success, successSchema } from '../envelope.ts'
import { failures, refuseInvalid } from '../failures.ts'
import { badQuery, countParameter, refuseQuery, timeParameter } from '../query.ts'

const dayMs = 86_400_000
const params = z.object({ rule_id: z.string() })

const preview = createRoute({
  method: 'post',
  path: '/rules/preview',
  ...needs('read'),
  summary: 'When a rule would have been crossed, without storing it',
  request: {
    /** By default the last day. */
    query: z.object({
      from: timeParameter('from'),
      to: timeParameter('to'),
      /** Of each series, at most. */
      points: countParameter('points', 1440, 300),
    }),
    body: { required: true, content: { 'application/json': { schema: ruleInputSchema } } },
  },
  responses: {
    200: json(
      'All times at which it would have been crossed, and what it would have seen.',
      successSchema(previewSchema),
    ),
    ...failures(400, 413, 422, 503),
  },
})

const explain = createRoute({
  method: 'get',
  path: '/rules/{rule_id}/explain',
  summary: 'Value, limit and verdict of a rule, minute by minute',
  request: {
    params,
    query: z.object({
      minutes: countParameter('minutes', 1440, 60),
      /** Of a rule with scope per_prefix, only this one. */
      prefix: z.string().optional(),
    }),
  },
  responses: {
    200: json(
      'The rule and its newest closed minutes.',
      successSchema(z.object({ rule: ruleSchema, series: z.array(explanationSchema) })),
    ),
    400: badQuery,
    ...failures(404, 422, 503),
  },
})

const suggest = createRoute({
  method: 'get',
  path: '/rules/{rule_id}/suggest',
  summary: 'Limits that suit what the prefixes of a rule had so far',
  request: {
    params,
    query: z.object({ days: countParameter('days', mostSuggestDays, mostSuggestDays) }),
  },
  responses: {
    200: json('What there was, and limits by it.', successSchema(suggestionSchema)),
    400: badQuery,
    ...failures(404, 503),
  },
})

export interface RuleQuestionDependencies {
  store: StoreClient
  now: () => number
}

export function ruleQuestionRoutes({ store, now }: RuleQuestionDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  const refuseBody = refuseInvalid(ruleCodes)

  app.openapi(
    preview,
    async (c) => {
      const { from, to, points } = c.req.valid('query')
      const toMs = to ?? now()
      const fromMs = from ?? toMs - dayMs
      const problemText = problemOfTimes(fromMs, toMs, now())
      if (problemText !== undefined) return c.json(failure(problem(1006, problemText)), 400)
      const rule = c.req.valid('json')
      const { preview, uncounted } = await askPreview(store, rule, { fromMs, toMs, points }, now())
      const notices = ruleNotices(await c.req.json(), rule)
      return c.json(success(preview, [...notices, ...uncountedNotices(uncounted)]), 200)
    },
    (result, c) => (result.target === 'json' ? refuseBody(result, c) : refuseQuery(result, c)),
  )

  app.openapi(explain, async (c) => {
    const { rule_id } = c.req.valid('param')
    const { minutes, prefix } = c.req.valid('query')
    return c.json(success(await askExplanation(store, rule_id, { minutes, prefix }, now())), 200)
  })

  app.openapi(suggest, async (c) => {
    const { rule_id } = c.req.valid('param')
    const { days } = c.req.valid('query')
    const suggestion = await askSuggestion(store, rule_id, days, now())
    return c.json(success(suggestion, suggestionNotices(suggestion.known_minutes)), 200)
  })

  return app
}

function problemOfTimes(fromMs: number, toMs: number, nowMs: number): string | undefined {
  if (fromMs >= toMs) return 'from must be before to'
  if (fromMs >= nowMs) return 'from must be in the past'
  if (toMs - fromMs > mostPreviewDays * dayMs) {
    return `from and to may be ${mostPreviewDays} days apart`
  }
  if (fromMs < nowMs - keptDays * dayMs) return `from may be ${keptDays} days ago`
  return undefined
}

function uncountedNotices(prefixes: readonly string[]): Notice[] {
  if (prefixes.length === 0) return []
  const message = `nothing is known of prefixes that no rule had so far: ${listSome(prefixes)}`
  return [{ code: 2204, message }]
}

/** Cloudflare's advice, and how far this is from it. */
function suggestionNotices(knownMinutes: number): Notice[] {
  const advice =
    'a limit should be twice the greatest minute without an attack in 14 to 30 days, with a duration of 2 minutes or more'
  const notices = [{ code: 2205, message: advice }]
  const days = Math.floor(knownMinutes / 144) / 10
  if (days < 14) {
    notices.push({ code: 2206, message: `this rests on ${days} days: too few to rely on` })
  }
  return notices
}
