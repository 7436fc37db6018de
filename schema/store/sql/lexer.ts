// The tokens of ClickHouse's SQL (ClickHouse, src/Parsers/Lexer.cpp), as far as telling a function's name from a string or a comment needs.
// What this lexer is not sure to read as the engine does, it refuses: heredocs, hexadecimal strings, backslashes in quoted names,
// and anything but ASCII outside of quotes and comments.

import { QueryFailure } from '../failure.ts'

export interface Token {
  /** word: a bare name or keyword; name: one in back-ticks or double quotes. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol'
  /** Strings and names are without their quotes and escapes. */
  readonly value: string
  /** Byte offsets into the text; `end` is exclusive. */
  readonly start: number
  readonly end: number
}

const space = /[ \t\n\r\f\v]+/y
const lineComment = /(?:--|\/\/|#[ !])[^\n]*/y
const word = /[A-Za-z_][A-Za-z0-9_$]*/y
const number = /[0-9][A-Za-z0-9_$]*(?:\.[0-9][A-Za-z0-9_$]*)?/y
const symbol = /[!%&()*+,./:;<=>?@[\]^{|}~-]/y
const stringPrefix = /^[xXbB]$/

/**
 * Reads `text`, whose characters are bytes (latin1), token by token; white space and comments are left out, and each comment's span is told to `comment`.
 * It reads no further than it is asked to, so binary data may follow.
 * @throws QueryFailure SYNTAX_ERROR
 */
export function* tokenize(
  text: string,
  comment: (start: number, end: number) => void = () => {},
): Generator<Token, undefined> {
  let start = 0
  const lengthOf = (pattern: RegExp) => {
    pattern.lastIndex = start
    return pattern.exec(text)?.[0].length ?? 0
  }
  while (start < text.length) {
    const skipped = lengthOf(space)
    if (skipped > 0) {
      start += skipped
      continue
    }
    const commented = lengthOf(lineComment) || blockCommentLength(text, start)
    if (commented > 0) {
      comment(start, start + commented)
      start += commented
      continue
    }
    const token = readQuoted(text, start) ?? readPlain(text, start, lengthOf)
    yield token
    start = token.end
  }
}

function readPlain(text: string, start: number, lengthOf: (pattern: RegExp) => number): Token {
  for (const [kind, pattern] of [
    ['word', word],
    ['number', number],
    ['symbol', symbol],
  ] as const) {
    const end = start + lengthOf(pattern)
    if (end === start) continue
    const value = text.slice(start, end)
    if (text[end] === "'" && stringPrefix.test(value)) throw unreadable(text, start)
    return { kind, value, start, end }
  }
  throw unreadable(text, start)
}

/** A string or a quoted name: the quote is written twice or, in strings, behind a backslash. */
function readQuoted(text: string, start: number): Token | undefined {
  const quote = text.charAt(start)
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined
  const kind = quote === "'" ? 'string' : 'name'
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === quote) {
      if (text[at + 1] !== quote) return { kind, value, start, end: at + 1 }
      at += 1
      value += quote
    } else if (char !== '\\') {
      value += char
    } else {
      if (kind === 'name') break
      at += 1
      const hex = /^x([0-9a-fA-F]{2})/.exec(text.slice(at, at + 3))?.[1]
      if (hex !== undefined) at += 2
      value +=
        hex === undefined ? unescaped(text.charAt(at)) : String.fromCharCode(Number(`0x${hex}`))
    }
  }
  throw unreadable(text, start)
}

const escapes = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['e', '\x1b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['N', ''],
])

const unescaped = (char: string) => escapes.get(char) ?? char

/** Block comments nest. 0 when none begins here. */
function blockCommentLength(text: string, start: number): number {
  if (!text.startsWith('/*', start)) return 0
  let depth = 0
  for (let at = start; at + 1 < text.length; ) {
    const two = text.slice(at, at + 2)
    if (two === '/*') depth += 1
    if (two === '*/') depth -= 1
    at += two === '/*' || two === '*/' ? 2 : 1
    if (depth === 0) return at - start
  }
  throw unreadable(text, start)
}

function unreadable(text: string, at: number): QueryFailure {
  const shown = Buffer.from(text.slice(at, at + 40), 'latin1').toString('utf8')
  return new QueryFailure('SYNTAX_ERROR', `Syntax error: failed at position ${at + 1}: ${shown}.`)
}

export const isWord = (token: Token | undefined, keyword: string) =>
  token?.kind === 'word' && token.value.toUpperCase() === keyword

/** `name(`, in any case. */
export const isCall = (tokens: readonly Token[], index: number, name: string) =>
  tokens[index]?.kind === 'word' &&
  tokens[index].value.toLowerCase() === name &&
  isSymbol(tokens[index + 1], '(')

export const isSymbol = (token: Token | undefined, value: string) =>
  token?.kind === 'symbol' && token.value === value
