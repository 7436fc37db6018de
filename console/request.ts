// Asks the REST API. The console knows nothing that does not come from there.

import type { Notice, Problem } from '../rules/problem.ts'
import { askForToken, readToken } from './token.ts'

export interface Answer<T> {
  result: T
  /** What the API wants known of a request that it carried out. */
  messages: Notice[]
  /** Of a page of a list: where the next one begins, null at the end. */
  cursor: string | null
  /** Of a single document: what a change must name, so that it overwrites no other. */
  etag: string | null
}

/** The API did not do it, or did not answer (status 0). */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed'
  readonly status: number
  readonly problems: readonly Problem[]

  constructor(status: number, problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.status = status
    this.problems = problems
  }
}

export interface Sending {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** Refused when the document is no longer the one with this tag. */
  ifMatch?: string | null
  signal?: AbortSignal
}

/** @throws RequestFailed; DOMException when it is aborted. */
export async function request<T>(path: string, sending: Sending = {}): Promise<Answer<T>> {
  const response = await send(path, sending)
  const text = await response.text()
  const envelope = text === '' ? emptyEnvelope : parseEnvelope(text, response.status)
  if (!response.ok || envelope.success === false) {
    if (response.status === 401) askForToken()
    throw new RequestFailed(response.status, envelope.errors ?? [])
  }
  return {
    result: envelope.result as T,
    messages: envelope.messages ?? [],
    cursor: envelope.result_info?.cursor ?? null,
    etag: response.headers.get('ETag'),
  }
}

/** What a path answers in another form than JSON. @throws RequestFailed; DOMException when it is aborted. */
export async function requestText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send(path, signal === undefined ? {} : { signal })
  const text = await response.text()
  if (response.ok) return text
  throw new RequestFailed(response.status, parseEnvelope(text, response.status).errors ?? [])
}

async function send(path: string, { method = 'GET', body, ifMatch, signal }: Sending) {
  const headers = new Headers()
  const token = readToken()
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
  if (ifMatch != null) headers.set('If-Match', ifMatch)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  try {
    return await fetch(path, {
      method,
      headers,
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new RequestFailed(0, [problem('the API does not answer: is it still running?')])
  }
}

interface Envelope {
  success?: boolean
  result?: unknown
  errors?: Problem[]
  messages?: Notice[]
  result_info?: { cursor?: string | null }
}

const emptyEnvelope: Envelope = {}

function parseEnvelope(text: string, status: number): Envelope {
  try {
    return JSON.parse(text)
  } catch {
    return { success: false, errors: [problem(`the API answered ${status}, and not in JSON`)] }
  }
}

function problem(message: string): Problem {
  return { code: 0, message, source: { pointer: '' } }
}
