// What is answered when a request cannot be done.

import type { z } from '@hono/zod-openapi'
import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { type FieldCodes, problemsOf, Refused, Unacceptable } from '../rules/problem.ts'
import { StoreError } from '../rules/store-error.ts'
import { messageOf } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import { failure, failureSchema, json, problem } from './envelope.ts'
import { Unanswerable } from './traffic/plan.ts'

/** For a route whose body is validated: all problems of the body, 422; a body that is no object at all, 400. */
export function refuseInvalid(codes: FieldCodes) {
  return (result: { success: true } | { success: false; error: z.ZodError }, c: Context) => {
    if (result.success) return undefined
    const isObject = result.error.issues.some((issue) => issue.path.length > 0)
    return c.json(failure(...problemsOf(result.error, codes)), isObject ? 422 : 400)
  }
}

/** For what a handler throws. */
export function answerError(log: Logger): ErrorHandler {
  return (error, c) => {
    if (error instanceof Refused) {
      return c.json(failure(error.problem), refusedStatus[error.reason])
    }
    if (error instanceof Unacceptable) return c.json(failure(...error.problems), 422)
    if (error instanceof Unanswerable) return c.json(failure(problem(1007, error.message)), 422)
    if (error instanceof StoreError) {
      const { requestId } = c.var
      log.warn({ requestId, path: c.req.path, error: error.message }, 'the store cannot be used')
      c.header('Retry-After', '5')
      return c.json(failure(problem(1904, `the store cannot be used: ${error.message}`)), 503)
    }
    if (error instanceof HTTPException && error.status === 400) {
      return c.json(failure(problem(1001, 'the body is not JSON')), 400)
    }
    const { requestId } = c.var
    log.error(
      { requestId, path: c.req.path, error: messageOf(error), stack: error.stack },
      'request failed',
    )
    return c.json(failure(problem(1000, 'internal error, see the log')), 500)
  }
}

const refusedStatus = { 'not-found': 404, duplicate: 409, changed: 412 } as const

const statusTexts = {
  400: 'The body is not a JSON object.',
  404: 'There is none with this id.',
  409: 'Another one has what must be unique.',
  412: 'It is no longer the version that If-Match names.',
  413: 'The body is too large.',
  422: 'What is asked for has problems, which are told.',
  503: 'The store does not answer.',
} as const

/** The failures of a route, for its definition. */
export function failures<S extends keyof typeof statusTexts>(...statuses: S[]) {
  return Object.fromEntries(
    statuses.map((status) => [status, json(statusTexts[status], failureSchema)]),
  ) as Record<S, ReturnType<typeof json<typeof failureSchema>>>
}
