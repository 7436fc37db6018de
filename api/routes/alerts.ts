// /alerts: what is crossed now, as `netmon alert` tells it.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Alert, alertSchema, toAlert } from '../../rules/alert.ts'
import { ddosAlertSchema, toDdosAlerts } from '../../rules/ddos/alert.ts'
import { type Evaluation, evaluate } from '../../rules/evaluate.ts'
import type { Notice } from '../../rules/problem.ts'
import type { ReadSeries } from '../../rules/zscore/series-values.ts'
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

const ddos = createRoute({
  method: 'get',
  path: '/alerts/ddos',
  summary: 'List the attacks that advanced_ddos rules see',
  responses: {
    200: json('All of them, by the newest closed minute.', successSchema(z.array(ddosAlertSchema))),
    ...failures(503),
  },
})

export interface AlertDependencies {
  store: StoreClient
  now: () => number
  /** What other evaluations of this process use, too; each of its own otherwise. */
  readSeries?: ReadSeries
}

export function alertRoutes({ store, now, readSeries }: AlertDependencies): OpenAPIHono {
  const app = new OpenAPIHono()

  // Requests that come while an evaluation runs get its answer: all of them together cost one.
  let running: Promise<Evaluation | { blind: string }> | undefined
  const evaluateOnce = () => {
    running ??= evaluate(store, now(), readSeries).finally(() => {
      running = undefined
    })
    return running
  }

  app.openapi(thresholds, async (c) => {
    const evaluation = await evaluateOnce()
    if ('blind' in evaluation) return c.json(blind(c, evaluation.blind), 503)
    const alerts = evaluation.verdicts
      .filter(({ verdict }) => verdict.kind !== 'advanced_ddos')
      .map(toAlert)
      .filter((alert): alert is Alert => alert !== undefined)
    return c.json(success(alerts, leftOutNotices(evaluation)), 200)
  })

  app.openapi(ddos, async (c) => {
    const evaluation = await evaluateOnce()
    if ('blind' in evaluation) return c.json(blind(c, evaluation.blind), 503)
    return c.json(success(await toDdosAlerts(store, evaluation.verdicts)), 200)
  })

  return app
}

/** Of an attack on a whole network there are more hosts than anybody wants to be told of. */
function leftOutNotices({ hostsLeftOut }: Evaluation): Notice[] {
  return [...hostsLeftOut].map(([name, hosts]) => ({
    code: 2402,
    message: `${name}: ${hosts} more hosts are over its limit`,
  }))
}

/** No empty list: that would say that nothing is crossed. */
function blind(c: Context, why: string) {
  c.header('Retry-After', '30')
  return failure(problem(1906, `nothing can be judged: ${why}`))
}
