// What a refused or failed query answers: ClickHouse's error codes, its text, and the HTTP status it gives each code
// (ClickHouse, src/Common/ErrorCodes.cpp and src/Server/HTTP/exceptionCodeToHTTPStatus.cpp).

/** The errors that this server raises by itself; the engine knows hundreds more. */
const raised = {
  CANNOT_READ_ALL_DATA: 33,
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  UNKNOWN_COMPRESSION_METHOD: 89,
  UNKNOWN_SETTING: 115,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_IS_TOO_LARGE: 229,
  ABORTED: 236,
  CANNOT_DECOMPRESS: 271,
  QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  STD_EXCEPTION: 1001,
} as const

type Raised = keyof typeof raised

/** A query that cannot be answered. `message` is ClickHouse's text between `DB::Exception: ` and the error's name. */
export class QueryFailure extends Error {
  override readonly name = 'QueryFailure'
  /** ClickHouse's name of the code, such as SYNTAX_ERROR. */
  readonly type: string
  readonly code: number
  /** Of the HTTP answer. */
  readonly status: number

  constructor(type: Raised, message: string)
  constructor(type: string, message: string, code: number)
  constructor(type: string, message: string, code: number = raised[type as Raised]) {
    super(message)
    this.type = type
    this.code = code
    this.status = httpStatus(code)
  }
}

/** What a client reads, such as `Code: 62. DB::Exception: Syntax error: ... (SYNTAX_ERROR) (version 26.7.2.1)`. */
export function failureText({ code, message, type }: QueryFailure, version: string): string {
  return `Code: ${code}. DB::Exception: ${message} (${type}) (version ${version})\n`
}

/** The engine wraps an error once more for each layer it passes: the innermost code is the one that tells. */
const engineHead = /^(?:Code: (\d+)\. DB::Exception: )+/
const engineTail = /(?: \(([A-Z][A-Z0-9_]+)\)| \(version [^)]*\)\.?)$/
/** What an error says of the files that bodies are read from: they mean nothing to a caller, who wrote input() or no file at all. */
const ownFiles =
  /: While executing File\b|: data for INSERT was parsed from file\.?$|: \(in file\/uri [^)]*\)/g
const ownInput = /\bfile\('[^']*\/requests\/[0-9a-f-]{36}', '\w+'(?:, )?/g

/** What the engine threw, as a ClickHouse server would tell it. */
export function engineFailure(error: unknown): QueryFailure {
  if (error instanceof QueryFailure) return error
  let message = (error instanceof Error ? error.message : String(error)).trim()
  const head = engineHead.exec(message)
  if (head?.[1] === undefined) return new QueryFailure('STD_EXCEPTION', message)
  message = message.slice(head[0].length)
  let type: string | undefined
  for (let tail = engineTail.exec(message); tail !== null; tail = engineTail.exec(message)) {
    type ??= tail[1]
    message = message.slice(0, tail.index)
  }
  message = message.replaceAll(ownFiles, '').replaceAll(ownInput, 'input(')
  return new QueryFailure(type ?? 'STD_EXCEPTION', message, Number(head[1]))
}

const badRequest = new Set([
  6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441,
  675, 676,
])
const forbidden = new Set([192, 193, 497, 512, 516])
const notFound = new Set([46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511])
/** 202 is ours: a server answers it with 500, which a client may not try again. */
const unavailable = new Set([76, 202, 209, 439])

/** The status that ClickHouse gives an error code. */
function httpStatus(code: number): number {
  if (badRequest.has(code)) return 400
  if (forbidden.has(code)) return 403
  if (notFound.has(code)) return 404
  if (unavailable.has(code)) return 503
  if (code === 159) return 408
  if (code === 229) return 413
  if (code === 48) return 501
  return 500
}
