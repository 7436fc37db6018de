// The FORMAT clause: of an answer at the end of a statement, of an INSERT's inline data before them. FORMAT is no reserved word, so where it stands decides.

import { isSymbol, isWord, type Token } from './lexer.ts'

/** Keywords behind which a name is expected: `SELECT format FROM t` has a column called format. */
const wantsName = new Set(
  `SELECT DISTINCT WHERE PREWHERE AND OR NOT BY ON AS FROM JOIN IN LIKE ILIKE WITH HAVING QUALIFY CASE WHEN THEN ELSE LIMIT OFFSET BETWEEN INTERVAL INTO
   TABLE SET USING`.split(/\s+/),
)

function mayPrecedeFormat(token: Token | undefined): boolean {
  if (token === undefined) return false
  if (token.kind === 'symbol') return [')', ']', '}', '*'].includes(token.value)
  return token.kind !== 'word' || !wantsName.has(token.value.toUpperCase())
}

/** FORMAT name, at the end of a statement or before its SETTINGS. */
export function outputFormat(
  tokens: readonly Token[],
): { name: string; start: number } | undefined {
  for (let at = tokens.length - 2; at > 0; at--) {
    const [clause, name, next] = [tokens[at], tokens[at + 1], tokens[at + 2]]
    if (!isWord(clause, 'FORMAT') || name?.kind !== 'word' || clause === undefined) continue
    if (next !== undefined && !isWord(next, 'SETTINGS')) continue
    if (!mayPrecedeFormat(tokens[at - 1])) continue
    return { name: name.value, start: clause.start }
  }
  return undefined
}

/** `last` is the format's name, or VALUES itself. */
export interface InlineData {
  readonly name: string
  readonly clause: Token
  readonly last: Token
}

/**
 * Follows an INSERT token by token and tells where its inline data is announced:
 *
 *     INSERT INTO [TABLE] [FUNCTION] t [(columns)] [SETTINGS ...] VALUES data | FORMAT name data
 *     INSERT INTO ... SELECT ... input('structure') ... FORMAT name data
 */
export function inlineDataReader(): (token: Token) => InlineData | undefined {
  let isInsert: boolean | undefined
  let named = false
  let depth = 0
  let selects = false
  let readsInput = false
  let before: Token | undefined
  let clause: Token | undefined
  return (token) => {
    isInsert ??= isWord(token, 'INSERT')
    if (!isInsert) return undefined
    const previous = before
    before = token
    if (!named) {
      named = !['INSERT', 'INTO', 'TABLE', 'FUNCTION'].some((keyword) => isWord(token, keyword))
      return undefined
    }
    if (clause !== undefined) {
      if (token.kind === 'word') return { name: token.value, clause, last: token }
      clause = undefined
    }
    if (isSymbol(token, '(')) {
      depth += 1
      readsInput ||= previous?.kind === 'word' && previous.value.toLowerCase() === 'input'
    } else if (isSymbol(token, ')')) {
      depth -= 1
    } else if (depth === 0 && !isSymbol(previous, '.')) {
      if (isWord(token, 'SELECT') || isWord(token, 'WITH') || isWord(token, 'FROM')) selects = true
      if (isWord(token, 'VALUES') && !selects) return { name: 'Values', clause: token, last: token }
      const announces = selects ? readsInput && mayPrecedeFormat(previous) : true
      if (isWord(token, 'FORMAT') && announces) clause = token
    }
    return undefined
  }
}
