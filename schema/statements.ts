/**
 * The statements of an SQL file, without the semicolons that end them. A semicolon inside a string, a quoted name or a comment does not end one;
 * what holds nothing but comments and white space is no statement.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let start = 0
  let blank = true
  const token =
    /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`|--[^\n]*|\/\*[\s\S]*?\*\/|\s+|;|[^\s'"`;/-]+|[\s\S]/g
  for (const match of sql.matchAll(token)) {
    const [text] = match
    if (text === ';') {
      if (!blank) statements.push(sql.slice(start, match.index).trim())
      start = match.index + 1
      blank = true
    } else if (!/^(?:\s|--|\/\*)/.test(text)) {
      blank = false
    }
  }
  if (!blank) statements.push(sql.slice(start).trim())
  return statements
}
