// What a request asks, apart from its body: ClickHouse's HTTP interface (https://clickhouse.com/docs/interfaces/http).

import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { chooseEncoding, type Encoding } from './encoding.ts'
import { QueryFailure } from './failure.ts'

export interface Request {
  /** The URL's part of the query, without what the body adds. */
  readonly query: string
  readonly queryId: string
  readonly database: string
  readonly defaultFormat: string
  /** Of ClickHouse's own protocol, which Native follows; 0 when the client tells none. */
  readonly clientRevision: number
  readonly settings: Map<string, string>
  readonly parameters: Map<string, string>
  /** Of the answer. */
  readonly encoding: Encoding | undefined
  /** The answer may begin only when the query is done, so that an error still has a status of its own. */
  readonly waitsForEnd: boolean
}

/** Parameters of the URL that are neither settings nor `param_*`; `log_comment` is one of the former, but marks the Sessions and is logged nowhere. */
const reserved = new Set([
  '',
  'buffer_size',
  'client_protocol_version',
  'close_session',
  'compress',
  'database',
  'decompress',
  'default_format',
  'log_comment',
  'password',
  'query',
  'query_id',
  'quota_key',
  'role',
  'session_check',
  'session_id',
  'session_timeout',
  'stacktrace',
  'user',
  'wait_end_of_query',
])

const parameterName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** @throws QueryFailure for what this server does not do */
export function readRequest(
  method: string,
  url: URLSearchParams,
  headers: IncomingHttpHeaders,
): Request {
  for (const name of ['compress', 'decompress']) {
    if (!isOn(url.get(name))) continue
    throw new QueryFailure(
      'NOT_IMPLEMENTED',
      `The embedded store does not speak ClickHouse's own compression (${name}=1): use Content-Encoding and enable_http_compression=1.`,
    )
  }
  for (const name of ['session_id', 'role']) {
    if (!url.get(name)) continue
    throw new QueryFailure('BAD_ARGUMENTS', `The embedded store knows no ${name}.`)
  }
  const settings = new Map<string, string>()
  const parameters = new Map<string, string>()
  for (const [name, value] of url) {
    if (name.startsWith('param_')) parameters.set(readParameterName(name), value)
    else if (!reserved.has(name)) settings.set(name, value)
  }
  if (method !== 'POST' && !isOn(settings.get('readonly'))) settings.set('readonly', '2')
  return {
    query: url.getAll('query').join(''),
    queryId: readQueryId(url.get('query_id') ?? headers['x-clickhouse-query-id']),
    database: header(headers, 'x-clickhouse-database') || url.get('database') || 'default',
    defaultFormat: readFormat(
      header(headers, 'x-clickhouse-format') || url.get('default_format') || 'TabSeparated',
    ),
    clientRevision: Number(url.get('client_protocol_version') ?? 0) || 0,
    settings,
    parameters,
    encoding: isOn(settings.get('enable_http_compression'))
      ? chooseEncoding(header(headers, 'accept-encoding'))
      : undefined,
    waitsForEnd: isOn(url.get('wait_end_of_query')) || isOn(settings.get('http_wait_end_of_query')),
  }
}

export function readParameterName(name: string): string {
  const bare = name.slice('param_'.length)
  if (parameterName.test(bare)) return bare
  throw new QueryFailure('BAD_ARGUMENTS', `Not a name of a query parameter: ${name}.`)
}

/** It becomes part of a statement. */
function readFormat(name: string): string {
  if (/^[A-Za-z0-9]{1,64}$/.test(name)) return name
  throw new QueryFailure('BAD_ARGUMENTS', `Not a name of a format: ${name}.`)
}

function readQueryId(given: string | string[] | undefined): string {
  if (typeof given !== 'string' || given === '') return randomUUID()
  if (/^[\x20-\x7e]{1,256}$/.test(given)) return given
  throw new QueryFailure('BAD_ARGUMENTS', 'query_id is not 1 to 256 printable ASCII characters.')
}

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

const isOn = (value: string | null | undefined) =>
  value !== null && value !== undefined && !['', '0', 'false'].includes(value)
