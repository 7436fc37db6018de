// Text of the wire and of other people, made harmless to read.

/**
 * Control characters, marks that turn the direction of writing, and characters without width: what could make a name look like another one,
 * or like nothing.
 */
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

/** The same text with each of them as its number: `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u{${code.toString(16).padStart(4, '0')}}`
  })
}
