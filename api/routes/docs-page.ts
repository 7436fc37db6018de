// The page at /docs, made of the OpenAPI document: one file without scripts, that asks for nothing else.

import { html, raw } from 'hono/html'
import type { OpenApiDocument, Operation } from '../openapi.ts'

export const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em }
pre { background: #f4f4f4; padding: 0.75rem; overflow-x: auto }
details { border: 1px solid #ccc; border-radius: 4px; margin: 0.5rem 0; padding: 0.25rem 0.75rem }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #ddd }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #161616 }
  pre { background: #242424 }
  details, th, td { border-color: #444 }
  a { color: #8ab4f8 }
}
`

const methodOrder = ['get', 'post', 'put', 'patch', 'delete']

export function renderPage({ info, paths }: OpenApiDocument) {
  const groups = new Map<string, ReturnType<typeof renderOperation>[]>()
  for (const [path, methods] of Object.entries(paths)) {
    const group = groups.get(groupOf(path)) ?? []
    groups.set(groupOf(path), group)
    for (const method of methodOrder) {
      const operation = methods[method]
      if (operation !== undefined) group.push(renderOperation(method, path, operation))
    }
  }
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${info.title}: the API</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    <h1>${info.title}: the API</h1>
    <p>${info.description}</p>
    <p>For programs: <a href="/openapi.json">openapi.json</a>.</p>
    ${[...groups].map(([name, operations]) => html`<h2>${name}</h2>${operations}`)}
  </body>
</html>`
}

function groupOf(path: string): string {
  return path.startsWith('/client/') ? "Cloudflare's shape" : `/${path.split('/')[1]}`
}

function renderOperation(method: string, path: string, operation: Operation) {
  const { summary = '', parameters = [], requestBody, responses } = operation
  const body = requestBody?.content['application/json']?.schema
  const role = operation['x-required-role'] ?? (method === 'get' ? 'read' : 'write')
  return html`<details>
      <summary><b>${method.toUpperCase()}</b> <code>${path}</code> ${summary}</summary>
      <p>Role: ${role}</p>
      ${
        parameters.length === 0
          ? ''
          : html`<table>
        <tr><th>Parameter</th><th>In</th><th>Is</th></tr>
        ${parameters.map(
          ({ name, in: place, required, schema }) =>
            html`<tr><td><code>${name}</code></td><td>${place}</td><td>${required === true ? 'required, ' : ''}<code>${JSON.stringify(schema)}</code></td></tr>`,
        )}
      </table>`
      }
      ${body === undefined ? '' : html`<p>Body:</p><pre>${JSON.stringify(body, null, 2)}</pre>`}
      <table>
        <tr><th>Answer</th><th>When</th></tr>
        ${Object.entries(responses).map(
          ([status, { description }]) => html`<tr><td>${status}</td><td>${description}</td></tr>`,
        )}
      </table>
    </details>`
}
