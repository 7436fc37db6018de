// One HTTP request: who asks, what, and the answer or the error.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../../runtime/log.ts'
import { type Credentials, CredentialsMissing, checkAccess } from './access.ts'
import { createAnswer } from './answer.ts'
import { discardRest, readBody, receive } from './body.ts'
import type { Engine } from './engine.ts'
import { engineFailure, QueryFailure } from './failure.ts'
import { formType, longestFormBytes, readForm } from './form.ts'
import { readRequest } from './request.ts'
import { runQuery } from './run.ts'
import type { Sessions } from './sessions.ts'

export interface HandlerDependencies {
  readonly engine: Engine
  readonly sessions: Sessions
  readonly credentials: Credentials
  readonly log: Logger
}

export type Handler = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>

/** At once, those included that wait for a Session or are still sending. */
const mostRequests = 256

const healthPaths = new Set(['/ping', '/replicas_status'])
const queryPaths = new Set(['/', '/query'])
const methods = new Set(['GET', 'HEAD', 'POST'])

export function createHandler({
  engine,
  sessions,
  credentials,
  log,
}: HandlerDependencies): Handler {
  let running = 0

  const answerQuery = async (incoming: IncomingMessage, response: ServerResponse, url: URL) => {
    const { searchParams } = url
    const cancelled = whenGone(response)
    const form = formType(incoming)
    const chunks = receive(incoming, form === undefined ? undefined : longestFormBytes)
    let answer = createAnswer(response, engine)
    try {
      checkAccess(incoming.headers, searchParams, credentials)
      if (incoming.method !== 'POST' && !searchParams.has('query')) return say(response, 200, 'Ok.')
      if (running > mostRequests) throw tooMany()
      if (form !== undefined) {
        for (const [name, value] of await readForm(form, chunks)) searchParams.append(name, value)
      }
      const request = readRequest(incoming.method ?? '', searchParams, incoming.headers)
      answer = createAnswer(response, engine, request)
      const body = await readBody(chunks)
      await runQuery({ engine, sessions, request, answer, cancelled }, body)
    } catch (error) {
      if (cancelled.aborted) return
      const failure = engineFailure(error)
      if (failure.type === 'STD_EXCEPTION') log.error({ err: error }, 'a query failed unexpectedly')
      if (failure instanceof CredentialsMissing) {
        response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"')
      }
      await answer.fail(failure)
    } finally {
      await chunks.return(undefined)
      discardRest(incoming)
    }
  }

  return async (incoming, response) => {
    running += 1
    try {
      const url = urlOf(incoming)
      if (healthPaths.has(url?.pathname ?? '')) return say(response, 200, 'Ok.')
      if (!methods.has(incoming.method ?? '')) return say(response, 405, 'Use GET or POST.')
      if (url === undefined || !queryPaths.has(url.pathname)) {
        return say(response, 404, 'There is no such handle. Send queries to / with POST.')
      }
      await answerQuery(incoming, response, url)
    } catch (error) {
      // The connection broke while an error was told.
      log.debug({ err: error }, 'an answer did not arrive')
      response.destroy()
    } finally {
      running -= 1
    }
  }
}

const tooMany = () =>
  new QueryFailure(
    'TOO_MANY_SIMULTANEOUS_QUERIES',
    `Too many simultaneous queries. Maximum: ${mostRequests}.`,
  )

function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  const base = 'http://store'
  return URL.canParse(url, base) ? new URL(url, base) : undefined
}

/** Aborted when the client leaves before it has the whole answer. */
function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' })
  response.end(`${text}\n`)
}
