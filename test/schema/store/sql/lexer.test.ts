import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryFailure } from '../../../../schema/store/failure.ts'
import { tokenize } from '../../../../schema/store/sql/lexer.ts'

const read = (text: string) => [...tokenize(text)].map(({ kind, value }) => `${kind} ${value}`)

test.each([
  [
    'SELECT a_1, `b``c`, "d""e"',
    ['word SELECT', 'word a_1', 'symbol ,', 'name b`c', 'symbol ,', 'name d"e'],
  ],
  ["'it''s' 'it\\'s' '\\x41\\n\\\\'", ["string it's", "string it's", 'string A\n\\']],
  [
    '1 1.5 0x1F 1e5 1_000 2x',
    ['number 1', 'number 1.5', 'number 0x1F', 'number 1e5', 'number 1_000', 'number 2x'],
  ],
  ['t.1 1.f(', ['word t', 'symbol .', 'number 1', 'number 1', 'symbol .', 'word f', 'symbol (']],
  ['a--b\nc//d\ne#!f\ng# h', ['word a', 'word c', 'word e', 'word g']],
  ['a/*b/*c*/d*/e', ['word a', 'word e']],
  ['a - -b / c', ['word a', 'symbol -', 'symbol -', 'word b', 'symbol /', 'word c']],
  ["'--' /* ' */ '/*'", ['string --', 'string /*']],
])('%s', (text, tokens) => {
  expect(read(text)).toEqual(tokens)
})

test.each([
  "'open",
  '"open',
  '`open',
  '/* open',
  '/* /* */',
  '`a\\x41`',
  '"a\\""',
  '$$a$$',
  '$x',
  "x'41'",
  "B'1'",
  '#a',
  '\\',
  '\0',
  '\u00a0',
  '\u201ca\u201d',
])('what it would have to guess is refused: %s', (text) => {
  const bytes = Buffer.from(text).toString('latin1')
  expect(() => read(bytes)).toThrow(QueryFailure)
})

test('any bytes are read to their end or refused, and tokens and comments lie in order', () => {
  const piece = fc.constantFrom(
    ...'\'"`\\-/*#$ \n;,(){}a1x.'.split(''),
    '--',
    '/*',
    '*/',
    '\xe2\x80\x9c',
  )
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (text) => {
        let end = 0
        const follow = (start: number, next: number) => {
          expect(start).toBeGreaterThanOrEqual(end)
          expect(next).toBeGreaterThan(start)
          end = next
        }
        try {
          for (const token of tokenize(text, follow)) follow(token.start, token.end)
        } catch (error) {
          expect(error).toBeInstanceOf(QueryFailure)
        }
        expect(end).toBeLessThanOrEqual(text.length)
      },
    ),
    { numRuns: 2_000 },
  )
})
