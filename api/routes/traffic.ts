// /traffic: what the traffic is made of, over time and in sum.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Configuration } from '../../rules/configuration/configuration.ts'
import type { StoreClient } from '../../schema/client.ts'
import { success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import type { NameLists } from '../names/lists.ts'
import { badQuery, countParameter, refuseQuery } from '../query.ts'
import {
  askSeries,
  askTop,
  reverseQuestion,
  type SeriesAnswer,
  type TopRow,
} from '../traffic/ask.ts'
import { fields } from '../traffic/fields.ts'
import { flagNames, operatorsOf } from '../traffic/filter-values.ts'
import { namesOf, readNames } from '../traffic/names.ts'
import { type Piece, type Plan, planSeries, planWhole } from '../traffic/plan.ts'
import { protocolNames } from '../traffic/protocol-names.ts'
import type { Question } from '../traffic/statement.ts'
import type { Series } from '../traffic/timeseries.ts'
import { units } from '../traffic/unit.ts'
import {
  answerCsv,
  answerExactly,
  exactNumber,
  orCsv,
  questionOf,
  questionParameters,
  rangeOf,
  timeText,
} from './traffic-parameters.ts'

/** Per second; null where it is not known. */
const rate = z.number().nullable()

const seriesSchema = z.object({
  /** One text for each dimension; empty for sums. */
  key: z.array(z.string()),
  name: z.array(z.string().nullable()),
  values: z.array(rate),
  min: rate,
  avg: rate,
  p95: rate,
  max: rate,
  last: rate,
  /** Bytes, packets or flows. */
  total: exactNumber,
})
const sideSchema = z.object({
  rows: z.array(seriesSchema),
  other: seriesSchema.nullable(),
  total: seriesSchema,
})

const aboutSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  unit: z.enum(units),
  dimensions: z.array(z.string()),
  /** The table that most of it was read from. */
  source: z.string(),
  /** As it can be run by hand. */
  sql: z.string(),
})

const timeseries = createRoute({
  method: 'get',
  path: '/traffic/timeseries',
  summary: 'Traffic over time, by up to two dimensions',
  request: {
    query: z.object({
      ...questionParameters,
      /** The most steps. */
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
    200: {
      description: 'The greatest, all others together, and the total.',
      content: {
        'application/json': {
          schema: successSchema(
            aboutSchema.extend({
              step_seconds: z.number(),
              /** Starts of the steps, in seconds since 1970. */
              times: z.array(z.number()),
              /** Of each step, the share in which a collector ran. */
              coverage: z.array(z.number()),
              ...sideSchema.shape,
              reverse: sideSchema.nullable(),
              previous: seriesSchema.nullable(),
            }),
          ),
        },
        ...orCsv,
      },
    },
    400: badQuery,
    ...failures(422, 503),
  },
})

export const topRowSchema = z.object({
  key: z.array(z.string()),
  name: z.array(z.string().nullable()),
  bytes: exactNumber,
  packets: exactNumber,
  flows: exactNumber,
  /** Of the total in the unit asked for, 0 to 1. */
  share: z.number(),
})

const top = createRoute({
  method: 'get',
  path: '/traffic/top',
  summary: 'The greatest of one or two dimensions',
  request: { query: z.object(questionParameters) },
  responses: {
    200: {
      description: 'The greatest, all others together, and the total.',
      content: {
        'application/json': {
          schema: successSchema(
            aboutSchema.extend({
              rows: z.array(topRowSchema),
              other: topRowSchema.nullable(),
              total: topRowSchema,
            }),
          ),
        },
        ...orCsv,
      },
    },
    400: badQuery,
    ...failures(422, 503),
  },
})

const fieldSchema = z.object({ name: z.string(), title: z.string(), type: z.string() })

const listFields = createRoute({
  method: 'get',
  path: '/traffic/fields',
  summary: 'What traffic can be told apart and filtered by',
  responses: {
    200: {
      description: 'Dimensions, and fields of the filter language.',
      content: {
        'application/json': {
          schema: successSchema(
            z.object({
              dimensions: z.array(fieldSchema.extend({ reverse: z.string() })),
              filters: z.array(
                fieldSchema.extend({
                  operators: z.array(z.string()),
                  values: z.array(z.string()).optional(),
                }),
              ),
            }),
          ),
        },
      },
    },
  },
})

const previousSeconds = { none: 0, hour: 3600, day: 86_400, week: 7 * 86_400 } as const

export interface TrafficDependencies {
  configuration: Configuration
  store: StoreClient
  now: () => number
  lists?: NameLists
}

export function trafficRoutes({
  configuration,
  store,
  now,
  lists,
}: TrafficDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })

  app.openapi(timeseries, async (c) => {
    const query = c.req.valid('query')
    const range = rangeOf(query, now())
    const names = await readNames(store, configuration, query.by, lists)
    const question = questionOf(query, names)
    const reversed = query.bidirectional === 'true' ? reverseQuestion(question) : undefined
    const plan = planSeries({ ...question, ...range }, query.points)
    const before = previousPlan(question, plan, previousSeconds[query.previous], range.now)
    const [answer, reverse, previous] = await Promise.all([
      askSeries(store, question, plan),
      reversed && askSeries(store, reversed, planSeries({ ...reversed, ...range }, query.points)),
      before && askSeries(store, { ...question, limit: 1 }, before),
    ])

    const named = (row: Series, { dimensions }: Question) => ({
      ...row,
      name: row.key.length === 0 ? [] : namesOf(dimensions, row.key, names),
    })
    const side = ({ series: { rows, other, total } }: SeriesAnswer, asked: Question) => ({
      rows: rows.map((row) => named(row, asked)),
      other: other && named(other, asked),
      total: named(total, asked),
    })
    const { times, coverage } = answer.series
    const forward = side(answer, question)
    if (query.format === 'csv') {
      return answerCsv(c, 'traffic', seriesTable(question, times, forward))
    }
    return answerExactly(c, {
      ...aboutOf(question, plan, answer.sql),
      step_seconds: plan.stepSeconds,
      times,
      coverage,
      ...forward,
      reverse: reverse && reversed ? side(reverse, reversed) : null,
      previous: previous ? named(previous.series.total, question) : null,
    })
  })

  app.openapi(top, async (c) => {
    const query = c.req.valid('query')
    const range = rangeOf(query, now())
    const names = await readNames(store, configuration, query.by, lists)
    const question = questionOf(query, names)
    const plan = planWhole({ ...question, ...range })
    const { rows, other, total, sql } = await askTop(store, question, plan)
    const named = (row: TopRow) => ({
      ...row,
      name: row.key.length === 0 ? [] : namesOf(query.by, row.key, names),
    })
    const shown = { rows: rows.map(named), other: other && named(other), total: named(total) }
    if (query.format === 'csv') return answerCsv(c, 'top', topTable(question, shown))
    return answerExactly(c, { ...aboutOf(question, plan, sql), ...shown })
  })

  app.openapi(listFields, (c) => {
    const dimensions = fields
      .filter(({ isDimension }) => isDimension)
      .map(({ name, title, type, reverse }) => ({ name, title, type, reverse: reverse ?? name }))
    const filters = fields
      .filter(({ isFilter }) => isFilter)
      .map((field) => ({
        name: field.name,
        title: field.title,
        type: field.type,
        operators: [...operatorsOf(field)],
        ...(suggested(field) && { values: [...suggested(field)!] }),
      }))
    return c.json(success({ dimensions, filters }), 200)
  })

  return app
}

