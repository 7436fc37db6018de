// /traffic: what the traffic is made of, over time and in sum.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Configuration } from '../../rules/configuration.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { badQuery, countParameter, refuseQuery, timeParameter } from '../query.ts'
import {
  askSeries,
  askTop,
  reverseQuestion,
  type SeriesAnswer,
  type TopRow,
} from '../traffic/ask.ts'
import { exactJson } from '../traffic/exact-json.ts'
import { findField } from '../traffic/fields.ts'
import { type KnownNames, namesOf } from '../traffic/names.ts'
import { type Plan, planSeries, planWhole, Unanswerable } from '../traffic/plan.ts'
import type { Question } from '../traffic/statement.ts'
import type { Series } from '../traffic/timeseries.ts'
import { units } from '../traffic/unit.ts'

const dayMs = 86_400_000

const byParameter = z
  .string()
  .default('')
  .transform((text, context) => {
    const names = text.split(',').filter((name) => name !== '')
    const found = names.map(findField)
    const unknown = names.filter((_, index) => found[index]?.isDimension !== true)
    const problemText =
      unknown.length > 0
        ? `by: there is no dimension ${JSON.stringify(unknown[0]!.slice(0, 50))}, /traffic/fields has them all`
        : names.length > 2
          ? 'by: one or two dimensions, separated by a comma'
          : undefined
    if (problemText !== undefined) {
      context.addIssue({ code: 'custom', input: text, message: problemText })
      return z.NEVER
    }
    return [...new Set(found.map((field) => field!.name))]
  })

const question = {
  from: timeParameter('from'),
  to: timeParameter('to'),
  by: byParameter,
  limit: countParameter('limit', 50, 10),
  unit: z.enum(units, { error: `unit must be one of ${units.join(', ')}` }).default('bits'),
}

/** A whole number with all its digits, also above 2^53 - 1. */
const exact = z.any().openapi({ type: 'integer', minimum: 0 })
const rate = z.number().nullable()

const rowSchema = z.object({
  key: z.array(z.string()),
  name: z.array(z.string().nullable()),
  values: z.array(rate),
  min: rate,
  avg: rate,
  p95: rate,
  max: rate,
  last: rate,
  total: exact,
})

const timeseriesSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  step_seconds: z.number(),
  unit: z.enum(units),
  dimensions: z.array(z.string()),
  source: z.string(),
  times: z.array(z.number()),
  coverage: z.array(z.number()),
  rows: z.array(rowSchema),
  other: rowSchema.nullable(),
  total: rowSchema,
  reverse: z
    .object({ rows: z.array(rowSchema), other: rowSchema.nullable(), total: rowSchema })
    .nullable(),
  previous: rowSchema.nullable(),
  sql: z.string(),
})

const previousSeconds = { none: 0, hour: 3600, day: 86_400, week: 7 * 86_400 } as const

const timeseries = createRoute({
  method: 'get',
  path: '/traffic/timeseries',
  summary: 'Traffic over time, by up to two dimensions',
  request: {
    query: z.object({
      ...question,
      points: countParameter('points', 2000, 300),
      bidirectional: z
        .enum(['true', 'false'], { error: 'bidirectional must be true or false' })
        .default('false'),
      previous: z
        .enum(['none', 'hour', 'day', 'week'], {
          error: 'previous must be none, hour, day or week',
        })
        .default('none'),
    }),
  },
  responses: {
    200: json('The greatest, all others together, and the total.', successSchema(timeseriesSchema)),
    400: badQuery,
    ...failures(422, 503),
  },
})

const topRowSchema = z.object({
  key: z.array(z.string()),
  name: z.array(z.string().nullable()),
  bytes: exact,
  packets: exact,
  flows: exact,
  share: z.number(),
})

const topSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  unit: z.enum(units),
  dimensions: z.array(z.string()),
  source: z.string(),
  rows: z.array(topRowSchema),
  other: topRowSchema.nullable(),
  total: topRowSchema,
  sql: z.string(),
})

const top = createRoute({
  method: 'get',
  path: '/traffic/top',
  summary: 'The greatest of one or two dimensions',
  request: { query: z.object(question) },
  responses: {
    200: json('The greatest, all others together, and the total.', successSchema(topSchema)),
    400: badQuery,
    ...failures(422, 503),
  },
})

export interface TrafficDependencies {
  configuration: Configuration
  store: StoreClient
  now: () => number
}

