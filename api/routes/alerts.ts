// /alerts: what is crossed now, as `netmon alert` tells it.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type Alert, alertSchema, toAlert } from '../../rules/alert.ts'
import { type Evaluation, evaluate } from '../../rules/evaluate.ts'
import type { StoreClient } from '../../schema/client.ts'
import { failure, json, problem, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'

const thresholds = createRoute({
  method: 'get',
  path: '/alerts/thresholds',
  summary: 'List the threshold and zscore rules that are crossed',
  responses: {
    200: json('All of them, by the newest closed minute.', successSchema(z.array(alertSchema))),
    ...failures(503),
  },
})

export interface AlertDependencies {
  store: StoreClient
  now: () => number
}

export function alertRoutes({ store, now }: AlertDependencies): OpenAPIHono {
  const app = new OpenAPIHono()

  // Requests that come while an evaluation runs get its answer: all of them together cost one.
  let running: Promise<Evaluation | { blind: string }> | undefined
  const evaluateOnce = () => {
    running ??= evaluate(store, now()).finally(() => {
      running = undefined
    })
    return running
  }

  app.openapi(thresholds, async (c) => {
    const evaluation = await evaluateOnce()
    if ('blind' in evaluation) {
      // No empty list: that would say that nothing is crossed.
      c.header('Retry-After', '30')
      const message = `nothing can be judged: ${evaluation.blind}`
      return c.json(failure(problem(1906, message)), 503)
    }
    const alerts = evaluation.verdicts
      .filter(({ verdict }) => verdict.kind !== 'advanced_ddos')
      .map(toAlert)
      .filter((alert): alert is Alert => alert !== undefined)
    return c.json(success(alerts), 200)
  })

  return app
}
