import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitCommand } from '../../alert/argv.ts'

test.each([
  ['mail', ['mail']],
  ['  mail   -s\tAlert \n', ['mail', '-s', 'Alert']],
  [`mail -s "Network Alert" mssp@example.com`, ['mail', '-s', 'Network Alert', 'mssp@example.com']],
  [`mail -s 'it is "on"'`, ['mail', '-s', 'it is "on"']],
  [`a ''`, ['a', '']],
  [`a "" b`, ['a', '', 'b']],
  [`a b'c d'"e f"g`, ['a', 'bc de fg']],
  [`a \\ \\b`, ['a', ' b']],
  [`a "\\"" '\\'`, ['a', '"', '\\']],
  // What a shell would do with these is not done.
  [
    'a $(touch x) `id` ;id | b > c & *',
    ['a', '$(touch', 'x)', '`id`', ';id', '|', 'b', '>', 'c', '&', '*'],
  ],
  ['a $HOME ~', ['a', '$HOME', '~']],
])('%j', (line, words) => {
  expect(splitCommand(line)).toEqual(words)
})

test.each(['', '   ', `''`, `mail "x`, `mail 'x`, `mail x\\`, `mail "x\\"`])(
  '%j is no command',
  (line) => {
    expect(splitCommand(line)).toBeUndefined()
  },
)

test('words that are quoted come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (args) => {
      const quoted = args.map((arg) => `'${arg.replaceAll("'", `'"'"'`)}'`)
      expect(splitCommand(['p', ...quoted].join(' '))).toEqual(['p', ...args])
    }),
  )
})
