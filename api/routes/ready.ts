// /ready: can questions be answered with what routers send now. Unlike /health it asks for collectors, which themselves wait for a healthy API.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isLive, newestRuns } from '../../rules/traffic/minutes.ts'
import { readAppliedMigrations, readCollectorRuns } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import { needs } from '../access/roles.ts'
import { failure, json, problem, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'

const ready = createRoute({
  method: 'get',
  path: '/ready',
  ...needs('public'),
  summary: 'Does the store answer, is its database up to date, and is a collector live',
  responses: {
    200: json(
      'All of it.',
      successSchema(
        z.object({
          migrations: z.number(),
          /** Names of those that have told their status in the last minute. */
          collectors: z.array(z.string()),
        }),
      ),
    ),
    ...failures(503),
  },
})

/** Long enough for every collector that is live. */
const heardWithinMs = 10 * 60_000

export interface ReadyDependencies {
  store: StoreClient
  /** How many migrations this version has. */
  migrations: number
  now: () => number
}

export function readyRoutes({ store, migrations, now }: ReadyDependencies): OpenAPIHono {
  const app = new OpenAPIHono()
  app.openapi(ready, async (c) => {
    const applied = await readAppliedMigrations(store)
    if (applied < migrations) return c.json(failure(missingMigrations(applied, migrations)), 503)
    const runs = newestRuns(await readCollectorRuns(store, now() - heardWithinMs))
    const live = runs.filter((run) => isLive(run, now())).map(({ collector }) => collector)
    if (live.length > 0) {
      return c.json(success({ migrations: applied, collectors: live.sort() }), 200)
    }
    const message =
      'no collector has told its status in the last minute: GET /pipeline tells what to do'
    return c.json(failure(problem(1907, message)), 503)
  })
  return app
}

export function missingMigrations(applied: number, migrations: number) {
  return problem(
    1905,
    `the database has ${applied} of ${migrations} migrations: run \`netmon migrate\``,
  )
}
