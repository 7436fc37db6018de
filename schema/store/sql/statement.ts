// One statement as it came: what kind it is, which parameters it names, in which format it answers, and where an INSERT's inline data begins.

import { QueryFailure } from '../failure.ts'
import { type InlineData, inlineDataReader, outputFormat } from './format-clause.ts'
import { isSymbol, isWord, type Token, tokenize } from './lexer.ts'

export interface Statement {
  /** The first word in capitals, `(` for a bracketed SELECT; INSERT also behind a WITH. */
  readonly verb: string
  /** Without comments (blanked, so that positions in error messages stay), without the final semicolon and without inline data. latin1. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** Names of the substitutions `{name:Type}`. */
  readonly parameters: ReadonlySet<string>
  /** Those of them that stand for names: `{name:Identifier}`. */
  readonly identifiers: ReadonlySet<string>
  /** The FORMAT clause, which for an INSERT with inline data ends `text`. `start` is where the clause begins. */
  readonly format: { readonly name: string; readonly start: number } | undefined
  /** Where an INSERT's inline data begins in the text that was parsed. */
  readonly dataStart: number | undefined
}

/**
 * Reads the statement at the beginning of `source` (latin1: one character per byte). Nothing behind the FORMAT or VALUES that announces inline data is looked at.
 * @throws QueryFailure SYNTAX_ERROR for what the lexer refuses, and for no or more than one statement
 */
export function readStatement(source: string): Statement {
  const comments: [number, number][] = []
  const tokens: Token[] = []
  let ended = false
  let data: InlineData | undefined
  const findData = inlineDataReader()
  for (const token of tokenize(source, (start, end) => comments.push([start, end]))) {
    if (token.value === ';' && token.kind === 'symbol') {
      ended = true
      continue
    }
    if (ended) {
      throw new QueryFailure(
        'SYNTAX_ERROR',
        `Syntax error (Multi-statements are not allowed): failed at position ${token.start + 1}.`,
      )
    }
    tokens.push(token)
    data = findData(token)
    if (data !== undefined) break
  }
  if (tokens.length === 0) throw new QueryFailure('SYNTAX_ERROR', 'Syntax error: empty query.')
  const last = tokens.at(-1)
  const text = blanked(source.slice(0, last?.end ?? 0), comments)
  const shared = { verb: verbOf(tokens), text, tokens, ...substitutionsOf(tokens) }
  if (data === undefined) return { ...shared, format: outputFormat(tokens), dataStart: undefined }
  return {
    ...shared,
    format: { name: data.name, start: data.clause.start },
    dataStart: afterFormat(source, data.last, data.clause),
  }
}

function verbOf(tokens: readonly Token[]): string {
  const [first] = tokens
  const isInsert = isWord(first, 'WITH') && tokens.some((token) => isWord(token, 'INSERT'))
  return isInsert ? 'INSERT' : (first?.value.toUpperCase() ?? '')
}

/** The bytes of inline data begin behind the blanks and the one line break that follow the format's name. */
function afterFormat(source: string, last: Token, clause: Token): number {
  if (last === clause) return last.end // VALUES
  const gap = /[ \t\f]*\r?\n?/y
  gap.lastIndex = last.end
  gap.exec(source)
  return gap.lastIndex
}

function blanked(text: string, comments: readonly [number, number][]): string {
  const parts: string[] = []
  let kept = 0
  for (const [start, end] of comments) {
    parts.push(text.slice(kept, start), text.slice(start, end).replaceAll(/[^\n]/g, ' '))
    kept = end
  }
  return parts.join('') + text.slice(kept)
}

function substitutionsOf(tokens: readonly Token[]): Pick<Statement, 'parameters' | 'identifiers'> {
  const parameters = new Set<string>()
  const identifiers = new Set<string>()
  tokens.forEach((token, index) => {
    if (!isSymbol(token, '{')) return
    const [name, colon, type] = tokens.slice(index + 1, index + 4)
    if (name?.kind === 'string' || !isSymbol(colon, ':')) return
    parameters.add(name?.value ?? '')
    if (isWord(type, 'IDENTIFIER')) identifiers.add(name?.value ?? '')
  })
  return { parameters, identifiers }
}
