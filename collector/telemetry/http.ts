// /metrics for Prometheus, /health for supervisors, /templates for people: read-only, loopback unless configured otherwise.

import { createServer, type Server } from 'node:http'
import { codeOf, messageOf, UserError } from '../../runtime/errors.ts'
import type { Endpoint } from '../../runtime/setting.ts'

export type Answer = { status: number; type: string; body: string }

/** Serves GET of exactly these paths. @throws UserError when the address cannot be bound. */
export async function serveHttp(
  endpoint: Endpoint,
  paths: ReadonlyMap<string, () => Promise<Answer>>,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000 },
    (request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      const answer = request.method === 'GET' ? paths.get(path) : undefined
      const finish = ({ status, type, body }: Answer) => {
        response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
        response.end(body)
      }
      if (answer === undefined) {
        finish({
          status: 404,
          type: 'text/plain',
          body: `there are ${[...paths.keys()].join(', ')}\n`,
        })
      } else {
        answer().then(finish, (error: unknown) =>
          finish({ status: 500, type: 'text/plain', body: `${messageOf(error)}\n` }),
        )
      }
    },
  )
  server.maxConnections = 64
  await listen(server, endpoint)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : endpoint.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const what =
        codeOf(error) === 'EADDRINUSE'
          ? 'is in use by another program'
          : `cannot be bound (${messageOf(error)})`
      reject(
        new UserError(
          `${host}:${port} ${what}: give another address with --collector-http or NETMON_COLLECTOR_HTTP`,
        ),
      )
    })
    server.listen(port, host || undefined, resolve)
  })
}
