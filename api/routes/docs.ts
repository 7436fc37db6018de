// /openapi.json and /docs: what this API is, for programs and for people. Both are the same for everybody who has this software.

import { createHash } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { needs } from '../access/roles.ts'
import { json } from '../envelope.ts'
import { type OpenApiDocument, openApiDocument } from '../openapi.ts'
import { renderPage, style } from './docs-page.ts'

const openapi = createRoute({
  method: 'get',
  path: '/openapi.json',
  ...needs('public'),
  summary: 'This API as an OpenAPI 3.1 document',
  responses: { 200: json('The document.', z.looseObject({ openapi: z.string() })) },
})

const docs = createRoute({
  method: 'get',
  path: '/docs',
  ...needs('public'),
  summary: 'This API as a page to read',
  responses: {
    200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } },
  },
})

const styleHash = createHash('sha256').update(style).digest('base64')

/** @param whole the app with all routes, of which the document tells. */
export function docsRoutes(whole: OpenAPIHono): OpenAPIHono {
  const app = new OpenAPIHono()
  // Not before the first request: routes may be added after these.
  let document: OpenApiDocument | undefined
  const current = () => {
    document ??= openApiDocument(whole)
    return document
  }

  app.openapi(openapi, (c) => {
    const { openapi, ...rest } = current()
    return c.json({ openapi, ...rest }, 200)
  })

  app.openapi(docs, (c) => {
    c.header(
      'Content-Security-Policy',
      `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    return c.html(renderPage(current()), 200)
  })

  return app
}