export function trafficRoutes({ configuration, store, now }: TrafficDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  const knownNames = async (): Promise<KnownNames> => {
    const routers = await configuration.routers.list()
    return { routers: new Map(routers.map(({ router_ip, name }) => [router_ip, name])) }
  }

  app.openapi(timeseries, async (c) => {
    const query = c.req.valid('query')
    const range = rangeOf(query, now())
    const asked = questionOf(query)
    const reversedQuestion = reverseQuestion(asked)
    const plan = planSeries({ ...asked, ...range }, query.points)
    const before = previousPlan(asked, plan, previousSeconds[query.previous], range.now)
    const [names, answer, reverse, previous] = await Promise.all([
      knownNames(),
      askSeries(store, asked, plan),
      query.bidirectional === 'true'
        ? askSeries(
            store,
            reversedQuestion,
            planSeries({ ...reversedQuestion, ...range }, query.points),
          )
        : undefined,
      before === undefined ? undefined : askSeries(store, { ...asked, limit: 1 }, before),
    ])
    const shown = (row: Series, dimensions: readonly string[]) => ({
      ...row,
      name: row.key.length === 0 ? [] : namesOf(dimensions, row.key, names),
    })
    const side = ({ series }: SeriesAnswer, { dimensions }: Question) => ({
      rows: series.rows.map((row) => shown(row, dimensions)),
      other: series.other === null ? null : shown(series.other, dimensions),
      total: shown(series.total, dimensions),
    })
    const { series, sql } = answer
    return exactly(c, {
      from: timeText(plan.from),
      to: timeText(plan.to),
      step_seconds: plan.stepSeconds,
      unit: query.unit,
      dimensions: asked.dimensions,
      source: sourceText(plan.pieces),
      times: series.times,
      coverage: series.coverage,
      ...side(answer, asked),
      reverse: reverse === undefined ? null : side(reverse, reversedQuestion),
      previous: previous === undefined ? null : shown(previous.series.total, []),
      sql,
    })
  })

  app.openapi(top, async (c) => {
    const query = c.req.valid('query')
    const asked = questionOf(query)
    const plan = planWhole({ ...asked, ...rangeOf(query, now()) })
    const [names, { rows, other, total, sql }] = await Promise.all([
      knownNames(),
      askTop(store, asked, plan),
    ])
    const shown = (row: TopRow) => ({
      ...row,
      name: row.key.length === 0 ? [] : namesOf(asked.dimensions, row.key, names),
    })
    return exactly(c, {
      from: timeText(plan.from),
      to: timeText(plan.to),
      unit: query.unit,
      dimensions: asked.dimensions,
      source: sourceText(plan.pieces),
      rows: rows.map(shown),
      other: other === null ? null : shown(other),
      total: shown(total),
      sql,
    })
  })

  return app
}

/** In seconds since 1970. */
interface Range {
  from: number
  to: number
  now: number
}

/** By default the last day. @throws Unanswerable */
function rangeOf(
  { from, to }: { from?: number | undefined; to?: number | undefined },
  nowMs: number,
): Range {
  const toMs = to ?? nowMs
  const fromMs = from ?? toMs - dayMs
  if (fromMs >= toMs) throw new Unanswerable('from must be before to')
  if (fromMs >= nowMs) throw new Unanswerable('from must be in the past')
  return {
    from: Math.floor(fromMs / 1000),
    to: Math.ceil(toMs / 1000),
    now: Math.floor(nowMs / 1000),
  }
}

/** The same steps so many seconds before; undefined for none, or when there are no such steps. */
function previousPlan(
  asked: Question,
  { from, to, stepSeconds }: Plan,
  seconds: number,
  now: number,
): Plan | undefined {
  if (seconds === 0 || seconds % stepSeconds !== 0) return undefined
  const request = { ...asked, from: from - seconds, to: to - seconds, now }
  const plan = planSeries(request, (to - from) / stepSeconds)
  // Of a time that is kept in longer steps only.
  return plan.stepSeconds === stepSeconds ? plan : undefined
}

function questionOf(query: { by: string[]; unit: Question['unit']; limit: number }): Question {
  return {
    dimensions: query.by,
    unit: query.unit,
    limit: query.limit,
    direction: 'in',
    condition: () => undefined,
    filterFields: new Set(),
  }
}

/** The table that most of it is read from. */
function sourceText(
  pieces: readonly { table: { name: string }; from: number; to: number }[],
): string {
  const [longest] = pieces.toSorted((a, b) => b.to - b.from - (a.to - a.from))
  return longest?.table.name ?? ''
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** An answer whose whole numbers keep all their digits. */
function exactly<T>(c: Context, result: T) {
  const response = c.body(exactJson(success(result)), 200, { 'Content-Type': 'application/json' })
  return response as never
}
