// How the console's files are served. What is built is looked at in a browser: test/integration/console.test.ts.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { consoleRoutes, readConsole } from '../../api/console.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const page = '<!doctype html><title>the page</title>'
const script = 'document.title = "the script"'

const directory = temporaryDirectory()
mkdirSync(path.join(directory, 'assets'))
writeFileSync(path.join(directory, 'index.html'), page)
writeFileSync(path.join(directory, 'assets', 'index-1a2b.js'), script)
writeFileSync(path.join(directory, 'secret.key'), 'not for the web')

const app = consoleRoutes(readConsole(directory)!)
// As the API's guard, behind it.
app.use('*', async (c) => c.text('guarded', 401))

test('every path below /console/ is the page, so that a deep link can be reloaded', async () => {
  for (const at of ['/', '/console', '/console/', '/console/rules/1?x=1', '/console/a/b/c']) {
    const response = await app.request(at)
    expect([at, response.status, await response.text()]).toEqual([at, 200, page])
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  }
})

test('it stands in front of no path of the API, and needs no token', async () => {
  for (const at of ['/routers', '/rules/1', '/consoles', '/nothing']) {
    expect(await (await app.request(at)).text()).toBe('guarded')
  }
})

test('a link from a mail or another site leads to it', async () => {
  const response = await app.request('/console/alerts/1', {
    headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
  })
  expect(response.status).toBe(200)
})

test('files whose name holds their hash are kept for good, the page is asked for again', async () => {
  const asset = await app.request('/console/assets/index-1a2b.js')
  expect(asset.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
  expect(asset.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable')
  const first = await app.request('/')
  expect(first.headers.get('Cache-Control')).toBe('no-cache')
  const again = await app.request('/', { headers: { 'If-None-Match': first.headers.get('ETag')! } })
  expect([again.status, await again.text()]).toEqual([304, ''])
})

test('what takes gzip gets it', async () => {
  const headers = { 'Accept-Encoding': 'gzip, deflate, br' }
  const response = await app.request('/console/assets/index-1a2b.js', { headers })
  expect(response.headers.get('Content-Encoding')).toBe('gzip')
  expect(response.headers.get('Vary')).toBe('Accept-Encoding')
  expect(gunzipSync(await response.arrayBuffer()).toString()).toBe(script)
})

test('only files of the web are served, and a missing one is not the page', async () => {
  for (const at of [
    '/console/assets/missing.js',
    '/console/assets/..%2fsecret.key',
    '/console/assets/%2e%2e/secret.key',
  ]) {
    const response = await app.request(at)
    expect(await response.text()).not.toContain('not for the web')
  }
  expect((await app.request('/console/assets/missing.js')).status).toBe(404)
})

test('the policy allows nothing inline, nothing from elsewhere, and no markup made of text', async () => {
  const { headers } = await app.request('/')
  const policy = headers.get('Content-Security-Policy')!
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/)
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]),
  )
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

test('without a build there is no console', () => {
  expect(readConsole(path.join(directory, 'assets'))).toBeUndefined()
})