/** Values for completion, where there are few. */
function suggested({ type, choices }: (typeof fields)[number]): readonly string[] | undefined {
  if (type === 'protocol') return protocolNames
  if (type === 'flags') return flagNames
  return choices
}

/** The same steps so many seconds before; undefined for none, or when there are no such steps. */
function previousPlan(
  question: Question,
  { from, to, stepSeconds }: Plan,
  seconds: number,
  now: number,
): Plan | undefined {
  if (seconds === 0 || seconds % stepSeconds !== 0) return undefined
  const request = { ...question, from: from - seconds, to: to - seconds, now }
  const plan = planSeries(request, (to - from) / stepSeconds)
  // Of a time that is kept in longer steps only.
  return plan.stepSeconds === stepSeconds ? plan : undefined
}

function aboutOf({ dimensions, unit }: Question, { from, to, pieces }: Plan, sql: string) {
  return {
    from: timeText(from),
    to: timeText(to),
    unit,
    dimensions,
    source: longest(pieces)?.table.name ?? '',
    sql,
  }
}

function longest(pieces: readonly Piece[]): Piece | undefined {
  return pieces.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
}

type Named<Row> = Row & { name: (string | null)[] }
interface Side<Row> {
  rows: Named<Row>[]
  other: Named<Row> | null
  total: Named<Row>
}

const kindsOf = <Row>({ rows, other, total }: Side<Row>): [string, Named<Row>][] => [
  ...rows.map((row): [string, Named<Row>] => ['top', row]),
  ...(other === null ? [] : [['other', other] satisfies [string, Named<Row>]]),
  ['total', total],
]

/** One line for each step of each row. */
function seriesTable({ dimensions, unit }: Question, times: readonly number[], side: Side<Series>) {
  const header = ['time', 'row', ...dimensions, `${unit}_per_second`]
  const lines = kindsOf(side).flatMap(([kind, { key, values }]) =>
    times.map((time, index) => [
      timeText(time),
      kind,
      ...dimensions.map((_, part) => key[part]),
      values[index],
    ]),
  )
  return [header, ...lines]
}

function topTable({ dimensions }: Question, side: Side<TopRow>) {
  const header = [
    'row',
    ...dimensions,
    ...dimensions.map((name) => `${name}_name`),
    'bytes',
    'packets',
    'flows',
    'share',
  ]
  const lines = kindsOf(side).map(([kind, { key, name, bytes, packets, flows, share }]) => [
    kind,
    ...dimensions.map((_, part) => key[part]),
    ...dimensions.map((_, part) => name[part]),
    bytes,
    packets,
    flows,
    share,
  ])
  return [header, ...lines]
}
