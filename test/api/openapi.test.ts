import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { createLog } from '../../runtime/log.ts'
import { createStoreClient } from '../../schema/client.ts'

// No store is asked for it.
const store = createStoreClient({
  url: 'http://127.0.0.1:9',
  user: 'nobody',
  password: '',
  database: 'none',
})
afterAll(() => store.close())
const app = createApp({
  configuration: createConfiguration(store, Date.now),
  store,
  migrations: 0,
  access: { token: undefined, hosts: undefined },
  log: createLog('test', 'silent'),
  storage: () => undefined,
  now: Date.now,
})

interface Operation {
  summary?: string
  security?: unknown[]
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}
const response = await app.request('/openapi.json')
const document = (await response.json()) as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: object }
  security: unknown
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
)

test('the OpenAPI document has every route of the router', () => {
  expect(document.openapi).toBe('3.1.0')
  const routes = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(routes.length).toBeGreaterThan(20)
  const documented = new Set<string>(operations.map(([name]) => name))
  expect(routes.filter((route) => !documented.has(route))).toEqual([])
})

test('every operation says what it does, who may ask, and how it fails', () => {
  expect(document.security).toEqual([{ token: [] }])
  expect(document.components.securitySchemes).toMatchObject({
    token: { type: 'http', scheme: 'bearer' },
  })
  const isPublic: string[] = ['GET /health', 'GET /ready', 'GET /openapi.json', 'GET /docs']
  for (const [name, operation] of operations) {
    expect([name, operation.summary]).toEqual([name, expect.stringMatching(/^[A-Z/]/)])
    expect([name, operation.security]).toEqual([name, isPublic.includes(name) ? [] : undefined])
    const statuses = Object.keys(operation.responses)
    const expected = isPublic.includes(name) ? ['500'] : ['401', '403', '429', '500']
    if (operation.requestBody !== undefined) expected.push('400', '413')
    expect([name, expected.filter((status) => !statuses.includes(status))]).toEqual([name, []])
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      expect([name, status, content?.['application/json']?.schema]).toEqual([
        name,
        status,
        { $ref: '#/components/schemas/Failure' },
      ])
    }
  }
})

test('the elements of a bulk body are described as a single body is', () => {
  const schemaOf = (path: string, method: string) =>
    document.paths[path]?.[method]?.requestBody?.content['application/json']?.schema
  const single = schemaOf('/rules', 'post')
  expect(schemaOf('/rules/bulk', 'post')).toMatchObject({ type: 'array', items: single })
  expect(schemaOf('/rules/bulk', 'put')).toMatchObject({
    items: {
      properties: { id: { type: 'string' }, prefixes: {} },
      required: ['name', 'type', 'prefixes', 'id'],
    },
  })
})

test('the page to read names every operation, and asks nobody for anything', async () => {
  const page = await app.request('/docs/')
  const text = await page.text()
  for (const [name] of operations) {
    const [method, path] = name.split(' ')
    expect(text).toContain(`<b>${method}</b> <code>${path}</code>`)
  }
  expect(text).not.toMatch(/<script|<link|<img|src=|href=.?https?:|@import|url\(/)
  const hash = /style-src '(sha256-[^']+)'/.exec(page.headers.get('Content-Security-Policy') ?? '')
  const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? ''
  expect(hash?.[1]).toBe(`sha256-${createHash('sha256').update(style).digest('base64')}`)
})
