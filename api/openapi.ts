// The OpenAPI document: what the routes say of themselves, and what holds for all of them.

import type { OpenAPIHono } from '@hono/zod-openapi'

type Json = Record<string, unknown>
/** The parts that are read or written here. */
export interface Operation extends Json {
  summary?: string
  parameters?: (Json & { name: string; in: string; required?: boolean; schema: Json })[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: Json }> }>
  security?: Json[]
}
export interface OpenApiDocument {
  openapi: string
  info: { title: string; version: string; description: string }
  paths: Record<string, Record<string, Operation>>
  components: Json
}

const description = `Every answer with a body is \`{ success, result, errors, messages }\`. An error has a \`code\`, a \`message\` and the JSON pointer of what it is
about; a message tells what was accepted and should be known. Paths work with and without a slash at their end. A body is read as JSON whatever its
Content-Type says. An answer has an \`X-Request-Id\`, that of the request when it brought a plain one.`

/** Of every route that is not public, and of every one. */
const guardFailures = {
  401: 'No token, or one that is not known (code 1900).',
  403: 'A role that is not enough, or a request of another web page (1901).',
  429: 'Too many wrong tokens came from this address (1902): wait as Retry-After says.',
} as const
const anyFailures = { 500: 'A fault of this API, which its log tells (1000).' } as const

/** @param app with all its routes. */
export function openApiDocument(app: OpenAPIHono): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Network Monitoring', version: '1', description },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
  }) as unknown as OpenApiDocument
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      addFailures(operation)
      const single = document.paths[path.replace(/\/bulk$/, '')]?.['post']
      if (path.endsWith('/bulk') && single !== undefined) {
        describeElements(operation, single, method === 'put')
      }
    }
  }
  document.components = {
    ...document.components,
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'A token of `/tokens`, or that of NETMON_API_TOKEN.',
      },
    },
  }
  return document
}

function addFailures(operation: Operation): void {
  const isPublic = operation['x-required-role'] === 'public'
  if (isPublic) operation.security = []
  const failures: Record<string, string> = { ...(isPublic ? {} : guardFailures), ...anyFailures }
  for (const [status, description] of Object.entries(failures)) {
    operation.responses[status] ??= {
      description,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
    }
  }
}

/** What the elements of a bulk body are: what the route of a single one takes, with the id of each when they replace. */
function describeElements(operation: Operation, single: Operation, withId: boolean): void {
  const list = bodySchema(operation)
  const element = bodySchema(single)
  if (list === undefined || element === undefined) return
  const required = [...((element['required'] as string[] | undefined) ?? []), 'id']
  const properties = { ...(element['properties'] as Json), id: { type: 'string' } }
  list['items'] = withId ? { ...element, properties, required } : element
}

function bodySchema({ requestBody }: Operation): Json | undefined {
  return requestBody?.content['application/json']?.schema
}
