// The words, strings and signs of a filter, with their places.

export interface Token {
  /** Keywords, names, numbers and addresses are words. */
  readonly kind: 'word' | 'string' | 'sign' | 'end'
  /** Of a string, what it stands for. */
  readonly text: string
  /** Offsets into the filter, in UTF-16 units; `end` is exclusive. */
  readonly start: number
  readonly end: number
}

/** What is wrong with a filter, and where. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
  readonly start: number
  readonly end: number
  /** What may stand there. */
  readonly expected: string

  constructor(place: { start: number; end: number }, expected: string, found: string) {
    super(`expected ${expected}, not ${found}`)
    this.start = place.start
    this.end = place.end
    this.expected = expected
  }
}

const space = /\s*/y
const word = /[A-Za-z0-9_.:/+%*-]+/y
const sign = /<<|<=|>=|!=|[=<>(),]/y
const quote = /['"]/

/** Ends with a token `end`. @throws FilterError */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = lengthAt(space, text, 0)
  while (at < text.length) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at = token.end + lengthAt(space, text, token.end)
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return tokens
}

function tokenAt(text: string, start: number): Token {
  const first = text[start]!
  if (quote.test(first)) return stringAt(text, start, first)
  for (const [kind, pattern] of [
    ['word', word],
    ['sign', sign],
  ] as const) {
    const length = lengthAt(pattern, text, start)
    if (length > 0) {
      return { kind, text: text.slice(start, start + length), start, end: start + length }
    }
  }
  throw new FilterError(
    { start, end: start + 1 },
    'a field, an operator or a value',
    JSON.stringify(first),
  )
}

/** In either quotes; a backslash takes the meaning of the character after it. */
function stringAt(text: string, start: number, mark: string): Token {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!
    if (character === mark) return { kind: 'string', text: value, start, end: at + 1 }
    if (character < ' ' || character === '\x7f') {
      throw new FilterError({ start: at, end: at + 1 }, 'text', 'a control character')
    }
    if (character === '\\' && at + 1 < text.length) value += text[++at]
    else value += character
  }
  throw new FilterError({ start, end: text.length }, `text that ends with ${mark}`, 'the end')
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0].length ?? 0
}
