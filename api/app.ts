// The REST API: routers, rules, alerts, exporters and health, in Cloudflare's envelope.

import { OpenAPIHono } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { Registry } from 'prom-client'
import type { Configuration } from '../rules/configuration/configuration.ts'
import type { Prefix } from '../rules/configuration/prefix.ts'
import type { ReadSeries } from '../rules/zscore/series-values.ts'
import type { Logger } from '../runtime/log.ts'
import { createAudit } from './access/audit.ts'
import { audited } from './access/audited.ts'
import { type Access, guard } from './access/guard.ts'
import { createGuesses } from './access/guesses.ts'
import { createRequiredRoles } from './access/roles.ts'
import { createTokens } from './access/tokens.ts'
import { jsonBody } from './body.ts'
import { createCloudflareAccount } from './cloudflare/account.ts'
import { cloudflareConfigRoutes } from './cloudflare/config.ts'
import { cloudflareRuleRoutes } from './cloudflare/rules.ts'
import { type ConsoleFiles, consoleRoutes } from './console.ts'
import { failure, problem } from './envelope.ts'
import { answerError } from './failures.ts'
import { measureRequests } from './metrics.ts'
import { createHostNames, type HostNames } from './names/host-names.ts'
import type { NameLists } from './names/lists.ts'
import { createChannels } from './notify/channels.ts'
import { createNotificationLog } from './notify/log.ts'
import { createSend } from './notify/send.ts'
import { everyRequest } from './requests.ts'
import { alertHistoryRoutes } from './routes/alert-history.ts'
import { alertRemarkRoutes } from './routes/alert-remarks.ts'
import { alertRoutes } from './routes/alerts.ts'
import { auditRoutes } from './routes/audit.ts'
import { channelRoutes } from './routes/channels.ts'
import { collectorRoutes } from './routes/collectors.ts'
import { docsRoutes } from './routes/docs.ts'
import { exporterRoutes } from './routes/exporters.ts'
import { flowRoutes } from './routes/flows.ts'
import { type HealthDependencies, healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { nameRoutes } from './routes/names.ts'
import { pipelineRoutes } from './routes/pipeline.ts'
import { readyRoutes } from './routes/ready.ts'
import { routerRoutes } from './routes/routers.ts'
import { ruleQuestionRoutes } from './routes/rule-questions.ts'
import { ruleRoutes } from './routes/rules.ts'
import { silenceRoutes } from './routes/silences.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { trafficRoutes } from './routes/traffic.ts'
import { trafficSummaryRoutes } from './routes/traffic-summary.ts'

export interface ApiDependencies extends HealthDependencies {
  configuration: Configuration
  access: Access
  /** Networks that are not public, and that tests of channels may reach all the same. */
  notifyNetworks?: readonly Prefix[]
  log: Logger
  readSeries?: ReadSeries
  /** Names of AS numbers and countries of addresses; none by itself. */
  lists?: NameLists
  /** Names of addresses in DNS; by itself of the machine's resolvers. */
  hostNames?: HostNames
  /** That of the process, for /metrics. */
  registry?: Registry
  /** What / and /console/ answer; nothing when it was not built. */
  console?: ConsoleFiles | undefined
}

/** Answers requests; `app.request(path)` asks it without a port. */
export function createApp(dependencies: ApiDependencies): OpenAPIHono {
  const { configuration, store, access, log, now } = dependencies
  const tokens = createTokens(store, now)
  const audit = createAudit(store, now)
  const channels = createChannels(store)
  const notificationLog = createNotificationLog(store)
  const send = createSend(dependencies.notifyNetworks ?? [], now)
  // Not strict: a path means the same with a slash at its end.
  const app = new OpenAPIHono({ strict: false })

  app.onError(answerError(log))
  app.notFound((c) => c.json(failure(problem(1004, 'there is nothing at this path')), 404))
  const { registry = new Registry() } = dependencies
  app.use(measureRequests(registry))
  app.use(everyRequest(log))
  if (dependencies.console !== undefined) app.route('/', consoleRoutes(dependencies.console))
  const requiredRole = createRequiredRoles(app)
  app.use(guard({ access, tokens, guesses: createGuesses(now), requiredRole, log }))
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(', ')
        const message = `this path does not take ${c.req.method}, only ${allow}`
        return c.json(failure(problem(1005, message)), 405, { Allow: allow })
      },
    }),
  )
  app.use(jsonBody)
  app.use(audited(audit, requiredRole, log))
  // Collectors ask every 2 s whether it has changed; single documents bring their version as tag.
  for (const path of [
    '/routers',
    '/routers/:router_id',
    '/rules/:rule_id',
    '/channels/:channel_id',
  ])
    app.get(path, etag())

  app.route('/', routerRoutes(configuration.routers))
  app.route('/', ruleRoutes(configuration.rules))
  app.route('/', ruleQuestionRoutes(dependencies))
  // Before /alerts/{alert_id}.
  app.route('/', alertRoutes(dependencies))
  app.route('/', alertHistoryRoutes(dependencies))
  app.route('/', alertRemarkRoutes(dependencies))
  app.route('/', silenceRoutes(dependencies))
  app.route('/', exporterRoutes(dependencies))
  app.route('/', collectorRoutes(dependencies))
  app.route('/', trafficRoutes(dependencies))
  app.route('/', trafficSummaryRoutes(dependencies))
  app.route('/', flowRoutes(dependencies))
  app.route('/', nameRoutes(dependencies.hostNames ?? createHostNames([], now)))
  app.route('/', healthRoutes(dependencies))
  app.route('/', readyRoutes(dependencies))
  app.route('/', metricsRoutes(registry))
  app.route('/', pipelineRoutes(dependencies))
  app.route('/', channelRoutes({ channels, notificationLog, send, now }))
  app.route('/', tokenRoutes(tokens))
  app.route('/', auditRoutes(audit, now))
  const account = createCloudflareAccount(store, configuration.routers)
  app.route('/', cloudflareConfigRoutes(account, configuration.rules))
  app.route('/', cloudflareRuleRoutes(configuration.rules))
  app.route('/', docsRoutes(app))
  return app
}
