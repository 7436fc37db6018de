// What the API counts about itself, for Prometheus.

import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { Histogram, type Registry } from 'prom-client'

/** Times each request, by its route as the router has it: paths as they are sent would be without number. */
export function measureRequests(registry: Registry): MiddlewareHandler {
  const duration = new Histogram({
    name: 'netmon_api_request_duration_seconds',
    help: 'Time from a request to its answer, by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  return async (c, next) => {
    const stop = duration.startTimer()
    await next()
    const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')
    // Methods, too, are what clients make of them.
    stop({ method: route?.method ?? 'none', route: route?.path ?? 'none', status: c.res.status })
  }
}
