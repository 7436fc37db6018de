// Statements are handled as latin1, one character per byte, because what follows them in a request may be binary. The engine takes UTF-8.

import { isUtf8 } from 'node:buffer'
import { QueryFailure } from '../failure.ts'

export const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** @throws QueryFailure when the bytes are no UTF-8, which the engine's interface could not carry */
export function textOf(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1')
  if (isUtf8(buffer)) return buffer.toString('utf8')
  throw new QueryFailure('SYNTAX_ERROR', 'Syntax error: the query is not valid UTF-8.')
}

/** A string literal, or a name in back-ticks. */
export function quote(text: string, mark: "'" | '`' = "'"): string {
  return mark + text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`) + mark
}
