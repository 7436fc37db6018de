// The filter language, by recursive descent. Its grammar is in docs/traffic.md.

import { type Field, fields, findField } from './fields.ts'
import { type Filter, type Test, type TestOperator, testOperators, type Value } from './filter.ts'
import { FilterError, type Token, tokensOf } from './filter-tokens.ts'
import { expectedOf, operatorsOf, parseValue } from './filter-values.ts'

export const mostCharacters = 4096
const mostDepth = 32
const mostTests = 100
const mostValues = 100

export interface FilterProblem {
  /** Offsets into the text, in UTF-16 units, from 0 to its length; `end` is exclusive. */
  start: number
  end: number
  expected: string
  message: string
}

/** Never throws. The filter is undefined when the text is empty: it lets all flows through. */
export function parseFilter(
  text: string,
): { filter: Filter | undefined; problem?: never } | { problem: FilterProblem; filter?: never } {
  try {
    if (text.length > mostCharacters) {
      const place = { start: mostCharacters, end: text.length }
      throw new FilterError(place, `at most ${mostCharacters} characters`, `${text.length}`)
    }
    const tokens = tokensOf(text)
    return { filter: tokens.length === 1 ? undefined : parseTokens(tokens) }
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const { start, end, expected, message } = error
    return { problem: { start, end, expected, message } }
  }
}

function parseTokens(tokens: readonly Token[]): Filter {
  let at = 0
  let depth = 0
  let tests = 0
  let values = 0

  const peek = () => tokens[at]!
  const next = () => tokens[at === tokens.length - 1 ? at : at++]!
  const isWord = (token: Token, word: string) =>
    token.kind === 'word' && token.text.toUpperCase() === word
  const isSign = (token: Token, sign: string) => token.kind === 'sign' && token.text === sign
  const takeWord = (word: string) => isWord(peek(), word) && next() !== undefined
  const takeSign = (sign: string) => isSign(peek(), sign) && next() !== undefined

  const parseOr = (): Filter => joined('or', 'OR', parseAnd)
  const parseAnd = (): Filter => joined('and', 'AND', parseNot)
  const joined = (kind: 'and' | 'or', word: string, parsePart: () => Filter): Filter => {
    const first = parsePart()
    if (!isWord(peek(), word)) return first
    const parts = [first]
    while (takeWord(word)) parts.push(parsePart())
    return { kind, parts }
  }

  const parseNot = (): Filter => {
    const token = peek()
    if (++depth > mostDepth) throw new FilterError(token, `at most ${mostDepth} levels`, 'more')
    const filter: Filter = takeWord('NOT') ? { kind: 'not', part: parseNot() } : parsePrimary()
    depth--
    return filter
  }

  const parsePrimary = (): Filter => {
    if (!takeSign('(')) return parseTest()
    const filter = parseOr()
    if (!takeSign(')')) throw unexpected(peek(), 'AND, OR or )')
    return filter
  }

  const parseTest = (): Test => {
    const token = next()
    const field = token.kind === 'word' ? findField(token.text) : undefined
    if (field?.isFilter !== true) throw unexpected(token, expectedField(token))
    if (++tests > mostTests) throw new FilterError(token, `at most ${mostTests} tests`, 'more')
    const operator = parseOperator(field)
    if (operator !== 'IN' && operator !== 'NOTIN') {
      return { kind: 'test', field: field.name, operator, values: [parseOne(field, operator)] }
    }
    if (!takeSign('(')) throw unexpected(peek(), '( before a list')
    const list = [parseOne(field, operator)]
    while (takeSign(',')) list.push(parseOne(field, operator))
    if (!takeSign(')')) throw unexpected(peek(), ', or )')
    return { kind: 'test', field: field.name, operator, values: list }
  }

  const parseOperator = (field: Field): TestOperator => {
    const token = next()
    const allowed = operatorsOf(field)
    let text = token.kind === 'word' || token.kind === 'sign' ? token.text.toUpperCase() : ''
    // NOT IN and NOT LIKE as in SQL.
    if (text === 'NOT' && (isWord(peek(), 'IN') || isWord(peek(), 'LIKE'))) {
      text += next().text.toUpperCase()
    }
    const operator = testOperators.find((each) => each === text)
    if (operator !== undefined && allowed.includes(operator)) return operator
    throw unexpected(token, `after ${field.name} one of ${allowed.join(' ')}`)
  }

  const parseOne = (field: Field, operator: TestOperator): Value => {
    const token = next()
    if (++values > mostValues) throw new FilterError(token, `at most ${mostValues} values`, 'more')
    const isText = token.kind === 'word' || token.kind === 'string'
    const value = isText ? parseValue(field, operator, token.text) : undefined
    const isRange = value?.kind === 'numbers' && value.first !== value.last
    if (value === undefined || (isRange && /[<>]|HAS/.test(operator))) {
      throw unexpected(token, expectedOf(field, operator))
    }
    return value
  }

  const filter = parseOr()
  if (peek().kind !== 'end') throw unexpected(peek(), 'AND, OR or the end')
  return filter
}

function unexpected(token: Token, expected: string): FilterError {
  const found = token.kind === 'end' ? 'the end' : JSON.stringify(token.text.slice(0, 50))
  return new FilterError(token, expected, found)
}

/** Those that begin like the word, when there are any. */
function expectedField({ kind, text }: Token): string {
  const names = fields.filter(({ isFilter }) => isFilter).map(({ name }) => name)
  const alike =
    kind === 'word' && text.length > 1
      ? names.filter((name) => name.includes(text.toLowerCase()))
      : []
  return alike.length > 0 ? `a field such as ${alike.slice(0, 5).join(', ')}` : 'a field'
}
