// What questions about traffic have in common: their parameters, and the forms of their answers.

import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Notice } from '../../rules/problem.ts'
import { success } from '../envelope.ts'
import { countParameter, timeParameter } from '../query.ts'
import { parseAddressRange } from '../traffic/address-range.ts'
import { csvText } from '../traffic/csv.ts'
import { exactJson } from '../traffic/exact-json.ts'
import { findField } from '../traffic/fields.ts'
import { type Filter, fieldsOf } from '../traffic/filter.ts'
import { parseFilter } from '../traffic/filter-parse.ts'
import { filterSql, type RouterAddresses } from '../traffic/filter-sql.ts'
import type { KnownNames } from '../traffic/names.ts'
import { Unanswerable } from '../traffic/plan.ts'
import type { Question } from '../traffic/statement.ts'
import { units } from '../traffic/unit.ts'

const dayMs = 86_400_000

/** Names of dimensions. */
const by = z
  .string()
  .max(100, { error: 'by: one or two dimensions, separated by a comma' })
  .default('')
  .transform((text, context): string[] => {
    const names = text.split(',').filter((name) => name !== '')
    const found = names.map(findField)
    const unknown = names.find((_, index) => found[index]?.isDimension !== true)
    if (unknown === undefined && names.length <= 2) {
      return [...new Set(found.map((field) => field!.name))]
    }
    const message =
      unknown === undefined
        ? 'by: one or two dimensions, separated by a comma'
        : `by: there is no dimension ${JSON.stringify(unknown)}, /traffic/fields has them all`
    context.addIssue({ code: 'custom', input: text, message })
    return z.NEVER
  })

/** The filter language of docs/traffic.md. */
export const filterParameter = z
  .string()
  .default('')
  .transform((text, context): Filter | undefined => {
    const { filter, problem } = parseFilter(text)
    if (problem === undefined) return filter
    const message = `filter: ${problem.message}, at character ${problem.start + 1}`
    context.addIssue({ code: 'custom', input: text, message })
    return z.NEVER
  })

export const formatParameter = z
  .enum(['json', 'csv'], { error: 'format must be json or csv' })
  .default('json')

/** By default the last day. */
export const rangeParameters = { from: timeParameter('from'), to: timeParameter('to') }

export const questionParameters = {
  ...rangeParameters,
  by,
  /** Rows; all others are added up. */
  limit: countParameter('limit', 50, 10),
  /** What is measured, and what the greatest are found by. */
  unit: z.enum(units, { error: `unit must be one of ${units.join(', ')}` }).default('bits'),
  filter: filterParameter,
  format: formatParameter,
}

/** In seconds since 1970. */
export interface Range {
  from: number
  to: number
  now: number
}

/** @throws Unanswerable */
export function rangeOf(
  { from, to }: { from?: number | undefined; to?: number | undefined },
  nowMs: number,
): Range {
  const toMs = to ?? nowMs
  const fromMs = from ?? toMs - dayMs
  if (fromMs >= toMs) throw new Unanswerable('from must be before to')
  if (fromMs >= nowMs) throw new Unanswerable('from must be in the past')
  if (fromMs < 0) throw new Unanswerable('from must be after 1970')
  const end = Math.ceil(toMs / 1000)
  // As long as it was asked for: 24 hours that begin within a second are no second more.
  return {
    from: end - Math.ceil((toMs - fromMs) / 1000),
    to: end,
    now: Math.floor(nowMs / 1000),
  }
}

export function questionOf(
  query: { by: string[]; unit: Question['unit']; limit: number; filter?: Filter | undefined },
  names: KnownNames,
): Question {
  const { by: dimensions, unit, limit, filter } = query
  return {
    dimensions,
    unit,
    limit,
    direction: 'in',
    ...conditionOf(filter, names),
  }
}

export function conditionOf(
  filter: Filter | undefined,
  names: KnownNames,
): Pick<Question, 'condition' | 'filterFields'> {
  const routers = routerAddresses(names)
  return {
    condition: (express, parameters) =>
      filter === undefined ? undefined : filterSql(filter, express, parameters, routers),
    filterFields: filter === undefined ? new Set() : fieldsOf(filter),
  }
}

function routerAddresses({ routers }: KnownNames): RouterAddresses {
  return routers.flatMap(({ name, router_ip }) => {
    const range = parseAddressRange(router_ip)
    return range === undefined ? [] : [{ name, address: range.first }]
  })
}

export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** A whole number with all its digits, also above 2^53 - 1. */
export const exactNumber = z.any().openapi({ type: 'integer', minimum: 0 })

/** JSON whose whole numbers keep all their digits. */
export function answerExactly(c: Context, result: object, notices: Notice[] = []): never {
  const text = exactJson(success(result, notices))
  return c.body(text, 200, { 'Content-Type': 'application/json' }) as never
}

export function answerCsv(c: Context, name: string, rows: Parameters<typeof csvText>[0]): never {
  return c.body(csvText(rows), 200, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
  }) as never
}

/** The other form of an answer, for a route's definition. */
export const orCsv = { 'text/csv': { schema: z.string() } } as const
