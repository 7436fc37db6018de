// The console's built files, as the API serves them: pages at / and below /console/, which no route of the API begins with.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Context, Hono } from 'hono'
import { packageRoot } from '../runtime/package-root.ts'

/** Where a build leaves it (netmon/fresh.js). */
const builtDirectory = path.join(packageRoot, 'dist', 'console')

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export interface ConsoleFile {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly gzipped: Uint8Array<ArrayBuffer>
  readonly etag: string
}

/** By path below /console/; `index.html` is every page. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** Reads the built console into memory, some 200 kB; undefined when it was not built. */
export function readConsole(directory = builtDirectory): ConsoleFiles | undefined {
  if (!existsSync(path.join(directory, 'index.html'))) return undefined
  const files = new Map<string, ConsoleFile>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const contentType = contentTypes[path.extname(entry.name)]
    if (!entry.isFile() || contentType === undefined) continue
    const file = path.join(entry.parentPath, entry.name)
    const bytes = new Uint8Array(readFileSync(file))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    const gzipped = new Uint8Array(gzipSync(bytes, { level: 9 }))
    files.set(path.relative(directory, file), { contentType, bytes, gzipped, etag })
  }
  return files
}

/**
 * Nothing inline, nothing from elsewhere, no frame around it, and no text that becomes markup: what exporters and people write is shown as text,
 * and the browser is told to hold the console to that.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/**
 * These ask for no token and may be reached by a link from another site: they tell nothing but what the repository tells. What the console then asks
 * the API is guarded as any request is.
 */
export function consoleRoutes(files: ConsoleFiles): Hono {
  const app = new Hono({ strict: false })
  const page = (c: Context) => answer(c, files.get('index.html'), 'no-cache')
  app.get('/', page)
  // Names of these hold a hash of their content.
  app.get('/console/assets/*', (c) => {
    const name = c.req.path.slice('/console/'.length)
    return answer(c, files.get(name), 'public, max-age=31536000, immutable')
  })
  app.get('/console/*', page)
  return app
}

function answer(c: Context, file: ConsoleFile | undefined, caching: string): Response {
  if (file === undefined) return c.text('there is no such file', 404)
  c.header('Cache-Control', caching)
  c.header('ETag', file.etag)
  c.header('Vary', 'Accept-Encoding')
  c.header('Content-Security-Policy', contentSecurityPolicy)
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Referrer-Policy', 'no-referrer')
  c.header('Cross-Origin-Opener-Policy', 'same-origin')
  if (c.req.header('If-None-Match') === file.etag) return c.body(null, 304)
  c.header('Content-Type', file.contentType)
  const takesGzip = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '')
  if (!takesGzip) return c.body(file.bytes)
  c.header('Content-Encoding', 'gzip')
  return c.body(file.gzipped)
}
