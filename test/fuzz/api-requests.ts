// Requests made of an OpenAPI document: right ones, nearly right ones, and wild ones.

import type { OpenApiDocument, Operation } from '../../api/openapi.ts'
import { nearlyRight, rightValue, type Schema, wildValue } from './json-values.ts'
import { createRandom, type Random } from './random.ts'

export interface FuzzRequest {
  /** Of the document: `GET /rules/{rule_id}`. */
  operation: string
  method: string
  path: string
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer> | undefined
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const contentTypes = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'nonsense',
]

/** Gives the request of each number; `ids` are of documents that were answered so far. */
export function createRequests(document: OpenApiDocument, seed: number, ids: readonly string[]) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  return (number: number): FuzzRequest => {
    const random = createRandom(seed * 1_000_003 + number)
    const { path, method, operation } = random.of(operations)
    const sent = random.onceIn(30) ? random.of(methods) : method.toUpperCase()
    const hasBody = sent !== 'GET' && sent !== 'HEAD'
    const headers: Record<string, string> = { 'Content-Type': random.of(contentTypes) }
    for (const { name, in: place, schema } of operation.parameters ?? []) {
      if (place === 'header' && random.onceIn(3)) headers[name] = headerValue(random, name, schema)
    }
    return {
      operation: `${method.toUpperCase()} ${path}`,
      method: sent,
      path: fillPath(random, path, ids) + query(random, operation),
      headers,
      body: hasBody ? body(random, operation) : undefined,
    }
  }
}

function fillPath(random: Random, path: string, ids: readonly string[]): string {
  const filled = path.replaceAll(/\{\w+\}/g, () => {
    if (ids.length > 0 && !random.onceIn(3)) return random.of(ids.slice(-50))
    return random.onceIn(3)
      ? encode(String(wildValue(random)).slice(0, 2_000))
      : '0123456789abcdef0123456789abcdef'
  })
  return random.onceIn(10) ? `${filled}/` : filled
}

/** Parameters: some of those that are known, now and then one that is not, or one twice. */
function query(random: Random, operation: Operation): string {
  const parts: string[] = []
  for (const { name, in: place, required, schema } of operation.parameters ?? []) {
    if (place !== 'query' || (required !== true && random.onceIn(2))) continue
    const value = random.onceIn(4) ? wildValue(random) : rightValue(random, schema, name)
    parts.push(`${name}=${encode(String(value).slice(0, 2_000))}`)
    if (random.onceIn(30)) parts.push(`${name}=1`)
  }
  if (random.onceIn(30)) parts.push(`${encode(String(wildValue(random)).slice(0, 100))}=x`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function headerValue(random: Random, name: string, schema: Schema): string {
  const value = random.onceIn(4) ? wildValue(random) : rightValue(random, schema, name)
  // What HTTP does not carry in a header cannot be sent.
  return String(value)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 200)
}

function body(random: Random, operation: Operation): FuzzRequest['body'] {
  const schema = operation.requestBody?.content['application/json']?.schema
  const right = schema === undefined ? {} : rightValue(random, schema)
  const kind = random.below(20)
  if (kind < 9) return JSON.stringify(right)
  if (kind < 15) return JSON.stringify(nearlyRight(random, right))
  if (kind < 18) return JSON.stringify(wildValue(random)) ?? ''
  if (kind === 18) return JSON.stringify(right).slice(0, random.below(100))
  return new Uint8Array(Array.from({ length: random.below(200) }, () => random.below(256)))
}

function encode(text: string): string {
  // Half a surrogate pair has no UTF-8.
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'))
}
