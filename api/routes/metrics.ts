// /metrics: the API's own, in Prometheus's text format. Those of collectors are theirs to tell.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Registry } from 'prom-client'

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Requests by route and status with their times, and the process, for Prometheus',
  responses: {
    200: { description: 'In its text format.', content: { 'text/plain': { schema: z.string() } } },
  },
})

export function metricsRoutes(registry: Registry): OpenAPIHono {
  const app = new OpenAPIHono()
  app.openapi(
    metrics,
    async (c) =>
      c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }) as never,
  )
  return app
}
