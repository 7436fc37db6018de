// /exporters: who sends exports, as the collectors' status rows tell, and which registered router that is.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Configuration } from '../../rules/configuration/configuration.ts'
import { routerSchema } from '../../rules/configuration/router.ts'
import { exporterSchema, exporterStates } from '../../rules/exporters/exporter.ts'
import { createExporterReader, type HeardExporters } from '../../rules/exporters/exporters.ts'
import type { Notice } from '../../rules/problem.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { badQuery, countParameter, refuseQuery } from '../query.ts'

/** Status rows are kept for as long. */
const mostHours = 720
/** How far to look back. */
const query = z.object({ hours: countParameter('hours', mostHours, 24) })

const list = createRoute({
  method: 'get',
  path: '/exporters',
  summary: 'List the exporters that were heard: what they send, and what of it was lost',
  request: { query },
  responses: {
    200: json('All of them, by address.', successSchema(z.array(exporterSchema))),
    400: badQuery,
    ...failures(503),
  },
})

const unknown = createRoute({
  method: 'get',
  path: '/exporters/unknown',
  summary: 'List the exporters that were heard and are no registered router',
  request: { query },
  responses: {
    200: json('All of them, by address.', successSchema(z.array(exporterSchema))),
    400: badQuery,
    ...failures(503),
  },
})

const statusSchema = z.object({
  router: routerSchema,
  /** The best of its exporters' states; not_heard when there is none. */
  state: z.enum([...exporterStates, 'not_heard']),
  /** Those that are shown under its address, and those whose datagrams come from it. */
  exporters: z.array(exporterSchema),
})

const status = createRoute({
  method: 'get',
  path: '/routers/{router_id}/status',
  summary: 'What a router sends',
  request: { params: z.object({ router_id: z.string() }), query },
  responses: {
    200: json('The router and what was heard of it.', successSchema(statusSchema)),
    400: badQuery,
    ...failures(404, 503),
  },
})

export interface ExporterDependencies {
  configuration: Configuration
  store: StoreClient
  now: () => number
}

export function exporterRoutes({ configuration, store, now }: ExporterDependencies): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  const readExporters = createExporterReader(store)
  const heard = async (hours: number) =>
    readExporters(await configuration.routers.list(), hours, now())

  app.openapi(list, async (c) => {
    const { exporters, isCut } = await heard(c.req.valid('query').hours)
    return c.json(success(exporters, notices(isCut)), 200)
  })

  app.openapi(unknown, async (c) => {
    const { exporters, isCut } = await heard(c.req.valid('query').hours)
    return c.json(
      success(
        exporters.filter(({ router }) => router === null),
        notices(isCut),
      ),
      200,
    )
  })

  app.openapi(status, async (c) => {
    const router = await configuration.routers.get(c.req.valid('param').router_id)
    const { exporters, isHearing, isCut } = await heard(c.req.valid('query').hours)
    const own = exporters.filter((exporter) => exporter.router?.id === router.id)
    const state = stateOf(own, isHearing)
    return c.json(success({ router, state, exporters: own }, notices(isCut)), 200)
  })

  return app
}

function stateOf(
  exporters: HeardExporters['exporters'],
  isHearing: boolean,
): z.infer<typeof statusSchema>['state'] {
  const best = exporterStates.find((state) => exporters.some((one) => one.state === state))
  return best ?? (isHearing ? 'not_heard' : 'unknown')
}

function notices(isCut: boolean): Notice[] {
  if (!isCut) return []
  return [{ code: 2301, message: 'there are more exporters: only those heard last are told' }]
}
