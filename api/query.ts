// Parameters after the `?` of a path.

import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { failure, failureSchema, json, problem } from './envelope.ts'

export const badQuery = json('A parameter is not acceptable.', failureSchema)

/** A whole number that may be left out. */
export function countParameter(name: string, most: number, otherwise: number) {
  const error = `${name} must be a whole number from 1 to ${most}`
  return z.coerce
    .number({ error })
    .int({ error })
    .min(1, { error })
    .max(most, { error })
    .default(otherwise)
}

/** A moment as RFC 3339 writes it, in milliseconds since 1970; may be left out. */
export function timeParameter(name: string) {
  const error = `${name} must be a time such as 2026-11-22T12:00:00Z`
  return z.iso
    .datetime({ offset: true, error })
    .transform((text) => Date.parse(text))
    .optional()
}

/** For a route whose parameters are validated: the first that is not acceptable, 400. */
export function refuseQuery(
  result: { success: true } | { success: false; error: z.ZodError },
  c: Context,
) {
  if (result.success) return undefined
  const message = result.error.issues[0]?.message ?? 'a parameter is not acceptable'
  return c.json(failure(problem(1006, message)), 400)
}
