// Cloudflare's envelope, which every answer with a body wears.

import { z } from '@hono/zod-openapi'
import type { Notice, Problem } from '../rules/problem.ts'

const messageSchema = z.object({ code: z.int(), message: z.string() })
const errorSchema = messageSchema.extend({ source: z.object({ pointer: z.string() }) })

export function successSchema<T extends z.ZodType>(result: T) {
  return z.object({
    success: z.literal(true),
    result,
    errors: z.array(errorSchema).max(0),
    messages: z.array(messageSchema),
  })
}

/** Of a list that is told page by page. */
export function pageSchema<T extends z.ZodType>(element: T) {
  return successSchema(z.array(element)).extend({
    /** Of this page; `cursor` asks for the next one, and is null at the end. */
    result_info: z.object({ count: z.int(), cursor: z.string().nullable() }),
  })
}

export const failureSchema = z
  .object({
    success: z.literal(false),
    result: z.null(),
    errors: z.array(errorSchema).min(1),
    messages: z.array(messageSchema),
  })
  .openapi('Failure')

export function success<T>(result: T, messages: Notice[] = []) {
  return { success: true as const, result, errors: [], messages }
}

/** `cursor` of the next page, null when there is none. */
export function page<T>(elements: T[], cursor: string | null, messages: Notice[] = []) {
  return { ...success(elements, messages), result_info: { count: elements.length, cursor } }
}

export function failure(...errors: Problem[]): z.infer<typeof failureSchema> {
  return { success: false, result: null, errors, messages: [] }
}

/** A problem with the request as a whole. */
export function problem(code: number, message: string): Problem {
  return { code, message, source: { pointer: '' } }
}

/** Content of an answer, for a route's definition. */
export function json<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } }
}
