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

export const failureSchema = z.object({
  success: z.literal(false),
  result: z.null(),
  errors: z.array(errorSchema).min(1),
  messages: z.array(messageSchema),
})

export function success<T>(result: T, messages: Notice[] = []) {
  return { success: true as const, result, errors: [], messages }
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
