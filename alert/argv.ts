/**
 * Splits a command line into program and arguments, without a shell: at white space, except inside '...' or "...". Inside "..." and outside
 * of quotes a backslash takes the next character as it is. No variables, wildcards, pipes or redirections. Undefined when a quote is not
 * closed, a backslash ends the line, or nothing is there.
 */
export function splitCommand(line: string): [program: string, ...args: string[]] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!
    if (character === '\\' && quote !== "'") {
      const escaped = line[++i]
      if (escaped === undefined) return undefined
      word = (word ?? '') + escaped
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined
      else word += character
    } else if (character === "'" || character === '"') {
      quote = character
      // So that '' is an empty argument, not none.
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) return undefined
  if (word !== undefined) words.push(word)
  const [program, ...args] = words
  return program === undefined || program === '' ? undefined : [program, ...args]
}
