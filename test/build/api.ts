// Asks the API without a port.

import type { createApp } from '../../api/app.ts'

/** The result of an answer: one document, or a list of them; the test says what it must be. */
export type Result = {
  id: string
  prefixes: string[]
  duration: number
  length: number
} & Iterable<Result>

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The envelope, or the OpenAPI document. */
  body: {
    result: Result
    errors: { message: string }[]
    messages: { code: number; message: string }[]
    openapi?: string
    paths: Record<string, object>
  }
  /** Code and place of each error. */
  errors: [code: number, pointer: string][]
}

export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

/** Sends as `curl -d` does, without saying that it is JSON; texts and bytes as they are, all else as JSON. */
export function sender(app: ReturnType<typeof createApp>): Send {
  return async (method, path, body, headers = {}) => {
    const response = await app.request(path, {
      method,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      ...(body === undefined ? {} : { body: encode(body) }),
    })
    const text = await response.text()
    const json = text === '' ? undefined : JSON.parse(text)
    const errors: { code: number; source: { pointer: string } }[] = json?.errors ?? []
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: json,
      errors: errors.map(({ code, source }) => [code, source.pointer]),
    }
  }
}

function encode(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return typeof body === 'string' ? body : JSON.stringify(body)
}
