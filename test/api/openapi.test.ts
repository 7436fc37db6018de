import { afterAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createConfiguration } from '../../rules/configuration.ts'
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

type Operation = { responses: Record<string, unknown>; summary?: string }
const response = await app.request('/openapi.json')
const document = (await response.json()) as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
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
  const documented = new Set([...operations.map(([name]) => name), 'GET /openapi.json'])
  expect(routes.filter((route) => !documented.has(route))).toEqual([])
})
